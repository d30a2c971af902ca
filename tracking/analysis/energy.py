"""Energy: basal rates, adaptive expenditure, macros. Kilocalories a day, grams, kilograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil, sqrt
from statistics import fmean, median, variance

from tracking.analysis.students_t import quantile
from tracking.analysis.weight import FEWEST_VALUES, RATE_DAYS, Points, rate

KCAL_PER_KG = 7700.0  # Wishnofsky 1958: 3500 kcal/lb
KCAL_PER_G = {"protein_g": 4.0, "carbs_g": 4.0, "fat_g": 9.0, "alcohol_g": 7.0, "fibre_g": 2.0}
PROTEIN_PLATEAU_G_PER_KG = 1.6  # Morton et al. 2018
# Grams of protein a day for each kilogram of body weight, from and to.
PROTEIN_RANGES_G_PER_KG = {
    "dge_sport": (1.2, 2.0),  # DGE position 2020, from five hours of training a week
    "issn": (1.4, 2.0),  # International Society of Sports Nutrition 2017
    "morton": (PROTEIN_PLATEAU_G_PER_KG, 2.2),  # plateau and upper end of its interval
}
PROTEIN_LEAN_DEFICIT_G_PER_KG_FFM = (
    2.3,
    3.1,
)  # of fat-free mass; Helms et al. 2014, lean athletes in deficit
ACTIVITY_FACTORS = {"sedentary": 1.2, "light": 1.375, "moderate": 1.55, "high": 1.725, "extreme": 1.9}
TDEE_FEWEST, TDEE_COVERAGE = 14, 0.8
PLAUSIBLE_TDEE = (1000.0, 6000.0)
COMPLETE_SHARE = 0.5
STATED_TOLERANCE = 0.2
NEW_SHARE = 0.3  # of a new weekly estimate


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


def with_activity(resting_kcal: float, level: str) -> float:
    """Expenditure estimated from resting energy and everyday activity, kcal/day.

    `level` is a key of `ACTIVITY_FACTORS`, the popular multipliers; they come from no paper.

    Raises:
        KeyError: for another level.
    """
    return resting_kcal * ACTIVITY_FACTORS[level]


def availability(intake_kcal: float, training_kcal: float, fat_free_kg: float) -> float:
    """Energy left for the body, kcal a day for each kilogram of fat-free mass; means over seven days or more.

    Training counts net of what rest would have taken. A hint, drawn from studies of women: from 45
    optimal, below 30 low (Loucks).
    """
    return (intake_kcal - training_kcal) / fat_free_kg


class Missing(StrEnum):
    """What an expenditure still lacks."""

    DAYS = "days"
    COVERAGE = "coverage"
    RATE = "rate"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True)
class NotEnough:
    """No honest number yet: what is missing, how many there are and how many it takes.

    Days of the diary; for `Missing.RATE` weights, which besides must span ten days.
    """

    reason: Missing
    have: int
    need: int


@dataclass(frozen=True, slots=True)
class AdaptiveTdee:
    """Expenditure from intake and weight: kcal/day with its 95 % interval and what it rests on.

    `days` diary days of the `window_days` before today, with a mean of `mean_intake` kcal.
    """

    kcal: float
    low: float
    high: float
    days: int
    mean_intake: float
    window_days: int


def adaptive_tdee(intakes: Mapping[date, float], weights: Points, today: date) -> AdaptiveTdee | NotEnough:
    """Mean intake minus 7700 kcal for each kilogram gained a day, over the same days.

    Only complete diary days belong into `intakes`, kcal. Today is left out: its diary is not closed. What
    counts is the longest stretch up to yesterday, within the window of the rate, that begins with a diary
    day and has 80 % of its days, at least 14, in the diary; the weights are those since its first day.
    The standard error joins that of the mean intake and that of the slope; the interval takes the t value
    of the slope's degrees of freedom.
    Source: energy balance with the Wishnofsky constant; water and glycogen break it in short windows,
    hence the 14 days.

    Raises:
        ValueError: unless the days of `weights` ascend strictly.
    """
    days = sorted(day for day in intakes if 1 <= (today - day).days < RATE_DAYS)
    if len(days) < TDEE_FEWEST:
        return NotEnough(Missing.DAYS, len(days), TDEE_FEWEST)
    for place, first in enumerate(days[: len(days) - TDEE_FEWEST + 1]):
        if len(days) - place >= _covering(first, today):
            return _expenditure({day: intakes[day] for day in days[place:]}, weights, today)
    return NotEnough(Missing.COVERAGE, len(days), _covering(days[0], today))


def smoothed_tdee(estimates: Sequence[float]) -> float | None:
    """Weekly estimates of the expenditure, oldest first, as one that does not jump, kcal/day; None of none.

    Each week the one before counts 0.7 and the new one 0.3. Own rule.
    """
    if not estimates:
        return None
    found = estimates[0]
    for raw in estimates[1:]:
        found = (1 - NEW_SHARE) * found + NEW_SHARE * raw
    return found


def _covering(first: date, today: date) -> int:
    """How many diary days cover the stretch from `first` to yesterday."""
    return ceil(TDEE_COVERAGE * (today - first).days)


def _expenditure(intakes: Mapping[date, float], weights: Points, today: date) -> AdaptiveTdee | NotEnough:
    first = min(intakes)
    since = [(day, value) for day, value in weights if first <= day <= today]
    line = rate(since, today)
    if line is None:
        return NotEnough(Missing.RATE, len(since), FEWEST_VALUES)
    mean = fmean(intakes.values())
    kcal = mean - KCAL_PER_KG * line.slope
    low, high = PLAUSIBLE_TDEE
    if not low <= kcal <= high:
        return NotEnough(Missing.IMPLAUSIBLE, len(intakes), TDEE_FEWEST)
    error = sqrt(variance(intakes.values()) / len(intakes) + (KCAL_PER_KG * line.standard_error) ** 2)
    margin = quantile(0.975, line.n - 2) * error
    return AdaptiveTdee(kcal, kcal - margin, kcal + margin, len(intakes), mean, (today - first).days)


def complete_days(energy: Mapping[date, float | None], today: date) -> dict[date, float]:
    """Closed days that look complete: before today, and not below half the median of the days there are."""
    closed = {day: kcal for day, kcal in energy.items() if kcal is not None and day < today}
    if not closed:
        return {}
    least = COMPLETE_SHARE * median(closed.values())
    return {day: kcal for day, kcal in closed.items() if kcal >= least}


def macro_energy(grams: Mapping[str, float]) -> float:
    """Energy of macronutrients, kcal (EU 1169/2011 annex XIV: 4, 4, 9, 7, fibre 2).

    The keys of `grams` are those of `KCAL_PER_G`. Fibre belongs in only where the carbohydrates are
    stated without it.

    Raises:
        KeyError: for another nutrient.
    """
    return sum(KCAL_PER_G[name] * amount for name, amount in grams.items())


def macro_shares(grams: Mapping[str, float]) -> dict[str, float]:
    """Per cent of the computed energy that each nutrient brings; empty without energy.

    Raises:
        KeyError: for a nutrient not in `KCAL_PER_G`.
    """
    total = macro_energy(grams)
    return {name: 100 * KCAL_PER_G[name] * amount / total for name, amount in grams.items()} if total else {}


def protein_per_kg(protein_g: float, weight_kg: float) -> float:
    """Protein of a day for each kilogram of body weight, or of fat-free mass, g/kg."""
    return protein_g / weight_kg


def protein_reference(age: float) -> float:
    """The reference intake of protein for adults, g/kg: 0.8, from 65 years on 1.0 (DGE)."""
    return 1.0 if age >= 65 else 0.8


def stated_energy_differs(stated_kcal: float, grams: Mapping[str, float]) -> bool:
    """Whether stated and computed energy are more than 20 % of the stated apart."""
    return abs(stated_kcal - macro_energy(grams)) > STATED_TOLERANCE * stated_kcal
