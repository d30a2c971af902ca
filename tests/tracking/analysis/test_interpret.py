"""What a rate means, and whether it is where the member wants to go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import FALLING, LAW, daily, day, rated
from tracking.analysis.interpret import Course, Direction, towards_goal, weight_direction
from tracking.analysis.weight import Points, Target, rate


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        (FALLING, Direction.FALLING),
        (FALLING[::-1], Direction.RISING),
        ((80.0, 80.4) * 7, Direction.STEADY),
        ((80.1,) * 14, Direction.STEADY),
        (FALLING[:6], Direction.UNKNOWN),
    ],
)
def test_direction(values: tuple[float, ...], direction: Direction) -> None:
    assert weight_direction(rate(daily(values), day(13))) is direction


@LAW
@given(rated())
def test_a_direction_is_claimed_only_where_zero_is_excluded(points: Points) -> None:
    found = rate(points, day(27))
    assert found is not None
    assert (weight_direction(found) is Direction.STEADY) == (found.low <= 0 <= found.high)


@pytest.mark.parametrize("value", [20.1, 57.3, 80.1, 99.9, 133.7, 399.9])
@pytest.mark.parametrize("n", range(11, 29))
def test_a_weight_that_never_changes_is_steady(value: float, n: int) -> None:
    """No direction out of the last digit of a floating-point number."""
    assert weight_direction(rate(daily([value] * n), day(n - 1))) is Direction.STEADY


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
        (FALLING, Target(84.0, start_kg=90.0), Course.REACHED),
        (FALLING, Target(84.0, start_kg=82.0), Course.AWAY),
        (FALLING, Target(80.0, start_kg=90.0), Course.TOWARDS),
        (FALLING[::-1], Target(83.0, start_kg=80.0), Course.REACHED),
        (STEADY, Target(83.0, start_kg=90.0), Course.REACHED),
    ],
)
def test_what_is_good_depends_on_the_goal(
    values: tuple[float, ...], target: Target | None, course: Course
) -> None:
    assert towards_goal(rate(daily(values), day(13)), target) is course


@LAW
@given(rated(), st.floats(0.1, 100))
def test_towards_from_one_side_is_away_from_the_other(points: Points, distance: float) -> None:
    found = rate(points, day(27))
    assert found is not None
    below, above = (towards_goal(found, Target(found.level + sign * distance)) for sign in (-1, 1))
    assert {below, above} in ({Course.TOWARDS, Course.AWAY}, {Course.NEUTRAL})
