"""What counts, where it came from, and what is the same thing said twice."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from membership.models import User
from mitai.core.ids import uuid7
from tests.tracking.browsing import post
from tracking import entries
from tracking.imports.runs import ImportRun
from tracking.journals.blood_pressure import BloodPressure
from tracking.journals.nutrition import Nutrition, day_totals
from tracking.journals.weight import Weight
from tracking.readings import Reading
from tracking.sources import Source

pytestmark = pytest.mark.django_db


def brought(owner: User, day: date, kcal: int) -> Nutrition:
    """A whole day that an import brought."""
    source = Source.objects.get_or_create(user=owner, kind="app", name="Tagebuch")[0]
    run = ImportRun.objects.create(user=owner, client_id=uuid7().hex, file_name="x", size=1)
    reading = Reading(
        user=owner,
        journal="nutrition",
        slot=f"{day} total x",
        source=source,
        run=run,
        external_id="x",
        as_of=timezone.now(),
        day=day,
        values={"meal": "total", "energy_kcal": str(kcal)},
    )
    with transaction.atomic():
        entries.write_batch(owner=owner, readings=[reading])
    found: Nutrition = Nutrition.objects.of(owner).get(slot=reading.slot)
    return found


def test_of_two_whole_days_one_counts_and_the_list_says_which(browser_of_alice: Client, alice: User) -> None:
    day = date(2026, 3, 2)
    row = brought(alice, day, 2306)
    changed = post(
        browser_of_alice,
        f"/journal/nutrition/{row.pk}/edit/",
        meal="total",
        energy_kcal="2.310",
        day="2026-03-02",
        version=str(row.changed),
    )
    assert changed.status_code == 200
    answer = post(
        browser_of_alice, "/journal/nutrition/", meal="total", energy_kcal="2.000", day="2026-03-02"
    )
    totals = day_totals(Nutrition.objects.of(alice))
    assert totals[day]["energy_kcal"] == 2000
    assert answer.content.decode().count("zählt nicht") == 1


def test_a_snack_by_hand_stands_for_the_day_and_the_list_says_so(
    browser_of_alice: Client, alice: User
) -> None:
    brought(alice, date(2026, 3, 2), 2092)
    assert "zählt nicht" not in browser_of_alice.get("/journal/nutrition/").content.decode()
    answer = post(browser_of_alice, "/journal/nutrition/", meal="snack", energy_kcal="100", day="2026-03-02")
    assert answer.content.decode().count("zählt nicht") == 1


def test_a_note_leaves_a_value_its_source(browser_of_alice: Client, alice: User) -> None:
    row = brought(alice, date(2026, 3, 2), 2306)
    answer = post(
        browser_of_alice,
        f"/journal/nutrition/{row.pk}/edit/",
        meal="total",
        energy_kcal="2.306",
        day="2026-03-02",
        note="Geburtstag",
        version=str(row.changed),
    ).content.decode()
    assert "Geburtstag" in answer
    assert "Tagebuch" in answer


@pytest.mark.parametrize(("first", "second", "rows"), [("08:00", "20:00", 2), ("08:00", "08:00", 1)])
def test_an_old_form_with_another_time_is_another_measurement(
    browser_of_alice: Client, first: str, second: str, rows: int
) -> None:
    for clock in (first, second):
        values = {"systolic_mmhg": "128", "diastolic_mmhg": "82", "day": "2026-03-02", "time": clock}
        assert (
            post(browser_of_alice, "/journal/blood_pressure/", **values, client_id="form").status_code == 200
        )
    assert BloodPressure.objects.count() == rows


def test_an_edit_sent_twice_is_saved_once_and_no_quarrel(browser_of_alice: Client, alice: User) -> None:
    post(browser_of_alice, "/journal/weight/", weight_kg="82,4", day="2026-03-02")
    row = Weight.objects.get()
    for _ in range(2):
        answer = post(
            browser_of_alice,
            f"/journal/weight/{row.pk}/edit/",
            weight_kg="82,6",
            day="2026-03-02",
            version=str(row.changed),
        )
        assert answer.status_code == 200
    assert Reading.objects.count() == 2
