"""Weight and body: trend, rate, forecast with its report card, body fat by every way, indices with limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis import body, composition, interpret, weight
from tracking.analysis.body import Fat, Unknown
from tracking.analysis.composition import Way
from tracking.analysis.interpret import Course
from tracking.charts import WARM_UP
from tracking.journals.caliper import FOLDS, CaliperMethod
from tracking.journals.caliper import fat as skinfold_fat
from tracking.journals.circumference import FOR_NAVY, navy
from tracking.measures import Text
from tracking.person import Person
from tracking.records import Records, Row, once, points
from tracking.topics.asked import Asked
from tracking.topics.figure import Figure, Given, Tone, Why, given, short

SHOWN_DAYS = 30
OUTLOOK_DAYS = 30
WEIGHT_DAYS = WARM_UP.days + SHOWN_DAYS
BACKTEST_DAYS = weight.BACKTEST_DAYS + weight.RATE_DAYS
WEIGHT = ("weight_kg", "body_fat_pct")
STANDS_DAYS = 30  # how long a value may stand for today
HACKERS_DIET = "J. Walker, The Hacker's Diet"
LEAST_SQUARES = _("ordinary least squares")


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


@once
def weights(records: Records) -> list[tuple[date, float]]:
    return points(records.rows("weight", WEIGHT, WEIGHT_DAYS), "weight_kg")


@once
def trend(records: Records) -> Figure:
    """The smoothed weight: what a day weighs without its noise."""
    rows = [row for row in records.rows("weight", WEIGHT, WEIGHT_DAYS) if row.values["weight_kg"] is not None]
    smoothed = weight.trend(points(rows, "weight_kg"))
    if not smoothed:
        return Figure("trend", _("Trend"), _("No weight in the last weeks."))
    moves = interpret.movement(points(rows, "weight_kg"), records.today)
    course = interpret.towards_goal(moves, records.target)
    tones: dict[Course, Tone] = {Course.TOWARDS: "good", Course.REACHED: "good", Course.AWAY: "watch"}
    last = smoothed[-1]
    before = (
        [given(_("Trend before"), smoothed[-2].trend, "kg", 2, day=smoothed[-2].day)] if smoothed[1:] else []
    )
    return Figure(
        "trend",
        _("Trend"),
        sentences.weight_sentence(moves, course),
        value=last.trend,
        unit="kg",
        digits=1,
        word=sentences.movement_word(moves),
        tone=tones.get(course, ""),
        why=Why(
            formula=_("trend = trend before + (1 − 0.9^days) · (weight − trend before)"),
            source=HACKERS_DIET,
            given=[
                *before,
                given(_("Weight"), last.value, "kg", 3, day=last.day, origin=records.source(rows[-1])),
            ],
            days=len(smoothed),
            first=smoothed[0].day,
            last=last.day,
            sources=records.sources(rows),
            note=_("After more than 30 days without a weight the trend begins anew."),
        ),
    )


def rate(records: Records) -> Figure:
    """How fast the weight changes, from the readings themselves."""
    found = weight.rate(weights(records), records.today)
    moves = interpret.movement(weights(records), records.today)
    if found is None:
        return Figure("rate", _("Rate"), sentences.weight_sentence(moves, Course.NEUTRAL))
    return Figure(
        "rate",
        _("Rate"),
        sentences.weight_sentence(moves, Course.NEUTRAL),
        value=found.kg_per_week,
        unit="kg",
        digits=2,
        margin=found.high - found.kg_per_week,
        signed=True,
        reading=_("a week"),
        why=Why(
            formula=_("slope of the straight line through the weights, times 7"),
            source=LEAST_SQUARES,
            given=[
                given(_("Slope a day"), found.slope, "kg", 4),
                given(_("Scatter around the line"), found.scatter, "kg", 2),
                given(_("Line on the last day"), found.level, "kg", 2, day=found.day),
            ],
            days=found.n,
            last=found.day,
            note=_("Readings, not the trend: a smoothed series would look far too certain."),
        ),
    )


def outlook(records: Records) -> list[Figure]:
    """The weight in thirty days if it goes on like this."""
    found = weight.rate(weights(records), records.today)
    if found is None:
        return []
    ahead = weight.predict(found, OUTLOOK_DAYS)
    return [
        Figure(
            "outlook",
            _("In 30 days, going on like this"),
            _("A single reading then lies within %(margin)s of it, 95 times of 100.")
            % {"margin": format_quantity(ahead.reading_margin, "kg", 1)},
            value=ahead.kg,
            unit="kg",
            digits=1,
            margin=ahead.line_margin,
            reading=short(ahead.day),
            why=Why(
                formula=_("line on the last day + slope a day · 30"),
                source=LEAST_SQUARES,
                given=[
                    given(_("Line on the last day"), found.level, "kg", 2, day=found.day),
                    given(_("Slope a day"), found.slope, "kg", 4),
                    given(_("Scatter around the line"), found.scatter, "kg", 2),
                ],
                days=found.n,
                last=found.day,
                note=_("A straight line; a body adapts, and the rate usually falls."),
            ),
        )
    ]


def forecast(records: Records) -> list[Figure]:
    """When the goal weight is reached, and how often such forecasts have held; nothing without a goal."""
    return [forecast_day(records, records.target), report_card(records)] if records.target else []


def forecast_day(records: Records, target: weight.Target) -> Figure:
    """The day on which the goal weight is reached, or honestly why nobody can say."""
    found = weight.rate(weights(records), records.today)
    outcome = weight.forecast(found, target)
    facts = [given(_("Goal"), target.value, "kg", 1)]
    if found is not None:
        facts += [
            given(_("Line on the last day"), found.level, "kg", 2, day=found.day),
            given(_("Slope a day"), found.slope, "kg", 4),
            given(_("Plus or minus"), found.margin, "kg", 4),
        ]
    almost = outcome is weight.NoForecast.REACHED and not trend_reached(records, target)
    return Figure(
        "forecast",
        _("Goal reached"),
        almost_reached() if almost else sentences.forecast_sentence(outcome),
        text=short(outcome.day) if isinstance(outcome, weight.Forecast) else "",
        why=Why(
            formula=_("(goal − line on the last day) / slope a day"),
            source=LEAST_SQUARES,
            given=facts,
            days=found.n if found else 0,
            note=_("A straight line; a body adapts, and the rate usually falls."),
        ),
    )


def trend_reached(records: Records, target: weight.Target) -> bool:
    """Whether the trend, which is what pages show, has come to the target; true without one."""
    value = trend(records).value
    return value is None or target.reached_at(value)


def almost_reached() -> str:
    """The readings are there, the trend behind them is not."""
    return str(_("Your readings have come to the goal; the trend follows within days."))


def report_card(records: Records) -> Figure:
    """How often past forecasts held."""
    rows = records.rows("weight", ("weight_kg",), BACKTEST_DAYS)
    card = weight.report_card(points(rows, "weight_kg"), records.today)
    label = _("Forecasts so far")
    if not card.tried:
        return Figure("report_card", label, _("No forecast of four weeks could be checked yet."))
    words = {"n": card.tried, "held": card.held}
    return Figure(
        "report_card",
        label,
        ngettext(
            "Of one forecast over four weeks %(held)s held: the weight came to lie within its band.",
            "Of %(n)s forecasts over four weeks %(held)s held: the weight came to lie within their band.",
            card.tried,
        )
        % words,
        value=100 * card.held / card.tried,
        unit="%",
        tone="good" if card.held >= 0.9 * card.tried else "watch",
        why=Why(
            formula=_("held / tried, one forecast for each week of the last two years"),
            source=_("rolling backtest; a band of 95 % should hold 95 times of 100"),
            given=[Given(_("tried"), str(card.tried)), Given(_("held"), str(card.held))],
            days=len(rows),
            first=rows[0].day,
            last=rows[-1].day,
        ),
    )


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
FAT_WORDS = {
    composition.FatClass.BELOW_ESSENTIAL: _("below essential fat"),
    composition.FatClass.ESSENTIAL: _("essential fat"),
    composition.FatClass.ATHLETIC: _("athletic"),
    composition.FatClass.FIT: _("fit"),
    composition.FatClass.ACCEPTABLE: _("acceptable"),
    composition.FatClass.OBESE: _("much"),
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


# Body fat ---------------------------------------------------------------------------------------------------
def fat_by_every_way(records: Records) -> list[Figure]:
    """Body fat by each caliper method, by tape and by scale, each with its error and what changed."""
    folds = records.rows("caliper", ("method", *FOLDS), composition.CHANGE_DAYS)
    by_method = [
        _fat_by_folds(records, str(label), [row for row in folds if row.values["method"] == method])
        for method, label in CaliperMethod.choices
    ]
    return [figure for figure in (*by_method, _fat_by_tape(records), _fat_by_scale(records)) if figure]


def _fat_by_folds(records: Records, label: str, rows: Sequence[Row]) -> Figure | None:
    found = [(row, skinfold_fat(row.point, records.person)) for row in rows]
    formula = _("density from the sum of the folds, sex and age; fat = 495 / density − 450")
    return _fat(records, Way.SKINFOLDS, label, found, formula, _fold_inputs)


def _fold_inputs(row: Row, person: Person) -> list[Given]:
    from tracking.journals.caliper import JOURNAL

    asked = Asked(person)
    fat = skinfold_fat(row.point, asked)
    folds = [
        given(JOURNAL.measure(name).verbose_name, value, "mm", 1)
        for name in FOLDS
        if (value := row.values[name]) is not None
    ]
    if not isinstance(fat, Fat) or fat.density is None:
        return [*folds, *asked.answers]
    other = given(_("By another conversion"), body.brozek(fat.density), "%", 1, origin="Brozek 1963")
    return [*folds, *asked.answers, given(_("Body density"), fat.density, "g/cm³", 4), other]


def _fat_by_tape(records: Records) -> Figure | None:
    rows = records.rows("circumference", FOR_NAVY, composition.CHANGE_DAYS)
    found = [(row, navy(row.values, records.person)) for row in rows if row.values["neck_cm"] is not None]
    formula = _("density from neck, waist or belly, hip and height; fat = 495 / density − 450")
    return _fat(records, Way.TAPE, str(_("Tape (US Navy)")), found, formula, _girth_inputs)


def _girth_inputs(row: Row, person: Person) -> list[Given]:
    from tracking.journals.circumference import JOURNAL

    asked = Asked(person)
    navy(row.values, asked)
    girths = [
        given(JOURNAL.measure(name).verbose_name, value, "cm", 1)
        for name in FOR_NAVY
        if (value := row.values[name]) is not None
    ]
    return [*girths, *asked.answers]


def _fat_by_scale(records: Records) -> Figure | None:
    rows = [
        row
        for row in records.rows("weight", WEIGHT, WEIGHT_DAYS)
        if row.values["body_fat_pct"] is not None and (records.today - row.day).days < composition.CHANGE_DAYS
    ]
    found = [(row, Fat(row.values["body_fat_pct"], None)) for row in rows]
    return _fat(records, Way.SCALE, str(_("Scale")), found, _("as the scale says"), lambda row, person: [])


SOURCES: dict[Way, Text] = {
    Way.SKINFOLDS: _("Jackson and Pollock 1978, 1980; Durnin and Womersley 1974; Siri 1961; Parrillo"),
    Way.TAPE: "Hodgdon, Beckett 1984",
    Way.SCALE: _("the device"),
}


def _fat(
    records: Records,
    way: Way,
    label: str,
    found: Sequence[tuple[Row, Fat | Unknown]],
    formula: object,
    inputs: Callable[[Row, Person], list[Given]],
) -> Figure | None:
    """The newest value of a way, and whether it changed in ninety days; None where it was not measured."""
    key = f"fat_{way.value}_{label}"
    title = _("Body fat: %(way)s") % {"way": label}
    values = [(row.day, fat.percent) for row, fat in found if isinstance(fat, Fat)]
    if not values:
        lacking = next((fat for _row, fat in reversed(found) if isinstance(fat, Unknown)), None)
        return Figure(key, title, sentences.body_fat_sentence(lacking, {})) if lacking else None
    row = next(row for row, fat in reversed(found) if isinstance(fat, Fat))
    day, percent = values[-1]
    sex = records.person.sex
    word = FAT_WORDS[composition.fat_class(percent, sex)] if sex else ""
    return Figure(
        key,
        title,
        change_sentence(composition.change(values, records.today), "%", 1),
        value=percent,
        unit="%",
        digits=1,
        margin=way.error,
        word=word,
        reading=short(day),
        why=Why(
            formula=str(formula),
            source=SOURCES[way],
            given=[
                *inputs(row, records.person),
                Given(_("Error of the level"), f"± {format_number(way.error, 1)} %"),
            ],
            days=len(values),
            first=values[0][0],
            last=day,
            sources=records.sources([one for one, fat in found if isinstance(fat, Fat)]),
            note=_("Words by the American Council on Exercise."),
        ),
    )


def change_sentence(found: composition.Change | None, unit: str, digits: int) -> str:
    """Whether a measure really changed in ninety days."""
    if found is None:
        return str(
            _("A change needs %(need)d values in %(days)d days.")
            % {"need": composition.CHANGE_FEWEST, "days": composition.CHANGE_DAYS}
        )
    words = {
        "days": found.days,
        "change": format_quantity(found.change, unit, digits, signed=True),
        "low": format_quantity(found.low, unit, digits, signed=True),
        "high": format_quantity(found.high, unit, digits, signed=True),
    }
    if found.is_real:
        return str(_("A real change: %(change)s in %(days)d days (%(low)s to %(high)s).") % words)
    return str(
        _("No change that could be told from measuring: %(low)s to %(high)s in %(days)d days.") % words
    )


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


@once
def newest_fat(records: Records) -> tuple[date, float, Way] | None:
    """The newest body fat of the last thirty days, folds before tape before scale."""
    folds = records.rows("caliper", ("method", *FOLDS), composition.CHANGE_DAYS)
    tapes = records.rows("circumference", FOR_NAVY, composition.CHANGE_DAYS)
    scale = points(records.rows("weight", WEIGHT, WEIGHT_DAYS), "body_fat_pct")
    ways = (
        (Way.SKINFOLDS, [(row.day, skinfold_fat(row.point, records.person)) for row in folds]),
        (Way.TAPE, [(row.day, navy(row.values, records.person)) for row in tapes]),
        (Way.SCALE, [(day, Fat(percent, None)) for day, percent in scale]),
    )
    for way, measured in ways:
        fats = [
            (day, fat.percent)
            for day, fat in measured
            if isinstance(fat, Fat) and (records.today - day).days < STANDS_DAYS
        ]
        if fats:
            return (*fats[-1], way)
    return None


def fat_points(records: Records, way: Way, days: int) -> list[tuple[date, float]]:
    """Body fat by a way over some days; of several caliper methods that which was used last."""
    if way is Way.SCALE:
        return points(records.rows("weight", WEIGHT, days), "body_fat_pct")
    if way is Way.TAPE:
        tapes = records.rows("circumference", FOR_NAVY, days)
        return _percents([(row.day, navy(row.values, records.person)) for row in tapes])
    folds = records.rows("caliper", ("method", *FOLDS), days)
    last = folds[-1].values["method"] if folds else ""
    return _percents(
        [(row.day, skinfold_fat(row.point, records.person)) for row in folds if row.values["method"] == last]
    )


def _percents(measured: Sequence[tuple[date, Fat | Unknown]]) -> list[tuple[date, float]]:
    return [(day, fat.percent) for day, fat in measured if isinstance(fat, Fat)]


def lean_kg(records: Records) -> float | None:
    """Fat-free mass by the trend of the weight and the newest body fat."""
    smoothed, fat = weight.trend(weights(records)), newest_fat(records)
    return body.lean_mass(smoothed[-1].trend, fat[1]) if smoothed and fat else None


WAY_WORDS = {Way.SKINFOLDS: _("Caliper"), Way.TAPE: _("Tape (US Navy)"), Way.SCALE: _("Scale")}


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
    if height is not None:
        found.append(
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
            )
        )
        fat_kg = smoothed.trend - lean
        found.append(
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
            )
        )
    return found
