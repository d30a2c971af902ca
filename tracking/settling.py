"""Behind the door of `tracking.entries`: a statement is added, and the rows follow from what was said.

Nothing else may call this. Who does holds the member's clock (see SyncClock).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from mitai.core.ids import uuid7
from tracking.journals.base import Entry, Journal, When
from tracking.readings import Reading, SyncClock
from tracking.resolve import Resolved, resolve
from tracking.slots import Slot, statement_of
from tracking.sources import MANUAL, Source, SourceOrder, manual_source_id

if TYPE_CHECKING:
    from membership.models import User


def stated(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says when it is filled in for the first time: an empty field says nothing."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def differs_from(journal: Journal, row: Entry, name: str, value: Any) -> bool:
    """Whether a value of a form is another one than the row's; of a relation the keys are compared."""
    new, old = getattr(value, "pk", value), getattr(row, journal.column(name))
    empty = (None, "")
    return bool(new != old) and not (new in empty and old in empty)


def say(
    owner: User,
    journal: Journal,
    slot: Slot,
    values: Mapping[str, Any],
    when: When,
    change: int,
    *,
    suppressed: bool = False,
    client_id: str = "",
    key: UUID | None = None,
) -> Entry:
    """Add one statement by hand and settle the slot."""
    reading = Reading(
        user=owner,
        journal=journal.slug,
        slot=slot.key,
        source=Source(pk=manual_source_id(owner.pk), user=owner, kind=MANUAL),
        external_id=client_id or uuid7().hex,
        as_of=timezone.now(),
        day=when.day,
        occurred_at=when.occurred_at,
        utc_offset_min=when.utc_offset_min,
        values=journal.to_json(values),
        suppressed=suppressed,
    )
    reading.save(force_insert=True)
    row = settle_one(owner, journal, slot.hearing(statement_of(reading), when), change, key=key)
    if row.source_id == reading.source.pk:
        row.source = reading.source  # known, so that showing the row does not ask for it
    return row


def settle_one(owner: User, journal: Journal, slot: Slot, change: int, *, key: UUID | None = None) -> Entry:
    """Let the row of one slot follow; `change` is its number, `key` that of a row which is new."""
    [(slot, resolved)] = resolve_all(owner, journal, [slot])
    row: Entry | None = row_as_said(owner, journal, slot, resolved, key=key)
    if row is None:  # said again what was there already: the row stands as it is
        assert slot.entry is not None
        return slot.entry
    row.changed = change
    _store(journal, [row])
    return row


def settle(owner: User, journal: Journal, slots: Iterable[Slot]) -> Counter[str]:
    """Settle many slots of one journal and number their changes; the caller holds the clock."""
    counts: Counter[str] = Counter()
    changed = []
    for slot, resolved in resolve_all(owner, journal, list(slots)):
        row = row_as_said(owner, journal, slot, resolved)
        counts[outcome(slot, row)] += 1
        if row is not None:
            changed.append(row)
    if changed:
        last = SyncClock.advance(owner.pk, len(changed))
        for number, row in enumerate(changed, start=last - len(changed) + 1):
            row.changed = number
        _store(journal, changed)
    return counts


def resolve_all(owner: User, journal: Journal, slots: Sequence[Slot]) -> list[tuple[Slot, Resolved]]:
    """What each slot says, with what follows from it where nobody stated it."""
    order = _order(owner, slots)
    outcomes = [
        resolve(slot.statements, pick=journal.pick, order=order, whole=journal.timed) for slot in slots
    ]
    if journal.derive is not None:
        derived = journal.derive(owner, [outcome.values for outcome in outcomes])
        outcomes = [
            replace(outcome, values={**more, **outcome.values})  # that there is none is a statement too
            if outcome.live
            else outcome
            for outcome, more in zip(outcomes, derived, strict=True)
        ]
    return list(zip(slots, outcomes, strict=True))


def outcome(slot: Slot, row: Entry | None) -> str:
    """What becomes of a slot: `created`, `updated`, `deleted` or `unchanged`."""
    if row is None:
        return "unchanged"
    if not slot.live:
        return "created"
    return "updated" if row.deleted_at is None else "deleted"


def _order(owner: User, slots: Iterable[Slot]) -> dict[str, list[str]]:
    """The member's order of sources by measure, asked for only where two imports speak of one slot."""
    if all(len({s.source for s in slot.statements if not s.by_hand}) < 2 for slot in slots):
        return {}
    return dict(SourceOrder.objects.filter(user=owner).values_list("measure", "sources"))


def row_as_said(
    owner: User, journal: Journal, slot: Slot, resolved: Resolved, *, key: UUID | None = None
) -> Any | None:
    """The slot's row as the outcome wants it, or None where it already is so."""
    now = timezone.now()
    row = slot.entry
    if not resolved.live:
        if row is None or not slot.live:
            return None
        row.deleted_at = row.updated_at = now
        row.chosen, row.source_id = {}, None
        return row
    assert resolved.leading is not None
    assert resolved.source is not None
    when = _moment_of_row(journal, slot, resolved.leading)
    wanted = journal.to_python(resolved.values) | {
        "chosen": resolved.chosen,
        "source_id": UUID(resolved.source),
        "day": when.day,
        "occurred_at": when.occurred_at,
        "utc_offset_min": when.utc_offset_min,
    }
    if slot.live and all(getattr(row, name) == value for name, value in wanted.items()):
        return None
    row = row or journal.model(pk=key or uuid7(), user=owner, slot=slot.key, created_at=now)
    for name, value in wanted.items():
        setattr(row, name, value)
    row.deleted_at, row.updated_at = None, now
    return row


def _moment_of_row(journal: Journal, slot: Slot, leading: str) -> When:
    """The local day of an instant is the one it was first written with, whatever came later.

    Keys of readings sort by the time they were made. A day's row takes the moment of its main reading.
    """
    return slot.moments[min(slot.moments) if journal.timed else leading]


def _store(journal: Journal, rows: Sequence[Entry]) -> None:
    kept = {"id", "user", "slot", "created_at"}
    names = [f.name for f in journal.model._meta.concrete_fields if f.name not in kept]
    journal.model.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "slot"], update_fields=names, batch_size=1000
    )
