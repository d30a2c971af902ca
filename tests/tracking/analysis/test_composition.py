"""Figures of a body: classes just at their bounds, and when a change is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW, daily, day, on_days
from tracking.analysis.body import SEXES, Sex
from tracking.analysis.composition import (
    BmiClass,
    FatClass,
    Risk,
    Way,
    bmi_class,
    change,
    fat_class,
    waist_class,
    whr_class,
    whtr_class,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (15.99, BmiClass.SEVERE_THINNESS),
        (16.0, BmiClass.MODERATE_THINNESS),
        (17.0, BmiClass.MILD_THINNESS),
        (18.49, BmiClass.MILD_THINNESS),
        (18.5, BmiClass.NORMAL),
        (24.95, BmiClass.NORMAL),
        (25.0, BmiClass.OVERWEIGHT),
        (30.0, BmiClass.OBESE_1),
        (35.0, BmiClass.OBESE_2),
        (40.0, BmiClass.OBESE_3),
    ],
)
def test_bmi(value: float, expected: BmiClass) -> None:
    assert bmi_class(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.399, Risk.BELOW_USUAL),
        (0.40, Risk.HEALTHY),
        (0.4999, Risk.HEALTHY),
        (0.50, Risk.RAISED),
        (0.60, Risk.HIGH),
    ],
)
def test_waist_to_height(value: float, expected: Risk) -> None:
    assert whtr_class(value) is expected


@pytest.mark.parametrize(
    ("sex", "waist", "expected"),
    [
        ("male", 93.9, Risk.HEALTHY),
        ("male", 94, Risk.RAISED),
        ("male", 102, Risk.HIGH),
        ("female", 79.9, Risk.HEALTHY),
        ("female", 80, Risk.RAISED),
        ("female", 88, Risk.HIGH),
    ],
)
def test_waist(sex: Sex, waist: float, expected: Risk) -> None:
    assert waist_class(waist, sex) is expected


@pytest.mark.parametrize(
    ("sex", "ratio", "expected"),
    [
        ("male", 0.899, Risk.HEALTHY),
        ("male", 0.90, Risk.RAISED),
        ("female", 0.849, Risk.HEALTHY),
        ("female", 0.85, Risk.RAISED),
    ],
)
def test_waist_to_hip(sex: Sex, ratio: float, expected: Risk) -> None:
    assert whr_class(ratio, sex) is expected


@pytest.mark.parametrize(
    ("sex", "percent", "expected"),
    [
        ("male", 1.9, FatClass.BELOW_ESSENTIAL),
        ("male", 2, FatClass.ESSENTIAL),
        ("male", 6, FatClass.ATHLETIC),
        ("male", 14, FatClass.FIT),
        ("male", 18, FatClass.ACCEPTABLE),
        ("male", 24.9, FatClass.ACCEPTABLE),
        ("male", 25, FatClass.OBESE),
        ("female", 9.9, FatClass.BELOW_ESSENTIAL),
        ("female", 14, FatClass.ATHLETIC),
        ("female", 21, FatClass.FIT),
        ("female", 25, FatClass.ACCEPTABLE),
        ("female", 32, FatClass.OBESE),
    ],
)
def test_body_fat(sex: Sex, percent: float, expected: FatClass) -> None:
    assert fat_class(percent, sex) is expected


def test_every_way_says_how_sure_it_is() -> None:
    assert [way.error for way in Way] == [3.5, 3.6, 5.0]


def test_a_change_is_one_when_the_own_scatter_cannot_explain_it() -> None:
    steady = on_days([(number, 18.0 + (number // 14) % 2) for number in range(0, 85, 14)])
    falling = on_days([(number, 20.0 - number / 20 + (number // 14) % 2 / 5) for number in range(0, 85, 14)])
    unclear, clear = change(steady, day(84)), change(falling, day(84))
    assert unclear is not None
    assert clear is not None
    assert not unclear.is_real
    assert clear.is_real
    assert (clear.n, clear.days) == (7, 84)
    assert clear.change == pytest.approx(-4.2, abs=0.2)


@pytest.mark.parametrize(("n", "known"), [(3, False), (4, True)])
def test_a_change_needs_four_values_of_ninety_days(n: int, known: bool) -> None:
    values = list(zip((0, 5, 9, 12), [20.0, 19.0, 18.5, 18.2], strict=True))
    assert (change(on_days(values[4 - n :]), day(12)) is not None) is known
    assert change(on_days(values), day(102)) is None
    assert change(daily([20.0] * 9), day(8)) is None


@LAW
@given(st.lists(st.floats(1, 400), min_size=11, max_size=80), st.floats(-50, 50), st.floats(0.1, 10))
def test_a_change_is_blind_to_the_level_and_scales_with_the_unit(
    values: list[float], shift: float, factor: float
) -> None:
    found = change(daily(values), day(len(values) - 1))
    moved = change(daily([factor * value + shift for value in values]), day(len(values) - 1))
    assert found is not None
    assert moved is not None
    assert moved.change == pytest.approx(factor * found.change, abs=1e-6)
    assert found.low - 1e-9 <= found.change <= found.high + 1e-9


@LAW
@given(st.sampled_from(SEXES), st.floats(0, 70), st.floats(0, 20))
def test_more_is_never_a_lower_class(sex: Sex, percent: float, more: float) -> None:
    order = list(FatClass)
    assert order.index(fat_class(percent, sex)) <= order.index(fat_class(percent + more, sex))
