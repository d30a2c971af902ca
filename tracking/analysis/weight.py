"""Weight: trend, rate, forecast. Kilograms, days, kilograms per week."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from math import floor, hypot, sqrt
from statistics import fmean

from tracking.analysis.students_t import quantile

Points = Sequence[tuple[date, float]]
SMOOTHING = 0.1
RESTART_AFTER_DAYS = 30
RATE_DAYS = 28
FEWEST_VALUES, SHORTEST_SPAN = 7, 10
LONGEST_FORECAST_DAYS = 730
REACHED_WITHIN = 0.05  # the digit a goal is typed with
JUMP_SHARE, JUMP_DAYS = 0.05, 7
BACKTEST_DAYS, BACKTEST_SLACK_DAYS = 730, 3


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The smoothed weight of a day; `restarted` after a long gap, where it begins anew at the value."""

    day: date
    value: float
    trend: float
    restarted: bool


def trend(points: Points, alpha: float = SMOOTHING) -> list[TrendPoint]:
    """Exponentially smoothed weight, one point a day with a value.

    The step of `alpha` a day is applied for every day that passed (1 - (1 - alpha)^days), so gaps need
    no invented values; after more than 30 days it restarts. Source: J. Walker, The Hacker's Diet
    (10 % smoothing), generalised to gaps exactly.

    Raises:
        ValueError: unless days ascend strictly.
    """
    require_ascending(points)
    smoothed: list[TrendPoint] = []
    for day, value in points:
        if not smoothed:
            smoothed.append(TrendPoint(day, value, value, restarted=False))
            continue
        last = smoothed[-1]
        gap = (day - last.day).days
        restarted = gap > RESTART_AFTER_DAYS
        step = 1.0 if restarted else 1 - (1 - alpha) ** gap
        smoothed.append(TrendPoint(day, value, last.trend + step * (value - last.trend), restarted))
    return smoothed


def require_ascending(points: Points) -> None:
    """Refuse points whose days do not ascend strictly with a ValueError."""
    for (earlier, _), (later, _) in pairwise(points):
        if later <= earlier:
            raise ValueError(f"{later} does not come after {earlier}")


def moving_mean(points: Points, today: date, days: int, minimum: int) -> float | None:
    """The mean of the values of the last `days` days, today included; None below `minimum` values."""
    values = [value for day, value in points if 0 <= (today - day).days < days]
    return fmean(values) if len(values) >= minimum else None


@dataclass(frozen=True, slots=True)
class Rate:
    """The straight line through the raw values of a window, with the 95 % interval of its slope.

    `kg_per_week`, `low`, `high`: slope and interval in kg a week; `level`: the line's value on `day`,
    the last day with a value; `n` values over `span_days` days of the `window_days` up to `today`;
    `slope`, `margin`, `standard_error`: kg a day; `scatter`: standard deviation of the values around the
    line, kg; `lead_days`: from the middle of the days to `day`.
    """

    kg_per_week: float
    low: float
    high: float
    n: int
    span_days: int
    level: float
    day: date
    slope: float
    margin: float
    standard_error: float
    window_days: int
    today: date
    scatter: float
    lead_days: float


def rate(points: Points, today: date, window: int = RATE_DAYS, fewest: int = FEWEST_VALUES) -> Rate | None:
    """Rate of change by least squares over the values of the last days; later ones are left out.

    Raw values, not the smoothed ones, whose errors hang together and would look far too small. None
    below seven values over ten days; what is measured seldom asks for a longer window and fewer values.
    Source: ordinary least squares, t interval of the slope.

    Raises:
        ValueError: unless days ascend strictly.
    """
    require_ascending(points)
    inside = [(day, value) for day, value in points if 0 <= (today - day).days < window]
    if len(inside) < fewest or (inside[-1][0] - inside[0][0]).days < SHORTEST_SPAN:
        return None
    return _line(inside, today, window)


def _line(points: Points, today: date, window: int) -> Rate:
    n, first, last = len(points), points[0][0], points[-1][0]
    xs = [float((day - first).days) for day, _value in points]
    ys = [value for _day, value in points]
    mean_x, mean_y = fmean(xs), fmean(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    errors = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    scatter = sqrt(errors / (n - 2))
    standard_error = scatter / sqrt(spread)
    margin = quantile(0.975, n - 2) * standard_error
    lead = xs[-1] - mean_x
    return Rate(
        kg_per_week=7 * slope,
        low=7 * (slope - margin),
        high=7 * (slope + margin),
        n=n,
        span_days=(last - first).days,
        level=mean_y + slope * lead,
        day=last,
        slope=slope,
        margin=margin,
        standard_error=standard_error,
        window_days=window,
        today=today,
        scatter=scatter,
        lead_days=lead,
    )


@dataclass(frozen=True, slots=True)
class Prediction:
    """The line's value on a later day, kg, plus or minus `line_margin` for the line itself and
    `reading_margin` for a single value on the scales, both at 95 %.
    """

    day: date
    kg: float
    line_margin: float
    reading_margin: float


def predict(rate: Rate, days: int) -> Prediction:
    """The weight `days` after the rate's last day if it goes on like this; adaptation left out.

    Source: ordinary least squares, confidence and prediction interval.
    """
    margin = quantile(0.975, rate.n - 2) * rate.scatter
    line = hypot(margin / sqrt(rate.n), rate.margin * (rate.lead_days + days))
    return Prediction(
        rate.day + timedelta(days=days), rate.level + rate.slope * days, line, hypot(margin, line)
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A value to reach, and the one it was set at where that was known; both in the unit of the measure."""

    value: float
    start: float | None = None

    def reached_at(self, level: float) -> bool:
        """Whether a level has come to the target, or gone past it from the side it was set at."""
        if abs(level - self.value) < REACHED_WITHIN:
            return True
        return self.start is not None and (level - self.value) * (self.start - self.value) < 0


@dataclass(frozen=True, slots=True)
class ReportCard:
    """How past forecasts did: of `tried` the value came to lie within the 95 % band in `held`."""

    tried: int
    held: int


def report_card(points: Points, today: date) -> ReportCard:
    """Forecasts as they would have been made each week of the last two years, four weeks ahead.

    Each rests on the values up to its day alone; the first value on or up to three days after the forecast
    day is held against the band for a single reading.

    Raises:
        ValueError: unless days ascend strictly.
    """
    require_ascending(points)
    days = [day for day, _value in points]
    tried = held = 0
    for back in range(RATE_DAYS, BACKTEST_DAYS + 1, 7):
        on = today - timedelta(days=back)
        begin, end = bisect_left(days, on - timedelta(days=RATE_DAYS)), bisect_right(days, on)
        made = rate(points[begin:end], on)
        if made is None:
            continue
        due = made.day + timedelta(days=RATE_DAYS)
        place = bisect_left(days, due)
        if place == len(days) or (days[place] - due).days > BACKTEST_SLACK_DAYS or days[place] > today:
            continue
        foretold = predict(made, (days[place] - made.day).days)
        tried += 1
        held += abs(points[place][1] - foretold.kg) <= foretold.reading_margin
    return ReportCard(tried, held)


class NoForecast(StrEnum):
    """Why there is no date for a goal."""

    NO_TREND = "no_trend"
    AWAY_FROM_GOAL = "away_from_goal"
    TOO_FAR = "too_far"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days until the goal from the rate's last day, and the range the interval of its slope allows.

    `low_days`, `high_days` and the three dates are rounded to the nearest full day, so that earliest,
    `day` and latest keep their order. `latest` and `high_days` are None where the slow end of the
    interval takes more than two years.
    """

    days: float
    low_days: int
    high_days: int | None
    day: date
    earliest: date
    latest: date | None


def forecast(rate: Rate | None, target: Target) -> Forecast | NoForecast:
    """When the goal is reached if the present rate goes on; a straight line, adaptation left out.

    Only where the interval of the slope excludes zero and points to the goal, within 730 days, and where
    the day is still to come: a line that met the goal since the last weighing has not been seen to.
    """
    if rate is None:
        return NoForecast.NO_TREND
    if target.reached_at(rate.level):
        return NoForecast.REACHED
    missing = target.value - rate.level
    if abs(rate.slope) <= rate.margin:
        return NoForecast.NO_TREND
    if missing * rate.slope < 0:
        return NoForecast.AWAY_FROM_GOAL
    days = missing / rate.slope
    if days > LONGEST_FORECAST_DAYS:
        return NoForecast.TOO_FAR
    day = rate.day + timedelta(days=_nearest(days))
    if day < rate.today:
        return NoForecast.NO_TREND
    low = _nearest(abs(missing) / (abs(rate.slope) + rate.margin))
    slow = abs(missing) / (abs(rate.slope) - rate.margin)
    high = _nearest(slow) if slow <= LONGEST_FORECAST_DAYS else None
    return Forecast(
        days=days,
        low_days=low,
        high_days=high,
        day=day,
        earliest=rate.day + timedelta(days=low),
        latest=None if high is None else rate.day + timedelta(days=high),
    )


def _nearest(days: float) -> int:
    return floor(days + 0.5)


FASTEST_LOSS_SHARE = 0.01  # of the body weight a week; own rule, after the NHS's half to one kilogram
FASTEST_GAIN_SHARE = 0.005  # of the body weight a week; Iraki et al. 2019: a quarter to half of a hundredth
LEAST_BMI = 18.5  # WHO: below it is underweight


def needed_rate(level: float, target: float, today: date, due: date) -> float | None:
    """What has to change a week, in the unit of the measure, to be there on the day; None from it on."""
    days = (due - today).days
    return 7 * (target - level) / days if days > 0 else None


def loses_too_fast(kg_per_week: float, weight_kg: float) -> bool:
    """Whether more than a hundredth of the body weight goes a week."""
    return -kg_per_week > FASTEST_LOSS_SHARE * weight_kg


def gains_too_fast(kg_per_week: float, weight_kg: float) -> bool:
    """Whether more than half a hundredth of the body weight comes a week."""
    return kg_per_week > FASTEST_GAIN_SHARE * weight_kg


def implausible_jump(previous: float, new: float, days: int) -> bool:
    """Whether `new` is more than 5 % away from the value `days` before, within a week of it.

    After a longer gap a body may well have changed by more, so nothing is asked.
    """
    return 0 < days <= JUMP_DAYS and abs(new - previous) > JUMP_SHARE * previous


def bmi(weight_kg: float, height_cm: float) -> float:
    """Body mass index, kg/m². Raises ValueError for a height that is not positive."""
    if height_cm <= 0:
        raise ValueError(f"height {height_cm} cm")
    return weight_kg / (height_cm / 100) ** 2
