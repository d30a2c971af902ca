"""Energy: basal rates, adaptive expenditure, macros. Kilocalories a day, grams, kilograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt
from statistics import fmean, variance

from tracking.analysis.students_t import quantile
from tracking.analysis.weight import Points, Rate, rate

KJ_PER_KCAL = 4.184
KCAL_PER_KG = 7700.0  # Wishnofsky 1958: 3500 kcal/lb
KCAL_PER_G = {"protein_g": 4.0, "carbs_g": 4.0, "fat_g": 9.0, "alcohol_g": 7.0, "fibre_g": 2.0}
PROTEIN_PLATEAU_G_PER_KG = 1.6  # Morton et al. 2018
PROTEIN_REFERENCE_G_PER_KG = 0.8  # DGE, 19 to 64 years
ACTIVITY_FACTORS = {"sedentary": 1.2, "light": 1.375, "moderate": 1.55, "high": 1.725, "extreme": 1.9}
TDEE_DAYS, TDEE_FEWEST, TDEE_COVERAGE = 28, 14, 0.8
PLAUSIBLE_TDEE = (1000.0, 6000.0)
STATED_TOLERANCE = 0.2


def mifflin_st_jeor(weight_kg: float, height_cm: float, age: float, sex: str) -> float:
    """Resting energy, kcal/day, for adults; neither "male" nor "female" takes the mean of both.

    Source: Mifflin, St Jeor et al. 1990 (rounded coefficients).
    """
    constant = {"male": 5.0, "female": -161.0}.get(sex, -78.0)
    return 10 * weight_kg + 6.25 * height_cm - 5 * age + constant


def katch_mcardle(fat_free_kg: float) -> float:
    """Resting energy from fat-free mass, kcal/day: 370 + 21.6 FFM (Katch-McArdle, Cunningham 1991)."""
    return 370 + 21.6 * fat_free_kg


def cunningham_1980(fat_free_kg: float) -> float:
    """Resting energy from fat-free mass, kcal/day: 500 + 22 FFM (Cunningham 1980)."""
    return 500 + 22 * fat_free_kg


class Missing(StrEnum):
    """What an expenditure still lacks."""

    DAYS = "days"
    COVERAGE = "coverage"
    RATE = "rate"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True)
class NotEnough:
    """No honest number yet: what is missing, how many days there are and how many it takes."""

    reason: Missing
    have: int
    need: int


@dataclass(frozen=True, slots=True)
class AdaptiveTdee:
    """Expenditure from intake and weight: kcal/day with its 95 % interval and what it rests on."""

    kcal: float
    low: float
    high: float
    days: int
    mean_intake: float
    window_days: int


def adaptive_tdee(intakes: Mapping[date, float], weights: Points, today: date) -> AdaptiveTdee | NotEnough:
    """Mean intake minus 7700 kcal for each kilogram gained a day, over the window of the weight rate.

    Only complete diary days belong into `intakes`. Today is left out: its diary is not closed. The
    standard error joins that of the mean intake and that of the slope; the interval takes the t value of
    the slope's degrees of freedom.
    Source: energy balance with the Wishnofsky constant; water and glycogen break it in short windows,
    hence at least 14 days, 80 % of them in the diary.
    """
    slope = rate(weights, today)
    window = slope.window_days if slope else TDEE_DAYS
    days = [day for day in intakes if 1 <= (today - day).days <= window]
    if len(days) < TDEE_FEWEST:
        return NotEnough(Missing.DAYS, len(days), TDEE_FEWEST)
    span = (today - min(days)).days
    if len(days) < TDEE_COVERAGE * span:
        return NotEnough(Missing.COVERAGE, len(days), int(-(-TDEE_COVERAGE * span // 1)))
    if slope is None:
        return NotEnough(Missing.RATE, len(weights), 7)
    return _expenditure([intakes[day] for day in days], slope)


def _expenditure(intakes: list[float], line: Rate) -> AdaptiveTdee | NotEnough:
    mean = fmean(intakes)
    kcal = mean - KCAL_PER_KG * line.slope
    error = sqrt(variance(intakes) / len(intakes) + (KCAL_PER_KG * line.standard_error) ** 2)
    low, high = PLAUSIBLE_TDEE
    if not low <= kcal <= high:
        return NotEnough(Missing.IMPLAUSIBLE, len(intakes), TDEE_FEWEST)
    margin = quantile(0.975, line.n - 2) * error
    return AdaptiveTdee(kcal, kcal - margin, kcal + margin, len(intakes), mean, line.window_days)


def complete_days(energy: Mapping[date, float | None], today: date) -> dict[date, float]:
    """Closed days that look complete: before today, and not below half the median of the days there are."""
    closed = {day: kcal for day, kcal in energy.items() if kcal is not None and day < today}
    if not closed:
        return {}
    middle = sorted(closed.values())[len(closed) // 2]
    return {day: kcal for day, kcal in closed.items() if kcal >= middle / 2}


def macro_energy(grams: Mapping[str, float]) -> float:
    """Energy of macronutrients, kcal (EU 1169/2011 annex XIV: 4, 4, 9, 7, fibre 2)."""
    return sum(KCAL_PER_G[name] * amount for name, amount in grams.items())


def stated_energy_differs(stated_kcal: float, grams: Mapping[str, float]) -> bool:
    """Whether stated and computed energy are more than 20 % of the stated apart."""
    return abs(stated_kcal - macro_energy(grams)) > STATED_TOLERANCE * stated_kcal


def kcal_from_kj(kilojoules: float) -> float:
    """Kilojoules to kilocalories, 1 kcal = 4.184 kJ."""
    return kilojoules / KJ_PER_KCAL


def last_days(today: date, days: int) -> tuple[date, date]:
    """The closed window of `days` days that ends yesterday."""
    return today - timedelta(days=days), today - timedelta(days=1)
