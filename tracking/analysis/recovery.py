"""Recovery of a morning, 0 to 100: four parts with their weights, each to be looked at. Own rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import fsum

READY_FROM, MEDIUM_FROM = 67.0, 34.0  # of the score rounded to a whole number
FEWEST_PARTS = 2
NEUTRAL, PER_DEVIATION = 50.0, 25.0
DURATION_SHARE = 0.7  # of the part of sleep; the rest is its efficiency
RATIO_FREE, RATIO_SPENT = 1.0, 1.5  # load ratios at which the part of load is 100 and 0


class Part(StrEnum):
    """What recovery is made of."""

    HRV = "hrv"
    PULSE = "pulse"
    SLEEP = "sleep"
    LOAD = "load"


WEIGHTS = {Part.HRV: 0.40, Part.PULSE: 0.25, Part.SLEEP: 0.25, Part.LOAD: 0.10}


class Band(StrEnum):
    """What a score says."""

    READY = "ready"
    MEDIUM = "medium"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Recovery:
    """The score, its parts (0 to 100 each) and the weight each has among those there are."""

    score: float
    parts: dict[Part, float]
    weights: dict[Part, float]

    @property
    def band(self) -> Band:
        """Ready from 67, medium from 34 on, of the score as it is shown: rounded to a whole number."""
        shown = int(self.score + 0.5)
        if shown >= READY_FROM:
            return Band.READY
        return Band.MEDIUM if shown >= MEDIUM_FROM else Band.REST


def recovery(
    *,
    hrv: float | None = None,
    pulse: float | None = None,
    sleep: float | None = None,
    load: float | None = None,
) -> Recovery | None:
    """The weighted mean of the parts there are; None below two, and without HRV and pulse both."""
    given = {Part.HRV: hrv, Part.PULSE: pulse, Part.SLEEP: sleep, Part.LOAD: load}
    parts = {part: value for part, value in given.items() if value is not None}
    if len(parts) < FEWEST_PARTS or not parts.keys() & {Part.HRV, Part.PULSE}:
        return None
    whole = fsum(WEIGHTS[part] for part in parts)
    weights = {part: WEIGHTS[part] / whole for part in parts}
    return Recovery(fsum(weights[part] * parts[part] for part in parts), parts, weights)


def by_deviation(z: float) -> float:
    """The part of a value `z` deviations to the good side of its baseline: 50, and 25 for each."""
    return _within(NEUTRAL + PER_DEVIATION * z)


def by_sleep(asleep_min: float, need_min: float, efficiency: float | None) -> float:
    """The part of sleep: 70 per cent duration against the need, 30 efficiency; duration alone without it.

    Raises:
        ValueError: for a need that is not above zero.
    """
    if not need_min > 0:
        raise ValueError(f"need of {need_min} minutes")
    duration = min(100.0, 100 * asleep_min / need_min)
    if efficiency is None:
        return _within(duration)
    return _within(DURATION_SHARE * duration + (1 - DURATION_SHARE) * efficiency)


def by_load(ratio: float) -> float:
    """The part of the load: 100 up to a ratio of 1.0, 0 from 1.5 on."""
    return _within(100 - 100 * (ratio - RATIO_FREE) / (RATIO_SPENT - RATIO_FREE))


def _within(value: float) -> float:
    return min(max(value, 0.0), 100.0)
