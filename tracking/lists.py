"""A journal's rows as pages show them: by month, each with its parts in words."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mitai.core import units
from tracking.journals.base import Journal, Measure
from tracking.sources import MANUAL

if TYPE_CHECKING:
    from membership.models import User


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a row: a stored one in its stored unit, or a text whose unit is the shown one."""

    label: str
    value: Any
    unit: str
    digits: int
    text: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: its values in order, the main ones first."""

    id: UUID
    day: date
    time: datetime | None
    main: tuple[Part, ...]
    more: tuple[Part, ...]
    note: str
    origin: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class MonthView:
    """The rows of one month, newest first, and the months beside it that hold rows ("2026-10")."""

    month: date
    rows: tuple[RowView, ...]
    earlier: str
    later: str

    @property
    def empty(self) -> bool:
        """Whether the journal holds nothing at all."""
        return not (self.rows or self.earlier or self.later)


def month_of_rows(journal: Journal, user: User, month: str, today: date) -> MonthView:
    """The rows of a month named "2026-11"; without a (readable) name the newest month that has rows."""
    rows = journal.model.objects.of(user)
    first = _first_day(month) or _newest(rows) or today.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    shown = list(rows.between(first, last).newest_first().select_related("source"))
    counted = journal.counting(shown) if journal.counting else {entry.pk for entry in shown}
    return MonthView(
        first,
        tuple(replace(present(journal, entry), counts=entry.pk in counted) for entry in shown),
        _month(rows.filter(day__lt=first).order_by("-day")),
        _month(rows.filter(day__gt=last).order_by("day")),
    )


def present(journal: Journal, entry: Any) -> RowView:
    """A row in words and numbers."""
    quick: list[Part] = []
    more: list[Part] = []
    for field in journal.fields:
        if field.name == "note" or (journal.pair and field.name == journal.pair[1]):
            continue
        part = (
            _pair(journal, entry) if journal.pair and field.name == journal.pair[0] else _part(field, entry)
        )
        if part is not None:
            (quick if field.name in journal.quick else more).append(part)
    imported = entry.source is not None and entry.source.kind != MANUAL
    return RowView(
        id=entry.pk,
        day=entry.day,
        time=_local(entry),
        main=tuple(quick),
        more=tuple(more),
        note=entry.note,
        origin=str(entry.source) if imported else "",
    )


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


def _part(field: Any, entry: Any) -> Part | None:
    value = getattr(entry, field.name)
    label = str(field.verbose_name)
    if isinstance(field, Measure):
        return None if value is None else Part(label, value, field.unit, field.digits, "")
    if isinstance(value, bool):
        return Part(label, None, "", 0, label) if value else None
    if not value:
        return None
    return Part(label, None, "", 0, str(dict(field.flatchoices).get(value, value)))


def _local(entry: Any) -> datetime | None:
    if entry.occurred_at is None:
        return None
    moment: datetime = entry.occurred_at.astimezone(timezone(timedelta(minutes=entry.utc_offset_min or 0)))
    return moment.replace(tzinfo=None)


def _first_day(month: str) -> date | None:
    try:
        return datetime.strptime(month, "%Y-%m").date()
    except ValueError:
        return None


def _newest(rows: Any) -> date | None:
    day: date | None = rows.order_by("-day").values_list("day", flat=True).first()
    return day.replace(day=1) if day else None


def _month(rows: Any) -> str:
    day = rows.values_list("day", flat=True).first()
    return f"{day:%Y-%m}" if day else ""
