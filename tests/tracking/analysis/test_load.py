"""Training load: the worked examples, and what must hold for any loads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW, day
from tracking.analysis.load import (
    Form,
    RestKept,
    Span,
    Week,
    daily_loads,
    form,
    load_ratio,
    rest_kept,
    week,
)

EXAMPLE = [0.0, 420.0, 0.0, 300.0, 480.0, 0.0, 240.0]
LOADS = st.lists(st.floats(0, 2000), min_size=28, max_size=60)
WEEKS = st.lists(st.floats(0, 2000), min_size=7, max_size=7)


def test_sessions_of_a_day_add_up_and_a_day_without_is_rest() -> None:
    sessions = [(day(1), 420.0), (day(3), 180.0), (day(1), 60.0), (day(9), 500.0)]
    assert daily_loads(sessions, day(0), day(3)) == [0.0, 480.0, 0.0, 180.0]
    with pytest.raises(ValueError, match="comes before"):
        daily_loads(sessions, day(3), day(2))


def test_week_of_the_example() -> None:
    found = week(EXAMPLE)
    assert found.total == 1440
    assert found.monotony == pytest.approx(0.992, abs=5e-4)
    assert found.strain == pytest.approx(1428, abs=1)


def test_a_week_of_nearly_equal_days_is_capped() -> None:
    """46.5 by the formula."""
    assert week([300, 310, 290, 300, 305, 295, 300]).monotony == 10
    assert week([300.0] * 7) == Week(2100, 10, 21_000)


def test_a_week_without_load_has_no_monotony() -> None:
    assert week([0.0] * 7) == Week(0, None, None)


@pytest.mark.parametrize("loads", [[1.0] * 6, [1.0] * 6 + [-1.0], [float("nan")] * 7])
def test_a_week_has_seven_loads(loads: list[float]) -> None:
    with pytest.raises(ValueError, match="loads"):
        week(loads)


def test_load_ratio_of_the_examples() -> None:
    found = load_ratio([200.0] * 21 + EXAMPLE)
    assert found is not None
    assert found.coupled == pytest.approx(1.021, abs=5e-4)
    assert found.uncoupled == pytest.approx(1.029, abs=5e-4)
    assert found.smoothed == pytest.approx(210.75 / 203.49, abs=1e-3)
    doubled = load_ratio([150.0] * 14 + [300.0] * 14)
    assert doubled is not None
    assert (doubled.coupled, doubled.uncoupled) == pytest.approx((1.333, 1.5), abs=5e-4)
    assert doubled.smoothed == pytest.approx(1.214, abs=5e-4)


def test_a_ratio_needs_a_month_and_some_load() -> None:
    assert load_ratio([200.0] * 27) is None
    assert load_ratio([9.99] * 28) is None
    assert load_ratio([10.0] * 28) is not None


def test_three_weeks_of_rest_are_nothing_to_compare_with() -> None:
    found = load_ratio([0.0] * 21 + [300.0] * 7)
    assert found is not None
    assert found.uncoupled is None


@pytest.mark.parametrize(
    ("acute", "span"),
    [(79.0, Span.LESS), (81.0, Span.USUAL), (129.0, Span.USUAL), (131.0, Span.MORE), (149.0, Span.MORE),
     (151.0, Span.MUCH_MORE)],
)  # fmt: skip
def test_words_change_just_at_their_bounds(acute: float, span: Span) -> None:
    """A month of a mean of 100: the three weeks before make up for the last."""
    found = load_ratio([(2800 - 7 * acute) / 21] * 21 + [acute] * 7)
    assert found is not None
    assert found.span is span


def test_form_moves_a_part_of_the_way() -> None:
    moved = form([120.0], Form(50, 60))
    assert moved.fitness == pytest.approx(51.667, abs=5e-4)
    assert moved.fatigue == pytest.approx(68.571, abs=5e-4)
    assert moved.balance == pytest.approx(51.667 - 68.571, abs=1e-3)


@LAW
@given(LOADS, st.floats(0.5, 5))
def test_the_ratio_does_not_depend_on_the_unit_of_load(loads: list[float], factor: float) -> None:
    found, scaled = load_ratio(loads), load_ratio([factor * load for load in loads])
    if found is None or scaled is None:
        return
    assert scaled.coupled == pytest.approx(found.coupled)
    assert scaled.smoothed == pytest.approx(found.smoothed)


@LAW
@given(WEEKS)
def test_monotony_is_bounded_and_blind_to_order(loads: list[float]) -> None:
    found = week(loads)
    if found.monotony is None:
        assert found.total == 0
        return
    assert 0 < found.monotony <= 10
    assert week(sorted(loads)).monotony == pytest.approx(found.monotony)


@LAW
@given(LOADS)
def test_coupled_ratio_lies_between_nothing_and_four(loads: list[float]) -> None:
    """All of a month in its last week is four times the mean, never more."""
    found = load_ratio(loads)
    assert found is None or 0 <= found.coupled <= 4 + 1e-9


@LAW
@given(st.lists(st.tuples(st.integers(0, 27), st.floats(0, 500)), max_size=40))
def test_no_load_is_lost(sessions: list[tuple[int, float]]) -> None:
    dated = [(day(number), load) for number, load in sessions]
    daily = daily_loads(dated, day(0), day(0) + timedelta(days=27))
    assert sum(daily) == pytest.approx(sum(load for _number, load in sessions))


def test_a_rest_is_broken_by_a_training_of_its_kind_alone() -> None:
    rested = {day(0): {"strength"}, day(1): {"strength", "cardio"}, day(2): {"cardio"}, day(3): set[str]()}
    trained = [
        (day(0), "cardio"),
        (day(1), "cardio"),
        (day(1), "strength"),
        (day(2), "mind"),
        (day(9), "cardio"),
    ]
    assert rest_kept(rested, trained) == RestKept(days=4, kept=3)
    assert rest_kept({}, trained) == RestKept(0, 0)
