"""Bests: one repetition at most of each exercise, and the records of the last ninety days."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking import sets
from tracking.analysis import strength
from tracking.analysis.strength import Kind
from tracking.records import Records, Row
from tracking.topics.figure import Figure, Given, Why, short

RECORD_DAYS = 3653
RECORD_COLUMNS = ("name", "training_type_id", "distance_km", "duration_min", "sets")
RECENT_DAYS, RECORDS_SHOWN = 90, 12


# Strength ---------------------------------------------------------------------------------------------------
def strongest(records: Records) -> list[Figure]:
    """One repetition at most of each exercise of the last ninety days, estimated from its best set."""
    best_of: dict[str, tuple[float, Row, sets.Set]] = {}
    rows = [row for row in records.rows("activity", RECORD_COLUMNS, RECORD_DAYS) if _is_recent(records, row)]
    for row in rows:
        for one in sets.taken(row.values["sets"]):
            value = _most(one, strength.epley)
            if value is not None and value > best_of.get(one.exercise, (0.0, row, one))[0]:
                best_of[one.exercise] = value, row, one
    if not best_of:
        return []
    shown = sorted(best_of.items())[:RECORDS_SHOWN]
    return [
        Figure(
            "one_repetition",
            _("One repetition at most, estimated"),
            _("By two formulas; they agree at ten repetitions, and above ten both are inexact."),
            lines=[
                Given(exercise, _by_both(value, one), short(row.day)) for exercise, (value, row, one) in shown
            ],
            why=Why(
                formula=_("kg · (1 + r / 30) and 36 · kg / (37 − r), r the repetitions done and in reserve"),
                source="Epley 1985; Brzycki 1993",
                given=[
                    Given(exercise, _done(one), records.source(row)) for exercise, (_value, row, one) in shown
                ],
                days=len({row.day for _value, row, _one in best_of.values()}),
                note=_(
                    "In reserve are 10 − RPE repetitions, where the effort was recorded; "
                    "twelve count at most."
                ),
            ),
        )
    ]


def _is_recent(records: Records, row: Row) -> bool:
    return (records.today - row.day).days < RECENT_DAYS


def _most(one: sets.Set, formula: Callable[[float, float], float | None]) -> float | None:
    if one.warm_up or not one.kg:
        return None
    rpe = None if one.rpe is None else float(one.rpe)
    return formula(float(one.kg), strength.effective_repetitions(one.repetitions, rpe))


def _by_both(value: float, one: sets.Set) -> str:
    other = _most(one, strength.brzycki) or 0.0
    text = f"{format_quantity(value, 'kg', 1)} · {format_quantity(other, 'kg', 1)}"
    return f"{text} ({_('inexact')})" if strength.is_inexact(one.repetitions) else text


def _done(one: sets.Set) -> str:
    text = f"{format_quantity(float(one.kg or 0), 'kg', 1)} × {one.repetitions}"
    return text if one.rpe is None else f"{text}, RPE {format_number(float(one.rpe), 1)}"


# Records ----------------------------------------------------------------------------------------------------
def best(records: Records) -> list[Figure]:
    """The records of the last ninety days, newest first."""
    rows = records.rows("activity", RECORD_COLUMNS, RECORD_DAYS)
    working = [
        strength.WorkingSet(row.day, one.exercise, None if one.kg is None else float(one.kg), one.repetitions)
        for row in rows
        for one in sets.taken(row.values["sets"])
        if not one.warm_up
    ]
    outings = [
        strength.Outing(
            row.day, row.values["training_type_id"], row.values["distance_km"], row.values["duration_min"]
        )
        for row in rows
        if row.values["training_type_id"]
    ]
    found = [*strength.strength_records(working), *strength.endurance_records(outings)]
    fresh = [one for one in found if (records.today - one.day).days < RECENT_DAYS]
    fresh.sort(key=lambda one: (one.day, one.kind.value, one.what, one.over), reverse=True)
    if not fresh:
        return []
    labels = _type_labels()
    return [
        Figure(
            "records",
            _("Records of ninety days"),
            _("Each betters all that was recorded before it."),
            lines=[_record(one, labels) for one in fresh[:RECORDS_SHOWN]],
            why=Why(
                formula=_("the best of a day that betters every earlier day; a tie is none"),
                source=_("own rule; one repetition at most after Epley 1985"),
                given=[
                    Given(_title(one, labels), _("before: %(before)s") % {"before": _amount(one, one.before)})
                    for one in fresh[:RECORDS_SHOWN]
                ],
                days=len({row.day for row in rows}),
                first=rows[0].day,
                last=rows[-1].day,
            ),
        )
    ]


def _type_labels() -> dict[str, str]:
    from tracking.training import TrainingType

    return {one.pk: str(one) for one in TrainingType.objects.all()}


KIND_WORDS = {
    Kind.HEAVIEST: _("heaviest set of %(over)s"),
    Kind.ONE_REP_MAX: _("one repetition at most, estimated"),
    Kind.VOLUME: _("most volume of a day"),
    Kind.FASTEST: _("fastest %(over)s km"),
    Kind.LONGEST_DISTANCE: _("longest way"),
    Kind.LONGEST_DURATION: _("longest time"),
}
KIND_UNITS = {
    Kind.HEAVIEST: ("kg", 1),
    Kind.ONE_REP_MAX: ("kg", 1),
    Kind.VOLUME: ("kg", 0),
    Kind.FASTEST: ("min", 1),
    Kind.LONGEST_DISTANCE: ("km", 2),
    Kind.LONGEST_DURATION: ("min", 0),
}


def _record(one: strength.Record, labels: dict[str, str]) -> Given:
    return Given(_title(one, labels), _amount(one, one.value), short(one.day))


def _title(one: strength.Record, labels: dict[str, str]) -> str:
    over = format_number(one.over, 0 if one.over == int(one.over) else 1)
    words = str(KIND_WORDS[one.kind])
    return f"{labels.get(one.what, one.what)}: {words % {'over': over} if '%(over)s' in words else words}"


def _amount(one: strength.Record, value: float) -> str:
    return format_quantity(value, *KIND_UNITS[one.kind])
