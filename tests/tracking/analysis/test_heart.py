"""Heart rate in training: the worked examples, and what must hold for any session."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.heart import (
    HighestBy,
    highest,
    minutes_in_zones,
    trimp_banister,
    trimp_edwards,
    zones,
)

HISTOGRAM = st.dictionaries(st.integers(6, 44).map(lambda bin_: 5 * bin_), st.integers(1, 3600), max_size=12)


@pytest.mark.parametrize(
    ("age", "expected"), [(35, (183.5, 185, 175.2, 188.6)), (52, (171.6, 168, 160.24, 177.72))]
)
def test_highest_heart_rate_by_age(age: int, expected: tuple[float, ...]) -> None:
    assert tuple(highest(age, by) for by in HighestBy) == pytest.approx(expected, abs=0.05)
    assert highest(age) == highest(age, HighestBy.TANAKA)


def test_zones_of_the_example() -> None:
    assert zones(183.5) == pytest.approx((91.75, 110.1, 128.45, 146.8, 165.15, 183.5), abs=0.01)
    assert zones(183.5, 55) == pytest.approx((119.25, 132.1, 144.95, 157.8, 170.65, 183.5), abs=0.01)


@pytest.mark.parametrize("rest", [184.0, 183.5, -1.0])
def test_rest_lies_below_the_highest(rest: float) -> None:
    with pytest.raises(ValueError, match="resting"):
        zones(183.5, rest)


def test_a_bin_in_which_a_zone_begins_is_shared_out() -> None:
    """The second zone begins at 120 of 200, the third at 140; 142 lies within the bin of 140 to 144."""
    assert minutes_in_zones({95: 60, 115: 120, 200: 60}, zones(200)) == [1, 2, 0, 0, 0, 1]
    assert minutes_in_zones({140: 300}, zones(204)) == pytest.approx([0, 0, 2.8, 2.2, 0, 0])


@pytest.mark.parametrize(("minutes", "impulse"), [((10, 20, 15, 10, 5), 160), ((5, 30, 10, 0, 0), 95)])
def test_edwards(minutes: tuple[float, ...], impulse: float) -> None:
    assert trimp_edwards(minutes) == impulse


@pytest.mark.parametrize(
    ("minutes", "beats", "sex", "impulse"),
    [(60, (150, 50, 185), "male", 117.94), (45, (142, 58, 180), "female", 84.14)],
)
def test_banister(
    minutes: int, beats: tuple[int, int, int], sex: Literal["male", "female"], impulse: float
) -> None:
    assert trimp_banister(minutes, *beats, sex) == pytest.approx(impulse, abs=0.01)


def test_impossible_sessions_are_an_error() -> None:
    with pytest.raises(ValueError, match="minutes"):
        trimp_banister(-1, 150, 50, 185, "male")
    with pytest.raises(ValueError, match="resting"):
        trimp_banister(60, 150, 185, 185, "male")
    with pytest.raises(ValueError, match="minutes"):
        trimp_edwards([1, 2, 3, 4])


@LAW
@given(HISTOGRAM, st.floats(120, 220), st.none() | st.floats(30, 100))
def test_no_second_is_lost_between_zones(histogram: dict[int, int], top: float, rest: float | None) -> None:
    found = minutes_in_zones(histogram, zones(top, rest))
    assert sum(found) == pytest.approx(sum(histogram.values()) / 60)
    assert all(one >= 0 for one in found)


@LAW
@given(st.floats(0, 300), st.floats(20, 260), st.sampled_from(["male", "female"]))
def test_banister_is_bounded_by_the_whole_reserve(
    minutes: float, beats: float, sex: Literal["male", "female"]
) -> None:
    found = trimp_banister(minutes, beats, 50, 190, sex)
    assert 0 <= found <= trimp_banister(minutes, 190, 50, 190, sex)
    assert trimp_banister(2 * minutes, beats, 50, 190, sex) == pytest.approx(2 * found)
