"""Sleep of one night: the worked examples, changing clocks, and what must hold for any night."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.sleep import (
    Phase,
    Session,
    asleep_min,
    efficiency,
    main_session,
    naps,
    phase_shares,
)

BERLIN, NEW_YORK, CHATHAM = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Pacific/Chatham")
)
MINUTES = st.floats(0, 300)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def night(minutes: float, bed: str = "2026-03-01 22:50", /, **parts: float | None) -> Session:
    return Session(at(bed), at(bed) + timedelta(minutes=minutes), **parts)


STAGED = night(480, deep_min=62, rem_min=98, light_min=280, awake_min=8)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Any session, in any zone, whose parts may or may not be known and fit."""
    zone = draw(st.sampled_from([BERLIN, NEW_YORK, CHATHAM]))
    start = draw(st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
    length = timedelta(minutes=draw(st.integers(1, 900)))
    parts = [draw(st.none() | MINUTES) for _part in range(4)]
    return Session(start.astimezone(zone), (start + length).astimezone(zone), *parts)


# Worked examples --------------------------------------------------------------------------------------------
def test_staged_night() -> None:
    """In bed 22:50 to 06:50, awake 8 minutes, and 32 minutes until sleep came."""
    assert (STAGED.in_bed_min, asleep_min(STAGED)) == (480, 440)
    assert efficiency(STAGED) == pytest.approx(91.67, abs=0.005)
    expected = {Phase.DEEP: 14.1, Phase.REM: 22.3, Phase.LIGHT: 63.6}
    assert phase_shares(STAGED) == pytest.approx(expected, abs=0.05)


def test_night_with_time_awake_alone() -> None:
    found = night(455, awake_min=83)
    assert asleep_min(found) == 372
    assert efficiency(found) == pytest.approx(81.76, abs=0.005)
    assert phase_shares(found) == {}


# Clocks -----------------------------------------------------------------------------------------------------
def test_night_belongs_to_the_day_of_waking_up() -> None:
    over_midnight = Session(at("2026-03-01 23:10"), at("2026-03-02 06:38"))
    assert (over_midnight.day.isoformat(), over_midnight.in_bed_min) == ("2026-03-02", 448)
    after_midnight = Session(at("2026-03-01 21:30"), at("2026-03-02 00:40"))
    assert (after_midnight.day.isoformat(), after_midnight.in_bed_min) == ("2026-03-02", 190)
    before_midnight = Session(at("2026-03-01 21:30"), at("2026-03-01 23:59"))
    assert (before_midnight.day.isoformat(), before_midnight.in_bed_min) == ("2026-03-01", 149)


def test_day_is_read_off_the_sleeper_s_clock() -> None:
    """Half past midnight in Berlin is the evening before in New York and in UTC."""
    woken = at("2026-03-02 00:30")
    found = [
        Session(woken - timedelta(hours=2), woken.astimezone(zone)).day.isoformat()
        for zone in (BERLIN, UTC, NEW_YORK)
    ]
    assert found == ["2026-03-02", "2026-03-01", "2026-03-01"]


@pytest.mark.parametrize(
    ("bed", "wake", "zone", "minutes"),
    [
        ("2026-03-27 23:00", "2026-03-28 07:00", BERLIN, 480),
        ("2026-03-28 23:00", "2026-03-29 07:00", BERLIN, 420),  # an hour is left out
        ("2026-10-24 23:00", "2026-10-25 07:00", BERLIN, 540),  # an hour comes twice
        ("2026-03-07 23:00", "2026-03-08 07:00", NEW_YORK, 420),
        ("2026-10-31 23:00", "2026-11-01 07:00", NEW_YORK, 540),
        ("2026-09-26 23:00", "2026-09-27 07:00", CHATHAM, 420),
    ],
)
def test_hours_are_those_that_passed_not_those_on_the_clock(
    bed: str, wake: str, zone: ZoneInfo, minutes: float
) -> None:
    found = Session(at(bed, zone), at(wake, zone), awake_min=42)
    assert found.in_bed_min == minutes
    assert asleep_min(found) == minutes - 42
    assert efficiency(found) == pytest.approx(100 * (minutes - 42) / minutes)


def test_nap_within_the_hour_that_comes_twice() -> None:
    """Asleep at 02:40, awake at 02:10 by the clock, half an hour later."""
    nap = Session(at("2026-10-25 02:40"), at("2026-10-25 02:10").replace(fold=1))
    later = Session(at("2026-10-25 02:20").replace(fold=1), at("2026-10-25 02:50").replace(fold=1))
    assert (nap.in_bed_min, later.in_bed_min) == (30, 30)
    assert main_session([later, nap]) is nap
    assert naps([later, nap]) == [later]


def test_night_of_a_traveller_is_as_long_as_it_was() -> None:
    found = Session(at("2026-03-01 22:00", NEW_YORK), at("2026-03-02 10:00", BERLIN))
    assert (found.in_bed_min, found.day.isoformat()) == (360, "2026-03-02")


@pytest.mark.parametrize(
    ("bed", "wake"),
    [
        (datetime(2026, 3, 1, 22), at("2026-03-02 06:00")),
        (at("2026-03-01 22:00"), datetime(2026, 3, 2, 6)),
    ],
)
def test_time_without_a_zone_is_refused(bed: datetime, wake: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Session(bed, wake)


@pytest.mark.parametrize("minutes", [0, -1])
def test_waking_up_before_going_to_bed_is_refused(minutes: float) -> None:
    with pytest.raises(ValueError, match="does not come after"):
        night(minutes)


@pytest.mark.parametrize("part", ["deep_min", "rem_min", "light_min", "awake_min"])
@pytest.mark.parametrize("minutes", [-1.0, float("nan")])
def test_minutes_below_zero_are_refused(part: str, minutes: float) -> None:
    with pytest.raises(ValueError, match="minutes"):
        night(480, **{part: minutes})


# What is known ----------------------------------------------------------------------------------------------
def test_bed_and_wake_alone_say_nothing_about_sleep() -> None:
    bare = night(480)
    assert bare.in_bed_min == 480
    assert (asleep_min(bare), efficiency(bare), phase_shares(bare)) == (None, None, {})


@pytest.mark.parametrize(
    "found",
    [replace(STAGED, deep_min=None), replace(STAGED, rem_min=None), replace(STAGED, light_min=None)],
)
def test_two_phases_are_no_sum(found: Session) -> None:
    """Without the third the time awake decides, and no share is claimed."""
    assert (asleep_min(found), phase_shares(found)) == (472, {})
    assert asleep_min(replace(found, awake_min=None)) is None


@pytest.mark.parametrize(
    ("light", "expected"), [(320, 480), (320.1, 480), (321.5, 480), (321.6, None), (400, None)]
)
def test_phases_longer_than_the_time_in_bed(light: float, expected: float | None) -> None:
    """A minute and a half may be rounding, more is a contradiction."""
    found = replace(STAGED, light_min=light, awake_min=0)
    assert asleep_min(found) == expected
    assert efficiency(found) == (None if expected is None else 100)
    assert bool(phase_shares(found)) is (expected is not None)


@pytest.mark.parametrize(("awake", "expected"), [(0, 480), (479, 1), (480, 0), (480.5, None)])
def test_awake_longer_than_the_time_in_bed(awake: float, expected: float | None) -> None:
    assert asleep_min(night(480, awake_min=awake)) == expected


def test_night_without_sleep() -> None:
    found = night(480, deep_min=0, rem_min=0, light_min=0, awake_min=480)
    assert (asleep_min(found), efficiency(found), phase_shares(found)) == (0, 0, {})


# Main sleep and naps ----------------------------------------------------------------------------------------
def test_longest_session_is_the_main_sleep_and_the_others_are_naps() -> None:
    long, noon, evening = (
        night(420),
        night(30, "2026-03-02 13:00"),
        night(20, "2026-03-02 19:00"),
    )
    assert main_session([evening, long, noon]) is long
    assert naps([evening, long, noon]) == [noon, evening]
    assert (main_session([long]), naps([long])) == (long, [])
    assert (main_session([]), naps([])) == (None, [])


def test_of_two_equally_long_the_earlier_is_the_main_sleep() -> None:
    first, second = night(240), night(240, "2026-03-02 05:00")
    assert main_session([second, first]) is first
    assert naps([second, first]) == [second]


def test_the_same_session_twice_is_one_nap() -> None:
    assert naps([STAGED, STAGED]) == [STAGED]


# Laws -------------------------------------------------------------------------------------------------------
@LAW
@given(sessions())
def test_sleep_lies_within_the_time_in_bed(session: Session) -> None:
    asleep, found = asleep_min(session), efficiency(session)
    assert (asleep is None) == (found is None)
    if asleep is not None and found is not None:
        assert 0 <= asleep <= session.in_bed_min
        assert 0 <= found <= 100
        assert found * session.in_bed_min / 100 == pytest.approx(asleep)


@LAW
@given(sessions())
def test_shares_make_the_whole(session: Session) -> None:
    shares = phase_shares(session)
    if shares:
        assert set(shares) == set(Phase)
        assert sum(shares.values()) == pytest.approx(100)
        assert all(0 <= share <= 100 for share in shares.values())


@LAW
@given(sessions(), st.integers(-12, 14))
def test_minutes_do_not_depend_on_the_zone_they_are_told_in(session: Session, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    moved = replace(session, bed=session.bed.astimezone(zone), wake=session.wake.astimezone(UTC))
    assert moved.in_bed_min == session.in_bed_min
    assert (asleep_min(moved), phase_shares(moved)) == (asleep_min(session), phase_shares(session))


@LAW
@given(st.lists(sessions(), max_size=6, unique_by=lambda session: session.bed.astimezone(UTC)), st.data())
def test_main_sleep_does_not_depend_on_the_order(found: list[Session], data: st.DataObject) -> None:
    turned = data.draw(st.permutations(found))
    main = main_session(found)
    assert (main_session(turned), naps(turned)) == (main, naps(found))
    assert len(naps(found)) == max(0, len(found) - 1)
    for session in found:
        assert main is not None
        assert session.in_bed_min <= main.in_bed_min
        assert (session == main) != (session in naps(found))
