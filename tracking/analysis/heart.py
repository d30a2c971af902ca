"""Heart rate in training: the highest to expect, zones, impulse of a session. Beats a minute, minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import exp, fsum
from typing import Literal

BIN = 5  # beats a minute that a bin of a histogram spans
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # where the five zones begin, and the highest heart rate
ZONES = 5
_BANISTER = {"male": (0.64, 1.92), "female": (0.86, 1.67)}
Bounds = tuple[float, float, float, float, float, float]


class HighestBy(StrEnum):
    """Formulas for the highest heart rate to expect at an age."""

    TANAKA = "tanaka"
    FOX = "fox"
    GULATI = "gulati"
    NES = "nes"


_BY_AGE = {
    HighestBy.TANAKA: (208.0, 0.7),
    HighestBy.FOX: (220.0, 1.0),
    HighestBy.GULATI: (206.0, 0.88),
    HighestBy.NES: (211.0, 0.64),
}


def highest(age: float, by: HighestBy = HighestBy.TANAKA) -> float:
    """Highest heart rate to expect at an age, beats a minute; a measured one is better.

    People of one age differ by some ten beats. Sources: Tanaka 2001, Fox 1971, Gulati 2010 (women), Nes 2013.
    """
    base, yearly = _BY_AGE[by]
    return base - yearly * age


def zones(hr_max: float, hr_rest: float | None = None) -> Bounds:
    """Where the five zones begin, and the highest heart rate: per cent of the highest, 50 to 100.

    With a resting heart rate per cent of the reserve above it (Karvonen 1957).

    Raises:
        ValueError: unless 0 < rest < highest.
    """
    base = 0.0 if hr_rest is None else hr_rest
    if not 0 <= base < hr_max:
        raise ValueError(f"resting {hr_rest}, highest {hr_max}")
    first, second, third, fourth, fifth, top = (base + share * (hr_max - base) for share in SHARES)
    return first, second, third, fourth, fifth, top


def minutes_in_zones(histogram: Mapping[int, int], bounds: Bounds) -> list[float]:
    """Minutes below the zones, then in each of the five; a beat above the highest is in the fifth.

    `histogram`: seconds by the lowest of five beats; a bin in which a zone begins is shared out evenly.
    """
    edges = [float("-inf"), *bounds[:ZONES], float("inf")]
    return [
        fsum(histogram[low] * _inside(low, edges[zone], edges[zone + 1]) for low in sorted(histogram)) / 60
        for zone in range(ZONES + 1)
    ]


def _inside(low: int, begin: float, end: float) -> float:
    """The part of a bin between two heart rates, 0 to 1."""
    return max(0.0, min(low + BIN, end) - max(low, begin)) / BIN


def trimp_edwards(minutes: Sequence[float]) -> float:
    """Impulse of a session from its minutes in the five zones: each minute counts its zone's number.

    Source: Edwards 1993.

    Raises:
        ValueError: unless there are five, none below zero.
    """
    if len(minutes) != ZONES or any(not one >= 0 for one in minutes):
        raise ValueError(f"minutes {minutes}")
    return fsum(zone * one for zone, one in enumerate(minutes, start=1))


def trimp_banister(
    minutes: float, hr_avg: float, hr_rest: float, hr_max: float, sex: Literal["male", "female"]
) -> float:
    """Impulse of a session from its mean heart rate as a share of the reserve, kept within 0 and 1.

    Source: Banister 1991, with a constant for each sex.

    Raises:
        ValueError: for minutes below zero, and unless the highest lies above the resting heart rate.
    """
    if not (minutes >= 0 and hr_max > hr_rest):
        raise ValueError(f"{minutes} minutes, resting {hr_rest}, highest {hr_max}")
    share = min(max((hr_avg - hr_rest) / (hr_max - hr_rest), 0.0), 1.0)
    factor, steepness = _BANISTER[sex]
    return minutes * share * factor * exp(steepness * share)
