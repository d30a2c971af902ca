"""The worker's part of a photo: make its versions, then let go of what was uploaded.

A worker holds a photo by a lease. Whatever it is killed in, the photo is still incoming: the sweeper wakes
the next worker when the lease has run out, and files written twice are the same pictures.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone
from kombu.exceptions import OperationalError

from mitai.core import vault
from tracking.photos import pictures, store
from tracking.photos.photo_files import PhotoFile
from tracking.photos.refusals import PhotoRefused

log = structlog.get_logger(__name__)
State = PhotoFile.State
LEASE = timedelta(minutes=2)
SEND_AFTER = timedelta(minutes=1)
SWEPT_EXPIRES_S = 55  # before beat sweeps again, so that waiting photos do not pile up messages
MOST_TRIES = 5


def wake(photo_id: UUID, **options: Any) -> None:
    """Send the task; with the broker away the photo stays incoming and the sweeper sends it later."""
    from tracking.tasks import process_photo

    try:
        process_photo.apply_async((str(photo_id),), **options)
    except OperationalError:
        log.warning("photo not sent, the sweeper will", photo=str(photo_id))


def sweep() -> None:
    """Wake photos whose worker is gone, and those that were never sent."""
    now = timezone.now()
    late = PhotoFile.objects.incoming().filter(created_at__lt=now - SEND_AFTER).held_by_none(now)
    for pk in late.values_list("pk", flat=True):
        wake(pk, expires=SWEPT_EXPIRES_S)


def process(photo_id: UUID) -> None:
    """Make the versions of a photo; one that is gone, done or held by another worker is left alone.

    Raises:
        mitai.core.vault.UnknownKey: its key is not configured; the photo waits, no try is counted.
    """
    photo = PhotoFile.objects.incoming().held_by_none(timezone.now()).filter(pk=photo_id).first()
    if photo is None:
        return
    try:
        content = store.read(photo, store.INCOMING)
    except (FileNotFoundError, vault.Damaged):
        _end(photo, State.FAILED, error_code="lost")
        return
    if _take(photo):
        _prepare(photo, content)


def _take(photo: PhotoFile) -> bool:
    """Take the lease by compare-and-swap; give up a photo that lost too many workers."""
    if photo.tries >= MOST_TRIES:
        _end(photo, State.FAILED, error_code="worker_lost")
        return False
    free = PhotoFile.objects.incoming().filter(pk=photo.pk, tries=photo.tries)
    photo.tries += 1
    return free.update(tries=photo.tries, lease_until=timezone.now() + LEASE) == 1


def _prepare(photo: PhotoFile, content: bytes) -> None:
    size: dict[str, int] = {}
    try:
        for picture in pictures.versions(content):
            store.write(photo, picture.version, picture.content)
            size = size or {"width": picture.width, "height": picture.height}
    except PhotoRefused as refusal:
        log.info("photo refused", photo=str(photo.pk), code=refusal.code)
        _end(photo, State.FAILED, error_code=refusal.code)
    except OSError as error:  # a full disk may have room again when the lease has run out
        log.error("photo cannot use the disk", photo=str(photo.pk), error=type(error).__name__)
        if photo.tries >= MOST_TRIES:
            _end(photo, State.FAILED, error_code="disk")
    else:
        _end(photo, State.READY, **size)


def _end(photo: PhotoFile, state: PhotoFile.State, **changes: Any) -> None:
    """Leave the state `incoming` by compare-and-swap and delete the files that are not wanted any more.

    Another worker that was first is left its files; of a photo that was removed meanwhile nothing stays.
    """
    ended = PhotoFile.objects.incoming().filter(pk=photo.pk).update(state=state, lease_until=None, **changes)
    if ended:
        store.erase(photo, but=store.WANTED[state])
    elif not PhotoFile.objects.filter(pk=photo.pk).exists():
        store.erase(photo)
