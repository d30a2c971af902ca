"""A slot as it stands in the database: its row, if there is one, and all readings about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from tracking.journals.base import Entry, Journal, When
from tracking.readings import Reading
from tracking.resolve import Statement
from tracking.sources import MANUAL

if TYPE_CHECKING:
    from membership.models import User


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot with its row, if it has one, and everything that was said about it."""

    key: str
    entry: Entry | None
    statements: tuple[Statement, ...]
    moments: Mapping[str, When]
    live: bool = False  # whether the member saw a row here when the slot was read

    def hearing(self, statement: Statement, moment: When) -> Slot:
        """The slot with one statement more."""
        return replace(
            self, statements=(*self.statements, statement), moments={**self.moments, statement.id: moment}
        )


def read_slot(owner: User, journal: Journal, key: str) -> Slot:
    """One slot, see `read_slots`."""
    return read_slots(owner, journal, [key])[key]


def read_slots(owner: User, journal: Journal, keys: Sequence[str]) -> dict[str, Slot]:
    """Rows and readings of slots in one query. Where a reading stands, a row stands too, deleted or not."""
    fields = (
        "id",
        "source_id",
        "run_id",
        "suppressed",
        "as_of",
        "external_id",
        "values",
        "count",
        "day",
        "occurred_at",
        "utc_offset_min",
    )
    readings = Reading.objects.filter(
        user=OuterRef("user"), journal=journal.slug, slot=OuterRef("slot")
    ).values(
        json=JSONObject(
            **{name: name for name in fields},
            kind="source__kind",
            name="source__name",
            device="source__device",
        )
    )
    rows = journal.model.objects.filter(user=owner, slot__in=keys).annotate(readings=ArraySubquery(readings))
    found = {row.slot: _slot(row) for row in rows}
    return {key: found.get(key) or Slot(key, None, (), {}) for key in keys}


def _slot(row: Any) -> Slot:
    return Slot(
        row.slot,
        row,
        tuple(_statement(reading) for reading in row.readings),
        {reading["id"]: _when(reading) for reading in row.readings},
        live=row.deleted_at is None,
    )


def _statement(reading: Mapping[str, Any]) -> Statement:
    return Statement(
        id=reading["id"],
        source=reading["source_id"],
        run=reading["run_id"],
        by_hand=reading["kind"] == MANUAL,
        suppressed=reading["suppressed"],
        as_of=datetime.fromisoformat(reading["as_of"]),
        external_id=reading["external_id"],
        values=reading["values"],
        count=reading["count"],
        origin=f"{reading['kind']} {reading['name']} {reading['device']}",
    )


def _when(reading: Mapping[str, Any]) -> When:
    occurred = reading["occurred_at"]
    return When(
        date.fromisoformat(reading["day"]),
        datetime.fromisoformat(occurred) if occurred else None,
        reading["utc_offset_min"],
    )


def statement_of(reading: Reading) -> Statement:
    source = reading.source
    return Statement(
        id=str(reading.pk),
        source=str(source.pk),
        run=str(reading.run_id) if reading.run_id else None,
        by_hand=source.kind == MANUAL,
        suppressed=reading.suppressed,
        as_of=reading.as_of,
        external_id=reading.external_id,
        values=reading.values,
        count=reading.count,
        origin=f"{source.kind} {source.name} {source.device}",
    )


def moment_of(reading: Reading) -> When:
    return When(reading.day, reading.occurred_at, reading.utc_offset_min)
