"""Sleep: from bed to waking, by the clocks of the place, whatever they do in between."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.tracking.browsing import capture, journal
from tracking.journals.sleep import Sleep

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
    assert "Geschlafen" not in text.split("Einträge")[-1].split("Wie messe ich")[0]  # nobody knows


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
