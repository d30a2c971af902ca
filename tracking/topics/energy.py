"""Energy: intake, adaptive expenditure, basal rates by name, protein and macros, availability as a hint."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import fmean

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis import energy, interpret, weight
from tracking.journals.activity import MULTIPLE, by_met
from tracking.records import Records, Row, once
from tracking.topics import fat, weighing
from tracking.topics.figure import Figure, Given, Why, given

AMOUNTS = ("energy_kcal", "protein_g", "carbs_g", "fat_g", "alcohol_g")
MACROS = AMOUNTS[1:]
DIARY_DAYS = weight.RATE_DAYS
WEEK = interpret.INTAKE_WINDOW
AVAILABLE_LOW, AVAILABLE_FULL = 30.0, 45.0  # kcal a kg of fat-free mass; Loucks 2003
LEAST_DAYS_OF_A_HINT = 5
SMOOTHED_WEEKS, WEEK_DAYS = 8, 7
SPENT = ("energy_kcal", MULTIPLE, "duration_min")


def figures(records: Records) -> list[Figure]:
    """Everything about energy that can be said."""
    return [
        intake(records),
        expenditure(records),
        *basal(records),
        *by_factor(records),
        *protein(records),
        *macros(records),
        *availability(records),
    ]


def diary(records: Records) -> dict[date, dict[str, float | None]]:
    return records.totals("nutrition", AMOUNTS, DIARY_DAYS)


@once
def complete(records: Records) -> dict[date, float]:
    """The energy of the days that look complete."""
    return energy.complete_days(
        {day: row["energy_kcal"] for day, row in diary(records).items()}, records.today
    )


def recent(records: Records) -> dict[date, float]:
    """Those of the last seven days before today."""
    return interpret.recent_days(complete(records), records.today)


@once
def adaptive(records: Records) -> energy.AdaptiveTdee | energy.NotEnough:
    return energy.adaptive_tdee(complete(records), weighing.weights(records), records.today)


def intake(records: Records) -> Figure:
    """The mean of the last complete days, against what the body uses."""
    label = _("Intake a day")
    rows, days = diary(records), recent(records)
    if not rows:
        return Figure("intake", label, _("No meal in the last weeks."))
    mean = fmean(days.values()) if days else None
    state = interpret.energy_state(mean, max(rows), records.today, adaptive(records))
    partial = sorted(
        day
        for day, row in rows.items()
        if row["energy_kcal"] is not None
        and day < records.today
        and (records.today - day).days <= WEEK.value
        and day not in days
    )
    return Figure(
        "intake",
        label,
        sentences.energy_sentence(state),
        value=mean,
        unit="kcal",
        reading=ngettext(
            "mean of %(n)d complete day in the last 7", "mean of %(n)d complete days in the last 7", len(days)
        )
        % {"n": len(days)}
        if days
        else "",
        why=Why(
            formula=_("mean of the complete days of the last seven before today"),
            source=_("own rule"),
            given=[given(day, kcal, "kcal", 0) for day, kcal in _by_day(days)],
            days=len(days),
            note=_("Days left out as incomplete, below half of the median: %(n)d.") % {"n": len(partial)},
        ),
    )


def _by_day(days: dict[date, float]) -> list[tuple[str, float]]:
    from tracking.topics.figure import short

    return [(short(day), kcal) for day, kcal in sorted(days.items())]


def expenditure(records: Records) -> Figure:
    """What the body uses, from intake and weight."""
    label = _("Adaptive expenditure")
    found = adaptive(records)
    if isinstance(found, energy.NotEnough):
        kind, rests_on = interpret.LACKING[found.reason]
        state = interpret.EnergyState(kind, rests_on, have=found.have, need=found.need)
        return Figure("tdee", label, sentences.energy_sentence(state))
    margin, steady = found.high - found.kcal, smoothed(records)
    return Figure(
        "tdee",
        label,
        _("From %(days)d complete days of the diary and the rate of the weight over the same time.")
        % {"days": found.days},
        value=found.kcal,
        unit="kcal",
        margin=margin,
        reading=_("a day"),
        why=Why(
            formula=_("mean intake − 7700\u202fkcal · kilograms gained a day"),
            source=_("energy balance; Wishnofsky 1958"),
            given=[
                given(_("Mean intake"), found.mean_intake, "kcal", 0),
                given(_("Weight a day"), (found.mean_intake - found.kcal) / energy.KCAL_PER_KG, "kg", 4),
                given(
                    _("Smoothed over weeks"),
                    steady,
                    "kcal",
                    0,
                    origin=str(_("each week 0.7 of before and 0.3 of the new")),
                ),
            ],
            days=found.days,
            first=records.today - timedelta(days=found.window_days),
            last=records.today - timedelta(days=1),
            note=_("Water and glycogen blur short windows, so it takes 14 days."),
        ),
    )


def smoothed(records: Records) -> float | None:
    """The expenditure over the last weeks, one estimate each, so that it does not jump from week to week."""
    rows = records.totals("nutrition", ("energy_kcal",), DIARY_DAYS + SMOOTHED_WEEKS * WEEK_DAYS)
    eaten = {day: row["energy_kcal"] for day, row in rows.items()}
    estimates = []
    for back in reversed(range(SMOOTHED_WEEKS + 1)):
        day = records.today - timedelta(days=back * WEEK_DAYS)
        weights = [point for point in weighing.weights(records) if point[0] <= day]
        found = energy.adaptive_tdee(energy.complete_days(eaten, day), weights, day)
        if isinstance(found, energy.AdaptiveTdee):
            estimates.append(found.kcal)
    return energy.smoothed_tdee(estimates)


def basal(records: Records) -> list[Figure]:
    """Basal rates by their names."""
    person, smoothed, lean = records.person, weight.trend(weighing.weights(records)), fat.lean_kg(records)
    height, age = person.height_cm, person.age(records.today)
    found = []
    if smoothed and height is not None and age is not None:
        kg = smoothed[-1].trend
        inputs = [
            given(_("Trend"), kg, "kg", 2, day=smoothed[-1].day),
            given(_("Height"), height, "cm", 1),
            Given(_("Age"), str(age)),
            Given(_("Sex"), str(person.profile.get_sex_display())),
        ]
        value = energy.mifflin_st_jeor(kg, height, age, person.profile.sex)
        formula = _("10\u202fkg + 6.25\u202fcm − 5 years, + 5 of men, − 161 of women, − 78 otherwise")
        found.append(_basal("mifflin", "Mifflin-St Jeor", value, formula, "Mifflin 1990", inputs))
    if lean is not None:
        inputs = [given(_("Lean mass"), lean, "kg", 1)]
        value = energy.katch_mcardle(lean)
        found.append(
            _basal("katch", "Katch-McArdle", value, _("370 + 21.6 · lean mass"), "Cunningham 1991", inputs)
        )
        value = energy.cunningham_1980(lean)
        found.append(
            _basal("cunningham", "Cunningham", value, _("500 + 22 · lean mass"), "Cunningham 1980", inputs)
        )
    return found


def _basal(key: str, name: str, value: float, formula: object, source: str, inputs: list[Given]) -> Figure:
    return Figure(
        key,
        _("Basal rate: %(name)s") % {"name": name},
        _("Energy at complete rest, estimated; people differ by a tenth."),
        value=value,
        unit="kcal",
        reading=_("a day"),
        why=Why(formula=str(formula), source=source, given=inputs),
    )


def by_factor(records: Records) -> list[Figure]:
    """The rule of thumb for the expenditure, until diary and weight say better: basal rate times a factor."""
    level, rates = records.person.profile.activity_level, basal(records)
    if not (level and rates):
        return []
    rate = next((one for one in rates if one.key == "katch"), rates[0])
    assert rate.value is not None
    return [
        Figure(
            "by_factor",
            _("Expenditure by rule of thumb"),
            _("Popular factors that no study stands behind; the adaptive expenditure knows you better."),
            value=energy.with_activity(rate.value, level),
            unit="kcal",
            reading=_("a day"),
            why=Why(
                formula=_("basal rate · factor of the everyday activity"),
                source=_("popular multipliers, from no study"),
                given=[
                    given(rate.label, rate.value, "kcal", 0),
                    Given(
                        _("Everyday activity"),
                        str(records.person.profile.get_activity_level_display()),
                        str(_("Profile")),
                    ),
                    given(_("Factor"), energy.ACTIVITY_FACTORS[level], "", 3),
                ],
            ),
        )
    ]


def protein(records: Records) -> list[Figure]:
    """Protein for each kilogram, against what is recommended."""
    smoothed, rows, days = weight.trend(weighing.weights(records)), diary(records), recent(records)
    eaten = {day: grams for day in days if (grams := rows[day]["protein_g"]) is not None}
    if not (smoothed and eaten):
        return []
    kg, mean = smoothed[-1].trend, fmean(eaten.values())
    value = energy.protein_per_kg(mean, kg)
    age = records.person.age(records.today)
    reference = energy.protein_reference(age or 0)
    low, high = energy.PROTEIN_RANGES_G_PER_KG["dge_sport"]
    lean = fat.lean_kg(records)
    words = {
        "reference": format_number(reference, 1),
        "low": format_number(low, 1),
        "high": format_number(high, 1),
        "target": format_quantity(energy.PROTEIN_PLATEAU_G_PER_KG * kg, "g", 0),
    }
    return [
        Figure(
            "protein",
            _("Protein"),
            _(
                "The reference is %(reference)s g/kg; with much sport %(low)s to %(high)s. "
                "For building muscles more than %(target)s a day brings nothing."
            )
            % words,
            value=value,
            unit="g/kg",
            digits=1,
            word="" if round(value, 1) >= reference else _("below the reference"),
            tone="" if round(value, 1) >= reference else "watch",
            reading=format_quantity(mean, "g", 0),
            why=Why(
                formula=_("mean protein of the complete days / trend of the weight"),
                source=_("DGE; Morton 2018 (1.6 g/kg)"),
                given=[given(_("Mean protein"), mean, "g", 0), given(_("Trend"), kg, "kg", 2)],
                days=len(eaten),
                first=min(eaten),
                last=max(eaten),
                note="" if lean is None else _in_a_deficit(lean),
            ),
        )
    ]


def _in_a_deficit(lean_kg: float) -> str:
    low, high = energy.PROTEIN_LEAN_DEFICIT_G_PER_KG_FFM
    words = {
        "low": format_number(low, 1),
        "high": format_number(high, 1),
        "from": format_number(low * lean_kg, 0),
        "to": format_quantity(high * lean_kg, "g", 0),
    }
    return str(
        _(
            "Lean people who train and eat less than they use: %(low)s to %(high)s g for each kilogram of "
            "lean mass, for you %(from)s to %(to)s (Helms 2014)."
        )
        % words
    )


MACRO_WORDS = {
    "protein_g": _("Protein"),
    "carbs_g": _("Carbohydrates"),
    "fat_g": _("Fat"),
    "alcohol_g": _("Alcohol"),
}


def macros(records: Records) -> list[Figure]:
    """Which part of the energy each nutrient brings."""
    rows, days = diary(records), recent(records)
    known = [rows[day] for day in days if all(rows[day][name] is not None for name in MACROS[:3])]
    if not known:
        return []
    grams = {name: fmean(row[name] or 0.0 for row in known) for name in MACROS}
    shares = energy.macro_shares(grams)
    if not shares:
        return []
    lines = [
        Given(MACRO_WORDS[name], format_quantity(share, "%", 0))
        for name, share in shares.items()
        if grams[name]
    ]
    return [
        Figure(
            "macros",
            _("Shares of the energy"),
            _("By the grams of the complete days; stated energy may differ."),
            lines=lines,
            why=Why(
                formula=_(
                    "grams · 4\u202fkcal (protein, carbohydrates), 9 (fat), 7 (alcohol), over their sum"
                ),
                source="EU 1169/2011",
                given=[given(MACRO_WORDS[name], grams[name], "g", 0) for name in MACROS],
                days=len(known),
            ),
        )
    ]


def _net(records: Records, row: Row) -> float | None:
    """What a training took beyond rest: as a device said, else by the MET of its type."""
    recorded: float | None = row.values["energy_kcal"]
    return recorded if recorded is not None else by_met(row.point, records.person)


def availability(records: Records) -> list[Figure]:
    """Energy that is left for the body after training: a hint, and no more."""
    lean, days = fat.lean_kg(records), recent(records)
    if lean is None or len(days) < LEAST_DAYS_OF_A_HINT:
        return []
    trained = [row for row in records.rows("activity", SPENT, DIARY_DAYS) if row.day in days]
    known = [kcal for row in trained if (kcal := _net(records, row)) is not None]
    spent = sum(known) / len(days)
    mean = fmean(days.values())
    value = energy.availability(mean, spent, lean)
    low = round(value) < AVAILABLE_LOW  # as it is shown
    return [
        Figure(
            "availability",
            _("Energy availability"),
            _(
                "A hint, drawn from studies of women: below %(low)s it is called low, from %(full)s on full. "
                "If it stays low and you feel unwell, please ask a doctor."
            )
            % {"low": format_number(AVAILABLE_LOW, 0), "full": format_number(AVAILABLE_FULL, 0)},
            value=value,
            unit="kcal/kg",
            word=_("rather low") if low else "",
            tone="watch" if low else "",
            why=Why(
                formula=_("(mean intake − mean energy of training) / lean mass"),
                source="Loucks 2003",
                given=[
                    given(_("Mean intake"), mean, "kcal", 0),
                    given(_("Training a day"), spent, "kcal", 0),
                    given(_("Lean mass"), lean, "kg", 1),
                ],
                days=len(days),
                note=_(
                    "Training counts beyond rest: as the watch says, else by its type's MET. "
                    "Trainings of unknown energy: %(n)d."
                )
                % {"n": len(trained) - len(known)},
            ),
        )
    ]
