"""Vitals of the morning and well-being of the evening: one row a day, single values are enough."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.tracking.browsing import capture, journal
from tracking.journals.vitals import Vitals
from tracking.journals.wellbeing import Wellbeing

pytestmark = pytest.mark.django_db


def page(client: Client, slug: str) -> str:
    text = client.get(f"/journal/{slug}/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u202f", " ").split())


def record(client: Client, slug: str, **fields: Any) -> Any:
    return journal(client, slug, day=f"{factories.today()}", **fields)


def test_the_two_kinds_of_variability_stay_two(browser_of_alice: Client) -> None:
    assert record(browser_of_alice, "vitals", hrv_sdnn_ms="52", hrv_rmssd_ms="38").status_code == 200
    row = Vitals.objects.get()
    assert (row.hrv_sdnn_ms, row.hrv_rmssd_ms) == (Decimal(52), Decimal(38))
    text = page(browser_of_alice, "vitals")
    assert "HRV (SDNN) 52 ms" in text
    assert "HRV (rMSSD) 38 ms" in text


def test_a_second_look_in_the_morning_adds_to_the_first(browser_of_alice: Client) -> None:
    """Typing the day again replaces its row: what the page offers is to edit it, so nothing is doubled."""
    record(browser_of_alice, "vitals", resting_hr_bpm="54")
    record(browser_of_alice, "vitals", resting_hr_bpm="55", temperature_c="36,6")
    row = Vitals.objects.get()
    assert (row.resting_hr_bpm, row.temperature_c) == (Decimal(55), Decimal("36.6"))


@pytest.mark.parametrize(("slug", "message"), [
    ("vitals", "Bitte gib mindestens einen Wert ein."),
    ("wellbeing", "Bitte bewerte mindestens eines davon."),
])  # fmt: skip
def test_an_entry_that_says_nothing_is_none(browser_of_alice: Client, slug: str, message: str) -> None:
    answer = record(browser_of_alice, slug)
    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_ratings_are_one_tap_each_and_keep_their_ends_apart(browser_of_alice: Client) -> None:
    answer = capture(browser_of_alice, "wellbeing", mood="4", stress="2", meditation_min="0:15")
    assert answer.status_code == 200
    row = Wellbeing.objects.get()
    assert (row.mood, row.energy, row.stress, row.soreness, row.meditation_min) == (
        Decimal(4),
        None,
        Decimal(2),
        None,
        Decimal(15),
    )
    text = page(browser_of_alice, "wellbeing")
    assert "Stimmung 4" in text
    assert "Stress 2" in text


def test_no_meditation_is_a_value(browser_of_alice: Client) -> None:
    assert record(browser_of_alice, "wellbeing", meditation_min="0").status_code == 200
    assert Wellbeing.objects.get().meditation_min == 0
