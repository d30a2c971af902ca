"""Why a file is refused as a whole, and why a line was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSALS: dict[str, str | Promise] = {
    "empty_file": _("The file is empty. Please export it again."),
    "not_a_zip": _("This ZIP file is damaged or was cut off on the way. Please transfer it again."),
    "broken_zip": _("A file inside the ZIP is damaged. Please export it again."),
    "encrypted_zip": _("The ZIP file is protected by a password. Please choose one without."),
    "unsupported_zip": _(
        "The ZIP file is packed in a way we cannot read. Please unpack it and choose the XML file."
    ),
    "zip_bomb": _("The ZIP file unpacks to far more than an export can be. Nothing was read."),
    "too_large": _("The file is larger than this installation accepts."),
    "no_export_inside": _("The ZIP file holds no export that we know."),
    "not_recognised": _("We do not know this kind of file."),
    "nothing_recognised": _("The file holds nothing that we can take over."),
    "entities": _("The file uses XML entities that are not allowed in an export. Please export it again."),
    "too_many": _("The file holds far more measurements of a body than there can be. Nothing was saved."),
    "broken_xml": _("The file is damaged or was cut off. Nothing was saved; please export it again."),
}

LINE_REASONS: dict[str, str | Promise] = {
    "bad_date": _("is not a date with time and offset"),
    "future": _("lies in the future"),
    "bad_number": _("is not a number"),
    "unknown_unit": _("has a unit we do not know"),
    "out_of_range": _("is outside what is possible"),
    "device_error": _("is what a device writes when it could not measure"),
    "unpaired": _("has only one of the two values"),
    "ambiguous_pair": _("has several values at the same time that cannot be told apart"),
    "systolic_not_above": _("has an upper value that is not above the lower one"),
}


class ImportRefused(Exception):
    """The file is refused as a whole: nothing of it is saved.

    `code` is a key of REFUSALS, `line` the line in the unpacked file where one is known, `detail` what
    the parser said, for the log, `left_out` the line errors where nothing else came of the file.
    """

    def __init__(
        self,
        code: str,
        *,
        line: int | None = None,
        detail: str = "",
        left_out: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(code, line, detail)
        self.code = code
        self.line = line
        self.detail = detail
        self.left_out = left_out

    @property
    def message(self) -> str:
        """What to tell the member, in the active language."""
        text = str(REFUSALS[self.code])
        if self.line is None:
            return text
        return str(_("Line %(line)d: %(reason)s")) % {"line": self.line, "reason": text}
