"""Blood pressure: classes, the seven-day protocol, warnings."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW, day
from tracking.analysis.blood_pressure import (
    HOME_THRESHOLD,
    Alarm,
    Mean,
    ProtocolGap,
    Table,
    classify,
    home_average,
    is_low,
    mean,
    mean_arterial,
    mean_of_days,
    pulse_pressure,
    rhythm_needs_a_look,
    warning,
)

WHO, ESH, ESC, HOME, AHA, ISH = (
    Table.WHO_ISH_1999,
    Table.ESC_ESH_2018,
    Table.ESC_2024,
    Table.ESC_2024_HOME,
    Table.AHA_ACC_2017,
    Table.ISH_2020,
)
SYSTOLIC, DIASTOLIC = st.floats(60, 300), st.floats(30, 200)
WEEK = (
    ((152, 94), (148, 92), (150, 90), (149, 91)),
    ((138, 86), (136, 84), (134, 85), (132, 83)),
    ((137, 85), (135, 84), (133, 82), (131, 81)),
    ((139, 88), (136, 86), (134, 84), (133, 83)),
    ((136, 85), (134, 83), (132, 82), (130, 80)),
    ((138, 86), (135, 85), (134, 83), (131, 82)),
    ((137, 84), (135, 83), (133, 82), (132, 81)),
)


def week(*numbers: int) -> list[tuple[date, float, float]]:
    """The readings of the named days of a measured week, two in the morning and two in the evening."""
    return [(day(number), s, d) for number in numbers for s, d in WEEK[number]]


# Classes ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("systolic", "diastolic", "table", "key"),
    [
        (128, 82, WHO, "normal"),
        (128, 82, ESH, "normal"),
        (128, 82, ESC, "elevated"),
        (128, 82, AHA, "stage_1"),
        (145, 88, WHO, "grade_1"),
        (145, 88, ESC, "hypertension"),
        (145, 88, AHA, "stage_2"),
        (118, 86, WHO, "high_normal"),  # the diastolic value decides
        (119, 79, WHO, "optimal"),
        (120, 79, WHO, "normal"),
        (119, 80, WHO, "normal"),
        (130, 79, WHO, "high_normal"),
        (119, 85, WHO, "high_normal"),
        (139, 89, WHO, "high_normal"),
        (140, 79, WHO, "grade_1"),
        (119, 90, WHO, "grade_1"),
        (159, 99, WHO, "grade_1"),
        (160, 79, WHO, "grade_2"),
        (119, 100, WHO, "grade_2"),
        (179, 109, WHO, "grade_2"),
        (180, 79, WHO, "grade_3"),
        (119, 110, WHO, "grade_3"),
        (119, 69, ESC, "not_elevated"),
        (120, 69, ESC, "elevated"),
        (119, 70, ESC, "elevated"),
        (139, 89, ESC, "elevated"),
        (140, 69, ESC, "hypertension"),
        (119, 90, ESC, "hypertension"),
        (119, 69, HOME, "not_elevated"),
        (120, 69, HOME, "elevated"),
        (134, 84, HOME, "elevated"),
        (135, 69, HOME, "hypertension"),
        (119, 85, HOME, "hypertension"),
        (119, 79, AHA, "normal"),
        (120, 79, AHA, "elevated"),
        (129, 79, AHA, "elevated"),
        (120, 80, AHA, "stage_1"),
        (130, 79, AHA, "stage_1"),
        (119, 89, AHA, "stage_1"),
        (140, 79, AHA, "stage_2"),
        (119, 90, AHA, "stage_2"),
        (129, 84, ISH, "normal"),
        (130, 84, ISH, "high_normal"),
        (129, 85, ISH, "high_normal"),
        (140, 84, ISH, "grade_1"),
        (129, 90, ISH, "grade_1"),
        (160, 84, ISH, "grade_2"),
        (129, 100, ISH, "grade_2"),
        (200, 120, ISH, "grade_2"),
    ],
)
def test_class(systolic: float, diastolic: float, table: Table, key: str) -> None:
    grade = classify(systolic, diastolic, table)
    assert (grade.key, grade.table) == (key, table)


def test_table_is_who_ish_unless_chosen() -> None:
    assert classify(128, 82) == classify(128, 82, WHO)


@LAW
@given(SYSTOLIC.map(round), DIASTOLIC.map(round))
def test_esc_esh_2018_draws_the_same_lines_as_who_ish(systolic: int, diastolic: int) -> None:
    assert classify(systolic, diastolic, ESH).key == classify(systolic, diastolic, WHO).key


@pytest.mark.parametrize("bound", [120, 130, 140, 160, 180])
def test_systolic_lines_of_esc_esh_2018(bound: int) -> None:
    assert classify(bound, 0, ESH).rank == classify(bound - 1, 0, ESH).rank + 1


@pytest.mark.parametrize("bound", [80, 85, 90, 100, 110])
def test_diastolic_lines_of_esc_esh_2018(bound: int) -> None:
    assert classify(0, bound, ESH).rank == classify(0, bound - 1, ESH).rank + 1


def test_means_are_compared_unrounded() -> None:
    assert classify(139.6, 89.9).key == "high_normal"


@pytest.mark.parametrize(
    ("systolic", "diastolic", "isolated"),
    [(145, 88, True), (140, 89.9, True), (139, 88, False), (145, 90, False)],
)
@pytest.mark.parametrize("table", Table)
def test_isolated_systolic(systolic: float, diastolic: float, isolated: bool, table: Table) -> None:
    assert classify(systolic, diastolic, table).isolated_systolic is isolated


@LAW
@given(SYSTOLIC, DIASTOLIC, st.floats(0, 100), st.sampled_from(Table))
def test_class_never_falls_while_a_value_rises(s: float, d: float, more: float, table: Table) -> None:
    rank = classify(s, d, table).rank
    assert classify(s + more, d, table).rank >= rank
    assert classify(s, d + more, table).rank >= rank


@LAW
@given(SYSTOLIC, DIASTOLIC, st.sampled_from(Table))
def test_higher_of_the_two_ranks_counts(s: float, d: float, table: Table) -> None:
    by_systolic, by_diastolic = classify(s, 0, table).rank, classify(0, d, table).rank
    assert classify(s, d, table).rank == max(by_systolic, by_diastolic)


# Derived ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("s", "d", "pulse", "arterial"), [(128, 82, 46, 97.33), (145, 88, 57, 107.00)])
def test_pulse_and_mean_arterial_pressure(s: float, d: float, pulse: float, arterial: float) -> None:
    assert pulse_pressure(s, d) == pulse
    assert mean_arterial(s, d) == pytest.approx(arterial, abs=0.005)


# Means ------------------------------------------------------------------------------------------------------
def test_home_average_drops_the_first_day() -> None:
    found = home_average(week(0, 1, 2, 3, 4, 5, 6))
    assert isinstance(found, Mean)
    assert (found.systolic, found.diastolic) == pytest.approx((134.38, 83.62), abs=0.0051)
    assert found.n == 24
    assert list(HOME_THRESHOLD) == [135, 85]
    assert found.systolic < HOME_THRESHOLD[0]


def test_with_the_first_day_the_threshold_would_be_reached() -> None:
    found = mean([(s, d) for _day, s, d in week(0, 1, 2, 3, 4, 5, 6)])
    assert found is not None
    assert (found.systolic, found.diastolic) == pytest.approx((136.57, 84.79), abs=0.005)
    assert found.systolic >= HOME_THRESHOLD[0]


@pytest.mark.parametrize(
    ("numbers", "gap"),
    [
        ((), ProtocolGap.DAYS),
        ((1, 2), ProtocolGap.DAYS),
        ((1, 2, 3), ProtocolGap.READINGS),  # after the first day eight readings are left
    ],
)
def test_home_average_says_what_is_missing(numbers: tuple[int, ...], gap: ProtocolGap) -> None:
    assert home_average(week(*numbers)) is gap


def test_home_average_needs_twelve_readings() -> None:
    readings = week(0, 1, 2, 3)
    found = home_average(readings)
    assert isinstance(found, Mean)
    assert found.n == 12
    assert home_average(readings[:-1]) is ProtocolGap.READINGS


def test_home_average_looks_at_the_last_seven_days() -> None:
    earlier = [(day(-1), 190.0, 110.0), (day(-30), 190.0, 110.0)]
    assert home_average([*earlier, *week(0, 1, 2, 3, 4, 5, 6)]) == home_average(week(0, 1, 2, 3, 4, 5, 6))


@LAW
@given(st.permutations(week(0, 1, 2, 3, 4, 5, 6)))
def test_order_of_the_readings_does_not_matter(readings: list[tuple[date, float, float]]) -> None:
    assert home_average(readings) == home_average(week(0, 1, 2, 3, 4, 5, 6))


def test_mean_of_days() -> None:
    readings = [(day(0), 200.0, 120.0), (day(1), 120.0, 80.0), (day(7), 130.0, 84.0), (day(8), 200.0, 120.0)]
    assert mean_of_days(readings, day(7), 7) == Mean(125.0, 82.0, 2)
    assert mean_of_days(readings, day(20), 7) is None


@LAW
@given(st.lists(st.tuples(SYSTOLIC, DIASTOLIC), min_size=1))
def test_mean_lies_between_the_readings(readings: list[tuple[float, float]]) -> None:
    found = mean(readings)
    assert found is not None
    for value, values in zip((found.systolic, found.diastolic), zip(*readings, strict=True), strict=True):
        assert min(values) - 1e-9 <= value <= max(values) + 1e-9


# Warnings ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("systolic", "diastolic", "alarm"),
    [
        (179, 109, None),
        (180, 80, Alarm.EMERGENCY),
        (140, 120, Alarm.EMERGENCY),
        (179, 119, Alarm.SOON),
        (140, 110, Alarm.SOON),
        (89, 59, None),
    ],
)
def test_warning(systolic: float, diastolic: float, alarm: Alarm | None) -> None:
    assert warning(systolic, diastolic) is alarm


@LAW
@given(SYSTOLIC, DIASTOLIC)
def test_warning_rests_on_a_threshold_that_was_reached(systolic: float, diastolic: float) -> None:
    alarm = warning(systolic, diastolic)
    for one in Alarm:
        reached = systolic >= one.threshold[0] or diastolic >= one.threshold[1]
        assert reached or alarm is not one
    assert (alarm is None) == (systolic < 180 and diastolic < 110)


def test_thresholds_of_the_warnings() -> None:
    assert [(alarm, alarm.threshold) for alarm in Alarm] == [
        (Alarm.EMERGENCY, (180, 120)),
        (Alarm.SOON, (180, 110)),
    ]


@pytest.mark.parametrize(
    ("systolic", "diastolic", "low"), [(90, 60, False), (89, 60, True), (90, 59, True), (120, 80, False)]
)
def test_low_reading(systolic: float, diastolic: float, low: bool) -> None:
    assert is_low(systolic, diastolic) is low


@pytest.mark.parametrize(
    ("flags", "needed"),
    [((), False), ((True, False, False), False), ((True, False, True), True)],
)
def test_irregular_rhythm_counts_from_the_second_reading(flags: tuple[bool, ...], needed: bool) -> None:
    assert rhythm_needs_a_look(flags) is needed
