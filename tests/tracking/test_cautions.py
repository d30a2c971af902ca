"""What should be seen by a doctor is said where it is typed; what there is of old is shown with its day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from membership.models import User
from tests.queries import at_most
from tests.tracking.browsing import capture, journal, post
from tracking.profile import Profile

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        (("180", "90"), "112"),
        (("179", "120"), "112"),
        (("170", "110"), "bei 110"),
        (("89", "62"), "schwindelig"),
        (("92", "59"), "schwindelig"),
        (("170", "109"), ""),
        (("90", "60"), ""),
    ],
)
@pytest.mark.parametrize("send", [capture, journal])
def test_a_dangerous_reading_is_answered_where_it_was_typed(
    browser_of_alice: Client, send: Callable[..., Any], reading: tuple[str, str], says: str
) -> None:
    moment = timezone.now().astimezone(ZoneInfo("Europe/Berlin")) - timedelta(minutes=1)
    answer = send(
        browser_of_alice,
        "blood_pressure",
        systolic_mmhg=reading[0],
        diastolic_mmhg=reading[1],
        day=f"{moment:%Y-%m-%d}",
        time=f"{moment:%H:%M}",
    ).content.decode()
    assert ("notice--error" in answer) == bool(says)
    assert says in answer


def test_an_irregular_pulse_is_told_from_the_second_reading_on(browser_of_alice: Client) -> None:
    moment = timezone.now().astimezone(ZoneInfo("Europe/Berlin")) - timedelta(minutes=9)
    for number in range(2):
        assert "unregelmäßig" not in browser_of_alice.get("/").content.decode()
        post(
            browser_of_alice,
            "/journal/blood_pressure/",
            systolic_mmhg="128",
            diastolic_mmhg="82",
            irregular="on",
            day=f"{moment:%Y-%m-%d}",
            time=f"{moment + timedelta(minutes=number):%H:%M}",
        )
    assert "unregelmäßigen Herzschlag" in browser_of_alice.get("/").content.decode()
    chart = browser_of_alice.get("/journal/blood_pressure/series.json").json()
    assert ["unregelmäßigen Herzschlag" in text for text in chart["cautions"]] == [True]
    table = browser_of_alice.get("/journal/blood_pressure/table/").content.decode()
    assert "unregelmäßigen Herzschlag" in table


def test_lunch_of_today_is_shown_and_no_welcome_again(browser_of_alice: Client, alice: User) -> None:
    Profile.objects.filter(user=alice).delete()
    assert browser_of_alice.get("/")["Location"] == "/welcome/"
    capture(browser_of_alice, "nutrition", meal="lunch", energy_kcal="640")
    page = browser_of_alice.get("/").content.decode()
    assert "leer" not in page
    assert "640" in page


def test_values_of_long_ago_are_shown_with_their_day(browser_of_alice: Client) -> None:
    post(browser_of_alice, "/journal/weight/", weight_kg="82,4", day="2024-03-02")
    values = {"systolic_mmhg": "131", "diastolic_mmhg": "82", "day": "2024-03-02", "time": "08:00"}
    post(browser_of_alice, "/journal/blood_pressure/", **values)
    post(browser_of_alice, "/journal/nutrition/", meal="lunch", energy_kcal="640", day="2024-03-02")
    with at_most(13):  # one more than with entries of late: whether anything changed is asked first
        page = browser_of_alice.get("/").content.decode()
    assert "leer" not in page
    assert "82,4" in page
    assert "131/82" in page
    assert "02.03.2024" in page
