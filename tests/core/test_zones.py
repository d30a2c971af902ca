"""Days and periods where clocks change and zones differ."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitai.core.zones import PeriodKind, known_zone, local_day, midnight, offset_minutes, period

BERLIN = ZoneInfo("Europe/Berlin")
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(
    ["Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns", "Africa/Cairo", "Asia/Kathmandu"]
)


def test_the_day_is_that_of_the_place() -> None:
    instant = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert local_day(instant, BERLIN) == date(2026, 3, 2)
    assert local_day(instant, ZoneInfo("America/New_York")) == date(2026, 3, 1)


def test_offsets_follow_daylight_saving() -> None:
    assert offset_minutes(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), BERLIN) == 60
    assert offset_minutes(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), BERLIN) == 120


@pytest.mark.parametrize(
    ("kind", "start", "resets"),
    [
        ("day", date(2026, 3, 29), "2026-03-29T22:00:00+00:00"),
        ("week", date(2026, 3, 23), "2026-03-29T22:00:00+00:00"),
        ("month", date(2026, 3, 1), "2026-03-31T22:00:00+00:00"),
        ("total", date(1970, 1, 1), None),
    ],
)
def test_periods_end_at_midnight_when_clocks_change(kind: PeriodKind, start: date, resets: str) -> None:
    found = period(kind, datetime(2026, 3, 29, 12, tzinfo=UTC), BERLIN)
    assert found.start == start
    assert (found.resets_at.isoformat() if found.resets_at else None) == resets


@given(at=INSTANTS, name=ZONES, kind=st.sampled_from(get_args(PeriodKind)))
def test_an_instant_lies_in_its_period_the_next_begins_after(
    at: datetime, name: str, kind: PeriodKind
) -> None:
    zone = ZoneInfo(name)
    found = period(kind, at, zone)
    assert found.start <= local_day(at, zone)
    if found.resets_at is not None:
        assert at < found.resets_at
        assert period(kind, found.resets_at, zone).start > found.start


def test_midnight_that_does_not_exist_is_the_first_instant_after_it() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    assert local_day(midnight(date(2026, 4, 24), cairo), cairo) == date(2026, 4, 24)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "\x00", "Europe/Berlin\n"])
def test_what_a_browser_makes_up_is_no_zone(name: str) -> None:
    assert known_zone(name) is None
