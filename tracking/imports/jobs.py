"""The worker's part of an import: read the file, compare it with what is here, write it.

The run is a row with a state; a worker holds it by a lease and an attempt number, and what it says
counts only while both are its own. Reading is repeated from the start after a kill; writing goes on
at the first batch that was not committed, because the position moves in the batch's own transaction.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import OperationalError as DatabaseError
from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from psycopg.errors import DiskFull

from membership import access
from tracking import entries
from tracking.imports import recognise
from tracking.imports.archive import Limits
from tracking.imports.errors import ImportRefused
from tracking.imports.files import spool_of, upload_path
from tracking.imports.labels import journal_of
from tracking.imports.previews import Previews
from tracking.imports.records import Clock, Context, LineError, Origin, Progress, Record
from tracking.imports.runs import ACTIVE, ImportRun
from tracking.imports.spool import Spool, origin_key
from tracking.journals import registry
from tracking.readings import Reading, SyncClock
from tracking.sources import Source

if TYPE_CHECKING:
    from membership.models import User

log = structlog.get_logger(__name__)
State = ImportRun.State
BATCH = 500
LEASE = timedelta(seconds=60)
RENEW_EVERY = timedelta(seconds=1)
SEND_AFTER = timedelta(seconds=20)
SWEPT_EXPIRES_S = 25  # before beat sweeps again, so that waiting runs do not pile up messages
MOST_TRIES = 5  # without coming further
MOST_ERRORS = 100


class LostRun(Exception):
    """Another worker took the run over, or the member took it back: this one stops without a word."""


def wake(run_id: UUID, **options: Any) -> None:
    """Send the task; with the broker away the run stays queued and the sweeper sends it later."""
    from tracking.tasks import run_import

    try:
        run_import.apply_async((str(run_id),), **options)
    except OperationalError:
        log.warning("import not sent, the sweeper will", run=str(run_id))


def sweep() -> None:
    """Wake runs whose worker is gone, and those that were never sent."""
    now = timezone.now()
    late = ImportRun.objects.filter(state__in=ACTIVE, created_at__lt=now - SEND_AFTER)
    for pk in late.exclude(lease_until__gt=now).values_list("pk", flat=True):
        wake(pk, expires=SWEPT_EXPIRES_S)


# The worker's part ----------------------------------------------------------------------------------------
def work(run_id: UUID) -> None:
    """Read and write a run to its end, then wake the member's next.

    A run that is gone, done or held by another worker is left alone.
    """
    run = _take(run_id)
    if run is None:
        return
    _finish(run)
    following = ImportRun.objects.of(run.user).filter(state__in=ACTIVE).exclude(pk=run.pk)
    for pk in following.order_by("created_at").values_list("pk", flat=True)[:1]:
        wake(pk)


def _finish(run: ImportRun) -> None:
    try:
        if run.state != State.WRITING or _is_overtaken(run):
            _read(run)
            if run.preview:
                _foresee(run)
                return
            _enter(run, State.WRITING)
        _write(run)
    except LostRun:
        log.info("import run lost", run=str(run.pk))
    except ImportRefused as refusal:
        log.info("import refused", run=str(run.pk), code=refusal.code)
        _fail(run, refusal.code, str(refusal.line or ""), refusal.left_out)
    except (OSError, sqlite3.DatabaseError) as error:
        log.error("import cannot use the disk", run=str(run.pk), error=type(error).__name__)
        _fail(run, "disk")
    except DatabaseError as error:
        if not isinstance(error.__cause__, DiskFull):
            raise
        log.error("import fills the disk of the database", run=str(run.pk))
        _fail(run, "disk")


def _is_overtaken(run: ImportRun) -> bool:
    """Whether another import was finished or undone since this one was read for its preview.

    It may have told the clock by which this file's days are fixed, so the file is read again.
    """
    if run.position or run.read_at is None:
        return False
    since = Q(finished_at__gt=run.read_at) | Q(undone_at__gt=run.read_at)
    return ImportRun.objects.of(run.user).filter(since).exclude(pk=run.pk).exists()


def _take(run_id: UUID) -> ImportRun | None:
    """Take the lease by compare-and-swap; give up a run that lost too many workers.

    A member's imports follow each other: two at once would only wait for the member's clock, in a place
    that an evaluation or another member's import could have.
    """
    run = ImportRun.objects.filter(pk=run_id).select_related("user").first()
    now = timezone.now()
    if run is None or run.state not in ACTIVE or (run.lease_until is not None and run.lease_until > now):
        return None
    if run.tries >= MOST_TRIES:
        _fail(run, "worker_lost")
        return None
    under_way = ImportRun.objects.of(run.user).filter(state__in=ACTIVE, lease_until__gt=now)
    free = ImportRun.objects.filter(
        ~Exists(under_way), pk=run.pk, attempt=run.attempt, state=run.state, lease_until=run.lease_until
    )
    changes = {
        "attempt": run.attempt + 1,
        "tries": run.tries + 1,
        "lease_until": now + LEASE,
        "stage_since": now,
        "stage_from": run.position,
    }
    if free.update(**changes) != 1:
        return None
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def _mine(run: ImportRun, **changes: Any) -> None:
    """Change the run as long as it is still this worker's, and renew the lease."""
    changes.setdefault("lease_until", timezone.now() + LEASE)
    if ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state__in=ACTIVE).update(**changes) != 1:
        raise LostRun
    for name, value in changes.items():
        setattr(run, name, value)


def _enter(run: ImportRun, state: ImportRun.State, **changes: Any) -> None:
    """Begin a stage: what is left of it is told from here on."""
    _mine(run, state=state, position=0, stage_since=timezone.now(), stage_from=0, **changes)


def _renew(run: ImportRun, **changes: Any) -> None:
    """Tell how far the run has come, about once a second."""
    assert run.lease_until is not None
    if timezone.now() > run.lease_until - LEASE + RENEW_EVERY:
        _mine(run, **changes)


def _read(run: ImportRun) -> None:
    _enter(run, State.READING, records=0, read_at=timezone.now())

    def progress(done: Progress) -> None:
        _renew(run, bytes_done=done.done, bytes_total=done.total)

    found = read_into(spool_of(run), upload_path(run), owner=run.user, progress=progress)
    _mine(
        run,
        format=found.format,
        bytes_done=run.bytes_total,
        records=found.records,
        errors=found.errors,
        clock=found.clock.stretches,
        report={"skipped": found.skipped},
    )


def _foresee(run: ImportRun) -> None:
    """Compare what was read with what is here; the run then waits for the member."""
    _enter(run, State.READING)
    found = Previews()
    for batch in spool_of(run).batches(BATCH):
        known = _known_sources(run.user, {record.origin for _slot, record in batch})
        found.add(owner=run.user, readings=readings_of(run.user, run.pk, batch, known))
        _renew(run, position=found.readings)
    _mine(run, state=State.PREVIEW, position=0, foreseen=found.as_json(), lease_until=None, tries=0)


class Found:
    """What reading gave: the format, how many facts, and what was left out, by journal and reason."""

    def __init__(self, format_name: str) -> None:
        self.format = format_name
        self.records = 0
        self.errors: list[dict[str, Any]] = []
        self.skipped: dict[str, Counter[str]] = {}
        self.clock = Clock()


def read_into(
    spool: Spool,
    path: Path,
    *,
    owner: User,
    format_name: str = "",
    progress: Callable[[Progress], None] = lambda done: None,
) -> Found:
    """Read a file into the spool.

    Raises:
        ImportRefused: the file is refused as a whole, also when it holds nothing for us.
    """
    module = recognise(path)
    if format_name and format_name != module.NAME:
        raise ImportRefused("not_recognised", detail=f"looks like {module.NAME}")
    found = Found(module.NAME)
    context = Context(
        zone=owner.zone,
        limits=Limits(unpacked=settings.UNPACKED_LIMIT_BYTES),
        clock=clock_of(owner, module.NAME),
    )
    come = Progress(0, 0)
    with spool.write() as writer:
        for item in module.read(path, context):
            if isinstance(item, Record):
                writer.add(item)
            elif isinstance(item, LineError):
                _note(found, item)
            elif isinstance(item, Clock):
                found.clock = item
            else:
                come = item
            progress(come)
    found.records = spool.count()
    if not found.records:
        raise ImportRefused("nothing_recognised", left_out=found.errors)
    return found


def clock_of(owner: User, format_name: str) -> Clock:
    """The clock that a member's imports of a format were told by, the first of them first."""
    runs = ImportRun.objects.of(owner).filter(state=State.DONE, format=format_name).order_by("finished_at")
    clock = Clock()
    for stretches in runs.values_list("clock", flat=True):
        clock = clock.then(Clock(tuple((first, last, offset) for first, last, offset in stretches)))
    return clock


def _note(found: Found, error: LineError) -> None:
    found.skipped.setdefault(journal_of(error.label), Counter())[error.reason] += 1
    if len(found.errors) < MOST_ERRORS:
        found.errors.append(
            {"line": error.line, "reason": error.reason, "value": error.value[:80], "label": error.label}
        )


def _write(run: ImportRun) -> None:
    for batch in spool_of(run).batches(BATCH, skip=run.position):
        with transaction.atomic():
            _mine(run)  # always the run before the member's clock, so that two never wait for each other
            counts = write_facts(owner=run.user, run_id=run.pk, facts=batch)
            report = add_counts(run.report, counts)
            _mine(run, position=run.position + len(batch), report=report, tries=0)
    with transaction.atomic():
        _mine(run, state=State.DONE, finished_at=timezone.now(), lease_until=None, foreseen={})
        access.commit(subject=run.subject)
    spool_of(run).remove()


def write_facts(*, owner: User, run_id: UUID, facts: Iterable[tuple[str, Record]]) -> dict[str, Counter[str]]:
    """Turn facts into readings of a run and settle their slots; inside the caller's transaction."""
    facts = list(facts)
    # The clock before the sources too: the command writes many batches in one transaction.
    SyncClock.advance(owner.pk, 0)
    sources = _sources(owner, {record.origin for _slot, record in facts})
    return entries.write_batch(owner=owner, readings=readings_of(owner, run_id, facts, sources))


def readings_of(
    owner: User, run_id: UUID | None, facts: Iterable[tuple[str, Record]], sources: Mapping[str, Source]
) -> list[Reading]:
    """The facts as readings of a run, or without one as if by hand; not yet stored."""
    return [
        Reading(
            user=owner,
            journal=record.journal,
            slot=slot,
            source=sources[origin_key(record.origin)],
            run_id=run_id,
            external_id=record.external_id,
            as_of=record.as_of,
            day=record.day,
            occurred_at=record.occurred_at,
            utc_offset_min=record.utc_offset_min,
            count=record.n,
            values=registry()[record.journal].to_json(record.values),
            originals=dict(record.originals),
        )
        for slot, record in facts
    ]


def _identity(origin: Origin) -> dict[str, str]:
    """What makes two origins one source."""
    return {"kind": origin.kind, "name": origin.name[:200], "device": origin.device[:200]}


def _sources(owner: User, origins: Iterable[Origin]) -> dict[str, Source]:
    """The member's sources for these origins, made where they are new."""
    made = {}
    for origin in origins:
        made[origin_key(origin)], _new = Source.objects.get_or_create(
            user=owner, **_identity(origin), defaults={"fibre_included": origin.fibre_included}
        )
    return made


def _known_sources(owner: User, origins: Iterable[Origin]) -> dict[str, Source]:
    """The member's sources for these origins; new ones are made up and not stored."""
    return {
        origin_key(origin): Source.objects.filter(user=owner, **_identity(origin)).first()
        or Source(user=owner, **_identity(origin))
        for origin in origins
    }


def add_counts(report: Mapping[str, Any], counts: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """The report with the counts of one more batch."""
    journals = {slug: Counter(known) for slug, known in report.get("journals", {}).items()}
    for slug, counted in counts.items():
        journals[slug] = journals.get(slug, Counter()) + counted
    return {**report, "journals": {slug: dict(counted) for slug, counted in sorted(journals.items())}}


def _fail(run: ImportRun, code: str, detail: str = "", errors: Sequence[dict[str, Any]] = ()) -> None:
    """End a run with its reason: what it wrote is taken back, what it reserved is given back.

    A run that another worker has taken over in the meantime stays as it is.
    """
    with transaction.atomic():
        ended = ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state__in=ACTIVE).update(
            state=State.FAILED,
            error_code=code,
            error_detail=detail,
            errors=list(errors),
            finished_at=timezone.now(),
            lease_until=None,
        )
        if not ended:
            return
        entries.drop_run(owner=run.user, run_id=run.pk)
        access.release(subject=run.subject)
    spool_of(run).remove()
