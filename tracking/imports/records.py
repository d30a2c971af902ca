"""What a format module hands to the writer: records, line errors, and how far it has come."""

from __future__ import annotations

import sys
from bisect import bisect_right
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
class Clock:
    """The local clock that moments were told by: stretches of (first hour, last hour, offset).

    Hours since 1970 UTC, both included; offsets in minutes east; ascending, without overlap. A phone writes
    its whole past by the zone it is in on the day of the export, so the days of one file are not those of the
    next: what was told first counts.
    """

    stretches: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(cls, hours: Mapping[int, int]) -> Clock:
        """The clock that these hours were told by; what lies between two of the same offset had it too."""
        stretches: list[tuple[int, int, int]] = []
        for hour, offset in sorted(hours.items()):
            if stretches and stretches[-1][2] == offset:
                stretches[-1] = stretches[-1][0], hour, offset
            else:
                stretches.append((hour, hour, offset))
        return cls(tuple(stretches))

    def at(self, hour: int) -> int | None:
        """The offset of an hour, None where nothing was told."""
        place = bisect_right(self.stretches, (hour, sys.maxsize, 0)) - 1
        if place < 0:
            return None
        _first, last, offset = self.stretches[place]
        return offset if hour <= last else None

    def then(self, later: Clock) -> Clock:
        """This clock where it tells something, the later one elsewhere."""
        added: list[tuple[int, int, int]] = []
        for first, last, offset in later.stretches:
            start = first
            for known_first, known_last, _offset in self.stretches:
                if known_last < start or known_first > last:
                    continue
                if known_first > start:
                    added.append((start, known_first - 1, offset))
                start = known_last + 1
            if start <= last:
                added.append((start, last, offset))
        return Clock(tuple(sorted([*self.stretches, *added])))


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may need beyond the file.

    The member's zone is for times without an offset, the clock for those whose offset says where the export
    was made; limits are for hostile files.
    """

    zone: tzinfo
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=Clock)


Item = Record | LineError | Progress | Clock


class Format(Protocol):
    """A module of this package that reads one format."""

    NAME: str
    LABEL: str | Promise
    detect: Callable[[Path], bool]
    read: Callable[[Path, Context], Iterator[Item]]
