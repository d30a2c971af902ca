"""Units of files and of people to those we store: kg, g, cm, kcal, ml, mmHg and per cent.

A factor is a product over a divisor, both exact by definition, so that no rounding hides in a constant:
pound, ounce and inch (international, 1959), gallon (US 231 cubic inches, imperial 4.54609 l),
thermochemical calorie (4.184 J), conventional millimetre of mercury (133.322387415 Pa).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple


class UnknownUnit(ValueError):
    """A unit that does not measure what was asked for."""

    def __init__(self, unit: str, to: str) -> None:
        super().__init__(f"{unit!r} is no unit that converts to {to}")
        self.unit = unit
        self.to = to


class Factor(NamedTuple):
    """What one unit is in another: `times` divided by `over`."""

    times: Decimal
    over: Decimal = Decimal(1)


_GRAMS = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "mg": Decimal("0.001"),
    "mcg": Decimal("0.000001"),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
    "st": Decimal("6350.29318"),
}
_MILLILITRES = {
    "ml": Decimal(1),
    "mL": Decimal(1),
    "cL": Decimal(10),
    "dL": Decimal(100),
    "l": Decimal(1000),
    "L": Decimal(1000),
    "fl_oz_us": Decimal("29.5735295625"),
    "fl_oz_imp": Decimal("28.4130625"),
    "cup_us": Decimal("236.5882365"),
    "cup_imp": Decimal("284.130625"),
    "pt_us": Decimal("473.176473"),
    "pt_imp": Decimal("568.26125"),
}
_CENTIMETRES = {
    "cm": Decimal(1),
    "mm": Decimal("0.1"),
    "m": Decimal(100),
    "in": Decimal("2.54"),
    "ft": Decimal("30.48"),
}
_JOULES_A_CALORIE = Decimal("4.184")

FACTORS: Mapping[str, Mapping[str, Factor]] = {
    "kg": {unit: Factor(grams, Decimal(1000)) for unit, grams in _GRAMS.items()},
    "g": {unit: Factor(grams) for unit, grams in _GRAMS.items()},
    "ml": {unit: Factor(amount) for unit, amount in _MILLILITRES.items()},
    "cm": {unit: Factor(length) for unit, length in _CENTIMETRES.items()},
    "kcal": {
        "kcal": Factor(Decimal(1)),
        "Cal": Factor(Decimal(1)),
        "cal": Factor(Decimal(1), Decimal(1000)),
        "kJ": Factor(Decimal(1), _JOULES_A_CALORIE),
        "J": Factor(Decimal(1), _JOULES_A_CALORIE * 1000),
    },
    "mmHg": {"mmHg": Factor(Decimal(1)), "kPa": Factor(Decimal(1000), Decimal("133.322387415"))},
    "%": {"%": Factor(Decimal(1))},
}


def is_converted(unit: str, to: str) -> bool:
    """Whether a number changes on the way: pounds do, and `Cal`, another word for kcal, does not.

    Raises:
        UnknownUnit: when it does not measure the same.
    """
    factor = _factor(unit, to)
    return factor.times != factor.over


def convert(value: Decimal, unit: str, to: str, *, places: int = 3) -> Decimal:
    """The value in the unit `to`, rounded once, half up, to `places` decimals.

    Raises:
        UnknownUnit: when it does not measure the same.
    """
    factor = _factor(unit, to)
    return (value * factor.times / factor.over).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def percent(value: Decimal) -> Decimal:
    """A share in per cent: 0.192 is 19.2, and what is above 1 is per cent already (domain.md B1)."""
    return value * 100 if abs(value) <= 1 else value


def _factor(unit: str, to: str) -> Factor:
    factor = FACTORS.get(to, {}).get(unit)
    if factor is None:
        raise UnknownUnit(unit, to)
    return factor
