"""The report of a week or a month: what was, against the period before, and what it meant at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import fsum
from statistics import fmean
from typing import Literal

from django.utils.translation import gettext as _

from tracking.history import Line, Period, daily, lines
from tracking.measures import Scale
from tracking.person import Person
from tracking.records import Records
from tracking.topics import energy, pressure, sleep, training, weighing
from tracking.topics.figure import Figure, Why, given, short

Kind = Literal["week", "month"]
KEYS = (
    "weight.weight_kg",
    "circumference.waist_cm",
    "nutrition.energy_kcal",
    "nutrition.protein_g",
    "daily_activity.steps",
    "activity.duration_min",
    "activity.load",
    "sleep.asleep_h",
    "sleep.efficiency_pct",
    "vitals.resting_hr_bpm",
    "vitals.hrv_sdnn_ms",
    "vitals.hrv_rmssd_ms",
    "blood_pressure.systolic_mmhg",
    "blood_pressure.diastolic_mmhg",
    "wellbeing.mood",
    "wellbeing.energy",
    "wellbeing.stress",
    "wellbeing.meditation_min",
)
SUMS = frozenset({"activity.duration_min", "activity.load", "wellbeing.meditation_min"})


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report: mean of the days with a value, or their sum, in the period and the one before."""

    line: Line
    is_sum: bool
    now: float | None
    before: float | None
    days: int
    why: Why

    @property
    def digits(self) -> int:
        """Those of the measure; the mean of a rating has one."""
        return 1 if isinstance(self.line.quantity, Scale) else self.line.quantity.digits

    @property
    def difference(self) -> float | None:
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class Report:
    """A period with its rows, its figures at its end, and the periods beside it by their first days."""

    kind: Kind
    period: Period
    rows: Sequence[Row]
    figures: Sequence[Figure]
    earlier: date
    later: date | None


def period_of(kind: Kind, day: date) -> Period:
    """The week from Monday, or the month, that a day lies in."""
    if kind == "week":
        start = day - timedelta(days=day.weekday())
        return Period(start, start + timedelta(days=6))
    start = day.replace(day=1)
    return Period(start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def report(person: Person, kind: Kind, day: date, today: date) -> Report:
    """The report of the week or month of a day; days to come are left out."""
    period = period_of(kind, min(day, today))
    start, end = period.start, min(period.end, today)
    assert start is not None
    before = period_of(kind, start - timedelta(days=1))
    assert before.start is not None
    # A period that is not over is held against as many days of the one before.
    so_far = min(before.end, before.start + (end - start)) if end < period.end else before.end
    chosen = [lines()[key] for key in KEYS]
    now = daily(person, chosen, start, end)
    then = daily(person, chosen, before.start, so_far)
    records = Records(person, end)
    # Today's diary is not closed; the last day of a past period is.
    closed = records if end == today else Records(person, end + timedelta(days=1))
    figures = [
        weighing.rate(records),
        energy.intake(closed),
        training.week_load(records),
        replace(sleep.duration(records), reading=""),
        pressure.mean(records),
    ]
    rows = [_row(line, now[line.key], then[line.key]) for line in chosen]
    later = period.end + timedelta(days=1)
    return Report(
        kind=kind,
        period=Period(start, end),
        rows=[row for row in rows if row.days or row.before is not None],
        figures=[figure for figure in figures if figure.known],
        earlier=start - timedelta(days=1),
        later=later if later <= today else None,
    )


def _row(line: Line, now: dict[date, float], before: dict[date, float]) -> Row:
    join = fsum if line.key in SUMS else fmean
    return Row(
        line,
        line.key in SUMS,
        join(now.values()) if now else None,
        join(before.values()) if before else None,
        len(now),
        Why(
            formula=_("sum of the days that have a value")
            if line.key in SUMS
            else _("mean of the days that have a value"),
            source=_("own rule"),
            given=[
                given(short(day), value, line.quantity.unit, line.quantity.digits)
                for day, value in sorted(now.items())
            ],
            days=len(now),
            note=_("Before: by the same rule; days with a value: %(n)d.") % {"n": len(before)},
        ),
    )
