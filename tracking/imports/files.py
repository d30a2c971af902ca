"""Where the files of an import lie, whether there is room for one, and when they go."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from tracking.imports.runs import OPEN, ImportRun
from tracking.imports.spool import Spool

KEEP_FILES = timedelta(days=30)
KEEP_PARTS = timedelta(days=1)  # of forms that broke off
ARRIVING = timedelta(minutes=1)  # between the file and the commit of its row
SPOOL = ".spool"
SPARE_BYTES = 256 * 2**20  # what an upload leaves to the database and the logs


def folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def upload_path(run: ImportRun) -> Path:
    """Where the uploaded file lies; the name is ours, never the member's."""
    return folder() / f"{run.pk}.upload"


def spool_of(run: ImportRun) -> Spool:
    return Spool(folder() / f"{run.pk}{SPOOL}")


def spool_of_command(run: ImportRun) -> Spool:
    """Of a run that is no row before it is done: the sweeper would take it for an orphan among the others."""
    return Spool(Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{run.pk}{SPOOL}")


def room_for(size: int) -> bool:
    """Whether the disk takes so many bytes more and keeps something to work with."""
    return shutil.disk_usage(folder()).free >= size + SPARE_BYTES


def remove(run: ImportRun) -> None:
    """Delete everything that lies on disk for a run."""
    upload_path(run).unlink(missing_ok=True)
    spool_of(run).remove()


def untouched_for(run: ImportRun, age: timedelta) -> bool:
    """Whether nothing was written to the run's file for that long."""
    path = upload_path(run)
    return not path.exists() or _age(path) > age


def forget_orphans() -> None:
    """Delete the files of runs that were deleted or cancelled, and the spools of those that have ended.

    A worker that is killed, or loses its run, at the very end leaves them. Young ones may be just arriving.
    """
    files = {file: _run_of(file) for file in _older_than(folder(), ARRIVING)}
    runs = ImportRun.objects.filter(pk__in=_uuids(files.values())).exclude(state=ImportRun.State.CANCELLED)
    states = {str(pk): state for pk, state in runs.values_list("pk", "state")}
    for file, run in files.items():
        if run not in states or (file.suffix == SPOOL and states[run] not in OPEN):
            file.unlink(missing_ok=True)


def forget_old() -> None:
    """Delete files after thirty days, parts of forms after one; those of a run under way stay."""
    under_way = {str(pk) for pk in ImportRun.objects.filter(state__in=OPEN).values_list("pk", flat=True)}
    for file in _older_than(folder(), KEEP_FILES):
        if _run_of(file) not in under_way:
            file.unlink(missing_ok=True)
    for file in _older_than(Path(settings.FILE_UPLOAD_TEMP_DIR), KEEP_PARTS):
        file.unlink(missing_ok=True)


def _older_than(place: Path, age: timedelta) -> Iterator[Path]:
    """The files there; a folder (`lost+found`) is not ours."""
    return (file for file in place.iterdir() if file.is_file() and _age(file) > age)


def _run_of(file: Path) -> str:
    return file.name.partition(".")[0]


def _uuids(names: Iterable[str]) -> list[UUID]:
    found = []
    for name in names:
        with suppress(ValueError):
            found.append(UUID(name))
    return found


def _age(file: Path) -> timedelta:
    try:
        return timedelta(seconds=time.time() - file.stat().st_mtime)
    except FileNotFoundError:  # it went while we looked
        return timedelta()
