"""How a file comes: in one form, or in parts that go on where a lost connection broke off.

Parts follow tus 1.0 (creation, HEAD, PATCH, termination): how much has arrived is the size of the file on
disk, so nothing has to be kept in step with it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership import access
from mitai.core.errors import Conflict, Refusal
from mitai.core.ids import uuid7
from mitai.core.uploads import is_full
from tracking.imports import files, jobs
from tracking.imports.runs import ImportRun

if TYPE_CHECKING:
    from membership.models import User

State = ImportRun.State
FEATURE = "data_import"
PIECE = 256 * 1024
NO_ROOM = _(
    "There is not enough room left on the disk of the server. Nothing was saved; please tell the people who "
    "run this installation."
)


class NoRoom(Refusal):
    """The disk takes no more; what has arrived of a file in parts stays."""

    status = 507

    def __init__(self) -> None:
        super().__init__(NO_ROOM)


class OtherOffset(Conflict):
    """The part does not begin where the file ends, or another part is being written right now."""


class Body(Protocol):
    """What a part is read from."""

    def read(self, size: int, /) -> bytes: ...


def receive(*, owner: User, upload: UploadedFile[Any], client_id: str, preview: bool = False) -> ImportRun:
    """Take a file that came in one form and queue its import.

    The same file with the same `client_id` again (a double click) is the first run; another file, or one
    whose import was cancelled, is a run of its own.

    Raises:
        membership.access.LimitReached: the account may not import (any more in this period).
        NoRoom: the disk is full.
    """
    run = ImportRun(
        user=owner,
        client_id=client_id,
        file_name=_name(upload.name or ""),
        size=upload.size or 0,
        preview=preview,
    )
    try:
        with transaction.atomic():
            _insert(run)
            with _full_disk_refused():
                _keep(upload, files.upload_path(run))
            transaction.on_commit(lambda: jobs.wake(run.pk))
    except IntegrityError:
        known = ImportRun.objects.of(owner).filter(client_id=client_id).first()
        if known is None:
            raise
        if (known.file_name, known.size) == (run.file_name, run.size) and known.state != State.CANCELLED:
            return known
        other = hashlib.sha256(f"{known.pk} {run.file_name} {run.size}".encode()).hexdigest()
        return receive(owner=owner, upload=upload, client_id=other, preview=preview)
    return run


def begin(
    *, owner: User, file_name: str, size: int, modified: str, client_id: str, preview: bool = False
) -> ImportRun:
    """Announce a file of so many bytes that will arrive in parts.

    A file whose beginning is here already (the same name, size and time of change) goes on, with the wish
    for a preview that was told last; announced again with the same `client_id` it is the same run, whatever
    became of it, unless it was cancelled.

    Raises:
        membership.access.LimitReached: the account may not import (any more in this period).
        NoRoom: the disk would not take it.
    """
    fingerprint = hashlib.sha256(f"{file_name}\0{size}\0{modified}".encode()).hexdigest()
    known = _begun(owner, fingerprint, client_id)
    if known is not None:
        return _going_on(known, preview)
    if ImportRun.objects.of(owner).filter(client_id=client_id).exists():
        client_id = uuid7().hex  # the page had another file before
    if not files.room_for(size + _still_to_come()):
        raise NoRoom
    run = ImportRun(
        user=owner,
        client_id=client_id,
        state=State.ARRIVING,
        file_name=_name(file_name),
        fingerprint=fingerprint,
        size=size,
        preview=preview,
    )
    try:
        with transaction.atomic():
            _insert(run)
            with _full_disk_refused():
                os.close(os.open(files.upload_path(run), os.O_CREAT | os.O_WRONLY, 0o600))
    except IntegrityError:  # two at once
        known = _begun(owner, fingerprint, client_id)
        if known is None:
            raise
        return _going_on(known, preview)
    return run


def _begun(owner: User, fingerprint: str, client_id: str) -> ImportRun | None:
    """The run that a file which arrives in parts belongs to already; never another file's."""
    same = ImportRun.objects.of(owner).filter(fingerprint=fingerprint).exclude(state=State.CANCELLED)
    return same.filter(Q(state=State.ARRIVING) | Q(client_id=client_id)).order_by("-created_at").first()


def _going_on(run: ImportRun, preview: bool) -> ImportRun:
    """The run, with the wish for a preview as it is now; once the file is whole it is too late for that."""
    ImportRun.objects.filter(pk=run.pk, state=State.ARRIVING).update(preview=preview)
    return run


def _still_to_come() -> int:
    """How many bytes of files that are arriving the disk has yet to take."""
    arriving = ImportRun.objects.filter(state=State.ARRIVING)
    return sum(max(0, run.size - arrived(run)) for run in arriving.only("pk", "state", "size"))


def arrived(run: ImportRun) -> int:
    """How many bytes of the file are here."""
    if run.state != State.ARRIVING:
        return run.size
    try:
        return files.upload_path(run).stat().st_size
    except FileNotFoundError:
        return 0


def append(run: ImportRun, *, offset: int, body: Body) -> int:
    """Write a part behind what is here, and queue the import when the file is whole; returns the new offset.

    What came of a part whose connection broke is kept. The last part again changes nothing.

    Raises:
        OtherOffset: the file ends elsewhere than `offset`, or another part is being written.
        FileNotFoundError: the upload was given up meanwhile.
        NoRoom: the disk is full.
    """
    if run.state != State.ARRIVING:
        return run.size
    with _opened(files.upload_path(run)) as file:
        end = file.seek(0, os.SEEK_END)
        if offset != end:
            raise OtherOffset(_("The upload goes on at another place."))
        with _full_disk_refused():
            _copy(body, file, run.size - end)
        end = file.tell()
    if end == run.size:
        complete(run)
    return end


def complete(run: ImportRun) -> None:
    """Queue the import of a file that is whole. Twice is once."""
    with transaction.atomic():
        arriving = ImportRun.objects.filter(pk=run.pk, state=State.ARRIVING)
        if arriving.update(state=State.QUEUED, created_at=timezone.now()):
            transaction.on_commit(lambda: jobs.wake(run.pk))


def _insert(run: ImportRun) -> None:
    run.save(force_insert=True)
    access.reserve(user=run.user, amounts={FEATURE: 1}, subject=run.subject)


def _name(text: str) -> str:
    """A file's name without folders and what no name holds."""
    name = text.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:255] or "?"


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


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file for one writer, a second one at the same time is refused; what was given up is not made."""
    with path.open("r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OtherOffset(_("Another window is sending this file.")) from None
        yield file


def _copy(body: Body, file: IO[bytes], most: int) -> None:
    """Write what comes, at most so many bytes, and put it safely on disk."""
    try:
        while most > 0 and (piece := body.read(min(PIECE, most))):
            _write(file, piece)
            most -= len(piece)
    finally:
        os.fsync(file.fileno())


def _write(file: IO[bytes], piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]


@contextmanager
def _full_disk_refused() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise NoRoom from None
