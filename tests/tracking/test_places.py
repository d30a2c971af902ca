"""A member lives by the clock of the place they are at."""

from __future__ import annotations

from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.tracking.browsing import post
from tracking.journals.blood_pressure import BloodPressure

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Asia/Tokyo", "America/Argentina/Buenos_Aires"])
@time_machine.travel("2026-03-02T10:30:00Z", tick=False)
def test_new_forms_begin_at_the_time_of_the_place(browser_of_alice: Client, zone: str) -> None:
    """The cookie is percent-encoded, as app.js writes it."""
    browser_of_alice.cookies["tz"] = quote(zone, safe="")
    there = timezone.now().astimezone(ZoneInfo(zone))
    page = browser_of_alice.get("/journal/blood_pressure/").content.decode()
    assert f'value="{there:%Y-%m-%d}"' in page
    assert f'value="{there:%H:%M}"' in page
    values = {
        "systolic_mmhg": "128",
        "diastolic_mmhg": "82",
        "day": f"{there:%Y-%m-%d}",
        "time": f"{there:%H:%M}",
    }
    assert post(browser_of_alice, "/journal/blood_pressure/", **values).status_code == 200
    entry = BloodPressure.objects.get()
    assert (entry.occurred_at, entry.day) == (timezone.now(), there.date())


def test_a_time_the_clocks_skipped_is_refused(browser_of_alice: Client) -> None:
    values = {"systolic_mmhg": "128", "diastolic_mmhg": "82", "day": "2026-03-29"}
    refused = post(browser_of_alice, "/journal/blood_pressure/", **values, time="02:30")
    assert refused.status_code == 422
    assert "vorgestellt" in refused.content.decode()
    for clock in ("01:59", "03:00"):
        assert post(browser_of_alice, "/journal/blood_pressure/", **values, time=clock).status_code == 200
