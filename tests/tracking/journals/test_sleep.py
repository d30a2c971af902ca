"""Sleep: from bed to waking, by the clocks of the place, whatever they do in between."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from membership.models import User
from tests.tracking.browsing import capture, journal
from tracking import entries
from tracking.journals.base import When
from tracking.journals.sleep import JOURNAL, Sleep
from tracking.lists import present
from tracking.person import Person

pytestmark = pytest.mark.django_db


def sleep(client: Client, day: str, bed: str, woke: str, **more: str) -> Any:
    fields = {"day": day, "bed_at": bed, "time": woke, "browser_zone": "Europe/Berlin", **more}
    return journal(client, "sleep", **fields)


def page(client: Client, month: str) -> str:
    text = client.get(f"/journal/sleep/?month={month}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u202f", " ").split())


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-02", "8,0"), ("2026-03-29", "7,0"), ("2025-10-26", "9,0")],
    ids=["any night", "clocks put forward", "clocks put back"],
)
def test_the_time_in_bed_is_what_passed(browser_of_alice: Client, day: str, hours: str) -> None:
    assert sleep(browser_of_alice, day, "23:00", "07:00").status_code == 200
    text = page(browser_of_alice, day[:7])
    assert f"Im Bett {hours} h" in text
    assert "Geschlafen" not in text.split("Wie messe ich")[0]  # nobody knows


def test_a_night_belongs_to_the_day_of_waking_up(browser_of_alice: Client) -> None:
    sleep(browser_of_alice, "2026-03-02", "23:10", "06:38")
    row = Sleep.objects.get()
    assert row.day.isoformat() == "2026-03-02"
    assert row.bed_at == datetime(2026, 3, 1, 22, 10, tzinfo=UTC)


def test_phases_make_the_time_asleep_and_its_efficiency(browser_of_alice: Client) -> None:
    phases = {"deep_min": "62", "rem_min": "98", "light_min": "4:40", "awake_min": "8"}
    sleep(browser_of_alice, "2026-03-02", "22:50", "06:50", **phases)
    text = page(browser_of_alice, "2026-03")  # the worked example of domain.md A7
    assert "Geschlafen 7,3 h" in text
    assert "Effizienz 92 %" in text
    assert "Tiefschlaf 14 %" in text
    assert "REM-Schlaf 22 %" in text


def test_the_longest_of_a_day_is_the_night_and_others_are_naps(browser_of_alice: Client) -> None:
    sleep(browser_of_alice, "2026-03-02", "23:00", "06:30")
    sleep(browser_of_alice, "2026-03-02", "13:00", "13:30")
    assert page(browser_of_alice, "2026-03").count("Nickerchen") == 2  # the mark, and the guide


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"bed": "07:00"}, "bed_at"), ({"deep_min": "400", "rem_min": "200"}, "deep_min")],
)
def test_what_cannot_be_is_said_at_the_field(
    browser_of_alice: Client, fields: dict[str, str], name: str
) -> None:
    answer = sleep(browser_of_alice, "2026-03-02", **{"bed": "23:00", "woke": "07:00", **fields})
    assert answer.status_code == 422
    assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', answer.content.decode())
    assert not Sleep.objects.exists()


def test_two_clocks_on_the_capture_page_are_enough(browser_of_alice: Client) -> None:
    fields = {"sleep-bed_at": "00:10", "sleep-time": "00:11", "sleep-client_id": "c"}
    assert browser_of_alice.post("/capture/", fields).status_code == 302
    assert Sleep.objects.count() == 1
    assert capture(browser_of_alice, "sleep", bed_at="00:10").status_code == 422  # when did you wake up?


def test_a_night_over_a_flight_lasts_what_passed_and_belongs_to_where_one_woke_up(alice: User) -> None:
    """Asleep at half past ten in New York, awake at noon in Berlin: seven and a half hours, not thirteen."""
    bed = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)  # 22:30 on the 1st in New York
    wake = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    when = When(date(2026, 3, 2), wake, 60)
    row = entries.record(owner=alice, journal=JOURNAL, values={"bed_at": bed}, when=when, client_id="flight")
    shown = present(JOURNAL, row, Person(alice))
    assert [part.plain for part in shown.computed if part.label == "Im Bett"] == ["7,5 h"]
    assert (row.day.isoformat(), shown.time) == ("2026-03-02", datetime(2026, 3, 2, 12, 0))


def test_a_night_abroad_keeps_its_day_and_its_clocks_when_it_is_edited_at_home(
    browser_of_alice: Client,
) -> None:
    """In Tokyo one wakes up on a day that has not begun in Berlin."""
    sleep(browser_of_alice, "2026-03-03", "23:00", "06:30", browser_zone="Asia/Tokyo")
    row = Sleep.objects.get()
    assert (row.bed_at, row.day.isoformat()) == (datetime(2026, 3, 2, 14, 0, tzinfo=UTC), "2026-03-03")
    form = browser_of_alice.get(f"/journal/sleep/{row.pk}/edit/").content.decode()
    assert re.search(r'name="bed_at"[^>]*value="23:00"', form)
    assert re.search(r'name="time"[^>]*value="06:30"', form)
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    fields = {"day": "2026-03-03", "bed_at": "23:00", "time": "06:30", "quality": "4", "version": version[1]}
    answer = browser_of_alice.post(
        f"/journal/sleep/{row.pk}/edit/", fields | {"browser_zone": "Europe/Berlin"}
    )
    assert answer.status_code == 302
    again = Sleep.objects.get()
    kept = (again.bed_at, again.occurred_at, again.day, again.utc_offset_min)
    assert kept == (row.bed_at, row.occurred_at, row.day, row.utc_offset_min)
    assert again.quality == 4


def edited(client: Client, row: Sleep, **changed: str) -> Sleep:
    """Send the edit form as it is shown, with some fields changed."""
    address = f"/journal/sleep/{row.pk}/edit/"
    form = client.get(address).content.decode()
    fields = {}
    for name in ("day", "bed_at", "time", "version"):
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', form)
        assert found, name
        fields[name] = found[1]
    answer = client.post(address, {**fields, "browser_zone": "Europe/Berlin", **changed})
    assert answer.status_code == 302, answer.content.decode()
    return Sleep.objects.get(pk=row.pk)


def test_a_night_abroad_moved_to_another_day_keeps_its_length(browser_of_alice: Client) -> None:
    """Moved at home both clocks are those of home."""
    sleep(browser_of_alice, "2026-02-10", "23:00", "07:00", browser_zone="America/New_York")
    row = edited(browser_of_alice, Sleep.objects.get(), day="2026-02-11")
    assert row.occurred_at is not None
    assert row.bed_at is not None
    assert row.occurred_at - row.bed_at == timedelta(hours=8)


@pytest.mark.parametrize("day", ["2026-03-29", "2025-10-26"])
def test_the_list_shows_the_clock_of_going_to_bed_before_the_clocks_changed(
    browser_of_alice: Client, day: str
) -> None:
    sleep(browser_of_alice, day, "23:00", "07:00")
    assert "Ins Bett gegangen 23:00" in page(browser_of_alice, day[:7])


def test_the_hour_that_comes_twice_is_kept_when_a_note_is_edited(
    browser_of_alice: Client, alice: User
) -> None:
    wake = datetime(2025, 10, 26, 7, 0, tzinfo=UTC)
    for number, bed in enumerate(
        (datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC))
    ):
        when = When(date(2025, 10, 26), wake + timedelta(hours=number), 60)
        made = entries.record(
            owner=alice, journal=JOURNAL, values={"bed_at": bed}, when=when, client_id=f"{bed}"
        )
        assert edited(browser_of_alice, Sleep.objects.get(pk=made.pk), note="x").bed_at == bed


def test_a_single_phase_is_shown_where_no_shares_follow_from_it(browser_of_alice: Client) -> None:
    sleep(browser_of_alice, "2026-03-02", "23:00", "07:00", deep_min="60")
    assert "Tiefschlaf 60 min" in page(browser_of_alice, "2026-03")
