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
SPARE_BYTES = 256 * 2**20  # what an upload leaves to the database and the logs


def folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def upload_path(run: ImportRun) -> Path:
    """Where the uploaded file lies; the name is ours, never the member's."""
    return folder() / f"{run.pk}.upload"


def spool_of(run: ImportRun) -> Spool:
    return Spool(folder() / f"{run.pk}.spool")


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
    """Delete the files of runs that were deleted, with their account say; young ones may be just arriving."""
    files = {file: _run_of(file) for file in folder().iterdir() if _age(file) > ARRIVING}
    known = {
        str(pk) for pk in ImportRun.objects.filter(pk__in=_uuids(files.values())).values_list("pk", flat=True)
    }
    for file, run in files.items():
        if run not in known:
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
    return (file for file in place.iterdir() if _age(file) > age)


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
