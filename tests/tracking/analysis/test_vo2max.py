"""Maximal oxygen uptake: classes by age and sex."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.body import SEXES, Sex
from tracking.analysis.vo2max import Class, classify, median


@pytest.mark.parametrize(
    ("sex", "age", "value", "expected"),
    [
        ("male", 35, 44.1, Class.GOOD),
        ("female", 42, 24.4, Class.POOR),
        ("male", 35, 41.0, Class.GOOD),
        ("male", 35, 40.9, Class.FAIR),
        ("male", 35, 49.4, Class.EXCELLENT),
        ("male", 35, 49.5, Class.SUPERIOR),
        ("female", 75, 17.4, Class.VERY_POOR),
        ("female", 13, 25.0, Class.POOR),
        ("male", 12, 50.0, None),
    ],
)
def test_classes_begin_where_the_table_says(
    sex: Sex, age: float, value: float, expected: Class | None
) -> None:
    assert classify(value, age, sex) is expected


@pytest.mark.parametrize(("sex", "age", "expected"), [
    ("male", 20, 48.0), ("male", 79, 24.4), ("female", 29.9, 37.6), ("female", 70, 18.3), ("male", 80, None),
    ("male", 19, None),
])  # fmt: skip
def test_medians_go_by_decades(sex: Sex, age: float, expected: float | None) -> None:
    assert median(age, sex) == expected


@LAW
@given(st.sampled_from(SEXES), st.integers(13, 100), st.floats(5, 90), st.floats(0, 20))
def test_more_is_never_a_lower_class(sex: Sex, age: int, value: float, more: float) -> None:
    order = list(Class)
    lower, higher = classify(value, age, sex), classify(value + more, age, sex)
    assert lower is not None
    assert higher is not None
    assert order.index(lower) <= order.index(higher)
