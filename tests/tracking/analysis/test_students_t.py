"""Quantiles of Student's t against printed tables and closed forms."""

from __future__ import annotations

from math import isclose, pi, sqrt, tan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.students_t import quantile, two_sided


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [
        (0.975, 1, 12.7062047362),
        (0.975, 2, 4.3026527297),
        (0.975, 5, 2.5705818356),
        (0.975, 12, 2.1788128297),
        (0.975, 26, 2.0555294386),
        (0.975, 30, 2.0422724563),
        (0.975, 120, 1.9799304051),
        (0.95, 10, 1.8124611228),
        (0.995, 4, 4.6040948714),
        (0.9995, 3, 12.9239786367),
    ],
)
def test_quantile_is_the_table_s(probability: float, freedom: int, expected: float) -> None:
    assert quantile(probability, freedom) == pytest.approx(expected, abs=1e-9)


@LAW
@given(st.floats(0.501, 0.999))
def test_quantile_follows_the_closed_forms_of_one_and_two_degrees(probability: float) -> None:
    share = 2 * probability - 1
    assert isclose(quantile(probability, 1), tan(pi * share / 2), rel_tol=1e-9)
    assert isclose(quantile(probability, 2), share * sqrt(2 / (1 - share * share)), rel_tol=1e-9)


def test_many_degrees_come_close_to_the_normal_distribution() -> None:
    assert quantile(0.975, 1_000_000) == pytest.approx(1.959966, abs=1e-5)


@LAW
@given(st.floats(0.55, 0.999), st.integers(1, 200))
def test_more_certainty_is_wider_and_more_values_are_narrower(probability: float, freedom: int) -> None:
    assert quantile(probability, freedom) > quantile(probability - 0.01, freedom)
    assert quantile(probability, freedom) > quantile(probability, freedom + 1)


def test_the_middle_is_zero() -> None:
    assert quantile(0.5, 7) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("probability", "freedom"), [(0.4, 5), (1.0, 5), (0.975, 0), (0.975, -1)])
def test_what_has_no_quantile_is_an_error(probability: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        quantile(probability, freedom)


@pytest.mark.parametrize(
    ("t", "freedom", "expected"),
    [
        (12.7062047362, 1, 0.05),
        (-2.1788128297, 12, 0.05),
        (1.8124611228, 10, 0.1),
        (0, 7.5, 1.0),
    ],
)
def test_two_sided_tail_is_the_table_s(t: float, freedom: float, expected: float) -> None:
    assert two_sided(t, freedom) == pytest.approx(expected, abs=5e-6)


@LAW
@given(st.floats(0, 50), st.floats(0.5, 500), st.floats(0.01, 5))
def test_farther_from_zero_is_less_probable(t: float, freedom: float, more: float) -> None:
    assert 0 <= two_sided(t + more, freedom) <= two_sided(t, freedom) <= 1


def test_a_tail_needs_freedom() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        two_sided(1, 0)
