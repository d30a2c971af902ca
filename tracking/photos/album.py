"""A member's photos: taken in, shown, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from mitai.core.uploads import is_full
from tracking.photos import jobs, pictures, store
from tracking.photos.photo_files import PhotoFile
from tracking.photos.refusals import PhotoRefused

if TYPE_CHECKING:
    from membership.models import User


def receive(*, owner: User, upload: UploadedFile[Any]) -> PhotoFile:
    """Take a photo in: it is looked at, sealed on disk, and prepared by a worker after the commit.

    Raises:
        PhotoRefused: it is no photo we take, or the disk is full; nothing is kept.
    """
    content = _content(upload)
    pictures.check(content)
    photo = PhotoFile(user=owner)
    try:
        with transaction.atomic():
            photo.save(force_insert=True)
            store.write(photo, store.INCOMING, content)
            transaction.on_commit(lambda: jobs.wake(photo.pk))
    except BaseException as error:
        store.erase(photo)
        if isinstance(error, OSError) and is_full(error):
            raise PhotoRefused("no_room") from None
        raise
    return photo


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


def remove(photo: PhotoFile) -> None:
    """Delete a photo: its row now, its files on commit."""
    PhotoFile.objects.filter(pk=photo.pk).delete()
    transaction.on_commit(lambda: store.erase(photo))
