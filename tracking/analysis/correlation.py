"""Whether two daily series go together: correlation with lag, interval, and honesty about many questions.

To go together is not to cause; nothing here says which of two moves the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import permutations
from math import atanh, fsum, inf, sqrt, tanh
from statistics import fmean

from tracking.analysis.students_t import two_sided

Series = Mapping[date, float]
LAGS = (0, 1, 2, 3)  # days by which the second series follows the first
FEWEST, FIRM_FROM = 14, 30  # pairs of days; own rule
FALSE_DISCOVERIES = 0.05
NORMAL_975 = 1.959963984540054
STRONG_FROM, MODERATE_FROM, WEAK_FROM = 0.5, 0.3, 0.1  # Cohen 1988
NEIGHBOURS_FEWEST = 10  # own rule: fewer days that follow each other say nothing of how they hang together
LEAST_EFFECTIVE = 4.0  # Fisher's interval divides by n - 3


class Strength(StrEnum):
    """How closely two series go together, by the size of the correlation (Cohen 1988)."""

    NONE = "none"
    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's r of `n` pairs of days with its 95 % interval.

    `effective_n`: how many independent pairs they are worth; interval and `p` rest on it. `adjusted_p`: p
    after all questions asked with it (Benjamini and Hochberg), `p` itself where it was the only one.
    """

    r: float
    low: float
    high: float
    n: int
    effective_n: float
    p: float
    adjusted_p: float

    @property
    def provisional(self) -> bool:
        """Whether there are fewer than thirty pairs."""
        return self.n < FIRM_FROM

    @property
    def holds(self) -> bool:
        """Whether at most one of twenty such findings is chance."""
        return self.adjusted_p <= FALSE_DISCOVERIES

    @property
    def strength(self) -> Strength:
        size = abs(self.r)
        if size >= STRONG_FROM:
            return Strength.STRONG
        if size >= MODERATE_FROM:
            return Strength.MODERATE
        return Strength.WEAK if size >= WEAK_FROM else Strength.NONE


def paired(cause: Series, effect: Series, lag: int = 0) -> list[tuple[date, float, float]]:
    """The days on which both are known, the effect `lag` days later; ascending by the day of the cause."""
    later = timedelta(days=lag)
    return [(day, cause[day], effect[day + later]) for day in sorted(cause) if day + later in effect]


def pearson(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's r; None where one of the two does not vary, or below three pairs.

    Raises:
        ValueError: where they are not of one length.
    """
    if len(xs) != len(ys):
        raise ValueError(f"{len(xs)} and {len(ys)} values")
    if len(xs) < 3:
        return None
    off_x, off_y = _centred(xs), _centred(ys)
    spread = sqrt(fsum(x * x for x in off_x)) * sqrt(fsum(y * y for y in off_y))
    if not spread or _is_constant(xs, off_x) or _is_constant(ys, off_y):
        return None
    return max(-1.0, min(1.0, fsum(x * y for x, y in zip(off_x, off_y, strict=True)) / spread))


def _centred(values: Sequence[float]) -> list[float]:
    mean = fmean(values)
    return [value - mean for value in values]


def _is_constant(values: Sequence[float], off: Sequence[float]) -> bool:
    """Whether what varies is rounding alone."""
    return max(map(abs, off)) <= 1e-12 * max(map(abs, values))


def spearman(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Spearman's rank correlation: Pearson's of the ranks, equal values sharing their middle."""
    return pearson(ranks(xs), ranks(ys))


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1 on; equal values have the mean of their places."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            found[place] = (start + end) / 2 + 1
        start = end + 1
    return found


def p_value(r: float, n: float) -> float:
    """How probable a correlation at least so far from zero is by chance, from n independent pairs."""
    if abs(r) >= 1:
        return 0.0
    return two_sided(r * sqrt((n - 2) / (1 - r * r)), n - 2)


def fisher_interval(r: float, n: float, *, by_ranks: bool = False) -> tuple[float, float]:
    """The 95 % interval of a correlation of n independent pairs (Fisher; of ranks Bonett and Wright 2000).

    Raises:
        ValueError: unless there are more than three.
    """
    if not n > 3:
        raise ValueError(f"{n} pairs")
    if abs(r) >= 1:
        return r, r
    margin = NORMAL_975 * sqrt((1 + r * r / 2 if by_ranks else 1) / (n - 3))
    return tanh(atanh(r) - margin), tanh(atanh(r) + margin)


def autocorrelation(values: Sequence[float]) -> float:
    """How much a value goes with the one before it; 0 where there are too few.

    Before it in the series: what is measured every other day hangs together from one measurement to the next.
    """
    if len(values) <= NEIGHBOURS_FEWEST:
        return 0.0
    return pearson(values[:-1], values[1:]) or 0.0


def without_drift(days: Sequence[date], values: Sequence[float]) -> list[float]:
    """What is left of a series beside the straight line through it: two that drift seem to go together."""
    xs = [float(day.toordinal()) for day in days]
    off = _centred(xs)
    spread = fsum(x * x for x in off)
    middle = fmean(values)
    slope = (
        fsum(x * (value - middle) for x, value in zip(off, values, strict=True)) / spread if spread else 0.0
    )
    return [value - middle - slope * x for x, value in zip(off, values, strict=True)]


def effective_n(n: int, rho_x: float, rho_y: float) -> float:
    """How many independent pairs n of two series are worth that each hang together from day to day.

    n (1 - rho_x rho_y) / (1 + rho_x rho_y), never more than n: two series of opposite habits would be worth
    more by the formula. Source: Bartlett 1946.
    """
    both = rho_x * rho_y
    return min(float(n), n * (1 - both) / (1 + both)) if both > -1 else float(n)


def correlate(cause: Series, effect: Series, lag: int = 0) -> Correlation | None:
    """How two daily series go together beside the straight line through each, the effect `lag` days later.

    None below fourteen pairs, where one of them is constant, and where so few of the pairs are independent
    that no interval can be given.
    """
    pairs = paired(cause, effect, lag)
    if len(pairs) < FEWEST:
        return None
    days = [day for day, _x, _y in pairs]
    given = [x for _day, x, _y in pairs], [y for _day, _x, y in pairs]
    if any(_is_constant(values, _centred(values)) for values in given):
        return None
    xs, ys = (without_drift(days, values) for values in given)
    r = pearson(xs, ys)
    if r is None:
        return None
    n = effective_n(len(pairs), autocorrelation(xs), autocorrelation(ys))
    if n < LEAST_EFFECTIVE:
        return None
    low, high = fisher_interval(r, n)
    p = p_value(r, n)
    return Correlation(r, low, high, len(pairs), n, p, p)


def adjusted(ps: Sequence[float]) -> list[float]:
    """The p of each of many questions after all of them (Benjamini and Hochberg 1995), in their order."""
    order = sorted(range(len(ps)), key=lambda place: ps[place], reverse=True)
    found, least = [0.0] * len(ps), inf
    for number, place in enumerate(order):
        least = min(least, 1.0, len(ps) / (len(ps) - number) * ps[place])
        found[place] = least
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """A correlation between two named series, the second `lag` days after the first."""

    cause: str
    effect: str
    lag: int
    correlation: Correlation


def explore(
    series: Mapping[str, Series],
    lags: Sequence[int] = LAGS,
    apart: Collection[frozenset[str]] = (),
) -> list[Finding]:
    """Every pair of series at every lag that can be judged, the smallest adjusted p first.

    Without a lag a pair is asked about once, with one both ways round. All of them are the questions that
    each adjusted p answers for. Pairs that are named `apart` are not asked about: one follows from the other.
    """
    names = sorted(series)
    asked = [
        (cause, effect, lag)
        for cause, effect in permutations(names, 2)
        for lag in lags
        if (lag or cause < effect) and frozenset((cause, effect)) not in apart
    ]
    found = [(one, correlate(series[one[0]], series[one[1]], one[2])) for one in asked]
    known = [(one, correlation) for one, correlation in found if correlation is not None]
    ps = adjusted([correlation.p for _one, correlation in known])
    findings = [
        Finding(*one, replace(correlation, adjusted_p=p))
        for (one, correlation), p in zip(known, ps, strict=True)
    ]
    return sorted(findings, key=lambda one: (one.correlation.adjusted_p, -abs(one.correlation.r)))
