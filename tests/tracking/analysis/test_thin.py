"""Charts with fewer points still show the same course."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.thin import thin

COLUMN = st.lists(st.none() | st.floats(-1000, 1000), max_size=300)


@LAW
@given(COLUMN, st.integers(4, 100))
def test_indices_ascend_and_are_few_with_both_ends(values: list[float | None], most: int) -> None:
    kept = thin(values, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= most
    assert not values or (kept[0], kept[-1]) == (0, len(values) - 1)


@LAW
@given(COLUMN, st.integers(4, 100))
def test_highest_and_lowest_stay(values: list[float | None], most: int) -> None:
    there = [value for value in values if value is not None]
    kept = [value for index in thin(values, most) if (value := values[index]) is not None]
    assert bool(kept) == bool(there)
    if there:
        assert (min(kept), max(kept)) == (min(there), max(there))


@LAW
@given(COLUMN)
def test_what_fits_is_left_as_it_is(values: list[float | None]) -> None:
    assert thin(values, max(4, len(values))) == list(range(len(values)))


@LAW
@given(st.integers(14, 100), st.integers(10, 200), st.integers(10, 200))
def test_a_long_gap_stays_a_gap(most: int, before: int, after: int) -> None:
    """Half of the chart is missing: of six stretches and more, one at least lies in it whole."""
    values = [1.0] * before + [None] * (before + after) + [2.0] * after
    assert None in [values[index] for index in thin(values, most)]


def test_a_single_peak_among_thousands_stays() -> None:
    values: list[float | None] = [80.0] * 3650
    values[1234] = 95.0
    assert 1234 in thin(values, 100)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_four_points_are_the_least(most: int) -> None:
    assert thin([1.0, 5.0, 0.0, 2.0, 3.0], most) == [0, 1, 2, 4]
    assert (
        thin([1.0, 5.0, 0.0, 2.0, 3.0, 1.0], most) == thin([1.0, 5.0, 0.0, 2.0, 3.0, 1.0], 4) == [0, 1, 2, 5]
    )
