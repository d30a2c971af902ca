"""What a rate means, and whether it is where the member wants to go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import FALLING, LAW, daily, day, rated
from tracking.analysis.interpret import Course, Direction, towards_goal, weight_direction
from tracking.analysis.weight import Points, rate


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


@pytest.mark.parametrize(
    ("direction", "level", "goal", "course"),
    [
        (Direction.FALLING, 83.0, 80.0, Course.TOWARDS),
        (Direction.RISING, 83.0, 80.0, Course.AWAY),
        (Direction.FALLING, 60.0, 65.0, Course.AWAY),
        (Direction.RISING, 60.0, 65.0, Course.TOWARDS),
        (Direction.STEADY, 83.0, 80.0, Course.NEUTRAL),
        (Direction.UNKNOWN, 83.0, 80.0, Course.NEUTRAL),
        (Direction.FALLING, 80.0, 80.0, Course.NEUTRAL),
        (Direction.FALLING, 83.0, None, Course.NEUTRAL),
    ],
)
def test_what_is_good_depends_on_the_goal(
    direction: Direction, level: float, goal: float | None, course: Course
) -> None:
    assert towards_goal(direction, level, goal) is course


@LAW
@given(st.sampled_from(Direction), st.floats(20, 400), st.floats(20, 400))
def test_towards_from_one_side_is_away_from_the_other(
    direction: Direction, level: float, goal: float
) -> None:
    there, back = towards_goal(direction, level, goal), towards_goal(direction, goal, level)
    assert {there, back} in ({Course.TOWARDS, Course.AWAY}, {Course.NEUTRAL})
