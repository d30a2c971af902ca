"""Uploads that are ZIP files, and those that only pretend."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.imports.conftest import Outcome, Pack, Put
from tests.tracking.imports.generate import elements, export
from tracking.imports import apple_health, detect, recognise
from tracking.imports.archive import Limits, open_xml
from tracking.imports.errors import ImportRefused
from tracking.imports.records import Context

EXPORT = export(elements(2, a_day=4))


def refusal(path: Path, limits: Limits | None = None) -> str:
    def attempt() -> None:
        recognise(path)
        list(apple_health.read(path, Context(zone=UTC, limits=limits or Limits())))

    with pytest.raises(ImportRefused) as refused:
        attempt()
    assert refused.value.message
    return refused.value.code


def test_largest_xml_counts_whatever_its_name(pack: Pack) -> None:
    path = pack(
        {
            "apple_health_export/export_cda.xml": b"<x/>" * 10_000,
            "a/small.xml": b"<x/>",
            "apple_health_export/Exportieren.XML": EXPORT,
            "a/routes.gpx": b"<gpx/>" * 10_000,
        }
    )
    assert recognise(path).NAME == "apple_health"
    assert Outcome(path).records


def test_streamed_zip_with_data_descriptors_and_zip64(tmp_path: Path) -> None:
    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.written += bytes(data)
            return len(data)

    sink = Unseekable()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("apple_health_export/export.xml", "w", force_zip64=True) as entry,
    ):
        entry.write(EXPORT)
    path = tmp_path / "upload"
    path.write_bytes(sink.written)
    assert len(Outcome(path).records) == 8


def test_zip64_directory_is_counted(pack: Pack) -> None:
    path = pack({"export.xml": EXPORT})
    content = path.read_bytes()
    at = content.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", content, at + 16)[0]
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, at - start, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(content[:at] + record + locator + end)
    assert len(Outcome(path).records) == 8
    bomb = record[:32] + struct.pack("<Q", 2**40) + record[40:]
    path.write_bytes(content[:at] + bomb + locator + end)
    assert refusal(path) == "zip_bomb"
    path.write_bytes(content[:at] + record + bomb + locator + end)  # the locator names the harmless one
    assert refusal(path) == "zip_bomb"


def test_zip_bomb_is_refused_before_it_unpacks(pack: Pack) -> None:
    bomb = export(elements(1, a_day=1)) + b" " * (40 * 2**20)
    path = pack({"export.xml": bomb})
    with pytest.raises(ImportRefused) as refused, open_xml(path, Limits()):
        pytest.fail("was opened")
    assert refused.value.code == "zip_bomb"


@pytest.mark.parametrize("limits", [Limits(entries=1), Limits(unpacked=100), Limits(directory=10)])
def test_limits_of_a_zip(pack: Pack, limits: Limits) -> None:
    assert refusal(pack({"export.xml": EXPORT, "b.gpx": b""}), limits) == "zip_bomb"


def test_limit_of_a_bare_file(put: Put) -> None:
    assert refusal(put(EXPORT), Limits(unpacked=100)) == "too_large"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({}, "no_export_inside"),
        ({"readme.txt": b"hello"}, "no_export_inside"),
        ({"export_cda.xml": EXPORT}, "no_export_inside"),
        ({"inner.zip": b"PK\x03\x04"}, "no_export_inside"),
        ({"other.xml": b"<gpx/>"}, "no_export_inside"),
        ({"export.xml/": b""}, "no_export_inside"),
        ({"export.xml": b""}, "empty_file"),
    ],
)
def test_zip_without_an_export(pack: Pack, entries: dict[str, bytes], code: str) -> None:
    assert refusal(pack(entries)) == code


def test_name_that_climbs_out_writes_nothing(pack: Pack, tmp_path: Path) -> None:
    path = pack({"../../export.xml": EXPORT})
    before = set(tmp_path.parent.parent.iterdir())
    assert Outcome(path).records
    assert set(tmp_path.iterdir()) == {path}
    assert set(tmp_path.parent.parent.iterdir()) == before


def test_entry_without_a_name_is_passed_over(pack: Pack, put: Put) -> None:
    content = pack({"\1": b"x", "export.xml": EXPORT}).read_bytes()
    assert Outcome(put(content.replace(b"\1x", b"\0x").replace(b"\1PK", b"\0PK"))).records


def test_truncated_zip(pack: Pack, put: Put) -> None:
    content = pack({"export.xml": EXPORT}).read_bytes()
    assert refusal(put(content[: len(content) // 2])) == "not_a_zip"


def test_damaged_entry(pack: Pack, put: Put) -> None:
    content = bytearray(pack({"export.xml": EXPORT}).read_bytes())
    content[len(content) // 2] ^= 0xFF
    assert refusal(put(bytes(content))) in {"broken_zip", "broken_xml"}


def test_zip_with_a_password(pack: Pack, put: Put) -> None:
    content = bytearray(pack({"export.xml": EXPORT}).read_bytes())
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    assert refusal(put(bytes(content))) == "encrypted_zip"


def test_zip_packed_in_another_way(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("export.xml", EXPORT)
    assert refusal(path) == "unsupported_zip"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 200, "not_recognised"),
        (b"Datum;Gewicht\n2024-03-01;82,4\n", "not_recognised"),
        (b"<gpx/>", "not_recognised"),
    ],
)
def test_files_that_are_something_else(put: Put, content: bytes, code: str) -> None:
    assert refusal(put(content)) == code


def test_unknown_content_has_no_format(put: Put) -> None:
    assert detect(put(b"hello")) is None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_zip_never_breaks_anything(pack: Pack, put: Put, data: st.DataObject) -> None:
    content = bytearray(pack({"export.xml": EXPORT}).read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    places = st.one_of(st.integers(0, len(content) - 1), st.integers(directory, len(content) - 1))
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=12)):
        content[at] = value
    path = put(bytes(content[: data.draw(st.integers(1, len(content)))]))
    with suppress(ImportRefused):
        recognise(path)
    with suppress(ImportRefused):
        list(apple_health.read(path, Context(zone=UTC)))
