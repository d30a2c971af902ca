"""Trend, rate, forecast: the worked examples, and what must hold for any weights."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from math import isfinite
from statistics import linear_regression

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.tracking.analysis.series import FALLING, LAW, daily, day, moving, on_days, rated, weights
from tracking.analysis.weight import (
    Forecast,
    NoForecast,
    Points,
    Rate,
    Target,
    bmi,
    forecast,
    implausible_jump,
    loses_too_fast,
    moving_mean,
    needed_rate,
    predict,
    rate,
    report_card,
    trend,
)


def rate_of(points: Points, today: int = 13) -> Rate:
    found = rate(points, day(today))
    assert found is not None
    return found


def forecast_of(points: Points, goal: float) -> Forecast:
    found = forecast(rate_of(points), Target(goal))
    assert isinstance(found, Forecast)
    return found


# Trend ------------------------------------------------------------------------------------------------------
def test_trend_of_the_hackers_diet() -> None:
    """The author's own example, unrounded."""
    smoothed = [point.trend for point in trend(daily([173.6, 172.5, 171.5, 172, 171.5]))]
    assert smoothed == pytest.approx([173.6, 173.49, 173.291, 173.1619, 172.99571], abs=1e-9)


def test_trend_takes_a_step_for_each_day_of_a_gap() -> None:
    points = on_days([(0, 84.0), (1, 84.4), (4, 83.6), (5, 83.8), (9, 83.0)])
    smoothed = [point.trend for point in trend(points)]
    assert smoothed == pytest.approx([84.0, 84.04, 83.9208, 83.9087, 83.5962], abs=5e-5)


def test_trend_of_two_weeks() -> None:
    assert trend(daily(FALLING))[-1].trend == pytest.approx(83.7455, abs=5e-5)


@pytest.mark.parametrize(("gap", "restarted"), [(30, False), (31, True)])
def test_trend_restarts_after_more_than_thirty_days(gap: int, restarted: bool) -> None:
    last = trend(on_days([(0, 90.0), (gap, 80.0)]))[-1]
    assert last.restarted is restarted
    assert (last.trend == 80.0) is restarted


def test_trend_lags_nine_days_behind_a_straight_line() -> None:
    """Why the rate is not read off the trend: at half a kilogram a week it stands 0.64 kg too high."""
    straight = daily([90 - number / 14 for number in range(300)])
    last = trend(straight)[-1]
    assert last.trend - last.value == pytest.approx(9 / 14, abs=1e-6)


@pytest.mark.parametrize("numbers", [(1, 0), (0, 0), (0, 2, 1)])
def test_days_out_of_order_or_twice_are_an_error(numbers: tuple[int, ...]) -> None:
    points = on_days((number, 80.0) for number in numbers)
    with pytest.raises(ValueError, match="does not come after"):
        trend(points)
    with pytest.raises(ValueError, match="does not come after"):
        rate(points, day(20))


def test_trend_of_nothing_is_nothing() -> None:
    assert trend([]) == []


@LAW
@given(weights())
def test_trend_stays_within_the_values_and_their_days(points: Points) -> None:
    smoothed = trend(points)
    assert [(point.day, point.value) for point in smoothed] == points
    for number, point in enumerate(smoothed, 1):
        seen = [value for _day, value in points[:number]]
        assert min(seen) - 1e-9 <= point.trend <= max(seen) + 1e-9


@LAW
@given(weights(), st.floats(0.5, 2.5), st.floats(-50, 50))
def test_trend_scales_and_shifts_with_the_values(points: Points, scale: float, shift: float) -> None:
    changed = trend([(at, scale * value + shift) for at, value in points])
    expected = [scale * point.trend + shift for point in trend(points)]
    assert [point.trend for point in changed] == pytest.approx(expected, abs=1e-6)


@LAW
@given(weights(), st.integers(0, 60))
def test_what_comes_later_changes_no_earlier_trend(points: Points, kept: int) -> None:
    assert trend(points)[:kept] == trend(points[:kept])


@LAW
@given(st.integers(1, 30), st.floats(20, 400), st.floats(20, 400))
def test_a_gap_counts_like_the_same_value_every_day(gap: int, before: float, after: float) -> None:
    every_day = trend(daily([before, *[after] * gap]))[-1].trend
    assert trend(on_days([(0, before), (gap, after)]))[-1].trend == pytest.approx(every_day, abs=1e-9)


# Mean -------------------------------------------------------------------------------------------------------
def test_mean_of_seven_days() -> None:
    assert moving_mean(daily(FALLING), day(13), 7, 4) == pytest.approx(83.4714, abs=5e-5)


def test_mean_takes_today_and_not_tomorrow() -> None:
    points = on_days([(0, 100.0), (1, 80.0), (7, 82.0), (8, 100.0)])
    assert moving_mean(points, day(7), 7, 2) == 81.0


def test_mean_of_too_few_values_is_none() -> None:
    assert moving_mean(daily([80.0] * 3), day(2), 7, 4) is None
    assert moving_mean([], day(2), 7, 1) is None


# Rate -------------------------------------------------------------------------------------------------------
def test_rate_of_two_weeks() -> None:
    found = rate_of(daily(FALLING))
    assert found.slope == pytest.approx(-0.081319, abs=5e-7)
    assert found.kg_per_week == pytest.approx(-0.569, abs=5e-4)
    assert (found.low, found.high) == pytest.approx((-0.765, -0.373), abs=5e-4)
    assert found.standard_error == pytest.approx(0.012837, abs=5e-7)
    assert found.scatter == pytest.approx(0.1936, abs=5e-5)
    assert found.level == pytest.approx(83.2143, abs=5e-5)
    assert (found.n, found.span_days, found.day) == (14, 13, day(13))


def test_three_values_are_no_rate() -> None:
    assert rate(on_days([(0, 80.0), (7, 80.5), (14, 81.0)]), day(14)) is None


@pytest.mark.parametrize(
    ("numbers", "enough"),
    [
        ((0, 1, 2, 3, 4, 5, 10), True),
        ((0, 1, 2, 3, 4, 5, 9), False),  # seven values, but over nine days
        ((0, 1, 2, 3, 4, 10), False),  # ten days, but six values
    ],
)
def test_rate_needs_seven_values_over_ten_days(numbers: tuple[int, ...], enough: bool) -> None:
    assert (rate(on_days((number, 80.0) for number in numbers), day(12)) is not None) is enough


def test_rate_looks_at_the_last_28_days_only() -> None:
    recent = daily(FALLING, first=1)
    assert rate([*on_days([(0, 120.0)]), *recent, *on_days([(29, 120.0)])], day(28)) == rate(recent, day(28))
    assert rate_of([*on_days([(0, 120.0)]), *recent], 27).n == 15


def test_rate_of_a_straight_line_is_the_line_whatever_days_are_missing() -> None:
    found = rate_of(on_days((number, 90 - number / 14) for number in (0, 1, 3, 8, 9, 15, 27)), 27)
    assert (found.kg_per_week, found.low, found.high) == pytest.approx((-0.5, -0.5, -0.5), abs=1e-9)
    assert found.level == pytest.approx(90 - 27 / 14)


@LAW
@given(rated())
def test_rate_is_finite_and_lies_in_its_interval(points: Points) -> None:
    found = rate_of(points, 27)
    assert all(isfinite(value) for value in astuple(found) if isinstance(value, float))
    assert found.low <= found.kg_per_week <= found.high


@LAW
@given(rated())
def test_rate_is_that_of_another_hand(points: Points) -> None:
    found = rate_of(points, 27)
    slope, start = linear_regression([(at - day(0)).days for at, _ in points], [value for _, value in points])
    assert (found.slope, found.level) == pytest.approx((slope, start + 27 * slope), abs=1e-7)


@LAW
@given(rated(), st.floats(0.5, 2), st.floats(-50, 50))
def test_rate_scales_with_the_values_and_ignores_a_shift(points: Points, scale: float, shift: float) -> None:
    found, changed = rate_of(points, 27), rate_of([(at, scale * value + shift) for at, value in points], 27)
    assert changed.kg_per_week == pytest.approx(scale * found.kg_per_week, abs=1e-6)
    assert changed.high - changed.low == pytest.approx(scale * (found.high - found.low), abs=1e-6)
    assert changed.level == pytest.approx(scale * found.level + shift, abs=1e-6)


@LAW
@given(rated())
def test_a_diary_read_backwards_has_the_opposite_rate(points: Points) -> None:
    backwards = sorted((day(27) - (at - day(0)), value) for at, value in points)
    assert rate_of(backwards, 27).kg_per_week == pytest.approx(-rate_of(points, 27).kg_per_week, abs=1e-6)


@LAW
@given(st.integers(0, 13), st.sampled_from([-10.0, 10.0]))
def test_one_odd_reading_widens_the_interval(at: int, error: float) -> None:
    odd = [value + error * (number == at) for number, value in enumerate(FALLING)]
    plain, widened = rate_of(daily(FALLING)), rate_of(daily(odd))
    assert widened.high - widened.low > 5 * (plain.high - plain.low)


# Forecast ---------------------------------------------------------------------------------------------------
def test_forecast_of_two_weeks() -> None:
    found = forecast_of(daily(FALLING), 80.0)
    assert found.days == pytest.approx(39.5, abs=0.05)
    assert (found.low_days, found.high_days) == (29, 60)
    assert (found.earliest, found.day, found.latest) == (day(13 + 29), day(13 + 40), day(13 + 60))


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        (86.0, NoForecast.AWAY_FROM_GOAL),
        (83.2, NoForecast.REACHED),
        (20.0, NoForecast.TOO_FAR),
    ],
)
def test_goal_without_a_day(goal: float, reason: NoForecast) -> None:
    assert forecast(rate_of(daily(FALLING)), Target(goal)) is reason


def test_goal_that_was_passed_is_reached_and_not_left_behind() -> None:
    line = rate_of(daily(FALLING))  # ends at 83.2
    assert forecast(line, Target(84.0)) is NoForecast.AWAY_FROM_GOAL
    assert forecast(line, Target(84.0, start=90.0)) is NoForecast.REACHED
    assert forecast(line, Target(84.0, start=80.0)) is NoForecast.AWAY_FROM_GOAL


@pytest.mark.parametrize("goal", [70.0, 90.0])
def test_weight_that_holds_has_no_day(goal: float) -> None:
    assert forecast(rate_of(daily([80.0, 80.4] * 7)), Target(goal)) is NoForecast.NO_TREND
    assert forecast(rate_of(daily([80.1] * 14)), Target(goal)) is NoForecast.NO_TREND


def test_nothing_recorded_has_no_day() -> None:
    assert forecast(None, Target(80.0)) is NoForecast.NO_TREND


@pytest.mark.parametrize(("days", "shown"), [(729.9, True), (730.1, False)])
def test_forecast_looks_two_years_ahead(days: float, shown: bool) -> None:
    line = rate_of(daily([100 - number / 14 for number in range(14)]))
    assert (forecast(line, Target(line.level - days / 14)) is NoForecast.TOO_FAR) is not shown


def test_slow_end_beyond_two_years_stays_open() -> None:
    found = forecast_of(daily(FALLING), 40.0)
    assert found.low_days < found.days <= 730
    assert (found.high_days, found.latest) == (None, None)


def test_day_that_has_passed_since_the_last_weighing_is_not_named() -> None:
    """Ten days to the goal, but nobody has weighed since: what happened there is not known."""
    points, goal = daily(FALLING), 83.2143 - 0.81319
    ten_days_later = rate(points, day(23))
    assert isinstance(forecast(ten_days_later, Target(goal)), Forecast)
    assert forecast(rate(points, day(24)), Target(goal)) is NoForecast.NO_TREND


def test_forecast_of_a_line_without_scatter_keeps_its_days_in_order() -> None:
    """39.2 days are 39 at every end: rounded each in its own way, the latest would come first."""
    found = forecast_of(daily([90 - number / 14 for number in range(14)]), 90 - 13 / 14 - 39.2 / 14)
    assert found.earliest == found.day == found.latest == day(13 + 39)


@LAW
@given(moving(), st.floats(50, 150))
def test_forecast_lies_in_its_range_and_leads_to_the_goal(points: Points, goal: float) -> None:
    line = rate_of(points, 27)
    found = forecast(line, Target(goal))
    if isinstance(found, Forecast):
        assert line.level + found.days * line.slope == pytest.approx(goal, abs=1e-6)
        assert 0 <= found.days <= 730
        assert found.earliest <= found.day
        assert found.latest is None or found.day <= found.latest
        assert line.low > 0 if goal > line.level else line.high < 0
    else:
        assert (found is NoForecast.AWAY_FROM_GOAL) == (
            abs(goal - line.level) >= 0.05
            and not line.low <= 0 <= line.high
            and (goal > line.level) != (line.slope > 0)
        )


@LAW
@given(moving(), st.floats(0.05, 1))
def test_goal_ahead_of_a_clear_line_has_a_day(points: Points, share: float) -> None:
    line = rate_of(points, 27)
    assume(not line.low <= 0 <= line.high)
    assert isinstance(forecast(line, Target(line.level + share * 700 * line.slope)), Forecast)


# Prediction -------------------------------------------------------------------------------------------------
def test_prediction_thirty_days_on() -> None:
    found = predict(rate_of(daily(FALLING)), 30)
    assert found.day == day(43)
    assert (found.kg, found.line_margin, found.reading_margin) == pytest.approx(
        (80.7747, 1.0271, 1.1104), abs=5e-5
    )


@LAW
@given(rated(), st.integers(0, 60))
def test_prediction_grows_less_certain_with_time(points: Points, days: int) -> None:
    line = rate_of(points, 27)
    one, next_one = predict(line, days), predict(line, days + 1)
    assert 0 <= one.line_margin <= one.reading_margin
    assert one.line_margin <= next_one.line_margin
    assert next_one.day - one.day == timedelta(days=1)


# Other ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("previous", "new", "days", "asked"),
    [
        (80.0, 84.1, 1, True),
        (80.0, 75.9, 1, True),
        (80.0, 84.0, 1, False),  # five per cent is still believed
        (80.0, 76.0, 1, False),
        (80.0, 84.1, 7, True),
        (80.0, 84.1, 8, False),
        (80.0, 84.1, 0, False),  # the same day is being corrected
    ],
)
def test_jump_is_asked_about(previous: float, new: float, days: int, asked: bool) -> None:
    assert implausible_jump(previous, new, days) is asked


@pytest.mark.parametrize(("kg", "cm", "expected"), [(82, 180, 25.31), (64, 166, 23.23)])
def test_body_mass_index(kg: float, cm: float, expected: float) -> None:
    assert bmi(kg, cm) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("height", [0, -180])
def test_body_mass_index_needs_a_height(height: float) -> None:
    with pytest.raises(ValueError, match="height"):
        bmi(80, height)


# Report card ------------------------------------------------------------------------------------------------
def test_a_straight_line_is_always_foretold() -> None:
    """Weekly forecasts from the day there are seven values on, as far as four weeks later are known."""
    points = daily([90 - number / 20 + (number % 2) / 10 for number in range(120)])
    card = report_card(points, day(119))
    assert (card.tried, card.held) == (12, 12)


def test_a_turn_of_the_line_is_missed_and_said_so() -> None:
    """Down for sixty days and then up: forecasts made before the turn do not hold after it."""
    noise = [0.05, -0.05]
    values = [90 - min(n, 120 - n) / 10 + noise[n % 2] for n in range(120)]
    card = report_card(daily(values), day(119))
    assert 0 < card.tried - card.held < card.tried


def test_a_forecast_knows_nothing_of_later_days() -> None:
    """What comes after the last day that is looked at changes nothing."""
    values = [90 - number / 20 + (number % 3) / 10 for number in range(150)]
    later = daily(values[:120] + [value + 30 for value in values[120:]])
    assert report_card(later, day(119)) == report_card(daily(values[:120]), day(119))


def test_without_values_nothing_was_tried() -> None:
    assert report_card([], day(0)).tried == 0
    assert report_card(daily([80.0] * 20), day(19)).tried == 0


@LAW
@given(weights())
def test_no_more_forecasts_hold_than_were_tried(points: Points) -> None:
    card = report_card(points, points[-1][0] if points else day(0))
    assert 0 <= card.held <= card.tried <= 101


# Needed rate ------------------------------------------------------------------------------------------------
def test_needed_rate_is_the_way_over_the_weeks_left() -> None:
    assert needed_rate(82.0, 78.0, day(0), day(28)) == -1.0
    assert needed_rate(82.0, 78.0, day(0), day(0)) is None


@pytest.mark.parametrize(("kg_per_week", "too_fast"), [(-0.8, False), (-0.81, True), (0.9, False)])
def test_a_hundredth_of_the_body_a_week_is_the_most(kg_per_week: float, too_fast: bool) -> None:
    assert loses_too_fast(kg_per_week, 80.0) is too_fast
