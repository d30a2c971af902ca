"""Body composition from skinfolds and tape: density, fat, lean mass and indices. Millimetres of a fold,
centimetres, kilograms, per cent. Fields are named as the journals name them. For adults; an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum, log10
from typing import Literal

from tracking.analysis.weight import bmi

Sex = Literal["male", "female"]
SEXES: tuple[Sex, ...] = ("male", "female")
Measured = Mapping[str, float | None]  # a body's measures by field name

POUNDS_PER_KG = 2.2046226218
PLAUSIBLE_FOLD_MM = (2.0, 80.0)
PLAUSIBLE_FAT = (2.0, 60.0)
SKINFOLD_ERROR = 3.5  # percentage points; equations and hands together, 3 to 4 are typical
NORMAL_HEIGHT_M, FFMI_PER_M = 1.80, 6.3


class Method(StrEnum):
    """How folds become per cent of fat."""

    JP3 = "jp3"
    JP7 = "jp7"
    DURNIN_WOMERSLEY = "durnin_womersley"
    PARRILLO = "parrillo"


_SEVEN = (
    "chest_mm",
    "midaxillary_mm",
    "triceps_mm",
    "subscapular_mm",
    "abdomen_mm",
    "suprailiac_mm",
    "thigh_mm",
)
_FOUR = ("biceps_mm", "triceps_mm", "subscapular_mm", "suprailiac_mm")
_NINE = (
    "chest_mm",
    "abdomen_mm",
    "thigh_mm",
    "biceps_mm",
    "triceps_mm",
    "subscapular_mm",
    "suprailiac_mm",
    "lower_back_mm",
    "calf_mm",
)
_FOLDS: dict[Method, dict[Sex, tuple[str, ...]]] = {
    Method.JP3: {
        "male": ("chest_mm", "abdomen_mm", "thigh_mm"),
        "female": ("triceps_mm", "suprailiac_mm", "thigh_mm"),
    },
    Method.JP7: {"male": _SEVEN, "female": _SEVEN},
    Method.DURNIN_WOMERSLEY: {"male": _FOUR, "female": _FOUR},
    Method.PARRILLO: {"male": _NINE, "female": _NINE},
}
# Completed years, first and last, of those the equation was made from; Parrillo's was made from nobody.
_AGES: dict[Method, dict[Sex, tuple[int, int]]] = {
    Method.JP3: {"male": (18, 61), "female": (18, 55)},
    Method.JP7: {"male": (18, 61), "female": (18, 55)},
    Method.DURNIN_WOMERSLEY: {"male": (17, 72), "female": (16, 68)},
}
# Constant, and what a millimetre, a square millimetre and a year add. Jackson and Pollock 1978 for men,
# Jackson, Pollock and Ward 1980 for women.
_QUADRATIC: dict[Method, dict[Sex, tuple[float, float, float, float]]] = {
    Method.JP3: {
        "male": (1.10938, -0.0008267, 0.0000016, -0.0002574),
        "female": (1.0994921, -0.0009929, 0.0000023, -0.0001392),
    },
    Method.JP7: {
        "male": (1.112, -0.00043499, 0.00000055, -0.00028826),
        "female": (1.097, -0.00046971, 0.00000056, -0.00012828),
    },
}
# The age from which a row counts, its constant, and what a power of ten of the sum takes off. Durnin and
# Womersley 1974.
_LOGARITHMIC: dict[Sex, tuple[tuple[int, float, float], ...]] = {
    "male": (
        (0, 1.1620, 0.0630),
        (20, 1.1631, 0.0632),
        (30, 1.1422, 0.0544),
        (40, 1.1620, 0.0700),
        (50, 1.1715, 0.0779),
    ),
    "female": (
        (0, 1.1549, 0.0678),
        (20, 1.1599, 0.0717),
        (30, 1.1423, 0.0632),
        (40, 1.1333, 0.0612),
        (50, 1.1339, 0.0645),
    ),
}


class Reason(StrEnum):
    """Why there is no honest figure of body fat."""

    MISSING_SEX = "missing_sex"
    MISSING_AGE = "missing_age"
    MISSING_WEIGHT = "missing_weight"
    MISSING_HEIGHT = "missing_height"
    MISSING_FOLD = "missing_fold"
    MISSING_GIRTH = "missing_girth"
    OUTSIDE_AGE = "outside_age"
    SUM_TOO_HIGH = "sum_too_high"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True)
class Unknown:
    """No figure, why, and the fields that are missing or implausible.

    Without fields, `IMPLAUSIBLE` means that the result itself lies outside `PLAUSIBLE_FAT`.
    """

    reason: Reason
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fat:
    """Body fat, per cent of the weight, and the density it was taken from, g/cm³; Parrillo knows none."""

    percent: float
    density: float | None


# Skinfolds --------------------------------------------------------------------------------------------------
def folds_of(method: Method, sex: Sex | None) -> tuple[str, ...]:
    """The folds a method adds up, in the order they are taken; without a sex those of either."""
    if sex is not None:
        return _FOLDS[method][sex]
    return tuple(dict.fromkeys(fold for each in SEXES for fold in _FOLDS[method][each]))


def ages_of(method: Method, sex: Sex) -> tuple[int, int] | None:
    """The first and last year of age, in completed years, that a method was made for; None for Parrillo."""
    return _AGES[method][sex] if method in _AGES else None


def sum_limit(method: Method, sex: Sex) -> float | None:
    """The sum of folds, mm, from which on Jackson-Pollock reads more fat as less; None for the others.

    It is the vertex of the parabola, worked out from the equation.
    """
    if method not in _QUADRATIC:
        return None
    _constant, linear, square, _age = _QUADRATIC[method][sex]
    return -linear / (2 * square)


def density(method: Method, folds: Measured, sex: Sex, age: float) -> float:
    """Body density, g/cm³, from folds in mm and age in years; no limit is looked at.

    Sources: Jackson and Pollock 1978, Jackson, Pollock and Ward 1980, Durnin and Womersley 1974.

    Raises:
        ValueError: for Parrillo, which knows no density, and unless the folds add up to more than nothing.
        KeyError: for a fold that is missing.
    """
    total = _sum(folds, folds_of(method, sex))
    if total <= 0:
        raise ValueError(f"folds add up to {total} mm")
    if method in _QUADRATIC:
        constant, linear, square, yearly = _QUADRATIC[method][sex]
        return constant + linear * total + square * total**2 + yearly * age
    if method is not Method.DURNIN_WOMERSLEY:
        raise ValueError(f"{method} knows no density")
    constant, slope = [row[1:] for row in _LOGARITHMIC[sex] if age >= row[0]][-1]
    return constant - slope * log10(total)


def _sum(measured: Measured, fields: Sequence[str]) -> float:
    """The sum of some fields, exact, so that no order of adding matters; KeyError where one is missing."""
    values = [value for field in fields if (value := measured[field]) is not None]
    if len(values) < len(fields):
        raise KeyError(*_missing(measured, fields))
    return fsum(values)


def siri(density: float) -> float:
    """Per cent of fat from density in g/cm³ (Siri 1961); the usual choice."""
    return 495 / density - 450


def brozek(density: float) -> float:
    """Per cent of fat from density in g/cm³ (Brozek 1963); reads lower than Siri where there is much fat."""
    return 457 / density - 414.2


def parrillo(folds: Measured, weight_kg: float) -> float:
    """Per cent of fat from nine folds: 27 times their sum in mm over the weight in pounds, for both sexes.

    Never validated; good for a direction, not for a level.

    Raises:
        KeyError: for a fold that is missing.
    """
    return 27 * _sum(folds, _NINE) / (weight_kg * POUNDS_PER_KG)


def skinfold_fat(
    method: Method, folds: Measured, *, sex: Sex | None, age: float | None, weight_kg: float | None
) -> Fat | Unknown:
    """Body fat by a skinfold method, Siri's conversion where it has a density; never clamped.

    Parrillo asks for the weight alone, the others for sex and age. What is asked of the person is looked
    at first, then the folds, then the result.
    """
    unfit = _unfit_person(method, sex, age, weight_kg) or _unfit_folds(method, folds, sex)
    if unfit:
        return unfit
    if method is Method.PARRILLO:
        assert weight_kg is not None
        return _accepted(Fat(parrillo(folds, weight_kg), None))
    assert sex is not None
    assert age is not None
    dense = density(method, folds, sex, age)
    return _accepted(Fat(siri(dense), dense))


def _unfit_person(
    method: Method, sex: Sex | None, age: float | None, weight_kg: float | None
) -> Unknown | None:
    if method is Method.PARRILLO:
        return None if weight_kg is not None and weight_kg > 0 else Unknown(Reason.MISSING_WEIGHT)
    if sex is None:
        return Unknown(Reason.MISSING_SEX)
    if age is None:
        return Unknown(Reason.MISSING_AGE)
    first, last = _AGES[method][sex]
    return None if first <= age < last + 1 else Unknown(Reason.OUTSIDE_AGE)


def _unfit_folds(method: Method, folds: Measured, sex: Sex | None) -> Unknown | None:
    fields = folds_of(method, sex)
    if missing := _missing(folds, fields):
        return Unknown(Reason.MISSING_FOLD, missing)
    low, high = PLAUSIBLE_FOLD_MM
    values = {field: value for field in fields if (value := folds[field]) is not None}
    if odd := tuple(field for field, value in values.items() if not low <= value <= high):
        return Unknown(Reason.IMPLAUSIBLE, odd)
    limit = sum_limit(method, sex) if sex else None
    return Unknown(Reason.SUM_TOO_HIGH) if limit is not None and fsum(values.values()) >= limit else None


def _missing(measured: Measured, fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(field for field in fields if measured.get(field) is None)


def _accepted(fat: Fat) -> Fat | Unknown:
    low, high = PLAUSIBLE_FAT
    return fat if low <= fat.percent <= high else Unknown(Reason.IMPLAUSIBLE)


# Tape -------------------------------------------------------------------------------------------------------
_GIRTHS: dict[Sex, tuple[str, ...]] = {
    "male": ("neck_cm", "belly_cm"),
    "female": ("neck_cm", "waist_cm", "hip_cm"),
}


def girths_of(sex: Sex) -> tuple[str, ...]:
    """What the Navy's method measures: neck and, of men, belly (at the navel), of women, waist (narrowest)
    and hip.
    """
    return _GIRTHS[sex]


def navy_fat(girths: Measured, *, sex: Sex | None, height_cm: float | None) -> Fat | Unknown:
    """Body fat by the tape of the US Navy, metric form, from the fields of `girths_of`; never clamped.

    Source: Hodgdon and Beckett 1984, converted by Siri. The form in inches differs by 0.1 to 0.4 points.
    """
    if sex is None:
        return Unknown(Reason.MISSING_SEX)
    if height_cm is None or not height_cm > 0:
        return Unknown(Reason.MISSING_HEIGHT)
    fields = girths_of(sex)
    if missing := _missing(girths, fields):
        return Unknown(Reason.MISSING_GIRTH, missing)
    neck, *others = fields
    around = _sum(girths, others) - _sum(girths, [neck])
    if not around > 0:
        return Unknown(Reason.IMPLAUSIBLE, fields)
    dense = _navy_density(sex, around, height_cm)
    return _accepted(Fat(siri(dense), dense))


def _navy_density(sex: Sex, around_cm: float, height_cm: float) -> float:
    """Density from what the trunk measures beyond the neck."""
    if sex == "male":
        return 1.0324 - 0.19077 * log10(around_cm) + 0.15456 * log10(height_cm)
    return 1.29579 - 0.35004 * log10(around_cm) + 0.22100 * log10(height_cm)


# Derived ----------------------------------------------------------------------------------------------------
def fat_mass(weight_kg: float, percent: float) -> float:
    """Fat, kg, from the weight and its per cent of fat."""
    return weight_kg * percent / 100


def lean_mass(weight_kg: float, percent: float) -> float:
    """Everything but fat, kg."""
    return weight_kg - fat_mass(weight_kg, percent)


def ffmi(lean_kg: float, height_cm: float) -> float:
    """Fat-free mass index, kg/m². Raises ValueError for a height that is not positive."""
    return bmi(lean_kg, height_cm)


def normalised_ffmi(lean_kg: float, height_cm: float) -> float:
    """Fat-free mass index as it would be at 1.80 m, kg/m²: 6.3 for each metre that is missing.

    Source: Kouri et al. 1995, whose factor is also given as 6.1. Raises ValueError as `ffmi` does.
    """
    return ffmi(lean_kg, height_cm) + FFMI_PER_M * (NORMAL_HEIGHT_M - height_cm / 100)


def fmi(fat_kg: float, height_cm: float) -> float:
    """Fat mass index, kg/m². Raises ValueError for a height that is not positive."""
    return bmi(fat_kg, height_cm)


def whtr(waist_cm: float, height_cm: float) -> float:
    """Waist to height ratio. Raises ValueError for a height that is not positive."""
    return _ratio(waist_cm, height_cm)


def whr(waist_cm: float, hip_cm: float) -> float:
    """Waist to hip ratio. Raises ValueError for a hip that is not positive."""
    return _ratio(waist_cm, hip_cm)


def _ratio(part_cm: float, whole_cm: float) -> float:
    if whole_cm <= 0:
        raise ValueError(f"{whole_cm} cm")
    return part_cm / whole_cm
