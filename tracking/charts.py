"""Columns of numbers for the charts: one query, the analysis, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, F, Func, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from mitai.core import units
from mitai.core.expressions import AsRead, as_float
from mitai.core.numbers import format_number, round_to
from tracking import sentences
from tracking.analysis import weight as weight_analysis
from tracking.analysis.interpret import daily_means, movement
from tracking.analysis.thin import thin
from tracking.analysis.weight import Target
from tracking.goals import Goal
from tracking.journals.base import Computed, Journal, Point
from tracking.measures import Measure
from tracking.person import Person

if TYPE_CHECKING:
    from membership.models import User

RANGES = {"7": 7, "30": 30, "90": 90, "365": 365, "all": None}
DEFAULT_RANGE = "90"
# A day's trend must be the same number on every range: the smoothing forgets what is older than this
# (0.9 to the power of 180 is below 1e-8).
WARM_UP = timedelta(days=180)
MOST_POINTS = 800
FIRST_DAY = date(1970, 1, 1).toordinal()
DAY_S = 86400


def range_start(name: str, today: date) -> date | None:
    """The first day of a range that ends today; None for all time and for unknown names the default."""
    days = RANGES.get(name, RANGES[DEFAULT_RANGE])
    return None if days is None else today - timedelta(days=days - 1)


def rows_of(journal: Journal, user: User, start: date | None, end: date, names: Sequence[str]) -> list[Point]:
    """A journal's measures and computed numbers in order of time, days with several adding rows as totals."""
    entries = journal.model.objects.of(user).between(start, end)
    points = points_of(journal, entries, columns_of(journal, names))
    computed = [number for number in journal.computed if number.name in names]
    return with_computed(points, computed, Person(user)) if computed else points


def columns_of(journal: Journal, names: Sequence[str]) -> list[str]:
    """The columns behind these names: a computed number stands on those it needs."""
    needs = {number.name: number.needs for number in journal.computed}
    return list(dict.fromkeys(column for name in names for column in needs.get(name, (name,))))


def with_computed(points: Sequence[Point], computed: Sequence[Computed], person: Person) -> list[Point]:
    """The points with these numbers too."""
    return [
        replace(point, values={**point.values, **{one.name: one.of(point, person) for one in computed}})
        for point in points
    ]


def points_of(journal: Journal, entries: QuerySet[Any], names: Sequence[str]) -> list[Point]:
    """These columns of a set of a journal's rows, as `rows_of` gives them."""
    if journal.daily is not None:
        totals = journal.daily(entries, names)
        return [Point(seconds(day), day, values) for day, values in totals.items()]
    columns = [as_float(name) if _is_measured(journal, name) else F(name) for name in names]
    found = entries.order_by("day", "occurred_at", "slot").values_list("day", _wall_clock(), *columns)
    return [
        Point(seconds(day) if clock is None else clock, day, dict(zip(names, values, strict=True)))
        for day, clock, *values in found
    ]


def _is_measured(journal: Journal, name: str) -> bool:
    return any(measure.name == name for measure in journal.measures)


def _wall_clock() -> AsRead:
    """The local clock of an entry in seconds as if UTC, NULL where only its day is known."""
    whole = BigIntegerField()
    seconds = Func(
        "occurred_at", template="floor(extract(epoch FROM %(expressions)s))::bigint", output_field=whole
    )
    return AsRead(seconds + 60 * Coalesce("utc_offset_min", 0), output_field=whole)


def series_json(journal: Journal, user: User, name: str, today: date) -> dict[str, Any]:
    """The chart of a journal as `chart.js` reads it; missing values are null."""
    start = range_start(name, today)
    names = [*(series.name for series in journal.series), *journal.reads]
    warm = None if start is None else start - WARM_UP
    looks_back = journal.meaning is None or any(series.trend for series in journal.series)
    rows = rows_of(journal, user, warm if looks_back else start, today, names)
    shown = [row for row in rows if start is None or row.day >= start]
    columns = []
    for series in journal.series:
        measure, values = journal.quantity(series.name), [row.values[series.name] for row in shown]
        columns.append(_column(measure, series.name, str(measure.verbose_name), series.kind, values))
        if series.trend:
            trend = trend_of(rows, series.name)
            smooth = [trend.get(row.day) for row in shown]
            columns.append(_column(measure, f"{series.name}_trend", _("Trend"), "line", smooth))
    chart = finished(
        [row.x for row in shown], [c for c in columns if any(v is not None for v in c["values"])]
    )
    target = Goal.objects.weight_target(user) if journal.goal else None
    goal = target and _shown(target.value, "kg")
    lines = [{"label": _("Goal"), "value": goal, "scale": c["scale"]} for c in chart["series"][:1] if target]
    return chart | {
        "range": name if name in RANGES else DEFAULT_RANGE,
        "lines": lines,
        "sentence": meaning_of(journal, rows, today, target, Person(user))
        if shown
        else sentences.empty_sentence(RANGES.get(name, RANGES[DEFAULT_RANGE])),
        "cautions": journal.cautions(rows, today) if journal.cautions else [],
    }


def finished(x: list[int], columns: list[dict[str, Any]], *, whole: bool = False) -> dict[str, Any]:
    """Columns rounded, in the member's units, and unless all are asked for thinned to what a screen shows."""
    if not whole:
        x, columns = _thinned(x, columns)
    columns = [column | {"values": _rounded(column["values"])} for column in columns]
    return {"x": x, "series": [_in_the_members_unit(column) for column in columns]}


def meaning_of(
    journal: Journal, rows: Sequence[Point], today: date, target: Target | None, person: Person
) -> str:
    """The sentence of a journal's chart: its own, or where the first measure with values goes."""
    if journal.meaning is not None:
        return journal.meaning(rows, today, target, person)
    for series in journal.series:
        points = [(row.day, value) for row in rows if (value := row.values[series.name]) is not None]
        if points:
            measure, found = journal.quantity(series.name), movement(daily_means(points), today)
            return sentences.movement_sentence(found, measure.verbose_name, measure.unit, measure.digits)
    return sentences.valueless_sentence()


def _column(
    measure: Measure | Computed, key: str, label: str, kind: str, values: Sequence[float | None]
) -> dict[str, Any]:
    """One line of a chart; measures of the same unit share an axis."""
    return {
        "key": key,
        "label": label,
        "unit": measure.unit,
        "digits": measure.digits,
        "scale": measure.unit,
        "kind": kind,
        "values": list(values),
    }


def _in_the_members_unit(column: dict[str, Any]) -> dict[str, Any]:
    """The same line in the unit the member reads in."""
    stored, unit = column["unit"], units.active().unit(column["unit"])
    if unit == stored:
        return column
    values = [_shown(value, stored) for value in column["values"]]
    return column | {"unit": unit, "scale": unit, "values": values}


def _shown(value: float | None, unit: str) -> float | None:
    """A stored value in the member's unit, to three decimals like what is stored; most need no conversion."""
    if value is None or units.active().unit(unit) == unit:
        return value
    return float(round_to(units.active().show(value, unit), 3))


def trend_of(rows: Sequence[Point], name: str) -> dict[date, float]:
    """The smoothed value of each day that has one."""
    points = [(row.day, value) for row in rows if (value := row.values[name]) is not None]
    return {point.day: point.trend for point in weight_analysis.trend(points)}


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    """To the three decimals that are stored."""
    return [None if value is None else round(value, 3) for value in values]


def _thinned(x: list[int], columns: list[dict[str, Any]]) -> tuple[list[int], list[dict[str, Any]]]:
    """At most what a screen shows; peaks and ends of every column stay."""
    if len(x) <= MOST_POINTS or not columns:
        return x, columns
    kept: set[int] = set()
    for column in columns:
        kept.update(thin(column["values"], MOST_POINTS // len(columns)))
    order = sorted(kept)
    return [x[i] for i in order], [c | {"values": [c["values"][i] for i in order]} for c in columns]


def seconds(day: date) -> int:
    """A local day on the axis of a chart: its beginning as if UTC."""
    return (day.toordinal() - FIRST_DAY) * DAY_S


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the table twin: the moment as people there read it, and the formatted values."""

    moment: datetime
    cells: tuple[str, ...]


def table_rows(chart: dict[str, Any]) -> list[TableRow]:
    """The columns of `series_json` as lines, newest first."""
    lines = []
    for index in reversed(range(len(chart["x"]))):
        cells = tuple(
            "–"
            if column["values"][index] is None
            else format_number(column["values"][index], column["digits"])
            for column in chart["series"]
        )
        lines.append(TableRow(datetime.fromtimestamp(chart["x"][index], UTC).replace(tzinfo=None), cells))
    return lines
