"""Numbers as people write and read them: comma and point both go in, the language's mark comes out."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
# Digits with one mark, or thousands groups with the other mark behind them: 82,4 · 1.234,5 · 1 234
PLAIN = re.compile(r"[+\-]?\d+(?:[.,]\d+)?")
GROUPED = re.compile(
    r"[+\-]?\d{1,3}(?:([. ])\d{3})+(?:,\d+)?|[+\-]?\d{1,3}(?:(,)\d{3}){2,}(?:\.\d+)?"
    r"|[+\-]?\d{1,3}(?:(,)\d{3})+\.\d+"
)
THOUSANDS = re.compile(r"[+\-]?[1-9]\d{0,2}[.,]\d{3}")
MAX_LENGTH = 20


class NumberError(ValueError):
    """The text is not one plain number."""


def parse_decimal(text: str, *, whole: bool = False) -> Decimal:
    """The number a person typed, with comma or point as decimal mark.

    One mark alone is the decimal mark (`82,4`, `82.4`); of two different marks the last is
    (`1.234,5`). With `whole`, for measures counted in whole units, a single mark before exactly
    three digits groups thousands (`2.300` kcal). Exponents, hexadecimal and doubled marks are no
    numbers.

    Raises:
        NumberError: for anything else, among it `82,4,5`, `1e9` and the empty text.
    """
    cleaned = text.strip().replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")
    if len(cleaned) > MAX_LENGTH or not cleaned.isascii():
        raise NumberError(text)
    if whole and THOUSANDS.fullmatch(cleaned):
        return Decimal(cleaned.replace(",", "").replace(".", ""))
    if PLAIN.fullmatch(cleaned):
        return Decimal(cleaned.replace(",", "."))
    match = GROUPED.fullmatch(cleaned)
    if match is None:
        raise NumberError(text)
    group = match.group(1) or match.group(2) or match.group(3)
    return Decimal(cleaned.replace(group, "").replace(",", "."))


def round_to(value: Decimal | float | int, digits: int) -> Decimal:
    """The value at so many decimals, halves away from zero, never a negative zero."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def format_number(value: Decimal | float | int, digits: int, *, signed: bool = False) -> str:
    """The value in the active language at exactly `digits` decimals; `signed` shows a plus too."""
    rounded = round_to(value, digits)
    text = number_format(abs(rounded), decimal_pos=digits, use_l10n=True, force_grouping=True)
    if rounded < 0:
        return MINUS + text
    return "+" + text if signed and rounded > 0 else text
