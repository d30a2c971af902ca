"""What a format module hands to the writer: records, line errors, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Protocol

from django.utils.functional import Promise

from tracking.imports.archive import Limits


@dataclass(frozen=True, slots=True)
class Origin:
    """The application or device that recorded something; becomes a source of the member."""

    kind: str
    name: str
    device: str = ""
    fibre_included: bool | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One fact of one journal, in our units.

    `external_id` is the same for the same fact in every export. `day` is the local day, fixed by the
    file's offset. `occurred_at` is an aware UTC instant, None for day totals. For day totals of a
    partial file `as_of` is the end of the last sample and `n` the number of samples: of two files the
    greater (as_of, n, value) counts. Decimals in `values` are rounded to three places; `originals`
    holds "181.5 lb" only where a unit was converted. `line` is the line in the file.
    """

    journal: str
    origin: Origin
    external_id: str
    day: date
    occurred_at: datetime | None
    utc_offset_min: int | None
    as_of: datetime
    values: Mapping[str, object]
    originals: Mapping[str, str]
    line: int
    n: int = 1


@dataclass(frozen=True, slots=True)
class LineError:
    """Something left out. `reason` is a key of `errors.LINE_REASONS`, `label` the field or journal."""

    line: int
    reason: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes of the unpacked file that were read, of all."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may need beyond the file: the member's zone for times without an offset, and limits."""

    zone: tzinfo
    limits: Limits = field(default_factory=Limits)


class Format(Protocol):
    """A module of this package that reads one format."""

    NAME: str
    LABEL: str | Promise
    detect: Callable[[Path], bool]
    read: Callable[[Path, Context], Iterator[Record | LineError | Progress]]
