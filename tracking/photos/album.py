"""A member's photos: taken in, shown, removed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from membership.models import User as Account
from mitai.core.uploads import is_full
from tracking import entries
from tracking.photos import jobs, pictures, store
from tracking.photos.photo_files import PhotoFile
from tracking.photos.refusals import PhotoRefused
from tracking.readings import SyncClock

if TYPE_CHECKING:
    from membership.models import User

UNUSED_KEPT = timedelta(days=30)  # as long as the deletion of an entry can be undone


def look(upload: UploadedFile[Any]) -> None:
    """Look at a photo without keeping anything.

    Raises:
        PhotoRefused: it is no photo we take.
    """
    pictures.check(_content(upload))


@contextmanager
def receiving(owner: User, upload: UploadedFile[Any]) -> Iterator[PhotoFile]:
    """Take a photo in for what is done with it inside; where that fails nothing of the photo is kept.

    Raises:
        PhotoRefused: as `receive`.
    """
    with transaction.atomic():
        photo, new = _receive(owner, upload)
        try:
            yield photo
        except BaseException:
            if new:
                store.erase(photo)
            raise


@transaction.atomic
def receive(*, owner: User, upload: UploadedFile[Any]) -> PhotoFile:
    """Take a photo in: it is looked at, sealed on disk, and prepared by a worker after the commit.

    The same picture again is the same photo: a double click, or a post that is sent anew, keeps one file.

    Raises:
        PhotoRefused: it is no photo we take, or the disk is full; nothing is kept.
    """
    return _receive(owner, upload)[0]


def _receive(owner: User, upload: UploadedFile[Any]) -> tuple[PhotoFile, bool]:
    """The photo, and whether its file was written now. The member's clock is held until the commit.

    Who sends the same picture meanwhile waits, and finds it; what is not shown yet is not swept away. One
    that failed is tried anew as the same photo, so that entries which show it show it again.
    """
    content = _content(upload)
    pictures.check(content)
    SyncClock.advance(owner.pk, 0)
    photo = PhotoFile.objects.filter(pk=key_of(owner, content)).first()
    if photo is not None and photo.state != PhotoFile.State.FAILED:
        return photo, False
    failed = photo is not None
    photo = PhotoFile(pk=key_of(owner, content), user=owner, created_at=timezone.now())
    try:
        photo.save(force_insert=not failed, force_update=failed)
        store.write(photo, store.INCOMING, content)
        transaction.on_commit(lambda: jobs.wake(photo.pk))
    except BaseException as error:
        store.erase(photo)
        if isinstance(error, OSError) and is_full(error):
            raise PhotoRefused("no_room") from None
        raise
    return photo, True


def key_of(owner: User, content: bytes) -> UUID:
    """The key of a photo: the same for the same bytes of the same member."""
    return uuid5(owner.pk, hashlib.sha256(content).hexdigest())


def _content(upload: UploadedFile[Any]) -> bytes:
    if not upload.size:
        raise PhotoRefused("empty")
    if upload.size > settings.PHOTO_LIMIT_BYTES:
        raise PhotoRefused("too_large")
    upload.seek(0)
    return bytes(upload.read())


def read(photo: PhotoFile, version: str) -> bytes:
    """One of pictures.VERSIONS as JPEG.

    Raises:
        FileNotFoundError: it is not there (yet, any more).
        mitai.core.vault.VaultError: it cannot be opened.
    """
    return store.read(photo, version)


def forget_unused() -> None:
    """Delete for good what was deleted thirty days ago, and old photos that no entry shows any more."""
    from tracking.journals.photo import Photo

    before = timezone.now() - UNUSED_KEPT
    for entry in Photo.objects.filter(deleted_at__lt=before).select_related("user"):
        entries.forget_deleted(owner=entry.user, entry=entry)
    shown = Photo.objects.filter(file=OuterRef("pk"))
    unused = PhotoFile.objects.filter(~Exists(shown), created_at__lt=before)
    for photo in unused:
        with transaction.atomic():
            SyncClock.advance(photo.user_id, 0)  # whoever is sending it again comes before or after this
            if unused.filter(pk=photo.pk).exists():
                remove(photo)


def remove(photo: PhotoFile) -> None:
    """Delete a photo: its row now, its files on commit."""
    PhotoFile.objects.filter(pk=photo.pk).delete()
    transaction.on_commit(lambda: _erase(photo))


@transaction.atomic
def _erase(photo: PhotoFile) -> None:
    """Delete the files of a removed photo, unless its member sends the same picture again just now."""
    if Account.objects.filter(pk=photo.user_id).exists():
        SyncClock.advance(photo.user_id, 0)
    if not PhotoFile.objects.filter(pk=photo.pk).exists():
        store.erase(photo)
