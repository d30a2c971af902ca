"""Vital values against their own baseline: the worked examples, the limits, and what must always hold."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW, daily, day, on_days
from tracking.analysis.vitals import (
    Level,
    Saturation,
    TrackRecord,
    breathing_baseline,
    hrv_baseline,
    pulse_baseline,
    pulse_has_risen,
    saturation_week,
    track_record,
    warning_days,
)

BASE = [52.0, 48, 55, 60, 47, 50, 58, 53, 49, 56] * 6
LOW_WEEK = [44.0, 46, 50, 43, 47, 45, 48]
VALUES = st.lists(st.floats(5, 200), min_size=14, max_size=60)


def test_band_of_the_example() -> None:
    found = hrv_baseline(daily(BASE), day(59))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((50.6, 54.8), abs=0.05)
    assert found.days == 60


@pytest.mark.parametrize(
    ("week", "mean", "level"),
    [(LOW_WEEK, 46.1, Level.BELOW), ([55.0, 53, 51, 54, 56, 50, 52], 53.0, Level.WITHIN)],
)
def test_week_of_the_examples(week: list[float], mean: float, level: Level) -> None:
    """The examples hold the week against sixty days before it; here it is among the sixty."""
    found = hrv_baseline(daily(BASE[:53] + week), day(59))
    assert found is not None
    assert found.week == pytest.approx(mean, abs=0.05)
    assert found.level is level


def test_variability_far_above_is_unusual_and_not_just_good() -> None:
    found = hrv_baseline(daily([50.0, 51, 52] * 17 + [50.0, 51, 70, 72, 75, 71, 73, 74, 76]), day(59))
    assert found is not None
    assert found.level is Level.UNUSUAL


@pytest.mark.parametrize(("n", "known"), [(13, False), (14, True)])
def test_a_baseline_needs_fourteen_values(n: int, known: bool) -> None:
    assert (hrv_baseline(daily(BASE[:n]), day(n - 1)) is not None) is known


@pytest.mark.parametrize(("n", "known"), [(2, False), (3, True)])
def test_a_week_needs_three_values(n: int, known: bool) -> None:
    points = on_days([*enumerate(BASE[:40]), *((53 + i, 50.0) for i in range(n))])
    found = hrv_baseline(points, day(59))
    assert found is not None
    assert (found.week is not None) is known
    assert (found.level is not None) is known


def test_only_sixty_days_count() -> None:
    old = on_days([(0, 200.0), *((number + 1, value) for number, value in enumerate(BASE))])
    assert hrv_baseline(old, day(60)) == hrv_baseline(old[1:], day(60))


def test_a_variability_of_zero_is_an_error() -> None:
    with pytest.raises(ValueError, match="above zero"):
        hrv_baseline(daily([50.0] * 20 + [0.0]), day(20))


def test_equal_values_are_a_band_without_width() -> None:
    found = hrv_baseline(daily([50.0] * 20), day(19))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((50, 50))
    assert (found.z, found.level) == (None, None)


def test_pulse_band_is_never_narrower_than_three_beats() -> None:
    steady = pulse_baseline(daily([55.0, 56.0] * 15), day(29))
    wild = pulse_baseline(daily([50.0, 62.0] * 15), day(29))
    assert steady is not None
    assert wild is not None
    assert (steady.low, steady.high) == pytest.approx((52.5, 58.5))
    assert wild.high - wild.middle == pytest.approx(6.1, abs=0.01)


@pytest.mark.parametrize(("last", "level"), [(57.9, Level.WITHIN), (60.0, Level.ABOVE), (50.0, Level.BELOW)])
def test_pulse_week_against_its_band(last: float, level: Level) -> None:
    found = pulse_baseline(daily([55.0] * 53 + [last] * 7), day(59))
    assert found is not None
    assert found.level is level


@pytest.mark.parametrize(
    ("pair", "risen"), [((60.0, 60.0), False), ((61.0, 61.0), True), ((61.0, 59.0), False)]
)
def test_a_risen_pulse_is_two_days_of_five_beats(pair: tuple[float, float], risen: bool) -> None:
    points = daily([55.0] * 58 + list(pair))
    base = pulse_baseline(points, day(59))
    assert base is not None
    assert pulse_has_risen(points, base) is risen


def test_breathing_band_is_two_to_each_side() -> None:
    found = breathing_baseline(daily([14.0, 15.0] * 10), day(19))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((12.5, 16.5))


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ([95, 94, 95, 94], Saturation.USUAL),
        ([94, 94, 95], Saturation.WATCH),
        ([93, 92], None),
        ([93, 92, 93], Saturation.WATCH),
        ([92, 92, 93], Saturation.LOW),
    ],
)
def test_saturation_is_judged_by_the_mean_of_a_week(values: list[float], level: Saturation | None) -> None:
    found = saturation_week(daily([float(value) for value in values]), day(len(values) - 1))
    assert (found and found.level) == level


# Early warning ----------------------------------------------------------------------------------------------
def test_one_high_night_is_no_warning_and_two_are() -> None:
    pulses = daily([55.0] * 40 + [62.0, 63.0, 55.0])
    steady = daily([50.0, 52.0] * 20 + [40.0, 40.0, 51.0])
    assert warning_days(pulses[:41], steady[:41], from_day=day(0), to_day=day(50)) == []
    assert warning_days(pulses, steady, from_day=day(0), to_day=day(50)) == [day(41)]


def test_a_steady_variability_speaks_against_it() -> None:
    pulses = daily([55.0] * 40 + [62.0, 63.0])
    assert warning_days(pulses, daily([50.0, 52.0] * 21), from_day=day(0), to_day=day(50)) == []
    assert warning_days(pulses, [], from_day=day(0), to_day=day(50)) == [day(41)]


def test_two_nights_with_a_gap_between_them_are_not_in_a_row() -> None:
    pulses = on_days([*((n, 55.0) for n in range(40)), (40, 62.0), (42, 63.0)])
    assert warning_days(pulses, [], from_day=day(0), to_day=day(50)) == []


def test_past_hits_are_counted_against_what_is_usual() -> None:
    days = [day(number) for number in range(10)]
    found = track_record([day(1), day(5)], frozenset({day(4), day(9)}), days)
    assert found == TrackRecord(warnings=2, hits=1, usual=0.8)
    assert not found.says_something
    assert track_record(days[:5], frozenset(), days).says_something


@LAW
@given(VALUES, st.floats(0.2, 5))
def test_a_baseline_scales_with_its_unit(values: list[float], factor: float) -> None:
    found = hrv_baseline(daily(values), day(len(values) - 1))
    scaled = hrv_baseline(daily([factor * value for value in values]), day(len(values) - 1))
    assert found is not None
    assert scaled is not None
    assert scaled.low == pytest.approx(factor * found.low)
    assert scaled.high == pytest.approx(factor * found.high)


@LAW
@given(VALUES)
def test_the_middle_lies_in_its_band_and_everything_is_a_number(values: list[float]) -> None:
    for baseline in (hrv_baseline, pulse_baseline, breathing_baseline):
        found = baseline(daily(values), day(len(values) - 1))
        assert found is not None
        assert found.low - 1e-9 <= found.middle <= found.high + 1e-9
        assert all(isfinite(one) for one in (found.low, found.high, found.week or 0, found.z or 0))
