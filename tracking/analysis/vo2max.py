"""Maximal oxygen uptake against people of the same age and sex. Millilitres a kilogram and minute."""

from __future__ import annotations

from enum import StrEnum

from tracking.analysis.body import Sex


class Class(StrEnum):
    """Classes of Cooper's table as Heyward 1998 prints it; other prints have other limits."""

    VERY_POOR = "very_poor"
    POOR = "poor"
    FAIR = "fair"
    GOOD = "good"
    EXCELLENT = "excellent"
    SUPERIOR = "superior"


SOURCE = "Cooper Institute, Heyward 1998"
YOUNGEST = 13
# From which age on: where poor, fair, good and excellent begin (included), and what superior exceeds.
_BEGINS: dict[Sex, dict[int, tuple[float, float, float, float, float]]] = {
    "female": {
        13: (25.0, 31.0, 35.0, 39.0, 41.9),
        20: (23.6, 29.0, 33.0, 37.0, 41.0),
        30: (22.8, 27.0, 31.5, 35.7, 40.0),
        40: (21.0, 24.5, 29.0, 32.9, 36.9),
        50: (20.2, 22.8, 27.0, 31.5, 35.7),
        60: (17.5, 20.2, 24.5, 30.3, 31.4),
    },
    "male": {
        13: (35.0, 38.4, 45.2, 51.0, 55.9),
        20: (33.0, 36.5, 42.5, 46.5, 52.4),
        30: (31.5, 35.5, 41.0, 45.0, 49.4),
        40: (30.2, 33.6, 39.0, 43.8, 48.0),
        50: (26.1, 31.0, 35.8, 41.0, 45.3),
        60: (20.5, 26.1, 32.3, 36.5, 44.2),
    },
}
# Medians of the FRIEND registry (Kaminsky 2015), by the decade that begins with the age.
_MEDIANS: dict[Sex, dict[int, float]] = {
    "male": {20: 48.0, 30: 42.4, 40: 37.8, 50: 32.6, 60: 28.2, 70: 24.4},
    "female": {20: 37.6, 30: 30.2, 40: 26.7, 50: 23.4, 60: 20.0, 70: 18.3},
}


def classify(value: float, age: float, sex: Sex) -> Class | None:
    """The class of a value; None below thirteen years, for whom there is no table."""
    if age < YOUNGEST:
        return None
    *begins, top = [limits for first, limits in _BEGINS[sex].items() if age >= first][-1]
    rank = sum(value >= begin for begin in begins) + (value > top)
    return list(Class)[rank]


def median(age: float, sex: Sex) -> float | None:
    """What half of the people of that age and sex exceed; None below twenty and from eighty on."""
    decade = 10 * int(age // 10)
    return _MEDIANS[sex].get(decade)
