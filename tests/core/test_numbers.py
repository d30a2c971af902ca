"""Numbers as people write them."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mitai.core.numbers import MINUS, NumberError, format_number, parse_decimal

DECIMALS = st.decimals(min_value=-99999, max_value=99999, places=3)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("82,4", "82.4"),
        ("82.4", "82.4"),
        (" 82 ", "82"),
        ("-3,5", "-3.5"),
        ("+3", "3"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("\u22123", "-3"),
        ("1.234.567", "1234567"),
        ("0", "0"),
    ],
)
def test_comma_and_point_are_understood(typed: str, number: str) -> None:
    assert parse_decimal(typed) == Decimal(number)


@pytest.mark.parametrize("typed", ["2.300", "2,300"])
def test_three_digits_behind_one_mark_are_thousands_of_whole_units_only(typed: str) -> None:
    assert parse_decimal(typed, whole=True) == 2300
    assert parse_decimal(typed) == Decimal("2.3")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "abc",
        "82,4,5",
        "1e9",
        "1e400",
        "0x10",
        "٨٢",
        "nan",
        "inf",
        "1_000",
        "--3",
        "1.2.3",
        "1" * 40,
        "82,4 kg",
        "\x00",
        "1,2345,678",
    ],
)
def test_nonsense_is_no_number(typed: str) -> None:
    with pytest.raises(NumberError):
        parse_decimal(typed)


@given(text=st.text(max_size=30))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    with suppress(NumberError):
        assert parse_decimal(text).is_finite()


@given(number=DECIMALS, language=st.sampled_from(["de", "en"]))
def test_what_is_shown_can_be_typed_again(number: Decimal, language: str) -> None:
    with translation.override(language):
        assert parse_decimal(format_number(number, 3)) == number


def test_each_language_has_its_mark_and_signs_are_shown_on_changes() -> None:
    with translation.override("de"):
        assert format_number(Decimal("1234.5"), 1) == "1.234,5"
        assert format_number(-0.44, 1, signed=True) == f"{MINUS}0,4"
        assert format_number(0.44, 1, signed=True) == "+0,4"
        assert format_number(-0.04, 1, signed=True) == "0,0"
    with translation.override("en"):
        assert format_number(Decimal("1234.5"), 1) == "1,234.5"
