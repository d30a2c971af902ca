"""Body fat by every caliper method, by tape and by scale, each with its error and whether it changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis import body, composition, weight
from tracking.analysis.body import Fat, Unknown
from tracking.analysis.composition import Way
from tracking.journals.caliper import FOLDS, CaliperMethod
from tracking.journals.caliper import fat as skinfold_fat
from tracking.journals.circumference import FOR_NAVY, navy
from tracking.measures import Text
from tracking.person import Person
from tracking.records import Records, Row, once, points
from tracking.topics.asked import Asked
from tracking.topics.figure import Figure, Given, Why, given, short
from tracking.topics.weighing import WEIGHT, WEIGHT_DAYS, weights

STANDS_DAYS = 30  # how long a value may stand for today
FAT_WORDS = {
    composition.FatClass.BELOW_ESSENTIAL: _("below essential fat"),
    composition.FatClass.ESSENTIAL: _("essential fat"),
    composition.FatClass.ATHLETIC: _("athletic"),
    composition.FatClass.FIT: _("fit"),
    composition.FatClass.ACCEPTABLE: _("acceptable"),
    composition.FatClass.OBESE: _("much"),
}
WAY_WORDS = {Way.SKINFOLDS: _("Caliper"), Way.TAPE: _("Tape (US Navy)"), Way.SCALE: _("Scale")}


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
