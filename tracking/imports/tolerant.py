"""Makes what Apple writes readable for a strict XML parser, while it streams by.

Dropped is the document type with everything in it (invalid since iOS 16, and the only place where entities
could be declared); its line ends stay, so that line numbers are those of the file. Deleted are the control
characters XML forbids, as bytes and as references. A second `startDate` in a WorkoutStatistics becomes the
`endDate` it was meant to be.
"""

from __future__ import annotations

import re

from tracking.imports.errors import ImportRefused

CONTROL = bytes([*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20)])
MAX_HELD = 2**20  # bytes without one tag, or of a document type: Apple's has 12 KB

_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_INTERNAL = re.compile(rb"[\[>]")
_STATISTICS = re.compile(rb"<WorkoutStatistics\s[^<]*")
# &#0; to &#31; without tab, line feed and carriage return, in decimal or hexadecimal.
_CONTROL_REFERENCE = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8]|[bcefBCEF]|1[0-9a-fA-F]));"
)
_START_DATE = re.compile(rb"(?<=\s)startDate(?=\s*=)")


class TolerantBytes:
    """Feed it the file in pieces of any size; what comes out never ends inside a tag.

    The same bytes come out for every way of cutting the file.
    """

    def __init__(self) -> None:
        self._held = b""
        self._in_prolog = True

    def feed(self, piece: bytes) -> bytes:
        """What is ready of the file so far: up to the last `<`, which may open an unfinished tag."""
        self._held += piece.translate(None, CONTROL)
        if self._in_prolog and not self._drop_document_type():
            return self._nothing_yet()
        at = self._held.rfind(b"<")
        if at <= 0:
            return self._nothing_yet()
        ready, self._held = self._held[:at], self._held[at:]
        return _mend(ready)

    def rest(self) -> bytes:
        """What was held back at the end of the file."""
        if self._in_prolog:
            raise ImportRefused("broken_xml", detail="no element")
        ready, self._held = self._held, b""
        return _mend(ready)

    def _nothing_yet(self) -> bytes:
        if len(self._held) > MAX_HELD:
            raise ImportRefused("broken_xml", detail="no tag in a mebibyte")
        return b""

    def _drop_document_type(self) -> bool:
        """Whether the prolog is over: its document type, if there is one, was dropped."""
        if len(self._held) < 3:
            return False  # may be the beginning of a byte order mark
        prolog = _PROLOG.match(self._held)
        start = prolog.end() if prolog else 0
        opening = self._held[start : start + 9]
        if b"<!DOCTYPE".startswith(opening) or b"<!--".startswith(opening[:4]) or opening.startswith(b"<?"):
            end = _document_type_end(self._held, start) if opening == b"<!DOCTYPE" else -1
            if end < 0:
                return False
            lines = b"\n" * self._held.count(b"\n", start, end)
            self._held = self._held[:start] + lines + self._held[end:]
        self._in_prolog = False
        return True


def _document_type_end(data: bytes, start: int) -> int:
    """Where the document type ends: at `]>`, or at `>` when it has no inner part; -1 when not yet known."""
    inner = _INTERNAL.search(data, start)
    if inner is None:
        return -1
    if inner.group() == b">":
        return inner.end()
    end = data.find(b"]>", inner.end())
    return end + 2 if end >= 0 else -1


def _mend(ready: bytes) -> bytes:
    if b"&#" in ready:
        ready = _CONTROL_REFERENCE.sub(b"", ready)
    if b"<WorkoutStatistics" not in ready:
        return ready
    return _STATISTICS.sub(lambda tag: _name_end_date(tag.group()), ready)


def _name_end_date(tag: bytes) -> bytes:
    dates = list(_START_DATE.finditer(tag))
    if len(dates) < 2:
        return tag
    return tag[: dates[1].start()] + b"endDate" + tag[dates[1].end() :]
