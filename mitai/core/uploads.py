"""Where files may be uploaded, and how large: decided before a byte of them is kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

ENVELOPE_BYTES = 64 * 1024  # boundaries and the other fields of the form around the file
TOO_LARGE = "mitai.upload_too_large"


class MemberUploadHandler(TemporaryFileUploadHandler):
    """Keeps a file only where a signed-in member uploads one, and never more than the limit.

    Any other file is read over and counts as not sent. One that is too large leaves a mark in
    `request.META`, so that the form can say so.
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
