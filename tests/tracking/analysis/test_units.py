"""Conversions that members meet: lengths as centimetres, kilojoules as kilocalories."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tracking.analysis.units import convert


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("70.87", "in", "180.010"), ("6", "ft", "182.880"), ("1.8", "m", "180.000"), ("12", "mm", "1.200")],
)
def test_length_in_centimetres(value: str, unit: str, expected: str) -> None:
    assert str(convert(Decimal(value), unit, "cm")) == expected


def test_582_kilojoules() -> None:
    assert convert(Decimal(582), "kJ", "kcal", places=2) == Decimal("139.10")
