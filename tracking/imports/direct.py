"""The operator's import: a file on the server, to its end in this process, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from tracking.imports import jobs
from tracking.imports.files import spool_of_command
from tracking.imports.records import Record
from tracking.imports.runs import ImportRun

if TYPE_CHECKING:
    from membership.models import User

State = ImportRun.State


def import_path(*, owner: User, path: Path, format_name: str = "", dry_run: bool = False) -> ImportRun:
    """Import a file outside the limits of tiers; `dry_run` writes nothing.

    Raises:
        ImportRefused: the file is refused as a whole.
    """
    run = ImportRun(
        user=owner,
        client_id="",
        file_name=path.name[:255],
        size=path.stat().st_size,
        state=State.WRITING,
    )
    run.client_id = f"command:{run.pk}"
    spool = spool_of_command(run)
    try:
        found = jobs.read_into(spool, path, owner=owner, format_name=format_name)
        run.format, run.records, run.errors = found.format, found.records, found.errors
        run.clock = found.clock.stretches
        run.report = {"skipped": found.skipped}
        _write(run, spool.batches(jobs.BATCH), dry_run=dry_run)
    finally:
        spool.remove()
    return run


@transaction.atomic
def _write(run: ImportRun, batches: Iterator[list[tuple[str, Record]]], *, dry_run: bool) -> None:
    run.save(force_insert=True)
    for batch in batches:
        counts = jobs.write_facts(owner=run.user, run_id=run.pk, facts=batch)
        run.report = jobs.add_counts(run.report, counts)
    run.state, run.position, run.finished_at = State.DONE, run.records, timezone.now()
    run.save()
    transaction.set_rollback(dry_run)
