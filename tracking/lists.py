"""A journal's rows as pages show them: by month, each with its parts in words."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import DateField, Subquery
from django.db.models.functions import TruncMonth
from django.utils.formats import time_format

from membership.models import User as Account
from mitai.core import units
from tracking import sets
from tracking.journals.base import Journal, Point
from tracking.measures import Measure, Scale, Sets
from tracking.moments import place_of
from tracking.person import Person
from tracking.row_views import MonthView, Part, RowView
from tracking.sources import MANUAL

if TYPE_CHECKING:
    from membership.models import User


def month_of_rows(journal: Journal, person: Person, month: str, today: date) -> MonthView:
    """The rows of a month named "2026-11"; without a (readable) name the newest month that has rows."""
    rows = journal.model.objects.of(person.user)
    first = _first_day(month)
    newest = Subquery(rows.order_by("-day").values("day")[:1])
    of_newest = rows.filter(day__gte=TruncMonth(newest, output_field=DateField()))
    within = of_newest if first is None else rows.between(first, _last_day(first))
    beside = _beside(rows, first or TruncMonth(newest, output_field=DateField()), first)
    shown = list(within.newest_first().select_related(*journal.joins).annotate(**beside))
    start = first or (shown[0].day if shown else today).replace(day=1)
    found = shown[0].__dict__ if shown else _alone(_beside(rows, start, start), person.user)
    earlier, later = (_named(found[name]) for name in beside)
    return MonthView(start, present_days(journal, shown, person), earlier, later)


def _last_day(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


def _beside(rows: Any, start: Any, first: date | None) -> dict[str, Any]:
    """The nearest days with rows before and after the month that begins at `start`.

    `first` is that day where it is known; else it is the newest month, and nothing comes after it.
    """
    after = rows.filter(day__gt=_last_day(first)) if first else rows.none()
    return {
        "day_before": Subquery(rows.filter(day__lt=start).order_by("-day").values("day")[:1]),
        "day_after": Subquery(after.order_by("day").values("day")[:1]),
    }


def _alone(beside: Mapping[str, Any], user: User) -> Mapping[str, Any]:
    """What a month without rows has beside it."""
    found: Mapping[str, Any] = Account.objects.filter(pk=user.pk).values(**beside).get()
    return found


def _named(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else ""


def present_days(journal: Journal, rows: Sequence[Any], person: Person) -> tuple[RowView, ...]:
    """The rows of whole days in words and numbers, with what the days say about them."""
    marks = journal.marks(rows) if journal.marks else {}
    return tuple(replace(present(journal, row, person), mark=marks.get(row.pk, "")) for row in rows)


def present_again(journal: Journal, user: User, entry: Any) -> RowView:
    """A row that is shown already, as the list of its month shows it."""
    rows = [entry]
    if journal.marks:
        rows = list(journal.model.objects.of(user).filter(day=entry.day).select_related(*journal.joins))
    return next(row for row in present_days(journal, rows, Person(user)) if row.id == entry.pk)


def present(journal: Journal, entry: Any, person: Person | None = None) -> RowView:
    """A row in words and numbers; without a person what was recorded, and nothing that follows from it."""
    parts = _parts(journal, entry, person)
    first = [name for name in journal.headline or journal.quick if name in parts]
    computed = {number.name for number in journal.computed}
    imported = entry.source is not None and entry.source.kind != MANUAL
    return RowView(
        id=entry.pk,
        day=entry.day,
        time=_local(entry),
        main=tuple(parts[name] for name in first),
        more=tuple(
            part
            for name, part in parts.items()
            if name not in {*first, *computed, *_said_better(journal, parts)}
        ),
        computed=tuple(part for name, part in parts.items() if name in computed and name not in first),
        explained=bool(computed & parts.keys()),
        note=entry.note,
        origin=str(entry.source) if imported else "",
        lacking=journal.lacking(entry, person) if journal.lacking and person else "",
        picture=journal.picture(entry) if journal.picture else None,
        assessment=journal.assess(entry, person) if journal.assess and person else None,
    )


def _said_better(journal: Journal, parts: Mapping[str, Part]) -> set[str]:
    """What the journal does not list because of what follows from it, where that follows."""
    return {
        name
        for name in journal.unlisted
        if any(number.name in parts and name in number.needs for number in journal.computed)
    }


def _parts(journal: Journal, entry: Any, person: Person | None) -> dict[str, Part]:
    """What there is to say of a row, by the name of the field or the computed number."""
    apart = {"note", *journal.uploads, *(journal.pair or ())}
    found = {field.name: part_of(field, entry, person) for field in journal.fields if field.name not in apart}
    if journal.pair:
        found = {journal.pair[0]: _pair(journal, entry), **found}
    if person is not None:
        found |= computed_parts(journal, entry, person)
    return {name: part for name, part in found.items() if part is not None}


def computed_parts(journal: Journal, entry: Any, person: Person) -> dict[str, Part]:
    """The numbers that follow from a row, as far as they can be computed."""
    if not journal.computed:
        return {}
    point = point_of(journal, entry)
    return {
        number.name: Part(str(number.verbose_name), value, number.unit, number.digits, "")
        for number in journal.computed
        if (value := number.of(point, person)) is not None
    }


def point_of(journal: Journal, entry: Any) -> Point:
    """A row as the computed numbers of its journal take it."""
    needs = {column for number in journal.computed for column in number.needs}
    return Point(0, entry.day, {name: _as_float(column_of(entry, name)) for name in needs})


def column_of(entry: Any, name: str) -> Any:
    """The value of a column, or with "relation__column" of that of a related row."""
    value = entry
    for part in name.split("__"):
        value = None if value is None else getattr(value, part)
    return value


def _as_float(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _pair(journal: Journal, entry: Any) -> Part:
    """Two measures read as one: "119/76 mmHg"."""
    assert journal.pair is not None
    measures = [journal.measure(name) for name in journal.pair]
    numbers = [
        units.format_amount(getattr(entry, measure.name), measure.unit, measure.digits)
        for measure in measures
    ]
    labels = "/".join(str(measure.verbose_name) for measure in measures)
    return Part(labels, None, units.active().unit(measures[0].unit), 0, "/".join(numbers))


def part_of(field: Any, entry: Any, person: Person | None) -> Part | None:
    """The value of a field in words or numbers, None where it has none to show."""
    value = getattr(entry, field.name)
    label = str(field.verbose_name)
    if isinstance(field, Scale) and value is not None:
        return Part(label, None, "", 0, f"{value:.0f}")
    if isinstance(field, Measure):
        return None if value is None else Part(label, value, field.unit, field.digits, "")
    if isinstance(value, bool):
        return Part(label, None, "", 0, label) if value else None
    if not value or not field.editable:
        return None
    if isinstance(field, Sets):
        return Part(label, None, "", 0, sets.write(sets.taken(value), units.active(), between=" · "))
    if isinstance(value, datetime):  # another moment of the entry, at the clock of the place it was made
        return Part(label, None, "", 0, f"{label} {time_format(_at_place(value, entry, person), 'H:i')}")
    return Part(label, None, "", 0, str(dict(field.flatchoices or ()).get(value, value)))


def _local(entry: Any) -> datetime | None:
    if entry.occurred_at is None:
        return None
    return _at_offset(entry.occurred_at, entry)


def _at_offset(moment: datetime, entry: Any) -> datetime:
    return moment.astimezone(timezone(timedelta(minutes=entry.utc_offset_min or 0))).replace(tzinfo=None)


def _at_place(moment: datetime, entry: Any, person: Person | None) -> datetime:
    """The clock of another moment of an entry: on a night of changed clocks it had another offset."""
    if person is None:
        return _at_offset(moment, entry)
    place = place_of(entry.occurred_at, entry.utc_offset_min, person.user.zone)
    return moment.astimezone(place).replace(tzinfo=None)


def _first_day(month: str) -> date | None:
    try:
        return datetime.strptime(month, "%Y-%m").date()
    except ValueError:
        return None
