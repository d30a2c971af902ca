"""Several daily series over a period: what can be shown, its values, two periods side by side, and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from math import fsum
from statistics import fmean
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis import weight
from tracking.analysis.correlation import correlate
from tracking.analysis.interpret import movement
from tracking.charts import (
    DEFAULT_RANGE,
    RANGES,
    WARM_UP,
    finished,
    range_start,
    rows_of,
    seconds,
)
from tracking.connections import connection_sentence
from tracking.goals import Goal
from tracking.journals import registry
from tracking.journals.base import Computed, Journal, Point
from tracking.measures import Measure, Text
from tracking.person import Person
from tracking.progress import written
from tracking.topics.weighing import HACKERS_DIET

if TYPE_CHECKING:
    from membership.models import User

MOST_LINES = 6
USUAL = ("weight.weight_kg",)
BEFORE, YEAR = "before", "year"
YEAR_DAYS = 365
Daily = dict[date, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One series that can be shown: a measure or a computed number of a journal, or the trend through it."""

    key: str
    journal: Journal
    name: str
    trend: bool = False

    @property
    def quantity(self) -> Measure | Computed:
        return self.journal.quantity(self.name)

    @property
    def columns(self) -> frozenset[str]:
        """What it is computed from."""
        quantity = self.quantity
        return frozenset(quantity.needs if isinstance(quantity, Computed) else [self.name])

    @property
    def formula(self) -> Text:
        """How the value of a day comes about."""
        if self.trend:
            return _("trend = trend before + (1 − 0.9^days) · (weight − trend before)")
        if isinstance(self.quantity, Computed):
            return self.quantity.formula
        if self.name in self.journal.adds:
            return _("sum of the day")
        return _("as recorded; of several a day the mean, of meals the sum, of nights the longest")

    @property
    def source(self) -> Text:
        """Whose formula it is."""
        if self.trend:
            return HACKERS_DIET
        return self.quantity.source if isinstance(self.quantity, Computed) else self.journal.label

    @property
    def label(self) -> str:
        """Its name, with unit or journal where another line has the same."""
        return _labels(get_language())[self.key]

    @property
    def plain_label(self) -> str:
        label = str(self.quantity.verbose_name)
        return _("%(label)s (trend)") % {"label": label} if self.trend else label


def follows(one: Line, other: Line) -> bool:
    """Whether two lines share a column: then one follows from the other by arithmetic."""
    return one.journal is other.journal and bool(one.columns & other.columns)


@cache
def lines() -> dict[str, Line]:
    """Everything that can be shown, by its key, in the order of the journals."""
    found = {}
    for journal in registry().values():
        trends = {series.name for series in journal.series if series.trend}
        names = [measure.name for measure in journal.measures] + [one.name for one in journal.computed]
        for name in names:
            found[f"{journal.slug}.{name}"] = Line(f"{journal.slug}.{name}", journal, name)
            if name in trends:
                key = f"{journal.slug}.{name}.trend"
                found[key] = Line(key, journal, name, trend=True)
    return found


@cache
def _labels(language: str | None) -> dict[str, str]:
    """The labels of all lines in a language, told apart."""
    found: dict[str, str] = {}
    for line in lines().values():
        label = line.plain_label
        like = [other for other in lines().values() if other.plain_label == label and other is not line]
        if any(other.journal is line.journal for other in like):
            label = f"{label} ({line.quantity.unit})"
        elif like:
            label = f"{label} ({line.journal.label})"
        found[line.key] = label
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see: lines, a range by its name, and with which other period beside it."""

    lines: tuple[Line, ...]
    range: str
    beside: str

    @property
    def days(self) -> int | None:
        return RANGES[self.range]

    @property
    def query(self) -> str:
        """The same as an address has it."""
        query = QueryDict(mutable=True)
        query.setlist("s", [line.key for line in self.lines])
        query["range"] = self.range
        if self.beside:
            query["beside"] = self.beside
        return query.urlencode()


def wanted(given: QueryDict) -> Wanted:
    """What an address asks for; what it names and we do not know is left out."""
    known = lines()
    keys = list(dict.fromkeys(key for key in given.getlist("s") if key in known))[:MOST_LINES]
    name = given.get("range", "")
    name = name if name in RANGES else DEFAULT_RANGE
    beside = given.get("beside", "")
    fits = beside in {BEFORE, YEAR} and RANGES[name] is not None
    return Wanted(tuple(known[key] for key in keys or USUAL), name, beside if fits else "")


def daily(person: Person, chosen: Sequence[Line], start: date | None, end: date) -> dict[str, Daily]:
    """The value of each day of some lines, in stored units: what adds up as a sum, everything else as a mean.

    One query a journal.
    """
    found: dict[str, Daily] = {}
    for journal, of_journal in groupby(
        sorted(chosen, key=lambda line: line.journal.slug), key=lambda line: line.journal
    ):
        group = list(of_journal)
        warm = any(line.trend for line in group) and start is not None
        begin = start - WARM_UP if warm and start is not None else start
        rows = rows_of(journal, person.user, begin, end, list({line.name for line in group}))
        for line in group:
            values = _of_days(journal, rows, line.name)
            if line.trend:
                values = {one.day: one.trend for one in weight.trend(sorted(values.items()))}
            found[line.key] = {day: value for day, value in values.items() if start is None or day >= start}
    return {line.key: found[line.key] for line in chosen}


def _of_days(journal: Journal, rows: Sequence[Point], name: str) -> Daily:
    join = fsum if name in journal.adds else fmean
    known = ((row.day, value) for row in rows if (value := row.values[name]) is not None)
    return {
        day: join([float(value) for _day, value in values])
        for day, values in groupby(known, lambda one: one[0])
    }


@dataclass(frozen=True, slots=True)
class Period:
    """Some days, both ends included; without a beginning all time."""

    start: date | None
    end: date


def periods(want: Wanted, today: date) -> tuple[Period, Period | None, int]:
    """The period, the one beside it, and by how many days that one is moved to lie over the first."""
    now = Period(range_start(want.range, today), today)
    if not want.beside or now.start is None or want.days is None:
        return now, None, 0
    shift = want.days if want.beside == BEFORE else YEAR_DAYS
    by = timedelta(days=shift)
    return now, Period(now.start - by, now.end - by), shift


@dataclass(frozen=True, slots=True)
class Picture:
    """Daily values of a period and of the one beside it, both by the keys of their lines."""

    want: Wanted
    now: Mapping[str, Daily]
    beside: Mapping[str, Daily]
    shift: int


def picture(person: Person, want: Wanted, today: date) -> Picture:
    """The values somebody wants to see."""
    now, other, shift = periods(want, today)
    values = daily(person, want.lines, now.start, now.end)
    beside = daily(person, want.lines, other.start, other.end) if other else {}
    return Picture(want, values, beside, shift)


def chart_json(person: Person, want: Wanted, today: date, *, whole: bool = False) -> dict[str, Any]:
    """The chart as `chart.js` reads it; missing values are null, the other period lies over the first.

    A table asks for the `whole` of it, where a screen shows no more than some points.
    """
    seen = picture(person, want, today)
    by = timedelta(days=seen.shift)
    series = [(line, line.label, seen.now[line.key], False) for line in want.lines]
    for line in want.lines if seen.beside else ():
        moved = {day + by: value for day, value in seen.beside[line.key].items()}
        series.append((line, _beside_label(line, want), moved, True))
    days = sorted({day for _line, _label, values, _dash in series for day in values})
    columns = [
        {
            "key": line.key + (".beside" if dash else ""),
            "label": label,
            "unit": line.quantity.unit,
            "digits": line.quantity.digits,
            "scale": line.quantity.unit,
            "kind": "line" if len(series) > 1 or line.trend else "points",
            "dash": dash,
            "values": [values.get(day) for day in days],
        }
        for line, label, values, dash in series
        if values
    ]
    chart = finished([seconds(day) for day in days], columns, whole=whole)
    return chart | {
        "range": want.range,
        "lines": [],
        "marks": marks(person.user, days[0], today) if days else [],
        "sentence": sentence(seen, today),
        "cautions": [],
    }


def _beside_label(line: Line, want: Wanted) -> str:
    words = {"label": line.label}
    return (_("%(label)s, before") if want.beside == BEFORE else _("%(label)s, a year before")) % words


def marks(user: User, start: date, end: date) -> list[dict[str, Any]]:
    """Events within a period: goals that were set, and days with a photo."""
    goals = Goal.objects.filter(user=user, created_at__date__gte=start, created_at__date__lte=end)
    found = [
        (
            goal.created_at.astimezone(user.zone).date(),
            _("Goal: %(what)s") % {"what": written(goal.declared, goal.target_value, goal.second_value)},
        )
        for goal in goals
    ]
    photos = registry()["photo"].model.objects.of(user).between(start, end).values_list("day", flat=True)
    found += [(day, _("Photo")) for day in photos.distinct()]
    return [{"x": seconds(day), "label": label} for day, label in sorted(set(found))]


# In words ---------------------------------------------------------------------------------------------------
def sentence(seen: Picture, today: date) -> str:
    """One plain sentence about what is shown."""
    want = seen.want
    shown = [line for line in want.lines if seen.now[line.key]]
    if not shown:
        return sentences.empty_sentence(want.days)
    if seen.beside:
        return " ".join(_compared(line, seen) for line in shown)
    if len(shown) == 1:
        line = shown[0]
        found = movement(sorted(seen.now[line.key].items()), today)
        return sentences.movement_sentence(
            found, line.quantity.verbose_name, line.quantity.unit, line.quantity.digits
        )
    if len(shown) == 2:
        first, second = shown
        found_pair = correlate(seen.now[first.key], seen.now[second.key])
        if found_pair is not None and not follows(first, second):
            return connection_sentence(first.label, second.label, 0, found_pair)
    n = len({day for line in shown for day in seen.now[line.key]})
    return ngettext("%(n)d day with values.", "%(n)d days with values.", n) % {"n": n}


def _compared(line: Line, seen: Picture) -> str:
    now, before = seen.now[line.key], seen.beside[line.key]
    unit, digits = line.quantity.unit, line.quantity.digits
    words = {"label": line.label, "now": format_quantity(fmean(now.values()), unit, digits)}
    if not before:
        return _("%(label)s: mean %(now)s, nothing in the other period.") % words
    difference = fmean(now.values()) - fmean(before.values())
    words |= {
        "before": format_quantity(fmean(before.values()), unit, digits),
        "difference": format_quantity(difference, unit, digits, signed=True),
    }
    return _("%(label)s: mean %(now)s, in the other period %(before)s (%(difference)s).") % words
