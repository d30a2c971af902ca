"""What the member decides about an import: go on after the preview, cancel, take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership import access
from mitai.core.errors import Conflict
from tracking import entries
from tracking.imports import files, jobs
from tracking.imports.runs import OPEN, ImportRun

if TYPE_CHECKING:
    from membership.models import User

State = ImportRun.State
UNDO_WITHIN = timedelta(days=30)
ARRIVES_WITHIN = timedelta(days=1)  # after the last part that came
PREVIEW_WAITS = files.KEEP_FILES


class NotUndoable(Conflict):
    """The import is not finished, or its thirty days are over."""


class NotCancellable(Conflict):
    """The import has ended in the meantime."""


@transaction.atomic
def confirm(*, owner: User, run: ImportRun) -> None:
    """Write what the preview showed. Twice is once.

    Raises:
        Conflict: the import was cancelled in the meantime.
    """
    waiting = ImportRun.objects.of(owner).filter(pk=run.pk, state=State.PREVIEW)
    changes = {"state": State.WRITING, "preview": False, "stage_since": timezone.now()}
    if waiting.update(**changes):
        transaction.on_commit(lambda: jobs.wake(run.pk))
        return
    run.refresh_from_db()
    if run.state == State.CANCELLED:
        raise Conflict(_("This import was cancelled."))


@transaction.atomic
def cancel(*, owner: User, run: ImportRun) -> None:
    """End an import that is not done: what it wrote is taken back, its file deleted. Twice is once.

    Raises:
        NotCancellable: it is done or has failed.
    """
    run = ImportRun.objects.of(owner).select_for_update().get(pk=run.pk)
    if run.state == State.CANCELLED:
        return
    if run.state not in OPEN:
        raise NotCancellable(_("This import has ended in the meantime. A finished import can be undone."))
    _end(run)


def _end(run: ImportRun) -> None:
    """Close a locked run as cancelled."""
    run.state, run.finished_at, run.lease_until = State.CANCELLED, timezone.now(), None
    run.report, run.foreseen = {}, {}
    run.save(update_fields=["state", "finished_at", "lease_until", "report", "foreseen"])
    entries.drop_run(owner=run.user, run_id=run.pk)
    access.release(subject=run.subject)
    transaction.on_commit(lambda: files.remove(run))


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


def give_up_old() -> None:
    """Cancel what nobody goes on with: files half here for a day, previews older than the files are kept."""
    now = timezone.now()
    for run in ImportRun.objects.filter(state=State.ARRIVING, created_at__lt=now - ARRIVES_WITHIN):
        if files.untouched_for(run, ARRIVES_WITHIN):
            _give_up(run)
    for run in ImportRun.objects.filter(state=State.PREVIEW, read_at__lt=now - PREVIEW_WAITS):
        _give_up(run)


@transaction.atomic
def _give_up(run: ImportRun) -> None:
    """Cancel a run unless its member went on with it just now."""
    still = ImportRun.objects.select_for_update().filter(pk=run.pk, state=run.state).first()
    if still is not None:
        _end(still)
