"""What a reader found, on disk, ordered by slot: each fact once, in memory only a batch.

A slot's records follow each other, so that a batch never cuts a slot in two and every row is counted
once. The spool is a SQLite file beside the upload; a reading that broke off begins a new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from tracking.imports.records import Origin, Record
from tracking.journals import registry
from tracking.journals.base import When

_TABLE = """CREATE TABLE fact (
    number INTEGER PRIMARY KEY, journal TEXT, slot TEXT, origin TEXT, external_id TEXT, payload TEXT,
    UNIQUE (journal, slot, origin, external_id))"""
_ORDERED = "SELECT slot, payload FROM fact ORDER BY journal, slot, origin, external_id"


class Spool:
    """The facts of one import. `write` while reading, then `count` and `batches`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self) -> SpoolWriter:
        """Begin anew; what an earlier attempt left is dropped."""
        self.path.unlink(missing_ok=True)
        return SpoolWriter(self.path)

    def count(self) -> int:
        with closing(self._open()) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM fact").fetchone()[0])

    def batches(self, size: int, skip: int = 0) -> Iterator[list[tuple[str, Record]]]:
        """(slot, record) in batches of about `size`, after the first `skip` facts; slots stay whole."""
        with closing(self._open()) as connection:
            batch: list[tuple[str, Record]] = []
            for slot, payload in connection.execute(f"{_ORDERED} LIMIT -1 OFFSET ?", [skip]):
                record = _unpacked(payload)
                if len(batch) >= size and (batch[-1][0], batch[-1][1].journal) != (slot, record.journal):
                    yield batch
                    batch = []
                batch.append((slot, record))
            if batch:
                yield batch

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True)


class SpoolWriter:
    """Collects facts; of one that comes twice the fuller (as_of, n, values) stays."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        self._connection = sqlite3.connect(path)
        # No journal: what a crash cuts short is never read, the next attempt begins a new file.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(_TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with closing(self._connection):
            if kind is None:
                self._connection.commit()

    def add(self, record: Record) -> None:
        origin = origin_key(record.origin)
        slot = registry()[record.journal].slot(
            When(record.day, record.occurred_at, record.utc_offset_min), record.values, origin, 0
        )
        self._connection.execute(
            "INSERT INTO fact (journal, slot, origin, external_id, payload) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET payload = max(payload, excluded.payload)",
            [record.journal, slot, origin, record.external_id, _packed(record)],
        )


def origin_key(origin: Origin) -> str:
    """A short name of an origin, the same for every member and every file."""
    words = "\0".join((origin.kind, origin.name, origin.device))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _packed(record: Record) -> str:
    """JSON that sorts by (as_of, n, values), so that the greater of two texts is the fuller statement."""
    return json.dumps(
        [
            record.as_of.isoformat(),
            f"{record.n:09d}",
            {k: _plain(v) for k, v in sorted(record.values.items())},
            record.journal,
            [record.origin.kind, record.origin.name, record.origin.device, record.origin.fibre_included],
            record.external_id,
            record.day.isoformat(),
            record.occurred_at.isoformat() if record.occurred_at else None,
            record.utc_offset_min,
            dict(record.originals),
            record.line,
        ]
    )


def _plain(value: object) -> Any:
    return {"number": str(value)} if isinstance(value, Decimal) else value


def _unpacked(payload: str) -> Record:
    as_of, n, values, journal, origin, external_id, day, occurred_at, offset, originals, line = json.loads(
        payload
    )
    return Record(
        journal=journal,
        origin=Origin(*origin),
        external_id=external_id,
        day=date.fromisoformat(day),
        occurred_at=datetime.fromisoformat(occurred_at) if occurred_at else None,
        utc_offset_min=offset,
        as_of=datetime.fromisoformat(as_of),
        originals=originals,
        line=line,
        n=int(n),
        values={k: Decimal(v["number"]) if isinstance(v, dict) else v for k, v in values.items()},
    )
