"""CSV of one journal: UTF-8 with BOM (spreadsheets ask for it), comma, decimal point, one row an entry.

Headers are the field names with their unit; `day` is the local day (ISO 8601), `time` the local time
with its offset where the journal has one, `source` where the row came from.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tracking.journals.base import Journal

if TYPE_CHECKING:
    from membership.models import User

BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands each written line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(journal: Journal, user: User) -> Iterator[str]:
    """The lines of the file, header first, oldest entry first; rows are streamed from the database."""
    writer = csv.writer(_Echo())
    names = [field.name for field in journal.fields]
    columns = [field.attname for field in journal.fields]
    head = ["day", *(["time"] if journal.timed else []), *names, "source"]
    yield BOM + writer.writerow(head)
    rows = journal.model.objects.of(user).oldest_first().select_related("source")
    for entry in rows.iterator(chunk_size=1000):
        moment = [_clock(entry.occurred_at, entry.utc_offset_min)] if journal.timed else []
        yield writer.writerow(
            [
                entry.day.isoformat(),
                *moment,
                *(_cell(getattr(entry, name)) for name in columns),
                _cell(str(entry.source) if entry.source else ""),
            ]
        )


def _clock(instant: datetime | None, offset: int | None) -> str:
    if instant is None:
        return ""
    return instant.astimezone(timezone(timedelta(minutes=offset or 0))).strftime("%H:%M:%S%z")


def _cell(value: Any) -> str:
    """Text that a spreadsheet shows and never runs: a leading formula sign is quoted."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value) if value else ""
    text = str(value)
    return "'" + text if text.startswith(FORMULA) else text
