"""The usage log: one JSON line for each use that was reserved, written when its transaction stands."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings


class Line(NamedTuple):
    """One reservation: n uses of a feature, in the period that begins on a local day.

    `subject` names what it was reserved for, and is empty where the use was counted at once.
    """

    at: datetime
    user: str
    feature: str
    n: int
    subject: str
    period: date


def path() -> Path:
    """The file. It is opened for each line, so moving it away begins a new one."""
    return Path(settings.DATA_DIR) / "logs" / "feature-usage.log"


def append(line: Line) -> None:
    """Add a line. One write on a file opened for appending is atomic, whatever other processes write."""
    values = line._asdict() | {"at": line.at.isoformat(), "period": line.period.isoformat()}
    file = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, (json.dumps(values) + "\n").encode())
    finally:
        os.close(file)


def read() -> Iterator[Line | None]:
    """Every line in the order of the file, None for what cannot be read; nothing where no log was begun.

    A line that was torn off, because the disk was full or the power went, has the next one right behind it.
    """
    try:
        file = path().open("rb")
    except FileNotFoundError:
        return
    with file:
        for raw in file:
            torn, begin, rest = raw.rpartition(b'{"at"')
            if torn:
                yield None
            yield _parse(begin + rest)


def _parse(raw: bytes) -> Line | None:
    try:
        values = json.loads(raw)
        line = Line(
            at=datetime.fromisoformat(values["at"]),
            user=str(values["user"]),
            feature=str(values["feature"]),
            n=int(values["n"]),
            subject=str(values["subject"]),
            period=date.fromisoformat(values["period"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
    return line if line.at.tzinfo else None
