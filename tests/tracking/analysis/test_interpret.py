"""What a number means, just below, at and just above every threshold, and whether it is where the member
wants to go.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import FALLING, LAW, daily, day, rated
from tests.tracking.analysis.thresholds import ROWS, Row, kind, raised, thresholds
from tracking.analysis import interpret
from tracking.analysis.interpret import Caution, Course, Moves, daily_means, movement, towards_goal
from tracking.analysis.weight import Points, Target, rate


# Thresholds -------------------------------------------------------------------------------------------------
def test_every_threshold_is_tried_from_both_sides_and_names_its_source() -> None:
    assert {row.name for row in ROWS} == set(thresholds())
    assert [name for name, one in thresholds().items() if not (one.source and one.unit)] == []


def test_no_number_is_kept_without_a_source() -> None:
    assert [name for name, value in vars(interpret).items() if isinstance(value, int | float)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_meaning_changes_at_its_threshold_and_nowhere_near(row: Row) -> None:
    assert [row.kind(verdict) for verdict in row.verdicts()] == [row.below, row.at, row.above]
    assert row.below != row.above


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.kind in {kind, raised, type}], ids=lambda row: row.name
)
def test_a_verdict_says_what_it_rests_on(row: Row) -> None:
    assert row.threshold in {threshold for verdict in row.verdicts() for threshold in verdict.rests_on}


# Direction --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "moves"),
    [
        (FALLING, Moves.FALLING),
        (FALLING[::-1], Moves.RISING),
        ((80.0, 80.4) * 7, Moves.STEADY),
        ((80.1,) * 14, Moves.STEADY),
        (FALLING[:6], Moves.FEW),
        ((), Moves.NONE),
    ],
)
def test_direction(values: tuple[float, ...], moves: Moves) -> None:
    assert movement(daily(values), day(13)).kind is moves


@LAW
@given(rated())
def test_a_direction_is_claimed_only_where_zero_is_excluded(points: Points) -> None:
    found = rate(points, day(27))
    assert found is not None
    assert (movement(points, day(27)).kind is Moves.STEADY) == (found.low <= 0 <= found.high)


@pytest.mark.parametrize("value", [20.1, 57.3, 80.1, 99.9, 133.7, 399.9])
@pytest.mark.parametrize("n", range(11, 29))
def test_a_weight_that_never_changes_is_steady(value: float, n: int) -> None:
    """No direction out of the last digit of a floating-point number."""
    assert movement(daily([value] * n), day(n - 1)).kind is Moves.STEADY


def test_what_is_missing_for_a_direction_is_counted() -> None:
    few = movement(daily(FALLING[:5]), day(4))
    assert (few.have, few.values, few.last) == (5, FALLING[:5], day(4))
    assert movement(daily(FALLING[:8]), day(7)).have == 7
    stale = movement(daily(FALLING), day(90))
    assert (stale.kind, stale.values, stale.last) == (Moves.STALE, (83.4,), day(13))


def test_several_values_of_a_day_are_one() -> None:
    points = [(day(0), 80.0), (day(0), 82.0), (day(1), 79.0)]
    assert daily_means(points) == [(day(0), 81.0), (day(1), 79.0)]


# Goal -------------------------------------------------------------------------------------------------------
STEADY, SHORT = (80.0, 80.4) * 7, FALLING[:6]


@pytest.mark.parametrize(
    ("values", "target", "course"),
    [
        (FALLING, Target(80.0), Course.TOWARDS),
        (FALLING[::-1], Target(80.0), Course.AWAY),
        (FALLING, Target(85.0), Course.AWAY),
        (FALLING[::-1], Target(86.0), Course.TOWARDS),
        (STEADY, Target(75.0), Course.NEUTRAL),
        (SHORT, Target(80.0), Course.NEUTRAL),
        (FALLING, None, Course.NEUTRAL),
        # The line ends at 83.2: who wanted less than they had has arrived, who wanted more has not begun.
        (FALLING, Target(83.2), Course.REACHED),
        (FALLING, Target(84.0, start=90.0), Course.REACHED),
        (FALLING, Target(84.0, start=82.0), Course.AWAY),
        (FALLING, Target(80.0, start=90.0), Course.TOWARDS),
        (FALLING[::-1], Target(83.0, start=80.0), Course.REACHED),
        (STEADY, Target(83.0, start=90.0), Course.REACHED),
    ],
)
def test_what_is_good_depends_on_the_goal(
    values: tuple[float, ...], target: Target | None, course: Course
) -> None:
    assert towards_goal(movement(daily(values), day(13)), target) is course


@LAW
@given(rated(), st.floats(0.1, 100))
def test_towards_from_one_side_is_away_from_the_other(points: Points, distance: float) -> None:
    found = movement(points, day(27))
    assert found.rate is not None
    level = found.rate.level
    below, above = (towards_goal(found, Target(level + sign * distance)) for sign in (-1, 1))
    assert {below, above} in ({Course.TOWARDS, Course.AWAY}, {Course.NEUTRAL})


# Blood pressure ---------------------------------------------------------------------------------------------
def test_without_a_reading_there_is_no_state() -> None:
    assert interpret.pressure_state([], day(0)) is None


def test_the_gravest_of_a_week_comes_first_and_the_pulse_after_it() -> None:
    readings = [(day(0), 170.0, 112.0), (day(1), 182.0, 90.0), (day(2), 85.0, 55.0)]
    assert interpret.cautions_of_week(readings, [True, True, False]) == (Caution.EMERGENCY, Caution.RHYTHM)
    assert interpret.cautions_of_week(readings[:1], [True]) == (Caution.SOON,)
    assert interpret.cautions_of_week(readings[2:], []) == ()


@pytest.mark.parametrize(
    ("systolic", "diastolic", "digits"),
    [
        (134.4, 83.6, 0),
        (134.6, 83.0, 1),
        (134.0, 84.6, 1),
        (135.2, 84.0, 0),
        (129.5, 80.0, 1),
        (131.5, 80.0, 0),
    ],
)
def test_a_shown_mean_stands_on_the_side_of_the_threshold_it_is_on(
    systolic: float, diastolic: float, digits: int
) -> None:
    state = interpret.pressure_state([(day(0), systolic, diastolic)], day(0))
    assert isinstance(state, interpret.PressureState)
    assert state.digits == digits
