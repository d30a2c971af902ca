"""Vital values against the member's own baseline: resting heart rate, HRV, saturation, breathing.

The two kinds of heart-rate variability are two measures: a baseline holds one of them. Orientation, no
diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import exp, log
from statistics import fmean, stdev

from tracking.analysis.weight import Points, require_ascending

WEEK_DAYS, WEEK_FEWEST = 7, 3  # Plews 2014: at least three values a week
BASE_DAYS, BASE_FEWEST = 60, 14  # own rule
NARROW = 0.5  # standard deviations: smallest worthwhile change
UNUSUAL = 1.5  # own rule: above it a high HRV is no longer plainly good
PULSE_LEAST_BAND = 3.0  # beats; own rule: devices read no better
PULSE_RISE, PULSE_RISE_DAYS = 5.0, 2  # own rule
BREATHING_BAND = 2.0  # breaths a minute; own rule
SATURATION_USUAL, SATURATION_LOW = 95.0, 92.0  # NHS home oximetry


class Level(StrEnum):
    """Where a week lies to the baseline."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    UNUSUAL = "unusual"  # far above; of HRV alone


@dataclass(frozen=True, slots=True)
class Baseline:
    """The values of the last sixty days, in the measure's unit, and where the last week lies to them.

    `low`, `high`: the usual band; `week`: mean of the last seven days, None below three values;
    `z`: its distance from the middle in standard deviations, `last_z` that of the newest day;
    `days`, `week_days`: how many values each rests on.
    """

    middle: float
    low: float
    high: float
    days: int
    week: float | None
    week_days: int
    z: float | None
    last: float
    last_day: date
    last_z: float | None
    level: Level | None


def _window(points: Points, today: date, days: int) -> list[float]:
    return [value for day, value in points if 0 <= (today - day).days < days]


def hrv_baseline(points: Points, today: date) -> Baseline | None:
    """Band of one kind of HRV, in ms: mean and spread of the logarithms, half a deviation to each side.

    The sixty days hold today and the week that is held against them. None below fourteen values.
    Sources: Plews 2014 (logarithms, weekly mean), Hopkins (smallest worthwhile change).

    Raises:
        ValueError: unless days ascend strictly and values are above zero.
    """
    if any(not value > 0 for _day, value in points):
        raise ValueError("a variability that is not above zero")
    logs = [(day, log(value)) for day, value in points]
    found = _baseline(logs, today)
    if found is None:
        return None
    middle, spread, week, n, week_n = found
    z = None if week is None else _z(week, middle, spread)
    last_day, last = max(one for one in logs if one[0] <= today)
    return Baseline(
        middle=exp(middle),
        low=exp(middle - NARROW * spread),
        high=exp(middle + NARROW * spread),
        days=n,
        week=None if week is None else exp(week),
        week_days=week_n,
        z=z,
        last=exp(last),
        last_day=last_day,
        last_z=_z(last, middle, spread),
        level=_hrv_level(z),
    )


def _hrv_level(z: float | None) -> Level | None:
    if z is None:
        return None
    if z < -NARROW:
        return Level.BELOW
    if z > UNUSUAL:
        return Level.UNUSUAL
    return Level.ABOVE if z > NARROW else Level.WITHIN


def pulse_baseline(points: Points, today: date) -> Baseline | None:
    """Band of the resting heart rate, beats a minute: one deviation, at least 3, to each side.

    None below fourteen values in sixty days. Own rule for the band.

    Raises:
        ValueError: unless days ascend strictly.
    """
    return _plain_baseline(points, today, lambda spread: max(spread, PULSE_LEAST_BAND))


def breathing_baseline(points: Points, today: date) -> Baseline | None:
    """Band of the breaths a minute at rest: two to each side. None below fourteen values in sixty days.

    Raises:
        ValueError: unless days ascend strictly.
    """
    return _plain_baseline(points, today, lambda spread: BREATHING_BAND)


def _plain_baseline(points: Points, today: date, band: Callable[[float], float]) -> Baseline | None:
    found = _baseline(points, today)
    if found is None:
        return None
    middle, spread, week, n, week_n = found
    half = band(spread)
    last_day, last = max(one for one in points if one[0] <= today)
    return Baseline(
        middle=middle,
        low=middle - half,
        high=middle + half,
        days=n,
        week=week,
        week_days=week_n,
        z=None if week is None else _z(week, middle, spread),
        last=last,
        last_day=last_day,
        last_z=_z(last, middle, spread),
        level=None if week is None else _plain_level(week, middle - half, middle + half),
    )


def _plain_level(week: float, low: float, high: float) -> Level:
    if week < low:
        return Level.BELOW
    return Level.ABOVE if week > high else Level.WITHIN


def _baseline(points: Points, today: date) -> tuple[float, float, float | None, int, int] | None:
    """Middle, spread, mean of the week, and how many values the sixty and the seven days have."""
    require_ascending(points)
    base, week = _window(points, today, BASE_DAYS), _window(points, today, WEEK_DAYS)
    if len(base) < BASE_FEWEST:
        return None
    recent = fmean(week) if len(week) >= WEEK_FEWEST else None
    return fmean(base), stdev(base), recent, len(base), len(week)


def _z(value: float, middle: float, spread: float) -> float | None:
    """None where all values were the same: then nothing is far."""
    return (value - middle) / spread if spread > 1e-12 else None


def pulse_has_risen(points: Points, base: Baseline) -> bool:
    """Whether the resting heart rate was 5 or more above its baseline on the newest two days in a row."""
    newest = [value for day, value in points if 0 <= (base.last_day - day).days < PULSE_RISE_DAYS]
    return len(newest) == PULSE_RISE_DAYS and min(newest) >= base.middle + PULSE_RISE


class Saturation(StrEnum):
    """Where the mean saturation of a week lies."""

    USUAL = "usual"  # 95 and more
    WATCH = "watch"  # 93 and 94: measure again
    LOW = "low"  # 92 and less: ask a doctor


@dataclass(frozen=True, slots=True)
class SaturationWeek:
    """Mean and lowest saturation of seven days, per cent, over `days` values."""

    mean: float
    lowest: float
    days: int
    level: Saturation


def saturation_week(points: Points, today: date) -> SaturationWeek | None:
    """Saturation of the last seven days; None below three values, for single ones of a wrist are often wrong.

    Source: bands of the NHS for oximetry at home, of the mean rounded to whole per cent.
    """
    values = _window(points, today, WEEK_DAYS)
    if len(values) < WEEK_FEWEST:
        return None
    mean = fmean(values)
    level = Saturation.USUAL if mean >= SATURATION_USUAL - 0.5 else Saturation.WATCH
    return SaturationWeek(
        mean, min(values), len(values), Saturation.LOW if mean < SATURATION_LOW + 0.5 else level
    )


# Early warning ----------------------------------------------------------------------------------------------
WARNING_NIGHTS, WARNING_WITHIN_DAYS, WARNINGS_FEWEST = 2, 3, 5


def warning_days(pulses: Points, variability: Points, *, from_day: date, to_day: date) -> list[date]:
    """Days on which two nights in a row lay off the baseline: pulse 5 or more above, and HRV below its band.

    Own rule. Nights in a row are consecutive days with a value. Without a baseline of the variability, or
    without its value, the pulse decides alone. Each night is held against the sixty days up to itself, as it
    would have been on the day.

    Raises:
        ValueError: unless days ascend strictly and variability is above zero.
    """
    off = {day for day, _value in pulses if _is_off(pulses, variability, day)}
    return [
        day
        for day in sorted(off)
        if from_day <= day <= to_day and date.fromordinal(day.toordinal() - 1) in off
    ]


def _is_off(pulses: Points, variability: Points, day: date) -> bool:
    base = pulse_baseline(pulses, day)
    if base is None or base.last_day != day or base.last < base.middle + PULSE_RISE:
        return False
    steady = hrv_baseline(variability, day)
    return steady is None or steady.last_day != day or steady.last < steady.low


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How a warning has done so far: of `warnings`, `hits` were followed by a bad day within three.

    `usual`: the share of all days of the history that were followed so, 0 to 1.
    """

    warnings: int
    hits: int
    usual: float

    @property
    def says_something(self) -> bool:
        """Whether there were enough warnings, five, to speak of a share."""
        return self.warnings >= WARNINGS_FEWEST


def track_record(warned: Sequence[date], bad: frozenset[date], days: Sequence[date]) -> TrackRecord:
    """Past warnings against the days the member called bad; `days` are those of the history."""
    hits = sum(_followed(day, bad) for day in warned)
    usual = fmean(_followed(day, bad) for day in days) if days else 0.0
    return TrackRecord(len(warned), hits, usual)


def _followed(day: date, bad: frozenset[date]) -> bool:
    return any(date.fromordinal(day.toordinal() + later) in bad for later in range(WARNING_WITHIN_DAYS + 1))
