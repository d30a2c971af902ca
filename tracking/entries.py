"""The one door for writing: readings go in, resolved entries come out.

Every write takes the member's clock first (see SyncClock): writers of one member follow each other,
so each sees all readings of the slots it resolves, and numbers of changes become visible in order.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership import access
from mitai.core.errors import Conflict
from mitai.core.ids import uuid7
from tracking.journals import registry
from tracking.journals.base import Entry, Journal, When
from tracking.readings import Reading, Submission, SyncClock
from tracking.resolve import Statement
from tracking.settling import (
    differs_from,
    outcome,
    resolve_all,
    row_as_said,
    say,
    settle,
    settle_one,
    stated,
)
from tracking.slots import Slot, moment_of, read_slot, read_slots, statement_of
from tracking.sources import MANUAL

if TYPE_CHECKING:
    from membership.models import User

SLOT_ATTEMPTS = 60
CHANGED = _("This entry was changed in the meantime. What you typed is still here; save again to keep it.")
MOVED_TO = "moved_to"  # stands in the deletion that a move leaves at the old place
SUBMISSIONS_KEPT = timedelta(days=90)


class Taken(Conflict):
    """The slot an entry should move to already holds another one."""


class Gone(Conflict):
    """The same was recorded before and has been deleted since: a form sent again brings nothing back."""


class NothingToUndo(Conflict):
    """The row stands there already, or it was moved and stands elsewhere."""


class Changed(Conflict):
    """Somebody (another tab, an import) changed the entry since the form was shown."""


def record(*, owner: User, journal: Journal, values: Mapping[str, Any], when: When, client_id: str) -> Entry:
    """Record by hand. The same `client_id` again returns the entry of the first time and changes nothing.

    A new row is counted against the journal's limit; updating the day's row is not.

    Raises:
        membership.access.LimitReached: the account may not add a row; nothing is saved.
        Gone: it was recorded before, and deleted.
    """
    key = uuid7()
    try:
        with transaction.atomic():
            Submission.objects.create(user=owner, client_id=client_id, journal=journal.slug, entry=key)
            return _record(owner, journal, values, when, client_id, key)
    except IntegrityError:
        taken = Submission.objects.filter(user=owner, client_id=client_id).first()
        if taken is None:
            raise
    content = _content(journal.slug, when.day, when.occurred_at, journal.to_json(stated(values)))
    if _said_then(owner, taken) in (None, content):
        again: Entry = registry()[taken.journal].model.objects.get(user=owner, pk=taken.entry)
        if again.deleted_at is not None:
            raise Gone(_("This entry was deleted meanwhile. It was not saved again."))
        return again
    # The browser brought an old page back and the member typed something else: a submission of its own.
    fresh = hashlib.sha256(f"{client_id} {content}".encode()).hexdigest()
    return record(owner=owner, journal=journal, values=values, when=when, client_id=fresh)


def _said_then(owner: User, taken: Submission) -> str | None:
    """What that submission said; None where its reading is gone."""
    said = Reading.objects.filter(
        user=owner, journal=taken.journal, external_id=taken.client_id, run=None
    ).first()
    return None if said is None else _content(said.journal, said.day, said.occurred_at, said.values)


def _content(slug: str, day: date, instant: datetime | None, values: Mapping[str, Any]) -> str:
    """What was typed: an instant by its minute, whose next free second it was given."""
    minute = _minute(instant)
    moment = None if minute is None else minute.astimezone(UTC).isoformat()
    return json.dumps([slug, day.isoformat(), moment, values], sort_keys=True)


def _record(
    owner: User, journal: Journal, values: Mapping[str, Any], when: When, client_id: str, key: UUID
) -> Entry:
    change = SyncClock.advance(owner.pk, 1)
    slot, when = _slot_for(owner, journal, values, when)
    if not slot.live:
        access.consume(user=owner, feature=journal.feature)
    entry = say(owner, journal, slot, stated(values), when, change, client_id=client_id, key=key)
    if entry.pk != key:
        Submission.objects.filter(user=owner, client_id=client_id).update(entry=entry.pk)
    return entry


@transaction.atomic
def edit(*, owner: User, entry: Entry, values: Mapping[str, Any], when: When, version: int) -> Entry:
    """Correct an entry by hand: `values` holds every field of the form, None where it was emptied.

    Only what differs from the row is said anew, so a value another source gave keeps its source;
    a measurement of one instant is said anew as a whole, so that no undo leaves half of it.
    Moving it to another day or minute leaves nothing behind at the old place.

    Raises:
        Changed: `version` is not the row's current one.
        Taken: the place it should move to already holds an entry.
    """
    journal = journal_of(entry)
    change = SyncClock.advance(owner.pk, 2)
    slot = read_slot(owner, journal, entry.slot)
    if slot.entry is None or not slot.live:
        raise Changed(CHANGED)
    current = slot.entry
    target, moment = _place(journal, values, when, current)
    differs = {name: value for name, value in values.items() if differs_from(journal, current, name, value)}
    if target == current.slot and not differs:
        return current  # also where the answer to the first try was lost
    if current.changed != version:
        raise Changed(CHANGED)
    if target != current.slot:
        return _move(owner, journal, slot, target, values, moment, change)
    said = {name: value for name, value in values.items() if name in differs or name not in journal.derived}
    return say(owner, journal, slot, said if journal.timed else differs, moment, change)


@transaction.atomic
def delete(*, owner: User, entry: Entry) -> Entry:
    """Delete by hand: a reading too, so that no import brings the row back. Twice is once."""
    journal = journal_of(entry)
    change = SyncClock.advance(owner.pk, 1)
    slot = read_slot(owner, journal, entry.slot)
    if not slot.live:
        return entry
    when = When(entry.day, entry.occurred_at, entry.utc_offset_min)
    return say(owner, journal, slot, {}, when, change, suppressed=True)


@transaction.atomic
def restore(*, owner: User, entry: Entry) -> Entry:
    """Undo the last deletion of a row: everything said before it counts again.

    Raises:
        NothingToUndo: the row stands there already, or it was not deleted but moved.
    """
    journal = journal_of(entry)
    change = SyncClock.advance(owner.pk, 1)
    slot = read_slot(owner, journal, entry.slot)
    by_hand = sorted((s for s in slot.statements if s.by_hand), key=lambda s: (s.as_of, s.id))
    if slot.live or not by_hand or not by_hand[-1].suppressed or MOVED_TO in by_hand[-1].values:
        raise NothingToUndo(_("There is nothing to undo any more: the entry is there already."))
    Reading.objects.filter(pk=by_hand[-1].id).delete()
    gone = by_hand[-1].id
    kept = replace(
        slot,
        statements=tuple(s for s in slot.statements if s.id != gone),
        moments={key: moment for key, moment in slot.moments.items() if key != gone},
    )
    row = settle_one(owner, journal, kept, change)
    if row.deleted_at is not None:  # what it held came from an import that was undone meanwhile
        raise NothingToUndo(_("There is nothing to bring back any more: its import was undone."))
    return row


def write_batch(*, owner: User, readings: Sequence[Reading]) -> dict[str, Counter[str]]:
    """Store an import's readings and settle their slots; one its run has stored already is left alone.

    Runs inside the caller's transaction. Returns by journal how many rows were `created`, `updated`
    and left `unchanged`.
    """
    SyncClock.advance(owner.pk, 0)
    new: list[Reading] = []
    counts = {}
    for journal, slots, unheard in _hearing(owner, readings):
        new += unheard
        counts[journal.slug] = settle(owner, journal, slots)
    Reading.objects.bulk_create(new, batch_size=1000)
    return counts


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What writing would make of one slot: `outcome` is `created`, `updated` or `unchanged`.

    `slot` has heard the readings too; `row` is the one that would stand there, deleted perhaps, or None.
    """

    journal: Journal
    slot: Slot
    outcome: str
    row: Any | None


def foresee(*, owner: User, readings: Sequence[Reading]) -> Iterator[Foreseen]:
    """What `write_batch` would do with these readings, slot by slot. Nothing is locked or stored."""
    for journal, slots, _unheard in _hearing(owner, readings):
        for slot, resolved in resolve_all(owner, journal, slots):
            row = row_as_said(owner, journal, slot, resolved)
            yield Foreseen(journal, slot, outcome(slot, row), row or slot.entry)


def _hearing(owner: User, readings: Sequence[Reading]) -> Iterator[tuple[Journal, list[Slot], list[Reading]]]:
    """By journal the slots that the readings speak of, having heard them, and which of them are new."""
    for slug, group in _by_journal(readings).items():
        journal = registry()[slug]
        slots = read_slots(owner, journal, sorted({r.slot for r in group}))
        new = []
        for reading in group:
            slot = slots[reading.slot]
            if not any(_same(statement, reading) for statement in slot.statements):
                slots[reading.slot] = slot.hearing(statement_of(reading), moment_of(reading))
                new.append(reading)
        yield journal, list(slots.values()), new


def drop_run(*, owner: User, run_id: UUID) -> dict[str, Counter[str]]:
    """Take an import's readings away and settle their slots, inside the caller's transaction.

    Returns by journal how many rows were `deleted`, `updated` and left `unchanged`.
    """
    SyncClock.advance(owner.pk, 0)
    readings = Reading.objects.filter(user=owner, run_id=run_id)
    touched = list(readings.values_list("journal", "slot").distinct())
    readings.delete()
    counts = {}
    for slug in {slug for slug, _slot in touched}:
        journal = registry()[slug]
        slots = read_slots(owner, journal, [slot for name, slot in touched if name == slug])
        counts[slug] = settle(owner, journal, slots.values())
    return counts


@transaction.atomic
def derive_anew(*, owner: User, journal: Journal, slots: Sequence[str]) -> int:
    """Settle slots again because what is derived follows other rules now; how many rows changed."""
    SyncClock.advance(owner.pk, 0)
    counts = settle(owner, journal, read_slots(owner, journal, slots).values())
    return counts["updated"]


@transaction.atomic
def forget_deleted(*, owner: User, entry: Entry) -> None:
    """Drop a deleted row for good, with everything that was said about it; nothing brings it back.

    Who pulls changes and has seen less than this begins anew (`purged_through`).
    """
    journal = journal_of(entry)
    change = SyncClock.advance(owner.pk, 1)
    gone: models.QuerySet[Any] = models.QuerySet(journal.model).filter(pk=entry.pk, deleted_at__isnull=False)
    if not gone.exists():
        return  # it came back meanwhile
    gone.delete()
    Reading.objects.filter(user=owner, journal=journal.slug, slot=entry.slot).delete()
    Submission.objects.filter(user=owner, entry=entry.pk).delete()
    SyncClock.objects.filter(user=owner).update(purged_through=change)


def forget_submissions() -> None:
    """Drop the marks of forms that were taken more than ninety days ago: no browser sends them again."""
    Submission.objects.filter(created_at__lt=timezone.now() - SUBMISSIONS_KEPT).delete()


def journal_of(entry: Entry) -> Journal:
    """The journal an entry belongs to."""
    return next(journal for journal in registry().values() if journal.model is type(entry))


# Places ----------------------------------------------------------------------------------------------------
def _slot_for(owner: User, journal: Journal, values: Mapping[str, Any], when: When) -> tuple[Slot, When]:
    """The slot a new entry by hand goes to: the day's own, else the next that holds no row."""
    keys = _places(journal, values, when)
    for key, slot in read_slots(owner, journal, keys).items():
        if len(keys) == 1 or slot.entry is None:  # a deleted row keeps its place, so that it can come back
            return slot, _moment(journal, key, when)
    raise Taken(_("There are too many entries at this moment already."))


def _places(journal: Journal, values: Mapping[str, Any], when: When) -> list[str]:
    """Where a new entry may go, the first choice first; one place alone means that recording replaces."""
    return list(dict.fromkeys(journal.slot(when, values, MANUAL, number) for number in range(SLOT_ATTEMPTS)))


def _place(journal: Journal, values: Mapping[str, Any], when: When, entry: Entry) -> tuple[str, When]:
    """Where an edited entry belongs; it stays where it is while day, minute and split stay the same."""
    same = not journal.split or values.get(journal.split) == getattr(entry, journal.split)
    if same and when.day == entry.day and _minute(when.occurred_at) == _minute(entry.occurred_at):
        return entry.slot, When(entry.day, entry.occurred_at, entry.utc_offset_min)
    key = journal.slot(when, values, MANUAL, 0)
    return key, _moment(journal, key, when)


def _minute(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(second=0, microsecond=0)


def _moment(journal: Journal, key: str, when: When) -> When:
    if not journal.timed:
        return when
    return When(when.day, datetime.fromisoformat(key), when.utc_offset_min)


def _move(
    owner: User, journal: Journal, old: Slot, target: str, values: Mapping[str, Any], when: When, change: int
) -> Entry:
    if len(_places(journal, values, when)) == 1 and read_slot(owner, journal, target).live:
        raise Taken(_("There is already an entry for this day."))
    slot, when = _slot_for(owner, journal, values, when)
    assert old.entry is not None
    gone = When(old.entry.day, old.entry.occurred_at, old.entry.utc_offset_min)
    say(owner, journal, old, {MOVED_TO: slot.key}, gone, change - 1, suppressed=True)
    unasked = {f.name: getattr(old.entry, f.attname) for f in journal.fields if f.name not in values}
    return say(owner, journal, slot, stated({**unasked, **values}), when, change)


def _same(statement: Statement, reading: Reading) -> bool:
    return (
        statement.run == str(reading.run_id)
        and statement.source == str(reading.source_id)
        and statement.external_id == reading.external_id
    )


def _by_journal(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.journal, []).append(reading)
    return groups
