"""Opening an upload safely: the file itself, or the export inside a ZIP.

Nothing is ever unpacked to disk and no name inside an archive is used as a path. A ZIP inside a ZIP is not
followed. What a ZIP says about its sizes is believed only downwards: zipfile never hands out more bytes than
the directory declares.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tracking.imports.errors import ImportRefused

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_END = struct.Struct("<4s4H2LH")  # end of central directory: APPNOTE 4.3.16
_END64 = struct.Struct("<4sQ2H2L4Q")  # the same of ZIP64: APPNOTE 4.3.14
_LOCATOR64 = struct.Struct("<4sLQL")  # APPNOTE 4.3.15
_MAX_COMMENT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an upload may unpack to.

    Ten years with a watch are 3 to 5 GB unpacked in a few thousand files and pack 15 to 40 times; DEFLATE
    reaches 1032 times at most. Small files may pack better than `ratio`: they are no danger.
    """

    entries: int = 50_000
    unpacked: int = 10 * 2**30
    ratio: int = 200
    ratio_from: int = 16 * 2**20
    directory: int = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream of the export, and how many bytes it has unpacked."""

    stream: IO[bytes]
    size: int

    def read(self, size: int) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            ImportRefused: when the packed bytes turn out damaged.
        """
        with _refusing_damage():
            return self.stream.read(size)


def is_zip(path: Path) -> bool:
    """Whether the content begins like a ZIP; the name does not matter."""
    with path.open("rb") as file:
        return file.read(4) in ZIP_STARTS


@contextmanager
def open_xml(path: Path, limits: Limits) -> Iterator[Opened]:
    """The XML of an export: the file itself, or the largest `*.xml` in the ZIP without `cda` in its name.

    Raises:
        ImportRefused: empty, larger than allowed, not readable as ZIP, or without such a file.
    """
    size = path.stat().st_size
    if size == 0:
        raise ImportRefused("empty_file")
    if not is_zip(path):
        if size > limits.unpacked:
            raise ImportRefused("too_large", detail=f"{size} bytes")
        with path.open("rb") as file:
            yield Opened(file, size)
        return
    with ExitStack() as stack:
        with _refusing_damage():
            file = stack.enter_context(path.open("rb"))
            _check_directory(file, size, limits)
            archive = stack.enter_context(zipfile.ZipFile(file))
            entry = _export_in(archive, limits)
            stream = stack.enter_context(archive.open(entry))
        yield Opened(stream, entry.file_size)


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise ImportRefused("unsupported_zip", detail=str(error)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error) as error:
        raise ImportRefused("broken_zip", detail=str(error)) from error


def _check_directory(file: IO[bytes], size: int, limits: Limits) -> None:
    """Refuse a directory too large to be read into memory, before zipfile does so."""
    tail_size = min(size, _END.size + _MAX_COMMENT)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise ImportRefused("not_a_zip", detail="no end of central directory")
    end = _END.unpack_from(tail, at)
    entries, directory = end[4], end[5]
    before = at - _LOCATOR64.size
    if before >= 0 and tail[before : before + 4] == b"PK\x06\x07":
        named = _LOCATOR64.unpack_from(tail, before)[2]
        found = [_end_of_zip64(file, named), _end_of_zip64(file, size - tail_size + before - _END64.size)]
        if not any(found):
            raise ImportRefused("not_a_zip", detail="no ZIP64 end of central directory")
        entries, directory = (max(counts) for counts in zip(*filter(None, found), strict=True))
    if entries > limits.entries or directory > limits.directory:
        raise ImportRefused("zip_bomb", detail=f"{entries} entries, directory of {directory} bytes")
    file.seek(0)


def _end_of_zip64(file: IO[bytes], at: int) -> tuple[int, int] | None:
    """How many entries and bytes of directory ZIP64 declares there, if it does.

    Asked at the place the locator names and at the one before it: readers differ in which they believe.
    """
    if not 0 <= at < 2**63:
        return None
    file.seek(at)
    record = file.read(_END64.size)
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        return None
    entries, directory = _END64.unpack(record)[7:9]
    return entries, directory


def _export_in(archive: zipfile.ZipFile, limits: Limits) -> zipfile.ZipInfo:
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries or total > limits.unpacked:
        raise ImportRefused("zip_bomb", detail=f"{len(entries)} entries, {total} bytes")
    named = [entry for entry in entries if _may_be_export(entry)]
    if not named:
        raise ImportRefused("no_export_inside")
    entry = max(named, key=lambda entry: (entry.file_size, entry.filename))
    if entry.flag_bits & 0x1:
        raise ImportRefused("encrypted_zip")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ImportRefused("unsupported_zip", detail=f"method {entry.compress_type}")
    if entry.file_size == 0:
        raise ImportRefused("empty_file")
    if entry.file_size > limits.ratio_from and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise ImportRefused("zip_bomb", detail=f"{entry.compress_size} to {entry.file_size} bytes")
    return entry


def _may_be_export(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.lower().rpartition("/")[2]  # empty for a folder; ZipInfo.is_dir trips over no name
    return name.endswith(".xml") and "cda" not in name
