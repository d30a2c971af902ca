"""Where files may be uploaded, and how large: decided before a byte of them is kept."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile, TemporaryFileUploadHandler

ENVELOPE_BYTES = 64 * 1024  # boundaries and the other fields of the form around the file
TOO_LARGE = "mitai.upload_too_large"
NO_ROOM = "mitai.upload_no_room"


def is_full(error: OSError) -> bool:
    """Whether the disk, or our share of it, takes no more."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class PhotoUploadHandler(MemoryFileUploadHandler):
    """Keeps the photo of a signed-in member in memory: in the clear it never reaches the disk.

    Any other file is left to the next handler. One that is too large leaves a mark in `request.META`.
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any) -> None:
        user = getattr(self.request, "user", None)
        welcome = self.request is not None and self.request.path.startswith(settings.PHOTO_PATHS)
        too_large = welcome and content_length > settings.PHOTO_LIMIT_BYTES + ENVELOPE_BYTES
        self.activated = welcome and not too_large and user is not None and user.is_authenticated
        if too_large:
            META[TOO_LARGE] = True


class MemberUploadHandler(TemporaryFileUploadHandler):
    """Keeps a file only where a signed-in member uploads one, and never more than the limit.

    Any other file is read over and counts as not sent. One that is too large, or finds no room on the disk,
    leaves a mark in `request.META`, so that the form can say so.
    """

    refused = True

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any) -> None:
        user = getattr(self.request, "user", None)
        welcome = self.request is not None and self.request.path in settings.UPLOAD_PATHS
        too_large = content_length > settings.UPLOAD_LIMIT_BYTES + ENVELOPE_BYTES
        self.refused = too_large or not welcome or user is None or not user.is_authenticated
        if too_large:
            META[TOO_LARGE] = True

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.refused:
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._room():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        with suppress(SkipFile), self._room():
            return super().file_complete(file_size)
        return None

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A disk that is full ends the file, and what came of it is gone."""
        try:
            yield
        except OSError as error:
            if not is_full(error):
                raise
            assert self.request is not None
            self.request.META[NO_ROOM] = True
            with suppress(OSError):  # what was not written yet finds no room either
                self.file.close()
            raise SkipFile from None
