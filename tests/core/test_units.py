"""Conversions against figures known by definition, and what members type coming back as they typed it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mitai.core.units import (
    FACTORS,
    METRIC,
    SYSTEMS,
    UnitSystem,
    UnknownUnit,
    active,
    convert,
    format_quantity,
    is_converted,
    override,
    percent,
)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("181.5", "lb", "kg", "82.327"),
        ("12.5", "st", "kg", "79.379"),
        ("82400", "g", "kg", "82.400"),
        ("82.4", "kg", "kg", "82.400"),
        ("167.36", "kJ", "kcal", "40.000"),
        ("310", "Cal", "kcal", "310.000"),
        ("1", "oz", "g", "28.350"),
        ("250", "mg", "g", "0.250"),
        ("0.5", "L", "ml", "500.000"),
        ("12", "fl_oz_us", "ml", "354.882"),
        ("16", "kPa", "mmHg", "120.010"),
        ("582", "kJ", "kcal", "139.101"),
        ("70.87", "in", "cm", "180.010"),
        ("6", "ft", "cm", "182.880"),
        ("1.8", "m", "cm", "180.000"),
        ("12", "mm", "cm", "1.200"),
        ("101.325", "kPa", "mmHg", "760.000"),
    ],
)
def test_value_in_our_unit(value: str, unit: str, to: str, expected: str) -> None:
    assert str(convert(Decimal(value), unit, to)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.0005", "0.001"),
        ("0.00049", "0.000"),
        ("-0.0005", "-0.001"),
    ],
)
def test_half_is_rounded_away_from_zero(value: str, expected: str) -> None:
    assert convert(Decimal(value), "g", "g") == Decimal(expected)


def test_value_is_rounded_once() -> None:
    """What is just under the half must not climb over it by being rounded in two steps."""
    just_under = Decimal("0.0004999996")
    assert convert(just_under, "kg", "kg") == 0
    assert convert(just_under, "kg", "kg", places=6) == Decimal("0.000500")


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("lb", "kcal"),
        ("stein", "kg"),
        ("", "kg"),
        ("kg", "furlong"),
        ("KG", "kg"),
    ],
)
def test_unit_that_measures_something_else_is_an_error(unit: str, to: str) -> None:
    with pytest.raises(UnknownUnit) as error:
        convert(Decimal(1), unit, to)
    assert (error.value.unit, error.value.to) == (unit, to)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.192", "19.2"),
        ("1", "100"),
        ("1.01", "1.01"),
        ("19.2", "19.2"),
    ],
)
def test_fraction_becomes_per_cent(value: str, expected: str) -> None:
    assert percent(Decimal(value)) == Decimal(expected)


def test_other_words_for_the_same_unit_convert_nothing() -> None:
    assert not any(is_converted(unit, to) for unit, to in [("Cal", "kcal"), ("mL", "ml"), ("kg", "kg")])
    assert is_converted("lb", "kg")


@given(
    st.sampled_from([(unit, to) for to, units in FACTORS.items() for unit in units]),
    st.decimals(0, 10_000, places=2),
    st.decimals(0, 10_000, places=2),
)
def test_more_of_a_unit_is_never_less_of_ours(units: tuple[str, str], one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert convert(low, *units) <= convert(high, *units)


# What a member reads and types ------------------------------------------------------------------------------
IMPERIAL = UnitSystem("imperial", "kJ")


def test_pounds_are_stored_in_kilograms_and_come_back() -> None:
    stored = IMPERIAL.read(Decimal("181.5"), "kg")
    assert stored == Decimal("82.327")
    assert IMPERIAL.as_typed(stored, "kg", 1) == Decimal("181.5")


@pytest.mark.parametrize(
    ("stored", "unit", "shown"),
    [
        ("82.327", "kg", "181,5\u202flb"),
        ("180", "cm", "70,9\u202fin"),
        ("2200", "kcal", "9.204,8\u202fkJ"),
        ("119", "mmHg", "119,0\u202fmmHg"),
        ("40", "g", "40,0\u202fg"),
        ("3", "", "3,0"),
    ],
)
def test_a_quantity_is_written_in_the_units_of_the_block(stored: str, unit: str, shown: str) -> None:
    with override(IMPERIAL), translation.override("de"):
        assert format_quantity(Decimal(stored), unit, 1) == shown
    assert active() == METRIC


def test_the_units_of_a_block_end_with_it_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), override(IMPERIAL):
        1 / 0  # noqa: B018
    assert active() == METRIC


def test_a_range_is_rounded_inwards_so_that_its_ends_can_be_typed() -> None:
    low, high = IMPERIAL.bounds(20, 400, "kg", 1)
    assert (low, high) == (Decimal("44.1"), Decimal("881.8"))
    assert Decimal(20) <= IMPERIAL.read(low, "kg") < IMPERIAL.read(high, "kg") <= Decimal(400)


def test_a_value_between_two_typeable_numbers_is_shown_as_the_nearest() -> None:
    assert IMPERIAL.as_typed(Decimal("82.401"), "kg", 1) == Decimal("181.66")


@given(
    st.sampled_from(sorted(SYSTEMS.values(), key=lambda system: system.code)),
    st.sampled_from(["kg", "cm", "kcal", "g", "ml", "%", "mmHg", "bpm"]),
    st.data(),
)
def test_what_can_be_typed_comes_back_as_it_was_typed(
    system: UnitSystem, unit: str, data: st.DataObject
) -> None:
    """All decimals that are allowed, not only those that are shown, over ten times any physical range."""
    typed = data.draw(st.decimals(0, 100_000, places=system.places(unit)))
    back = system.as_typed(system.read(typed, unit), unit, 0)
    assert back == typed
