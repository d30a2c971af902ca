"""Sleep over many nights: debt, regularity, usual times, and what is typical for adults. Minutes, hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import atan2, cos, fsum, pi, sin, sqrt
from statistics import fmean

DEBT_NIGHTS = 14
LEAST_H = 6.0  # NSF 2015: fewer are not recommended to any adult
NEED_H = 8.0  # own rule, until the member sets a goal
DAY_MIN = 1440
REGULAR_FEWEST_DAYS = 7  # in a row; Phillips 2017 used weeks
RECORDED_FROM_MIN = 180  # own rule: a day with less is not recorded, it holds a nap and no night
# Adults, NSF 2015: from which age on, from and to how many hours.
TYPICAL_H = ((65, 7.0, 8.0), (18, 7.0, 9.0))
EFFICIENCY_GOOD = 85.0  # per cent and more; NSF 2017
AWAKE_GOOD_MIN = 20.0  # minutes and fewer; NSF 2017
TIMES_FEWEST = 5
TIMES_SHORTEST = 0.05  # of the clock's circle: below it times are spread all around, and have no middle


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed after some nights, hours; `nights` of them were known, `missing` were not."""

    hours: float
    nights: int
    missing: int


def debt(asleep_h: Sequence[float | None], need_h: float = NEED_H) -> Debt | None:
    """The debt after these nights, oldest first: each adds what it lacks, and more sleep pays off.

    Unknown nights change nothing. None without any known night. Own rule.

    Raises:
        ValueError: for a need that is not above zero.
    """
    if not need_h > 0:
        raise ValueError(f"need of {need_h} hours")
    known = [hours for hours in asleep_h if hours is not None]
    owed = 0.0
    for hours in known:
        owed = max(0.0, owed + need_h - hours)
    return Debt(owed, len(known), len(asleep_h) - len(known)) if known else None


def regularity(sleeps: Iterable[tuple[datetime, datetime]]) -> float | None:
    """Sleep regularity index: 100 where every two days follow the same clock, 0 by chance, down to -100.

    The share of minutes in which one sleeps, or wakes, just as a day later, over days from noon to noon, as
    -100 + 200 times it. From bed to wake is sleep, each by the clock of its place: a night of changed clocks
    or of a flight counts as the clocks showed it. Days without any record are left out. None below seven
    days in a row with one. Source: Phillips 2017.
    """
    days = {day: mask for day, mask in _days(sleeps).items() if mask.bit_count() >= RECORDED_FROM_MIN}
    if _longest_run(sorted(days)) < REGULAR_FEWEST_DAYS:
        return None
    return regularity_index(days)


def regularity_index(days: dict[date, int]) -> float | None:
    """The index of days given as masks of their minutes asleep; None where no two follow each other."""
    alike = [
        DAY_MIN - (mask ^ days[day + timedelta(days=1)]).bit_count()
        for day, mask in days.items()
        if day + timedelta(days=1) in days
    ]
    return -100 + 200 * fsum(alike) / (DAY_MIN * len(alike)) if alike else None


def _days(sleeps: Iterable[tuple[datetime, datetime]]) -> dict[date, int]:
    """The minutes asleep of each day from noon to noon, named by the day it ends on, as bits of a number."""
    found: dict[date, int] = {}
    for bed, wake in sleeps:
        start, end = _since_noon(bed), _since_noon(wake)
        for number in range(start // DAY_MIN, -(-end // DAY_MIN)):
            first = max(start - number * DAY_MIN, 0)
            last = min(end - number * DAY_MIN, DAY_MIN)
            day = date.fromordinal(number + 1)
            found[day] = found.get(day, 0) | ((1 << last) - (1 << first))
    return found


def _since_noon(moment: datetime) -> int:
    """Minutes on the clock since the noon of day 0."""
    return moment.toordinal() * DAY_MIN + moment.hour * 60 + moment.minute - DAY_MIN // 2


def _longest_run(days: Sequence[date]) -> int:
    longest = run = 1 if days else 0
    for before, after in pairwise(days):
        run = run + 1 if (after - before).days == 1 else 1
        longest = max(longest, run)
    return longest


@dataclass(frozen=True, slots=True)
class UsualTime:
    """A middle on the circle of the clock, minutes from midnight, and how far times lie from it (SD)."""

    minute: float
    spread_min: float
    n: int


def usual_time(minutes: Sequence[float]) -> UsualTime | None:
    """The middle of clock times in minutes from midnight: that of 23:00 and 1:00 is midnight, not noon.

    None below five, and where they are spread evenly around the clock. Source: circular mean (Mardia).
    """
    if len(minutes) < TIMES_FEWEST:
        return None
    angles = [2 * pi * minute / DAY_MIN for minute in minutes]
    east, north = fmean(map(cos, angles)), fmean(map(sin, angles))
    if sqrt(east * east + north * north) < TIMES_SHORTEST:
        return None
    middle = atan2(north, east) / (2 * pi) * DAY_MIN % DAY_MIN
    off = [(minute - middle + DAY_MIN / 2) % DAY_MIN - DAY_MIN / 2 for minute in minutes]
    return UsualTime(middle, sqrt(fsum(one * one for one in off) / (len(off) - 1)), len(minutes))


class Typical(StrEnum):
    """Where something lies to what is typical of adults."""

    LESS = "less"
    WITHIN = "within"
    MORE = "more"


def typical_hours(age: float) -> tuple[float, float] | None:
    """From and to how many hours adults of that age usually sleep; None below eighteen years (NSF 2015)."""
    return next(((low, high) for first, low, high in TYPICAL_H if age >= first), None)


def duration(hours: float, age: float) -> Typical | None:
    """Hours of sleep against what is typical of the age; None below eighteen years."""
    limits = typical_hours(age)
    if limits is None:
        return None
    if hours < limits[0]:
        return Typical.LESS
    return Typical.MORE if hours > limits[1] else Typical.WITHIN
