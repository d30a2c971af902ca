"""Every journal on a phone: recorded, shown, and what only a browser can tell of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from membership.models import User
from mitai.core.ids import uuid7
from tests import factories
from tests.tracking.photos import camera
from tests.tracking.test_activity_names import bring
from tests.values import stored_values
from tracking import entries
from tracking.journals import registry
from tracking.journals.activity import Activity
from tracking.journals.base import When
from tracking.journals.nutrition import Nutrition
from tracking.photos.photo_files import PhotoFile

pytestmark = pytest.mark.django_db(transaction=True)
SAVE = ".capture__save"
PLACES = {"capture": "/capture/?with=caliper#caliper", "journal": "/journal/caliper/"}


@pytest.mark.parametrize("slug", sorted(registry()))
def test_every_journal_fits_a_phone_and_is_edited_in_place(
    phone_of_alice: Page, alice: User, settings: Settings, slug: str
) -> None:
    settings.DEFAULT_TIER = "selfhosted"
    journal, day = registry()[slug], factories.today() - timedelta(days=1)
    moment = datetime.combine(day, time(12), UTC)
    values = stored_values(journal, moment) | ({"file": camera.prepared(alice)} if journal.uploads else {})
    entries.record(
        owner=alice,
        journal=journal,
        values=values,
        when=When(day, moment, 60) if journal.timed else When(day),
        client_id=uuid7().hex,
    )
    page = phone_of_alice
    page.goto(f"/journal/{slug}/")
    row = page.locator(".entry-row")
    expect(row).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("details.guide summary").click()
    expect(page.locator("details.guide .prose")).to_be_visible()
    row.locator("a[href$='/edit/']").click()
    row.locator("[name=note]").fill("am Fenster")
    row.locator("button.button--primary").click()
    expect(row.get_by_text("am Fenster")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("place", PLACES)
def test_another_method_asks_for_other_folds_and_keeps_what_was_typed(
    phone_of_alice: Page, place: str
) -> None:
    page, prefix = phone_of_alice, "caliper-" if place == "capture" else ""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(PLACES[place])
    page.locator(f"[name={prefix}triceps_mm]").fill("14,5")
    page.locator(f"[name={prefix}method]").select_option("jp7")
    expect(page.locator(f"[name={prefix}midaxillary_mm]")).to_be_visible()
    expect(page.locator(f"[name={prefix}triceps_mm]")).to_have_value("14,5")
    expect(page.locator(f"[name={prefix}method]")).to_have_value("jp7")
    page.locator(f"[name={prefix}method]").select_option("durnin_womersley")
    expect(page.locator(f"[name={prefix}thigh_mm]")).to_have_count(0)
    expect(page.locator(f"[name={prefix}triceps_mm]")).to_have_value("14,5")
    assert not any("14" in url.partition("?")[2] for url in asked), "what was typed is in no address"
    page.locator(SAVE if place == "capture" else "#entry-form .button--primary").click()
    page.wait_for_load_state("networkidle")
    entry = registry()["caliper"].model.objects.get()
    assert (entry.method, str(entry.triceps_mm)) == ("durnin_womersley", "14.500")


def test_a_photo_is_taken_in_shown_and_compared(
    phone_of_alice: Page, alice: User, settings: Settings, tmp_path: Path
) -> None:
    settings.DEFAULT_TIER = "selfhosted"
    page = phone_of_alice
    for number, day in enumerate((factories.today(), factories.today() - timedelta(days=7))):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(camera.telling() + bytes([number]))
        page.goto("/journal/photo/")
        form = page.locator("#entry-form")
        form.locator("input[type=file]").set_input_files(path)
        form.locator("[name=day]").fill(day.isoformat())
        form.locator("button.button--primary").click()
        expect(page.locator(".entry-row__picture").first).to_be_visible()
    State = PhotoFile.State
    PhotoFile.objects.update(state=State.INCOMING)
    page.goto("/journal/photo/")
    expect(page.locator(".entry-row__picture").first).to_contain_text("vorbereitet")
    PhotoFile.objects.update(state=State.READY)
    expect(page.locator("img.thumb").first).to_be_visible()  # the row asks again by itself
    page.goto("/photos/")
    box = page.locator(".compare")
    box.scroll_into_view_if_needed()
    before = box.locator(".compare__after").evaluate("image => getComputedStyle(image).clipPath")
    box.locator("[data-compare]").focus()
    page.keyboard.press("End")
    after = box.locator(".compare__after").evaluate("image => getComputedStyle(image).clipPath")
    assert before != after
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_training_is_judged_and_unknown_names_are_assigned(phone_of_alice: Page, alice: User) -> None:
    bring(alice, "Hausrunde", "Waldlauf")
    page = phone_of_alice
    page.goto("/capture/?with=activity#activity")
    page.locator("[name=activity-training_type]").select_option("running")
    page.locator("[name=activity-duration_min]").fill("0:50")
    page.locator("[name=activity-rpe]").fill("6")
    page.locator(SAVE).click()
    expect(page.locator("#activity").get_by_role("status")).to_contain_text("50")
    page.goto("/journal/activity/")
    assessed = page.locator(".assessment").first
    assessed.locator("summary").click()
    expect(assessed.locator("ul")).to_contain_text("Mindestdauer")
    page.get_by_role("link", name="Namen von Trainings").first.click()
    for name in ("Hausrunde", "Waldlauf"):
        page.get_by_label(re.compile(name)).check()
    page.locator("[name=training_type]").first.select_option("hiking")
    page.get_by_role("button", name="Zuordnen").click()
    expect(page.locator("[data-toast]")).to_contain_text("2 Trainings folgen")
    assert Activity.objects.of(alice).filter(training_type="hiking").count() == 2


def test_a_meal_becomes_a_favourite_and_one_tap_records_it(phone_of_alice: Page, alice: User) -> None:
    page: Any = phone_of_alice
    page.goto("/journal/nutrition/")
    page.locator("[name=energy_kcal]").fill("420")
    page.locator("#entry-form button.button--primary").click()
    page.locator(".entry-row button[formaction$='/favourite/']").click()
    expect(page.locator("[data-toast]").last).to_contain_text("Jetzt ein Favorit")
    page.goto("/capture/?with=nutrition#nutrition")
    page.locator("#nutrition .quick__presets button").last.click()
    expect(page.locator("#nutrition").get_by_role("status")).to_contain_text("420")
    assert Nutrition.objects.of(alice).count() == 2
