"""Strength: the worked examples, and what is a record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW, day
from tracking.analysis.strength import (
    Kind,
    Outing,
    Record,
    WorkingSet,
    brzycki,
    effective_repetitions,
    endurance_records,
    epley,
    is_inexact,
    strength_records,
    volume,
)

SETS = st.lists(
    st.builds(
        WorkingSet,
        day=st.integers(0, 20).map(day),
        exercise=st.sampled_from(["Bank", "Kniebeuge"]),
        kg=st.none() | st.integers(1, 300).map(float),
        repetitions=st.integers(1, 15),
    ),
    max_size=20,
)


@pytest.mark.parametrize(
    ("kg", "repetitions", "by_epley", "by_brzycki"),
    [(100, 5, 116.67, 112.50), (80, 10, 106.67, 106.67), (60, 12, 84.00, 86.40)],
)
def test_one_repetition_maximum(kg: float, repetitions: int, by_epley: float, by_brzycki: float) -> None:
    assert epley(kg, repetitions) == pytest.approx(by_epley, abs=0.01)
    assert brzycki(kg, repetitions) == pytest.approx(by_brzycki, abs=0.01)


def test_one_repetition_is_itself() -> None:
    assert epley(100, 1) == 100
    assert brzycki(100, 1) == 100


def test_many_repetitions_say_little_and_more_say_nothing() -> None:
    assert (is_inexact(10), is_inexact(11)) == (False, True)
    assert epley(60, 12) is not None
    assert epley(60, 13) is None
    assert brzycki(60, 13) is None


@pytest.mark.parametrize(("kg", "repetitions"), [(-1, 5), (80, 0), (float("nan"), 5)])
def test_impossible_sets_are_an_error(kg: float, repetitions: int) -> None:
    with pytest.raises(ValueError, match="repetitions"):
        epley(kg, repetitions)
    with pytest.raises(ValueError, match="repetitions"):
        brzycki(kg, repetitions)


def test_repetitions_in_reserve_count() -> None:
    assert effective_repetitions(8, 8) == 10
    assert effective_repetitions(8, None) == 8


def test_volume_of_the_example() -> None:
    assert volume([(80, 8), (80, 8), (77.5, 9), (60, 12)]) == 2697.5


def test_a_record_betters_an_earlier_one() -> None:
    first, tie, better = (WorkingSet(day(n), "Bank", kg, 5) for n, kg in ((0, 80.0), (3, 80.0), (7, 82.5)))
    assert strength_records([first]) == []
    assert strength_records([first, tie]) == []
    found = {one.kind: one for one in strength_records([better, tie, first])}
    assert found[Kind.HEAVIEST] == Record(Kind.HEAVIEST, "Bank", 5.0, 82.5, 80.0, day(7))
    assert found[Kind.VOLUME].value == 412.5


def test_two_sets_of_one_day_are_one_attempt() -> None:
    sets = [WorkingSet(day(0), "Bank", kg, 5) for kg in (80.0, 85.0)]
    assert strength_records(sets) == []


def test_other_counts_and_other_exercises_are_apart() -> None:
    sets = [
        WorkingSet(day(0), "Bank", 80.0, 5),
        WorkingSet(day(1), "Bank", 60.0, 8),
        WorkingSet(day(2), "Squat", 90.0, 5),
    ]
    assert not any(one.kind is Kind.HEAVIEST for one in strength_records(sets))


def test_endurance_records() -> None:
    outings = [
        Outing(day(0), "Laufen", 10.0, 60.0),
        Outing(day(7), "Laufen", 10.2, 58.0),
        Outing(day(9), "Laufen", 10.6, 59.0),
        Outing(day(10), "Laufen", None, 45.0),
    ]
    found = {one.kind: one for one in endurance_records(outings)}
    assert found[Kind.FASTEST].value == pytest.approx(58 * 10 / 10.2)
    assert (found[Kind.FASTEST].over, found[Kind.FASTEST].day) == (10.0, day(7))
    assert found[Kind.LONGEST_DISTANCE].value == 10.6
    assert Kind.LONGEST_DURATION not in found


def test_a_half_marathon_is_one_to_the_metre() -> None:
    outings = [Outing(day(0), "Laufen", 21.0975, 120.0), Outing(day(9), "Laufen", 21.0975, 115.0)]
    found = [one for one in endurance_records(outings) if one.kind is Kind.FASTEST]
    assert [(one.over, one.value) for one in found] == [(21.0975, 115.0)]


@LAW
@given(SETS)
def test_records_do_not_depend_on_the_order_of_entry(sets: list[WorkingSet]) -> None:
    found = {(one.kind, one.what, one.over): one for one in strength_records(sets)}
    again = {(one.kind, one.what, one.over): one for one in strength_records(sets[::-1])}
    assert found == again
    assert all(one.value > one.before for one in found.values())


@LAW
@given(st.floats(1, 300), st.integers(1, 12))
def test_a_maximum_is_never_below_the_set(kg: float, repetitions: int) -> None:
    found = epley(kg, repetitions)
    assert found is not None
    assert found >= kg
