"""What an import would do, before it does it: the same weighing as the writing, nothing stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tracking import entries
from tracking.entries import Foreseen
from tracking.readings import Reading
from tracking.resolve import Statement

if TYPE_CHECKING:
    from membership.models import User

FIRST_ROWS = 5
EXAMPLES = 5
FILE = "file"


@dataclass
class Preview:
    """The preview of one journal, gathered slot by slot in ascending order.

    `counts` are rows created, updated and unchanged, as the report will have them. `conflicts` counts the
    slots where somebody else said something different; `examples` are the first of them.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: date | None = None
    last: date | None = None
    sources: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    conflicts: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, foreseen: Foreseen, readings: Sequence[Reading]) -> None:
        """Count one slot, and what the file says of it."""
        self.counts[foreseen.outcome] += 1
        for reading in readings:
            self.first = min(self.first or reading.day, reading.day)
            self.last = max(self.last or reading.day, reading.day)
            self.sources[reading.source.name or reading.source.kind] += 1
        said = _moment(readings[0]) | {"values": _merged(readings)}
        if len(self.rows) < FIRST_ROWS:
            self.rows.append(said)
        run = str(readings[0].run_id)
        if not _conflict(foreseen.slot.statements, run):
            return
        self.conflicts += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"file": said, "counts": _counting(foreseen), "by": _by(foreseen, run)})

    def as_json(self) -> dict[str, Any]:
        """As the run keeps it."""
        return {
            "counts": dict(self.counts),
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "sources": dict(self.sources.most_common()),
            "rows": self.rows,
            "conflicts": self.conflicts,
            "examples": self.examples,
        }


class Previews:
    """The previews of all journals of a file; `readings` counts how many facts they rest on."""

    def __init__(self) -> None:
        self.journals: dict[str, Preview] = {}
        self.readings = 0

    def add(self, *, owner: User, readings: Sequence[Reading]) -> None:
        """Weigh a batch of a run's readings; slots are whole in it, as the spool gives them."""
        self.readings += len(readings)
        by_slot: dict[tuple[str, str], list[Reading]] = {}
        for reading in readings:
            by_slot.setdefault((reading.journal, reading.slot), []).append(reading)
        for foreseen in entries.foresee(owner=owner, readings=readings):
            slug = foreseen.journal.slug
            preview = self.journals.setdefault(slug, Preview())
            preview.add(foreseen, by_slot[slug, foreseen.slot.key])

    def as_json(self) -> dict[str, Any]:
        return {slug: preview.as_json() for slug, preview in sorted(self.journals.items())}


def _moment(of: Reading | Any) -> dict[str, Any]:
    """When a reading or a row was."""
    return {
        "day": of.day.isoformat(),
        "occurred_at": of.occurred_at and of.occurred_at.isoformat(),
        "utc_offset_min": of.utc_offset_min,
    }


def _merged(readings: Sequence[Reading]) -> dict[str, Any]:
    return {name: value for reading in readings for name, value in reading.values.items()}


def _conflict(statements: Sequence[Statement], run: str) -> bool:
    """Whether somebody else gave a measure of the file another value, or threw the row away."""
    file = [s for s in statements if s.run == run]
    others = [s for s in statements if s.run != run]
    return any(
        other.suppressed
        or any(name in said.values and said.values[name] != value for name, value in other.values.items())
        for other in others
        for said in file
    )


def _counting(foreseen: Foreseen) -> dict[str, Any] | None:
    """The row that will count in the slot; None where it stays deleted."""
    row = foreseen.row
    if row is None or row.deleted_at is not None:
        return None
    fields = [field for field in foreseen.journal.fields if field.name != "note"]
    values = {field.name: getattr(row, field.attname) for field in fields}
    return _moment(row) | {"values": foreseen.journal.to_json(values)}


def _by(foreseen: Foreseen, run: str) -> str:
    """Whose word counts: FILE where some of it is the file's, else a source's key; empty where none."""
    row = foreseen.row
    if row is None or row.deleted_at is not None:
        return ""
    said = {statement.id for statement in foreseen.slot.statements if statement.run == run}
    return FILE if said & set(row.chosen.values()) else str(row.source_id)
