"""What figures of a body are called, how sure they are, and whether a change is more than measuring.

Orientation for adults, no diagnosis. Values are compared unrounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracking.analysis.body import SKINFOLD_ERROR, Sex
from tracking.analysis.weight import Points, rate

NAVY_ERROR = 3.6  # percentage points; Hodgdon and Beckett 1984: 3.5 of men, 3.7 of women
SCALE_ERROR = 5.0  # percentage points; usual for scales that send a current through the feet
CHANGE_DAYS, CHANGE_FEWEST = 90, 4


class BmiClass(StrEnum):
    """Classes of the body mass index for adults (WHO)."""

    SEVERE_THINNESS = "severe_thinness"
    MODERATE_THINNESS = "moderate_thinness"
    MILD_THINNESS = "mild_thinness"
    NORMAL = "normal"
    OVERWEIGHT = "overweight"
    OBESE_1 = "obese_1"
    OBESE_2 = "obese_2"
    OBESE_3 = "obese_3"


BMI_BOUNDS = (16.0, 17.0, 18.5, 25.0, 30.0, 35.0, 40.0)


def bmi_class(bmi: float) -> BmiClass:
    """The class of a body mass index, kg/m²; a bound belongs to the class above it (WHO)."""
    return list(BmiClass)[_rank(bmi, BMI_BOUNDS)]


class Risk(StrEnum):
    """Where a girth or a ratio lies to the limits of its guideline."""

    BELOW_USUAL = "below_usual"
    HEALTHY = "healthy"
    RAISED = "raised"
    HIGH = "high"


WHTR_BOUNDS = (0.40, 0.50, 0.60)
WHTR_BMI_BELOW = 35.0
WAIST_BOUNDS: dict[Sex, tuple[float, float]] = {"male": (94.0, 102.0), "female": (80.0, 88.0)}
WHR_RAISED: dict[Sex, float] = {"male": 0.90, "female": 0.85}


def whtr_class(ratio: float) -> Risk:
    """Waist to height: healthy from 0.40, raised from 0.50, high from 0.60, of adults with a BMI below 35.

    Source: NICE 2022; below 0.40 it has no class, and this one is our own word.
    """
    return list(Risk)[_rank(ratio, WHTR_BOUNDS)]


def waist_class(waist_cm: float, sex: Sex) -> Risk:
    """The waist: raised from 94 cm and high from 102 of men, 80 and 88 of women (WHO 2008)."""
    return list(Risk)[1 + _rank(waist_cm, WAIST_BOUNDS[sex])]


def whr_class(ratio: float, sex: Sex) -> Risk:
    """Waist to hip: raised from 0.90 of men, 0.85 of women (WHO 2008)."""
    return Risk.RAISED if ratio >= WHR_RAISED[sex] else Risk.HEALTHY


class FatClass(StrEnum):
    """Classes of body fat (American Council on Exercise)."""

    BELOW_ESSENTIAL = "below_essential"
    ESSENTIAL = "essential"
    ATHLETIC = "athletic"
    FIT = "fit"
    ACCEPTABLE = "acceptable"
    OBESE = "obese"


FAT_BOUNDS: dict[Sex, tuple[float, ...]] = {
    "female": (10.0, 14.0, 21.0, 25.0, 32.0),
    "male": (2.0, 6.0, 14.0, 18.0, 25.0),
}


def fat_class(percent: float, sex: Sex) -> FatClass:
    """The class of a share of fat, per cent; the table's whole numbers as bounds of the class above."""
    return list(FatClass)[_rank(percent, FAT_BOUNDS[sex])]


def _rank(value: float, bounds: Sequence[float]) -> int:
    return sum(value >= bound for bound in bounds)


class Way(StrEnum):
    """Ways to body fat, with their error in percentage points."""

    SKINFOLDS = "skinfolds"
    TAPE = "tape"
    SCALE = "scale"

    @property
    def error(self) -> float:
        """Standard error against a laboratory, percentage points: of the level; changes are read better."""
        return {Way.SKINFOLDS: SKINFOLD_ERROR, Way.TAPE: NAVY_ERROR, Way.SCALE: SCALE_ERROR}[self]


@dataclass(frozen=True, slots=True)
class Change:
    """What a straight line through `n` values of ninety days makes of them, first day to last.

    `change`, `low`, `high`: in the measure's unit, with the 95 % interval; `days`: those it spans.
    """

    change: float
    low: float
    high: float
    n: int
    days: int

    @property
    def is_real(self) -> bool:
        """Whether it is more than the scatter of measuring: its interval leaves out zero."""
        return self.low > 0 or self.high < 0


def change(points: Points, today: date) -> Change | None:
    """Whether a measure changed in ninety days; None below four values over ten days.

    What the member's own values scatter by decides, not an error printed for others. Source: ordinary least
    squares, t interval of the slope.

    Raises:
        ValueError: unless days ascend strictly.
    """
    line = rate(points, today, CHANGE_DAYS, CHANGE_FEWEST)
    if line is None:
        return None
    low, high = line.slope - line.margin, line.slope + line.margin
    days = line.span_days
    return Change(line.slope * days, low * days, high * days, line.n, days)
