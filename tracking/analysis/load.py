"""Training load over days: week, monotony, strain, load ratio, fitness and fatigue. RPE times minutes.

A load ratio compares a week with the month before it. It foretells no injury, and nothing here says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import fsum
from statistics import fmean, stdev

WEEK_DAYS, MONTH_DAYS = 7, 28
MONOTONY_CAP = 10.0  # equal days have no spread: the ratio would be infinite
MONOTONY_HIGH, MONOTONY_GOOD = 2.0, 1.5  # Foster 1998
CHRONIC_LEAST = 10.0  # own rule: below it a ratio compares with nothing
RATIO_BOUNDS = (0.8, 1.3, 1.5)  # Gabbett 2016, as bounds of words alone
FITNESS_DAYS, FATIGUE_DAYS = 42, 7  # Banister's model as it is commonly set


def daily_loads(sessions: Iterable[tuple[date, float]], first: date, last: date) -> list[float]:
    """The load of every day from `first` to `last`; sessions of a day are summed, a day without one is 0.

    Raises:
        ValueError: where `last` comes before `first`.
    """
    if last < first:
        raise ValueError(f"{last} comes before {first}")
    found: dict[date, list[float]] = {}
    for day, load in sessions:
        found.setdefault(day, []).append(load)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [fsum(found.get(day, ())) for day in days]


@dataclass(frozen=True, slots=True)
class Week:
    """The load of seven days: their sum, their monotony and their strain; both None without any load."""

    total: float
    monotony: float | None
    strain: float | None


def week(loads: Sequence[float]) -> Week:
    """Sum, monotony (mean over sample standard deviation, 10 at most) and strain (sum times monotony).

    Source: Foster 1998; he leaves the kind of deviation open, the sample's is taken.

    Raises:
        ValueError: unless there are seven loads, none below zero.
    """
    _require(loads, WEEK_DAYS)
    total = fsum(loads)
    if not total:
        return Week(0.0, None, None)
    spread, mean = stdev(loads), total / WEEK_DAYS
    monotony = MONOTONY_CAP if spread * MONOTONY_CAP <= mean else mean / spread
    return Week(total, monotony, total * monotony)


def _require(loads: Sequence[float], fewest: int) -> None:
    if len(loads) < fewest or any(not load >= 0 for load in loads):
        raise ValueError(f"loads {loads}: at least {fewest} are needed, none below zero")


class Span(StrEnum):
    """Where a load ratio lies; words for more or less than usual, and nothing else."""

    LESS = "less"
    USUAL = "usual"
    MORE = "more"
    MUCH_MORE = "much_more"


@dataclass(frozen=True, slots=True)
class LoadRatio:
    """The week against the month: `acute` and `chronic` are daily means of seven and twenty-eight days.

    `coupled`: the month holds the week; `uncoupled`: the three weeks before it alone, None where they held
    next to nothing; `smoothed`: both exponentially weighted (Williams 2017).
    """

    acute: float
    chronic: float
    coupled: float
    uncoupled: float | None
    smoothed: float

    @property
    def span(self) -> Span:
        """The word for the coupled ratio; a bound belongs to the higher word."""
        return list(Span)[sum(self.coupled >= bound for bound in RATIO_BOUNDS)]


def load_ratio(loads: Sequence[float]) -> LoadRatio | None:
    """The load ratio on the last of these days, the first being the first day with a diary of training.

    None below twenty-eight days and where the month held less than 10 a day.

    Raises:
        ValueError: for a load below zero.
    """
    _require(loads, 0)
    if len(loads) < MONTH_DAYS:
        return None
    acute, chronic = fmean(loads[-WEEK_DAYS:]), fmean(loads[-MONTH_DAYS:])
    before = fmean(loads[-MONTH_DAYS:-WEEK_DAYS])
    slow = _smoothed(loads, MONTH_DAYS)
    if chronic < CHRONIC_LEAST or slow <= 0:
        return None
    uncoupled = acute / before if before >= CHRONIC_LEAST else None
    return LoadRatio(acute, chronic, acute / chronic, uncoupled, _smoothed(loads, WEEK_DAYS) / slow)


def _smoothed(loads: Sequence[float], days: int) -> float:
    """Exponentially weighted mean with the factor 2 / (days + 1), from the first day's load on."""
    share, value = 2 / (days + 1), loads[0]
    for load in loads[1:]:
        value += share * (load - value)
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """Fitness and fatigue as slow and fast means of the load, and what is left between them."""

    fitness: float
    fatigue: float

    @property
    def balance(self) -> float:
        """Fitness minus fatigue; below zero after hard days."""
        return self.fitness - self.fatigue


def form(loads: Iterable[float], start: Form | None = None) -> Form:
    """Fitness (42 days) and fatigue (7 days) after these days, from `start` or nothing.

    Each day moves by the 42nd, or 7th, part of its distance to the load (Banister's impulse model in the
    step form of Coggan).
    """
    fitness, fatigue = (start.fitness, start.fatigue) if start else (0.0, 0.0)
    for load in loads:
        fitness += (load - fitness) / FITNESS_DAYS
        fatigue += (load - fatigue) / FATIGUE_DAYS
    return Form(fitness, fatigue)


@dataclass(frozen=True, slots=True)
class RestKept:
    """Of `days` days of rest, how many held no training of what they rested from."""

    days: int
    kept: int


def rest_kept(rested: Mapping[date, Collection[str]], trained: Iterable[tuple[date, str]]) -> RestKept:
    """Days of rest by what they rest from, against trainings by what they train, both in the same words.

    Own rule. A training of another kind breaks no rest, and neither does a day that rests from nothing named.
    """
    broken = {day for day, kind in trained if kind in rested.get(day, ())}
    return RestKept(len(rested), len(rested) - len(broken))
