"""Files to import, made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC
from pathlib import Path

import pytest

from tests.tracking.imports.generate import export
from tracking.imports import apple_health
from tracking.imports.records import Context, LineError, Record

Put = Callable[[bytes], Path]
Pack = Callable[[dict[str, bytes]], Path]


class Outcome:
    """What reading a file gave."""

    def __init__(self, path: Path) -> None:
        items = list(apple_health.read(path, Context(zone=UTC)))
        self.records = [item for item in items if isinstance(item, Record)]
        self.errors = [item for item in items if isinstance(item, LineError)]

    def of(self, journal: str) -> list[Record]:
        return [record for record in self.records if record.journal == journal]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write bytes to a file whose name says nothing."""

    def write(content: bytes) -> Path:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Write a ZIP with these entries."""

    def write(entries: dict[str, bytes]) -> Path:
        path = tmp_path / "upload"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        return path

    return write


@pytest.fixture
def outcome(put: Put) -> Callable[[Iterable[str]], Outcome]:
    """Read an export with these elements."""
    return lambda elements: Outcome(put(export(elements)))
