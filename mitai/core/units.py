"""The one room of units: those of files and of people, and those we store (kg, g, cm, kcal, ml, mmHg, %).

Everything is stored and computed in metric units. A member reads and types in a `UnitSystem`; their request
carries it, so that pages need no argument, and who has no request (workers, commands) is metric.

A factor is a product over a divisor, both exact by definition, so that no rounding hides in a constant:
pound, ounce and inch (international, 1959), gallon (US 231 cubic inches, imperial 4.54609 l),
thermochemical calorie (4.184 J), conventional millimetre of mercury (133.322387415 Pa).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import product
from typing import NamedTuple

from mitai.core.numbers import NARROW_SPACE, format_number

STORED_PLACES = 3
# A hundredth of a pound, an inch or a kilojoule is more than a thousandth of the stored unit: it comes back.
CONVERTED_PLACES = 2


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


# What a member reads and types ----------------------------------------------------------------------------
# Grams and millilitres stay: nutrition labels are metric everywhere, and blood pressure is mmHg everywhere.
BODY: Mapping[str, Mapping[str, str]] = {"metric": {}, "imperial": {"kg": "lb", "cm": "in"}}
ENERGY: Mapping[str, Mapping[str, str]] = {"kcal": {}, "kJ": {"kcal": "kJ"}}


@dataclass(frozen=True, slots=True)
class UnitSystem:
    """The units somebody reads and types in: of mass and length ("metric", "imperial"), and of energy."""

    body: str = "metric"
    energy: str = "kcal"

    @property
    def code(self) -> str:
        """Its name in forms: "imperial.kJ"."""
        return f"{self.body}.{self.energy}"

    def unit(self, stored: str) -> str:
        """The unit in which a quantity stored as `stored` is shown."""
        return BODY[self.body].get(stored) or ENERGY[self.energy].get(stored) or stored

    def places(self, stored: str) -> int:
        """How many decimals can be typed so that the same number comes back."""
        return STORED_PLACES if self.unit(stored) == stored else CONVERTED_PLACES

    def show(self, value: Decimal | float, stored: str) -> Decimal:
        """A stored value in the unit it is shown in, not rounded."""
        shown = self.unit(stored)
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        if shown == stored:
            return exact
        factor = _factor(shown, stored)
        return exact * factor.over / factor.times

    def read(self, value: Decimal, stored: str) -> Decimal:
        """What was typed in the shown unit, as it is stored: untouched, or converted to three decimals."""
        shown = self.unit(stored)
        return value if shown == stored else convert(value, shown, stored, places=STORED_PLACES)

    def as_typed(self, value: Decimal, stored: str, digits: int) -> Decimal:
        """A stored value with as few decimals, at least `digits`, as are read back as that very value.

        Where no number that may be typed is (82.401 kg lies between two hundredths of a pound), the nearest.
        """
        exact = self.show(value, stored)
        for places in range(digits, self.places(stored) + 1):
            shown = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
            if self.read(shown, stored) == value:
                return shown
        return exact.quantize(Decimal(1).scaleb(-self.places(stored)), ROUND_HALF_UP)

    def bounds(self, low: float, high: float, stored: str, digits: int) -> tuple[Decimal, Decimal]:
        """A stored range in the shown unit, rounded inwards: both ends can be typed."""
        step = Decimal(1).scaleb(-digits)
        return (
            self.show(low, stored).quantize(step, ROUND_CEILING),
            self.show(high, stored).quantize(step, ROUND_FLOOR),
        )


METRIC = UnitSystem()
SYSTEMS: Mapping[str, UnitSystem] = {
    system.code: system for system in (UnitSystem(*names) for names in product(BODY, ENERGY))
}
_active: ContextVar[UnitSystem] = ContextVar("units", default=METRIC)


def active() -> UnitSystem:
    """The units of the member whose request this is, metric outside of one."""
    return _active.get()


@contextmanager
def override(system: UnitSystem) -> Iterator[None]:
    """Read and write in these units until the end of the block, whatever happens in it."""
    token = _active.set(system)
    try:
        yield
    finally:
        _active.reset(token)


def format_amount(value: Decimal | float, stored: str, digits: int, *, signed: bool = False) -> str:
    """The number alone, in the member's unit and language."""
    return format_number(active().show(value, stored), digits, signed=signed)


def format_quantity(value: Decimal | float, stored: str, digits: int, *, signed: bool = False) -> str:
    """Number and unit, if it has one, in the member's unit and language: "181,5 lb"."""
    number, unit = format_amount(value, stored, digits, signed=signed), active().unit(stored)
    return f"{number}{NARROW_SPACE}{unit}" if unit else number
