"""Correlations: the worked examples, the limits, and what must hold for any two series."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from math import isfinite, sin
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW, daily, day
from tracking.analysis.correlation import (
    Strength,
    adjusted,
    autocorrelation,
    correlate,
    effective_n,
    explore,
    fisher_interval,
    p_value,
    paired,
    pearson,
    ranks,
    spearman,
)

X = [7.1, 6.4, 7.8, 6.9, 8.0, 5.9, 7.3, 6.6, 7.5, 7.0]
Y = [48.0, 44, 52, 45, 55, 41, 50, 43, 49, 47]
VALUES = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=3, max_size=40)
SERIES = st.dictionaries(st.integers(0, 60).map(day), st.floats(-1000, 1000), max_size=60)


def noise(seed: int, n: int = 60) -> list[float]:
    chance = Random(seed)  # a test's noise
    return [chance.gauss(0, 1) for _ in range(n)]


def test_the_test_vector() -> None:
    assert pearson(X, Y) == pytest.approx(0.96659, abs=5e-6)
    assert spearman(X, Y) == pytest.approx(0.97576, abs=5e-6)
    later = paired(dict(daily(X)), dict(daily(Y)), 1)
    assert len(later) == 9
    assert pearson([x for _, x, _ in later], [y for _, _, y in later]) == pytest.approx(-0.69247, abs=5e-6)


def test_interval_and_p_of_the_examples() -> None:
    assert p_value(0.42, 60) == pytest.approx(0.00084, abs=5e-6)
    assert fisher_interval(0.42, 60) == pytest.approx((0.186, 0.609), abs=5e-4)
    assert fisher_interval(0.42, 60, by_ranks=True) == pytest.approx((0.175, 0.616), abs=5e-4)
    assert p_value(-0.30, 30) == pytest.approx(0.107, abs=5e-4)
    assert fisher_interval(-0.30, 30) == pytest.approx((-0.596, 0.068), abs=5e-4)


def test_effective_n_of_the_example() -> None:
    assert effective_n(60, 0.6, 0.5) == pytest.approx(32.3, abs=0.05)
    assert effective_n(60, 0.6, -0.5) == 60
    assert effective_n(60, 1.0, -1.0) == 60


def test_adjustment_of_the_example() -> None:
    ps = [0.001, 0.008, 0.012, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    expected = [0.010, 0.040, 0.040, 0.084, 0.084, 0.100, 0.1057, 0.216, 0.216, 0.216]
    assert adjusted(ps) == pytest.approx(expected, abs=5e-5)
    assert sum(p <= 0.05 for p in adjusted(ps)) == 3
    assert adjusted([]) == []


def test_equal_values_share_their_ranks() -> None:
    assert ranks([3.0, 1.0, 3.0, 2.0]) == [3.5, 1.0, 3.5, 2.0]


def test_a_gap_drops_its_pair() -> None:
    cause, effect = {day(0): 1.0, day(1): 2.0}, {day(1): 5.0, day(3): 6.0}
    assert paired(cause, effect) == [(day(1), 2.0, 5.0)]
    assert paired(cause, effect, 1) == [(day(0), 1.0, 5.0)]


@pytest.mark.parametrize(
    ("n", "known", "provisional"), [(13, False, None), (14, True, True), (29, True, True), (30, True, False)]
)
def test_how_many_pairs_it_takes(n: int, known: bool, provisional: bool | None) -> None:
    found = correlate(dict(daily(noise(1, n))), dict(daily(noise(2, n))))
    assert (found is not None) is known
    assert (found and found.provisional) is provisional


def test_what_does_not_vary_goes_with_nothing() -> None:
    assert correlate(dict(daily([5.0] * 40)), dict(daily(noise(1, 40)))) is None
    assert correlate(dict(daily([0.1 + 0.2] * 39 + [0.3])), dict(daily(noise(1, 40)))) is None


def test_two_slow_waves_are_worth_few_pairs() -> None:
    """Days that follow each other say the same: the interval is far wider than that of sixty pairs."""
    wave = dict(daily([sin(number / 20) for number in range(60)]))
    other = dict(daily([sin(number / 20 + 0.5) for number in range(60)]))
    assert autocorrelation([value for _day, value in sorted(wave.items())]) > 0.98
    assert correlate(wave, other) is None


@pytest.mark.parametrize(("shift", "strength"), [(0.0, Strength.STRONG), (100.0, Strength.STRONG)])
def test_strength_is_a_word_for_its_size(shift: float, strength: Strength) -> None:
    xs = noise(1)
    ys = [x + 0.5 * e + shift for x, e in zip(xs, noise(2), strict=True)]
    found = correlate(dict(daily(xs)), dict(daily(ys)))
    assert found is not None
    assert found.strength is strength
    assert found.holds


def test_all_questions_count_together() -> None:
    """A finding that follows a day later is found at its lag, and every pair is in the account."""
    xs = noise(1)
    ys = [0.0, *(x + 0.3 * e for x, e in zip(xs, noise(2), strict=True))][:60]
    found = explore({"x": dict(daily(xs)), "y": dict(daily(ys)), "z": dict(daily(noise(3)))})
    assert (found[0].cause, found[0].effect, found[0].lag) == ("x", "y", 1)
    assert len(found) == 3 * (1 + 3 + 3)
    assert sum(one.correlation.holds for one in found) == 1
    assert all(one.correlation.adjusted_p >= one.correlation.p for one in found)


def test_of_noise_alone_hardly_anything_holds() -> None:
    """Twelve series that know nothing of each other: 462 questions, a twentieth of which would do."""
    found = explore({str(seed): dict(daily(noise(seed, 120))) for seed in range(12)})
    assert len(found) == 66 * 7
    assert sum(one.correlation.p <= 0.05 for one in found) > 10
    assert sum(one.correlation.holds for one in found) <= 1


@LAW
@given(VALUES, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_correlation_is_blind_to_scale_and_shift(
    values: list[tuple[float, float]], factor: float, shift: float
) -> None:
    xs, ys = [x for x, _ in values], [y for _, y in values]
    found, moved = pearson(xs, ys), pearson([factor * x + shift for x in xs], ys)
    if found is not None and moved is not None and max(xs) - min(xs) > 1e-3:
        assert moved == pytest.approx(found, abs=1e-6)
    assert found == pearson(ys, xs)


@LAW
@given(SERIES, SERIES, st.integers(0, 3))
def test_everything_is_a_number_within_its_bounds(
    cause: dict[object, float], effect: dict[object, float], lag: int
) -> None:
    found = correlate(cause, effect, lag)  # type: ignore[arg-type]
    if found is None:
        return
    assert -1 <= found.low <= found.r <= found.high <= 1
    assert 0 <= found.p <= 1
    assert isfinite(found.effective_n)
    assert found.effective_n <= found.n


@LAW
@given(st.lists(st.floats(0, 1), max_size=30))
def test_adjusting_keeps_the_order_and_never_lowers(ps: list[float]) -> None:
    after = adjusted(ps)
    assert all(p <= later <= 1 for p, later in zip(ps, after, strict=True))
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    assert [after[place] for place in order] == sorted(after)


def walk(seed: int, every: int, n: int = 120) -> dict[date, float]:
    """A random walk that is measured on every so-manieth day."""
    steps, level, found = noise(seed, n * every), 0.0, {}
    for number, step in enumerate(steps):
        level += step
        if number % every == 0:
            found[day(number)] = level
    return found


@pytest.mark.parametrize("every", [1, 2, 3])
def test_walks_that_know_nothing_of_each_other_hardly_ever_hold(every: int) -> None:
    """Measured daily or every other day: each hangs together with itself, not with the other."""
    found = [correlate(walk(2 * seed, every), walk(2 * seed + 1, every)) for seed in range(60)]
    assert sum(one is not None and one.holds for one in found) <= 9


def test_two_that_merely_drift_do_not_go_together() -> None:
    drifts = [
        {day(number): number / 40 + value for number, value in enumerate(noise(seed, 120))}
        for seed in range(60)
    ]
    found = [correlate(one, other) for one, other in pairwise(drifts)]
    assert sum(one is not None and one.holds for one in found) <= 7


def test_what_follows_by_arithmetic_is_not_asked() -> None:
    series = {name: dict(daily(noise(seed))) for seed, name in enumerate("xyz")}
    found = explore(series, apart=[frozenset("xy")])
    assert {frozenset((one.cause, one.effect)) for one in found} == {frozenset("xz"), frozenset("yz")}
