"""An import from the upload to its undoing.

The run is a row with a state; a worker holds it by a lease and an attempt number, and what it says
counts only while both are its own. Reading is repeated from the start after a kill; writing goes on
at the first batch that was not committed, because the position moves in the batch's own transaction.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from membership import access
from mitai.core.errors import Conflict
from tracking import entries
from tracking.imports import recognise
from tracking.imports.archive import Limits
from tracking.imports.errors import ImportRefused
from tracking.imports.labels import journal_of
from tracking.imports.records import Clock, Context, LineError, Origin, Progress, Record
from tracking.imports.runs import ImportRun
from tracking.imports.spool import Spool, origin_key
from tracking.journals import registry
from tracking.readings import Reading, SyncClock
from tracking.sources import Source

if TYPE_CHECKING:
    from membership.models import User

log = structlog.get_logger(__name__)
State = ImportRun.State
FEATURE = "data_import"
BATCH = 500
LEASE = timedelta(seconds=60)
RENEW_EVERY = timedelta(seconds=1)
SEND_AFTER = timedelta(seconds=20)
SWEPT_EXPIRES_S = 25  # before beat sweeps again, so that waiting runs do not pile up messages
MOST_ATTEMPTS = 5
MOST_ERRORS = 100
UNDO_WITHIN = timedelta(days=30)
KEEP_FILES = timedelta(days=30)
ARRIVING = timedelta(minutes=1)  # between the file and the commit of its row
KEEP_PARTS = timedelta(days=1)  # of uploads that broke off
ACTIVE = (State.QUEUED, State.READING, State.WRITING)


class LostRun(Exception):
    """Another worker took the run over, or the member took it back: this one stops without a word."""


class NotUndoable(Conflict):
    """The import is not finished, or its thirty days are over."""


def folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def upload_path(run: ImportRun) -> Path:
    """Where the uploaded file lies; the name is ours, never the member's."""
    return folder() / f"{run.pk}.upload"


def spool_of(run: ImportRun) -> Spool:
    return Spool(folder() / f"{run.pk}.spool")


def receive(*, owner: User, upload: UploadedFile[Any], client_id: str) -> ImportRun:
    """Take an uploaded file and queue its import. The same `client_id` again returns the first run.

    Raises:
        membership.access.LimitReached: the account may not import (any more in this period).
    """
    run = ImportRun(
        user=owner, client_id=client_id, file_name=(upload.name or "")[:255], size=upload.size or 0
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            access.reserve(user=owner, amounts={FEATURE: 1}, subject=f"import:{run.pk}")
            _keep(upload, upload_path(run))
            transaction.on_commit(lambda: wake(run.pk))
    except IntegrityError:
        known = ImportRun.objects.of(owner).filter(client_id=client_id).first()
        if known is None:
            raise
        return known
    return run


def _keep(upload: UploadedFile[Any], target: Path) -> None:
    """Move the upload into place; nobody else may read it."""
    source = getattr(upload, "temporary_file_path", None)
    if source is not None:
        os.replace(source(), target)
        target.chmod(0o600)
        return
    with open(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)


def wake(run_id: UUID, **options: Any) -> None:
    """Send the task; with the broker away the run stays queued and the sweeper sends it later."""
    from tracking.tasks import run_import

    try:
        run_import.apply_async((str(run_id),), **options)
    except OperationalError:
        log.warning("import not sent, the sweeper will", run=str(run_id))


def sweep() -> None:
    """Wake runs whose worker is gone, and those that were never sent; delete files whose run is gone."""
    forget_orphans()
    now = timezone.now()
    late = ImportRun.objects.filter(state__in=ACTIVE, created_at__lt=now - SEND_AFTER)
    for pk in late.exclude(lease_until__gt=now).values_list("pk", flat=True):
        wake(pk, expires=SWEPT_EXPIRES_S)


def forget_orphans() -> None:
    """Delete the files of runs that were deleted, with their account say; young ones may be just arriving."""
    files = {file: file.name.partition(".")[0] for file in folder().iterdir() if _age(file) > ARRIVING}
    known = {
        str(pk) for pk in ImportRun.objects.filter(pk__in=_uuids(files.values())).values_list("pk", flat=True)
    }
    for file, run in files.items():
        if run not in known:
            file.unlink(missing_ok=True)


def _uuids(names: Iterable[str]) -> list[UUID]:
    found = []
    for name in names:
        with suppress(ValueError):
            found.append(UUID(name))
    return found


def purge() -> None:
    """Delete files after thirty days, parts of uploads after one; reports and readings stay."""
    active = {str(pk) for pk in ImportRun.objects.filter(state__in=ACTIVE).values_list("pk", flat=True)}
    for files, keep in ((folder(), KEEP_FILES), (Path(settings.FILE_UPLOAD_TEMP_DIR), KEEP_PARTS)):
        for file in files.iterdir():
            if file.name.partition(".")[0] not in active and _age(file) > keep:
                file.unlink(missing_ok=True)


def _age(file: Path) -> timedelta:
    return timedelta(seconds=time.time() - file.stat().st_mtime)


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
        if run.state != State.WRITING:
            _read(run)
        _write(run)
    except LostRun:
        log.info("import run lost", run=str(run.pk))
    except ImportRefused as refusal:
        log.info("import refused", run=str(run.pk), code=refusal.code)
        _fail(run, refusal.code, str(refusal.line or ""), refusal.left_out)
    except (OSError, sqlite3.DatabaseError) as error:
        log.error("import cannot use the disk", run=str(run.pk), error=type(error).__name__)
        _fail(run, "disk")


def _take(run_id: UUID) -> ImportRun | None:
    """Take the lease by compare-and-swap; give up a run that lost too many workers.

    A member's imports follow each other: two at once would only wait for the member's clock, in a place
    that an evaluation or another member's import could have.
    """
    run = ImportRun.objects.filter(pk=run_id).select_related("user").first()
    now = timezone.now()
    if run is None or run.state not in ACTIVE or (run.lease_until is not None and run.lease_until > now):
        return None
    if run.attempt >= MOST_ATTEMPTS:
        _fail(run, "worker_lost")
        return None
    under_way = ImportRun.objects.of(run.user).filter(state__in=ACTIVE, lease_until__gt=now)
    free = ImportRun.objects.filter(
        ~Exists(under_way), pk=run.pk, attempt=run.attempt, state=run.state, lease_until=run.lease_until
    )
    changes = {"attempt": run.attempt + 1, "lease_until": now + LEASE, "started_at": now}
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


def _read(run: ImportRun) -> None:
    _mine(run, state=State.READING)

    def progress(done: Progress) -> None:
        assert run.lease_until is not None
        if timezone.now() > run.lease_until - LEASE + RENEW_EVERY:
            _mine(run, bytes_done=done.done, bytes_total=done.total)

    found = read_into(spool_of(run), upload_path(run), owner=run.user, progress=progress)
    _mine(
        run,
        state=State.WRITING,
        format=found.format,
        records=found.records,
        position=0,
        bytes_done=run.bytes_total,
        errors=found.errors,
        clock=found.clock.stretches,
        report={"skipped": found.skipped},
    )


class Found:
    """What reading gave: the format, how many facts, and what was left out, counted by journal."""

    def __init__(self, format_name: str) -> None:
        self.format = format_name
        self.records = 0
        self.errors: list[dict[str, Any]] = []
        self.skipped: Counter[str] = Counter()
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
    found.skipped[journal_of(error.label)] += 1
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
            _mine(run, position=run.position + len(batch), report=report)
    with transaction.atomic():
        _mine(run, state=State.DONE, finished_at=timezone.now(), lease_until=None)
        access.commit(subject=f"import:{run.pk}")
    spool_of(run).remove()


def write_facts(*, owner: User, run_id: UUID, facts: Iterable[tuple[str, Record]]) -> dict[str, Counter[str]]:
    """Turn facts into readings of a run and settle their slots; inside the caller's transaction."""
    facts = list(facts)
    # The clock before the sources too: the command writes many batches in one transaction.
    SyncClock.advance(owner.pk, 0)
    sources = _sources(owner, {record.origin for _slot, record in facts})
    return entries.write_batch(
        owner=owner,
        readings=[
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
        ],
    )


def _sources(owner: User, origins: Iterable[Origin]) -> dict[str, Source]:
    """The member's sources for these origins, made where they are new."""
    made = {}
    for origin in origins:
        made[origin_key(origin)], _new = Source.objects.get_or_create(
            user=owner,
            kind=origin.kind,
            name=origin.name[:200],
            device=origin.device[:200],
            defaults={"fibre_included": origin.fibre_included},
        )
    return made


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
        access.release(subject=f"import:{run.pk}")
    spool_of(run).remove()


# Undo -----------------------------------------------------------------------------------------------------
def undoable(run: ImportRun) -> bool:
    """Whether the import can still be taken back."""
    return (
        run.state == State.DONE
        and run.finished_at is not None
        and run.finished_at > timezone.now() - UNDO_WITHIN
    )


@transaction.atomic
def undo(*, owner: User, run: ImportRun) -> ImportRun:
    """Take an import back as a whole: what stood before it stands again. Twice is once.

    Raises:
        NotUndoable: it is not finished, or finished more than thirty days ago.
    """
    run = ImportRun.objects.of(owner).select_for_update().get(pk=run.pk)
    if run.state == State.UNDONE:
        return run
    if not undoable(run):
        raise NotUndoable(_("This import can no longer be undone."))
    counts = entries.drop_run(owner=owner, run_id=run.pk)
    run.state, run.undone_at = State.UNDONE, timezone.now()
    run.report = {**run.report, "undone": {slug: dict(counted) for slug, counted in sorted(counts.items())}}
    run.save(update_fields=["state", "undone_at", "report"])
    return run


# The operator's command -----------------------------------------------------------------------------------
def import_path(*, owner: User, path: Path, format_name: str = "", dry_run: bool = False) -> ImportRun:
    """Import a file to its end in this process, outside the limits of tiers; `dry_run` writes nothing.

    Raises:
        ImportRefused: the file is refused as a whole.
    """
    run = ImportRun(
        user=owner,
        client_id="",
        file_name=path.name[:255],
        size=path.stat().st_size,
        started_at=timezone.now(),
        state=State.WRITING,
    )
    run.client_id = f"command:{run.pk}"
    spool = spool_of(run)
    try:
        found = read_into(spool, path, owner=owner, format_name=format_name)
        run.format, run.records, run.errors = found.format, found.records, found.errors
        run.clock = found.clock.stretches
        run.report = {"skipped": dict(found.skipped)}
        _write_at_once(run, spool.batches(BATCH), dry_run=dry_run)
    finally:
        spool.remove()
    return run


@transaction.atomic
def _write_at_once(run: ImportRun, batches: Iterator[list[tuple[str, Record]]], *, dry_run: bool) -> None:
    run.save(force_insert=True)
    for batch in batches:
        run.report = add_counts(run.report, write_facts(owner=run.user, run_id=run.pk, facts=batch))
    run.state, run.position, run.finished_at = State.DONE, run.records, timezone.now()
    run.save()
    transaction.set_rollback(dry_run)
