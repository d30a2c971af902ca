"""Weight: trend, rate, forecast. Kilograms, days, kilograms per week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, floor, sqrt
from statistics import fmean

from tracking.analysis.students_t import quantile

Points = Sequence[tuple[date, float]]
SMOOTHING = 0.1
RESTART_AFTER_DAYS = 30
WINDOWS = (28, 14)
FEWEST_VALUES, SHORTEST_SPAN = 7, 10
LONGEST_FORECAST_DAYS = 730
JUMP_SHARE, JUMP_DAYS = 0.05, 7


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
    smoothed: list[TrendPoint] = []
    for day, value in points:
        if not smoothed:
            smoothed.append(TrendPoint(day, value, value, restarted=False))
            continue
        last = smoothed[-1]
        gap = (day - last.day).days
        if gap <= 0:
            raise ValueError(f"{day} does not come after {last.day}")
        restarted = gap > RESTART_AFTER_DAYS
        step = 1.0 if restarted else 1 - (1 - alpha) ** gap
        smoothed.append(TrendPoint(day, value, last.trend + step * (value - last.trend), restarted))
    return smoothed


def moving_mean(points: Points, today: date, days: int, minimum: int) -> float | None:
    """The mean of the values of the last `days` days, today included; None below `minimum` values."""
    values = [value for day, value in points if 0 <= (today - day).days < days]
    return fmean(values) if len(values) >= minimum else None


@dataclass(frozen=True, slots=True)
class Rate:
    """The straight line through the raw values of a window, with the 95 % interval of its slope.

    `kg_per_week`, `low`, `high`: slope and interval in kg a week; `level`: the line's value on `day`,
    the last day with a value; `n` values over `span_days` days; `slope`, `margin`: kg a day.
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


def rate(points: Points, today: date) -> Rate | None:
    """Rate of change by least squares over the last 28 days, or 14 where 28 hold too little.

    Raw values, not the smoothed ones, whose errors hang together and would look far too small. None
    below seven values over ten days. Source: ordinary least squares, t interval of the slope.
    """
    for window in WINDOWS:
        inside = [(day, value) for day, value in points if 0 <= (today - day).days < window]
        if len(inside) >= FEWEST_VALUES and (inside[-1][0] - inside[0][0]).days >= SHORTEST_SPAN:
            return _line(inside, window)
    return None


def _line(points: Points, window: int) -> Rate:
    n, first, last = len(points), points[0][0], points[-1][0]
    xs = [float((day - first).days) for day, _value in points]
    ys = [value for _day, value in points]
    mean_x, mean_y = fmean(xs), fmean(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    errors = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    standard_error = sqrt(errors / (n - 2) / spread)
    margin = quantile(0.975, n - 2) * standard_error
    return Rate(7 * slope, 7 * (slope - margin), 7 * (slope + margin), n, (last - first).days,
                mean_y + slope * (xs[-1] - mean_x), last, slope, margin, standard_error, window)


class NoForecast(StrEnum):
    """Why there is no date for a goal."""

    NO_TREND = "no_trend"
    AWAY_FROM_GOAL = "away_from_goal"
    TOO_FAR = "too_far"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days until the goal from the rate's last day, and the range its interval allows.

    `latest` and `high_days` are None where the slow end of the interval takes more than two years.
    """

    days: float
    low_days: int
    high_days: int | None
    day: date
    earliest: date
    latest: date | None


def forecast(rate: Rate | None, goal_kg: float) -> Forecast | NoForecast:
    """When the goal is reached if the present rate goes on; a straight line, adaptation left out.

    Only where the interval of the slope excludes zero and points to the goal, and within 730 days.
    The range is rounded to the nearest full days.
    """
    if rate is None:
        return NoForecast.NO_TREND
    missing = goal_kg - rate.level
    if abs(missing) < 0.05:  # the goal at the digit it is typed with
        return NoForecast.REACHED
    if missing * rate.slope < 0 and abs(rate.slope) > rate.margin:
        return NoForecast.AWAY_FROM_GOAL
    if abs(rate.slope) <= rate.margin or missing * rate.slope <= 0:
        return NoForecast.NO_TREND
    days = missing / rate.slope
    if days > LONGEST_FORECAST_DAYS:
        return NoForecast.TOO_FAR
    fast = abs(missing) / (abs(rate.slope) + rate.margin)
    slow = abs(missing) / (abs(rate.slope) - rate.margin)
    high = floor(slow + 0.5) if slow <= LONGEST_FORECAST_DAYS else None
    low = floor(fast + 0.5)
    return Forecast(days, low, high, rate.day + timedelta(days=ceil(days)), rate.day + timedelta(days=low),
                    None if high is None else rate.day + timedelta(days=high))


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
