"""Weight and body: weighing, indices with their limits, body fat, girths and lean mass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from mitai.core.numbers import format_number
from tracking.analysis import body, composition, weight
from tracking.records import Records, Row, points
from tracking.topics.fat import WAY_WORDS, change_sentence, fat_by_every_way, lean_kg, newest_fat
from tracking.topics.figure import Figure, Given, Tone, Why, given, short
from tracking.topics.weighing import forecast, outlook, rate, trend, weights


def figures(records: Records) -> list[Figure]:
    """Everything about weight and body that can be said, what cannot with what it lacks."""
    return [
        trend(records),
        rate(records),
        *outlook(records),
        *forecast(records),
        *indices(records),
        *fat_by_every_way(records),
        *girths(records),
    ]


# Indices ----------------------------------------------------------------------------------------------------
BMI_WORDS = {
    composition.BmiClass.SEVERE_THINNESS: _("severe thinness"),
    composition.BmiClass.MODERATE_THINNESS: _("moderate thinness"),
    composition.BmiClass.MILD_THINNESS: _("mild thinness"),
    composition.BmiClass.NORMAL: _("normal weight"),
    composition.BmiClass.OVERWEIGHT: _("overweight"),
    composition.BmiClass.OBESE_1: _("obesity grade I"),
    composition.BmiClass.OBESE_2: _("obesity grade II"),
    composition.BmiClass.OBESE_3: _("obesity grade III"),
}
RISK_WORDS = {
    composition.Risk.BELOW_USUAL: _("below the usual range"),
    composition.Risk.HEALTHY: _("healthy"),
    composition.Risk.RAISED: _("raised"),
    composition.Risk.HIGH: _("high"),
}
RISK_TONES: dict[composition.Risk, Tone] = {
    composition.Risk.HEALTHY: "good",
    composition.Risk.RAISED: "watch",
    composition.Risk.HIGH: "watch",
}


def indices(records: Records) -> list[Figure]:
    """The body mass index of the trend."""
    smoothed = weight.trend(weights(records))
    height = records.person.height_cm
    label = _("Body mass index")
    if not smoothed:
        return []
    if height is None:
        return [Figure("bmi", label, _("The index needs your height: it is not in your profile yet."))]
    value = weight.bmi(smoothed[-1].trend, height)
    found = composition.bmi_class(value)
    return [
        Figure(
            "bmi",
            label,
            _("%(word)s by the WHO's classes for adults; muscles weigh too, so it is orientation alone.")
            % {"word": _capital(BMI_WORDS[found])},
            value=value,
            unit="kg/m²",
            digits=1,
            word=BMI_WORDS[found],
            why=Why(
                formula=_("trend in kg / (height in m)²"),
                source="WHO",
                given=[
                    given(_("Trend"), smoothed[-1].trend, "kg", 2, day=smoothed[-1].day),
                    given(_("Height"), height, "cm", 1, origin=str(_("Profile"))),
                ],
                note=_("Limits: 18.5, 25, 30, 35 and 40; a limit belongs to the class above it."),
            ),
        )
    ]


def _capital(word: object) -> str:
    text = str(word)
    return text[:1].upper() + text[1:]


# Girths and lean mass ---------------------------------------------------------------------------------------
GIRTHS = ("waist_cm", "hip_cm")


def girths(records: Records) -> list[Figure]:
    """Waist, waist to height, waist to hip, and the fat-free mass index, as far as they are known."""
    rows = records.rows("circumference", GIRTHS, composition.CHANGE_DAYS)
    waists = points(rows, "waist_cm")
    found: list[Figure] = []
    if waists:
        origin = records.sources([row for row in rows if row.values["waist_cm"] is not None])
        found += _waist(records, waists, origin)
        found += _ratios(records, waists[-1], rows)
    return found + _lean(records)


def _waist(records: Records, waists: Sequence[tuple[date, float]], sources: str) -> list[Figure]:
    day, waist = waists[-1]
    sex = records.person.sex
    risk = composition.waist_class(waist, sex) if sex else None
    change = change_sentence(composition.change(waists, records.today), "cm", 1)
    limits = _("Limits of the WHO: 94 and 102\u202fcm of men, 80 and 88\u202fcm of women.")
    return [
        Figure(
            "waist",
            _("Waist"),
            change,
            value=waist,
            unit="cm",
            digits=1,
            word=RISK_WORDS[risk] if risk else "",
            tone=RISK_TONES.get(risk, "") if risk else "",
            reading=short(day),
            why=Why(
                formula=_("as measured"),
                source="WHO 2008",
                days=len(waists),
                first=waists[0][0],
                last=day,
                sources=sources,
                note=limits,
            ),
        )
    ]


def _ratios(records: Records, newest: tuple[date, float], rows: Sequence[Row]) -> list[Figure]:
    day, waist = newest
    height, sex = records.person.height_cm, records.person.sex
    hip = next((row.values["hip_cm"] for row in rows if row.day == day), None)
    found = []
    if height is not None:
        ratio = body.whtr(waist, height)
        risk = composition.whtr_class(ratio)
        found.append(
            Figure(
                "whtr",
                _("Waist to height"),
                _("Healthy from 0.40 to below 0.50 (NICE 2022, adults with a BMI below 35)."),
                value=ratio,
                digits=2,
                word=RISK_WORDS[risk],
                tone=RISK_TONES.get(risk, ""),
                reading=short(day),
                why=Why(
                    formula=_("waist / height"),
                    source="NICE 2022",
                    given=[given(_("Waist"), waist, "cm", 1, day=day), given(_("Height"), height, "cm", 1)],
                ),
            )
        )
    if hip and sex:
        ratio = body.whr(waist, hip)
        risk = composition.whr_class(ratio, sex)
        found.append(
            Figure(
                "whr",
                _("Waist to hip"),
                _("Raised from %(limit)s on (WHO 2008).")
                % {"limit": format_number(composition.WHR_RAISED[sex], 2)},
                value=ratio,
                digits=2,
                word=RISK_WORDS[risk],
                tone=RISK_TONES.get(risk, ""),
                reading=short(day),
                why=Why(
                    formula=_("waist / hip"),
                    source="WHO 2008",
                    given=[
                        given(_("Waist"), waist, "cm", 1, day=day),
                        given(_("Hip"), hip, "cm", 1, day=day),
                    ],
                ),
            )
        )
    return found


def _lean(records: Records) -> list[Figure]:
    lean, fat, height = lean_kg(records), newest_fat(records), records.person.height_cm
    if lean is None or fat is None:
        return []
    smoothed = weight.trend(weights(records))[-1]
    inputs = [
        given(_("Trend"), smoothed.trend, "kg", 2, day=smoothed.day),
        given(_("Body fat"), fat[1], "%", 1, day=fat[0], origin=str(WAY_WORDS[fat[2]])),
    ]
    found = [
        Figure(
            "lean",
            _("Lean mass"),
            _("Everything but fat: water, muscles, bones."),
            value=lean,
            unit="kg",
            digits=1,
            why=Why(formula=_("trend · (1 − body fat)"), source=_("definition"), given=inputs),
        )
    ]
    return found if height is None else [*found, *_by_height(lean, smoothed.trend - lean, height, inputs)]


def _by_height(lean: float, fat_kg: float, height: float, inputs: list[Given]) -> list[Figure]:
    """Lean and fat mass for the height."""
    return [
        Figure(
            "ffmi",
            _("FFMI"),
            _("Lean mass for the height; %(normalised)s as if at 1.80 m.")
            % {"normalised": format_number(body.normalised_ffmi(lean, height), 1)},
            value=body.ffmi(lean, height),
            unit="kg/m²",
            digits=1,
            why=Why(
                formula=_("lean mass / (height in m)²; + 6.3 · (1.80 − height) as if at 1.80 m"),
                source="Kouri 1995",
                given=[given(_("Lean mass"), lean, "kg", 1), given(_("Height"), height, "cm", 1)],
                note=_("The factor is also given as 6.1."),
            ),
        ),
        Figure(
            "fmi",
            _("FMI"),
            _("Fat mass for the height: with FFMI it adds up to the body mass index."),
            value=body.fmi(fat_kg, height),
            unit="kg/m²",
            digits=1,
            why=Why(
                formula=_("fat mass / (height in m)²"),
                source=_("definition"),
                given=[
                    given(_("Fat mass"), fat_kg, "kg", 1),
                    given(_("Height"), height, "cm", 1),
                    *inputs,
                ],
            ),
        ),
    ]
