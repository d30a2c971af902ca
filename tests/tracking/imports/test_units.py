"""Conversions against figures known by definition."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.analysis.units import FACTORS, UnknownUnit, convert, is_converted, percent


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
