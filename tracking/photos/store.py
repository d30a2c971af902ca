"""The encrypted files of photos: `DATA_DIR/photos/<account>/<photo>.<version>`; no name is the member's.

A file is sealed for its place: under another photo's name, or another member's, it does not open.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min

from mitai.core import vault
from tracking.photos.photo_files import PhotoFile
from tracking.photos.pictures import VERSIONS

INCOMING = "incoming"  # what was uploaded, until its versions are made
NAMES = (INCOMING, *VERSIONS)
YOUNG_S = 600  # between a file and the commit of its row
State = PhotoFile.State
WANTED: dict[str, Collection[str]] = {State.INCOMING: NAMES, State.READY: tuple(VERSIONS), State.FAILED: ()}


def folder() -> Path:
    return Path(settings.DATA_DIR) / "photos"


def path_of(photo: PhotoFile, name: str) -> Path:
    """Where a version, or what was uploaded, lies."""
    return folder() / str(photo.user_id) / f"{photo.pk}.{name}"


def write(photo: PhotoFile, name: str, content: bytes) -> None:
    """Seal and put in place: afterwards the file is whole, or as it was before.

    Raises:
        OSError: the disk takes no more, or cannot be written.
    """
    write_at(path_of(photo, name), content)


def read(photo: PhotoFile, name: str) -> bytes:
    """What was written.

    Raises:
        FileNotFoundError: there is no such file.
        mitai.core.vault.VaultError: it cannot be opened.
    """
    return read_at(path_of(photo, name))


def erase(photo: PhotoFile, *, but: Collection[str] = ()) -> None:
    """Delete the files of a photo."""
    for name in NAMES:
        if name not in but:
            path_of(photo, name).unlink(missing_ok=True)


def write_at(path: Path, content: bytes) -> None:
    """As `write`, by the file's place."""
    blob = vault.seal(content, context=_context(path))
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    _make_folder(path.parent)
    try:
        with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def read_at(path: Path) -> bytes:
    """As `read`, by the file's place."""
    return vault.unseal(path.read_bytes(), context=_context(path))


def key_id_at(path: Path) -> str:
    """The name of the key a file is sealed with.

    Raises:
        mitai.core.vault.Damaged: it does not begin as a sealed file does.
    """
    with path.open("rb") as file:
        return vault.key_id_of(file.read(vault.HEADER_BYTES))


def files() -> Iterator[Path]:
    """Every file of a photo; what a write that was killed left behind is none."""
    for place in _folders():
        for file in sorted(place.iterdir()):
            if file.is_file() and file.suffix.removeprefix(".") in NAMES:
                yield file


# Sweeping -------------------------------------------------------------------------------------------------
def forget_accounts() -> None:
    """Delete the folders of accounts that are gone."""
    places = {UUID(place.name): place for place in _folders()}
    alive = set(get_user_model().objects.filter(pk__in=places).values_list("pk", flat=True))
    birth = _birth() if len(alive) < len(places) else 0.0
    for account, place in places.items():
        if account not in alive:
            _forget(place, since=birth)
            with suppress(OSError):
                place.rmdir()


def forget_orphans() -> None:
    """Delete the files no row asks for (any more), and what killed writes left behind.

    Young ones may belong to a row that is not committed yet.
    """
    birth, before = _birth(), time.time() - YOUNG_S
    for place in _folders():
        rows = PhotoFile.objects.filter(user_id=place.name).values_list("pk", "state")
        wanted = {f"{pk}.{name}" for pk, state in rows for name in WANTED[state]}
        _forget(place, since=birth, before=before, but=wanted)


def _forget(place: Path, *, since: float, before: float = float("inf"), but: Collection[str] = ()) -> None:
    """Delete the files of a folder that were written in this time, in seconds since 1970."""
    for file in place.iterdir():
        with suppress(FileNotFoundError):  # it went while we looked
            if file.name not in but and since < file.stat().st_mtime < before:
                file.unlink()


def _birth() -> float:
    """When this database was made. What is older belongs to one that is perhaps about to be restored."""
    applied = MigrationRecorder.Migration.objects.aggregate(first=Min("applied"))["first"]
    return float(applied.timestamp())


def _folders() -> Iterator[Path]:
    """The folders of accounts; what is named otherwise (`lost+found`) is not ours."""
    for place in sorted(folder().iterdir()):
        with suppress(ValueError):
            UUID(place.name)
            yield place


def _context(path: Path) -> str:
    return f"photos/{path.parent.name}/{path.name}"


def _make_folder(place: Path) -> None:
    with suppress(FileExistsError):
        place.mkdir(mode=0o700)
        _sync(place.parent)


def _sync(place: Path) -> None:
    """So that a file that was renamed is there after a power cut too."""
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
