"""Why a photo is not taken, in one sentence each."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mitai.core.errors import Refusal
from mitai.core.uploads import TOO_LARGE

MOST_MEGAPIXELS = 50  # what phones write; a pixel that is turned takes 8 bytes of a worker's memory
SENTENCES: dict[str, str | Promise] = {
    # At the upload
    "empty": _("The file is empty. Please choose the photo again."),
    "too_large": _("The photo is larger than %(megabytes)s\u202fMB. Please choose a smaller one."),
    "not_a_photo": _("This is no photo that we can read. JPEG, PNG, WebP and HEIC work."),
    "too_many_pixels": _("The photo has more than %(megapixels)s megapixels. Please choose a smaller one."),
    "no_room": _(
        "There is not enough room left on the disk of the server. Nothing was saved; please tell the people "
        "who run this installation."
    ),
    # At the upload and in the worker
    "broken": _("The photo is damaged or was cut off. Please choose it again."),
    "too_many_scans": _("The photo is stored in too many steps to be read. Please save it anew as JPEG."),
    # In the worker
    "lost": _("The photo was lost on the server. Please choose it again."),
    "disk": _("The server could not save the photo. Please choose it again later."),
    "worker_lost": _("The photo could not be prepared after several tries. Please choose another one."),
}
STATUS = {"too_large": 413, "no_room": 507}


def sentence(code: str) -> str:
    """What to tell the member, in the active language; `code` is a key of SENTENCES."""
    megabytes = settings.PHOTO_LIMIT_BYTES // 2**20
    return str(SENTENCES[code]) % {"megabytes": megabytes, "megapixels": MOST_MEGAPIXELS}


class PhotoRefused(Refusal):
    """The photo is not taken and nothing of it is kept; `code` is a key of SENTENCES."""

    def __init__(self, code: str) -> None:
        super().__init__(sentence(code))
        self.code = code
        self.status = STATUS.get(code, 422)


def refuse_too_large(request: HttpRequest) -> None:
    """Say so where a photo of the request was too large to be read at all.

    Raises:
        PhotoRefused: it was; what else the form holds is not looked at, and stays typed in the page.
    """
    _form = request.POST  # once it is read, whoever read it over has said so
    if request.META.get(TOO_LARGE):
        raise PhotoRefused("too_large")
