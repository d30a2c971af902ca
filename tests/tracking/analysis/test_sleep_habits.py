"""Sleep over many nights: the worked examples, changed clocks and travel, and what must always hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.sleep_habits import (
    Debt,
    Typical,
    _days,
    debt,
    duration,
    regularity,
    regularity_index,
    usual_time,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
Night = tuple[datetime, datetime]


def night(number: int, bed: str, wake: str, zone: ZoneInfo = BERLIN) -> Night:
    """From a clock of the evening (or after midnight) to one of the morning of day `number` of 2026."""
    morning = datetime(2026, 1, 1, tzinfo=zone) + timedelta(days=number)
    start, end = (datetime.strptime(clock, "%H:%M").time() for clock in (bed, wake))
    evening = morning - timedelta(days=1) if start.hour >= 12 else morning
    return evening.replace(hour=start.hour, minute=start.minute), morning.replace(
        hour=end.hour, minute=end.minute
    )


def test_debt_of_the_examples() -> None:
    found = debt([7.2, 6.5, 7.0, 8.4, 7.9, 6.1, 7.5])
    assert found is not None
    assert found.hours == pytest.approx(5.4)
    assert debt([8.0] * 14) == Debt(0, 14, 0)


def test_unknown_nights_neither_add_nor_pay() -> None:
    assert debt([7.0, None, 7.0]) == Debt(2, 2, 1)
    assert debt([None, None]) is None


def test_sleep_ahead_is_not_saved_up() -> None:
    assert debt([12.0, 7.0]) == Debt(1, 2, 0)
    with pytest.raises(ValueError, match="need"):
        debt([8.0], 0)


@pytest.mark.parametrize(
    ("nights", "index"),
    [
        ([("23:00", "07:00"), ("23:00", "06:00")], 91.67),
        ([("23:00", "07:00"), ("00:30", "08:00"), ("23:00", "07:00")], 79.17),
        ([("23:00", "07:00"), ("23:00", "07:00")], 100),
    ],
)
def test_index_of_the_examples(nights: list[tuple[str, str]], index: float) -> None:
    days = _days(night(number, *clocks) for number, clocks in enumerate(nights))
    assert regularity_index(days) == pytest.approx(index, abs=0.01)


@pytest.mark.parametrize(("n", "known"), [(6, False), (7, True)])
def test_regularity_needs_seven_days_in_a_row(n: int, known: bool) -> None:
    nights = [night(number, "23:00", "07:00") for number in range(n)]
    assert (regularity(nights) == 100) is known
    assert regularity([*nights[:3], *nights[4:]]) is None


def test_a_day_without_a_record_is_left_out_and_not_awake() -> None:
    nights = [night(number, "23:00", "07:00") for number in range(16) if number != 8]
    assert regularity(nights) == 100


def test_a_nap_alone_is_no_record_of_a_day() -> None:
    nights = [night(number, "23:00", "07:00") for number in range(16) if number != 8]
    assert regularity([*nights, night(8, "10:00", "10:40")]) == 100


def test_changed_clocks_and_travel_count_as_the_clocks_show() -> None:
    """The last Sunday of March, and a week in New York: always eleven to seven."""
    nights = [night(number, "23:00", "07:00") for number in range(84, 92)]
    nights += [night(number, "23:00", "07:00", NEW_YORK) for number in range(92, 99)]
    assert regularity(nights) == 100


def test_sleep_over_noon_belongs_to_two_days() -> None:
    """Who works at night sleeps from nine to five, every day alike."""
    assert regularity([night(number, "09:00", "17:00") for number in range(9)]) is not None
    inner = _days([night(3, "09:00", "17:00")])
    assert [mask.bit_count() for mask in inner.values()] == [180, 300]


def test_the_middle_of_bed_times_is_found_across_midnight() -> None:
    found = usual_time([23 * 60, 23 * 60 + 30, 0, 30, 60])
    assert found is not None
    assert min(found.minute, 1440 - found.minute) == pytest.approx(0, abs=1e-6)
    assert found.spread_min == pytest.approx(47.43, abs=0.01)


def test_few_times_and_times_all_around_have_no_middle() -> None:
    assert usual_time([60.0] * 4) is None
    assert usual_time([0, 360, 720, 1080] * 2) is None


@pytest.mark.parametrize(
    ("hours", "age", "expected"),
    [(6.9, 40, Typical.LESS), (7, 40, Typical.WITHIN), (9, 64, Typical.WITHIN), (9.1, 64, Typical.MORE),
     (8.1, 65, Typical.MORE), (8, 17, None)],
)  # fmt: skip
def test_typical_hours_by_age(hours: float, age: float, expected: Typical | None) -> None:
    assert duration(hours, age) is expected


@LAW
@given(st.lists(st.none() | st.floats(0, 16), max_size=14), st.floats(4, 12))
def test_debt_is_never_below_none_nor_above_what_all_nights_lack(
    nights: list[float | None], need: float
) -> None:
    found = debt(nights, need)
    if found is not None:
        known = [hours for hours in nights if hours is not None]
        assert 0 <= found.hours <= sum(max(0, need - hours) for hours in known) + 1e-9


@LAW
@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 900)), min_size=8, max_size=20))
def test_the_index_keeps_its_bounds(nights: list[tuple[int, int]]) -> None:
    start = datetime(2026, 1, 1, tzinfo=BERLIN)
    sleeps = []
    for number, (bed, length) in enumerate(nights):
        begun = start + timedelta(days=number, minutes=bed)
        sleeps.append((begun, begun + timedelta(minutes=length)))
    found = regularity(sleeps)
    assert found is None or -100 <= found <= 100


@LAW
@given(st.lists(st.floats(0, 1439), min_size=5, max_size=30), st.floats(0, 1439))
def test_the_middle_turns_with_the_clock(minutes: list[float], turn: float) -> None:
    found, turned = usual_time(minutes), usual_time([(minute + turn) % 1440 for minute in minutes])
    if found is None or turned is None:
        return
    off = (turned.minute - found.minute - turn + 720) % 1440 - 720
    assert off == pytest.approx(0, abs=1e-3)
