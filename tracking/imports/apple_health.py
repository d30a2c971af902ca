"""Apple Health: `export.zip` of the Health app, or the XML inside it. Facts: domain.md B1.

Read are weight, body fat, day totals of food and water, and blood pressure. More than nine tenths of such a
file are samples of a watch. They cost one pass of expat and nothing else: handlers are switched on only for
the tags that a search for bytes finds, while expat still checks every byte and counts every line.

Nothing is handed out before the file was read to its end and found whole: what a sample says can depend on a
later one (two weigh-ins in a minute, the two halves of a blood pressure, the total of a day), and a file that
breaks off must leave nothing behind. What is kept meanwhile is small: weigh-ins, pressures and one sum a day
and source.

The parser is plain expat, with the protections defusedxml gives its slower readers: the document type never
reaches it, and one that does all the same is refused: no entities to expand, nothing to fetch.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat  # nosec B407: see above, document types are refused

from django.utils.translation import gettext_lazy as _

from tracking.imports.apple_samples import PREFIX, TYPES, Gathered, Sample
from tracking.imports.archive import Limits, Opened, open_xml
from tracking.imports.errors import ImportRefused
from tracking.imports.records import Clock, Context, Item, Progress
from tracking.imports.tolerant import TolerantBytes

NAME = "apple_health"
LABEL = _("Apple Health")

ROOT = "HealthData"
CHUNK = 256 * 1024
PROGRESS_EVERY = 2**20
LOOK = Limits(unpacked=sys.maxsize, ratio=sys.maxsize)  # only the head is unpacked; read() asks for the rest
MAX_TOKEN = 8 * 2**20  # a comment or the like, which expat holds in memory whole
_UNDEFINED_ENTITY = 11  # XML_ERROR_UNDEFINED_ENTITY
_ROOT_TAG = re.compile(rb"<HealthData[\s>/]")
_ANY_TAG = re.compile(rb"<[A-Za-z_]")
# Bytes that all tags we want have and few others: bytes.find runs over them faster than a pattern would.
NEEDLES = (
    b"ExportDate",
    b"IdentifierBody",
    b"IdentifierDietary",
    b"IdentifierBloodPressure",
    b"Correlation",
)


def detect(path: Path) -> bool:
    """Whether the first element of the file, or of the XML in the ZIP, is Apple's.

    Raises:
        ImportRefused: for a ZIP that cannot be opened.
    """
    try:
        with open_xml(path, LOOK) as opened:
            head = _head(opened)
    except ImportRefused as error:
        if error.code == "no_export_inside":
            return False
        raise
    first = _ANY_TAG.search(head)
    return first is not None and _ROOT_TAG.match(head, first.start()) is not None


def _head(opened: Opened) -> bytes:
    """The beginning of the file, without its document type, as far as its first elements."""
    tolerant, head = TolerantBytes(), b""
    try:
        while not head and (piece := opened.read(CHUNK)):
            head = tolerant.feed(piece)
        return head or tolerant.rest()
    except ImportRefused as error:
        if error.code == "broken_xml":
            return b""
        raise


def read(path: Path, context: Context) -> Iterator[Item]:
    """Progress while the file is read, then its line errors and records, in the order of time.

    Raises:
        ImportRefused: when the file cannot be read to its end, or holds nothing for our journals. No
            record was handed out then.
    """
    with open_xml(path, context.limits) as opened:
        reader = Reader(context.clock)
        done = told = 0
        yield Progress(0, opened.size)
        while piece := opened.read(CHUNK):
            reader.feed(piece)
            done += len(piece)
            if done - told >= PROGRESS_EVERY:
                told = done
                yield Progress(done, opened.size)
        gathered = reader.close()
        yield Progress(done, opened.size)
    yield from gathered.results()


class Reader:
    """One pass over one file; what it finds is in `gathered`."""

    def __init__(self, clock: Clock) -> None:
        self._tolerant = TolerantBytes()
        self._gathered = Gathered(clock)
        self._parser = parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_document_type
        parser.buffer_text = True
        self._given = 0
        self._root_seen = False
        self._correlations = 0
        self._open: Sample | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file, of any number."""
        if ready := self._tolerant.feed(piece):
            self._scan(ready)
            if self._unfinished() > MAX_TOKEN:
                raise ImportRefused("broken_xml", line=self._parser.CurrentLineNumber, detail="endless token")

    def close(self) -> Gathered:
        """The end of the file.

        Raises:
            ImportRefused: when the file broke off or held nothing for us.
        """
        self._scan(self._tolerant.rest())
        self._parse(b"", listen=False, final=True)
        if not self._gathered.found:
            raise ImportRefused("nothing_recognised")
        return self._gathered

    def _scan(self, data: bytes) -> None:
        """Parse the piece, listening only around the tags we want and inside of what is still open."""
        at = 0
        while not self._root_seen and at < len(data):
            at = self._listen(data, at, data.find(b"<", at + 1))
        for begin, end in _wanted(data):
            if end > at:
                at = self._listen(data, self._quiet(data, at, begin), end)
        self._quiet(data, at, len(data))

    def _unfinished(self) -> int:
        """How many bytes expat holds back, because a comment or the like is not over yet."""
        return self._given - self._parser.CurrentByteIndex

    def _quiet(self, data: bytes, begin: int, end: int) -> int:
        """Parse without handlers, except inside of a record that is still open; returns where to go on."""
        while self._open is not None and begin < end:
            close = data.find(b"</Record", begin, end)
            stop = data.find(b"<", close + 1, end) if close >= 0 else -1
            begin = self._listen(data, begin, stop if stop >= 0 else end)
        if begin < end:
            self._parse(data[begin:end], listen=False)
        return max(begin, end)

    def _listen(self, data: bytes, begin: int, end: int) -> int:
        """Parse with handlers; returns where to go on.

        In the middle of a comment that is all of the piece: expat begins an unfinished token anew with every
        call, so that a comment full of tags would take the square of its length, and newer versions put that
        off, so that what follows the comment would be parsed when nobody listens any more.
        """
        if end < 0 or self._unfinished():
            end = len(data)
        if begin < end:
            self._parse(data[begin:end], listen=True)
        return max(begin, end)

    def _parse(self, data: bytes, *, listen: bool, final: bool = False) -> None:
        parser = self._parser
        parser.StartElementHandler = self._start if listen else None
        parser.EndElementHandler = self._end if listen else None
        self._given += len(data)
        try:
            parser.Parse(data, final)
        except expat.ExpatError as error:
            code = "entities" if error.code == _UNDEFINED_ENTITY else "broken_xml"
            raise ImportRefused(code, line=error.lineno, detail=str(error)) from error
        except (ValueError, LookupError) as error:  # an encoding named in the file that Python does not know
            raise ImportRefused("broken_xml", line=parser.CurrentLineNumber, detail=str(error)) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._root_seen:
            if name != ROOT:
                raise ImportRefused("not_recognised", line=self._parser.CurrentLineNumber, detail=name)
            self._root_seen = True
        elif name == "Record":
            if (kind := attributes.get("type", "").removeprefix(PREFIX)) in TYPES:
                self._open = Sample(kind, attributes, self._parser.CurrentLineNumber)
        elif name == "ExportDate":
            self._gathered.exported_at(attributes.get("value", ""))
        elif name == "Correlation":
            self._correlations += 1
            self._gathered.correlation_begins()
        elif name == "MetadataEntry" and self._open is not None and attributes.get("key") == "HKTimeZone":
            self._open.zone_name = attributes.get("value", "")

    def _end(self, name: str) -> None:
        if name == "Record" and self._open is not None:
            sample, self._open = self._open, None
            self._gathered.take(sample, nested=self._correlations > 0)
        elif name == "Correlation":
            self._correlations -= 1
            self._gathered.correlation_ends()


def _refuse_document_type(*_declared: object) -> None:
    raise ImportRefused("entities", detail="a document type of its own")


def _wanted(data: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of every tag that holds a needle, in the order of the file."""
    hits: set[int] = set()
    for needle in NEEDLES:
        end = 0
        while end >= 0 and (at := data.find(needle, end)) >= 0:
            hits.add(data.rfind(b"<", end, at))
            end = data.find(b"<", at)
    for begin in sorted(hits):
        if begin >= 0:
            end = data.find(b"<", begin + 1)
            yield begin, end if end >= 0 else len(data)
