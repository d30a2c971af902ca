"""The clock of a member's imports: what was told first stays, whatever comes in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracking.imports.records import Clock

HOURS = st.dictionaries(st.integers(0, 60), st.sampled_from([-300, 0, 60, 120]))


@given(HOURS)
def test_every_hour_that_was_told_is_known(hours: dict[int, int]) -> None:
    clock = Clock.of(hours)
    assert {hour: clock.at(hour) for hour in hours} == hours
    assert clock.at(-1) is None
    assert clock.at(61) is None


def test_between_two_hours_of_one_offset_it_was_that_and_between_two_others_nobody_knows() -> None:
    clock = Clock.of({1: 60, 9: 60, 20: 120})
    assert [clock.at(hour) for hour in (0, 1, 5, 9, 10, 19, 20, 21)] == [
        None,
        60,
        60,
        60,
        None,
        None,
        120,
        None,
    ]


@given(HOURS, HOURS)
def test_the_first_clock_counts_where_both_tell(first: dict[int, int], second: dict[int, int]) -> None:
    one, two = Clock.of(first), Clock.of(second)
    both = one.then(two)
    for hour in range(-1, 62):
        assert both.at(hour) == (two.at(hour) if one.at(hour) is None else one.at(hour))


@given(HOURS)
def test_a_clock_after_itself_is_itself(hours: dict[int, int]) -> None:
    assert Clock.of(hours).then(Clock.of(hours)) == Clock.of(hours)
