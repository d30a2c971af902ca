"""What the numbers mean, on a phone: drawers, charts of several series, images, printed pages, goals."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from membership.models import User
from tools.browser import CHARTS_DRAWN, wait_for
from tracking.demo import fill
from tracking.topics import TOPICS

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [
    *(f"/history/{slug}/" for slug in TOPICS),
    "/history/?s=weight.weight_kg.trend&s=sleep.asleep_h&s=activity.load&beside=before",
    "/history/table/?s=weight.weight_kg&s=sleep.asleep_h",
    "/history/connections/",
    "/history/report/",
    "/history/blood-pressure/print/",
    "/goals/",
    "/goals/blood_pressure/",
]


@pytest.fixture
def demo(alice: User) -> User:
    fill(owner=alice, days=100, seed=3)
    return alice


def test_no_page_of_numbers_is_wider_than_the_window(phone_of_alice: Page, demo: User) -> None:
    for address in PAGES:
        phone_of_alice.goto(address)
        for drawer in phone_of_alice.locator("details").all():
            drawer.evaluate("drawer => { drawer.open = true; }")
        for width in (360, 390, 900, 1280):
            phone_of_alice.set_viewport_size({"width": width, "height": 844})
            wait_for(phone_of_alice, f"document.documentElement.scrollWidth === {width}")


def test_a_number_tells_why_with_one_tap(phone_of_alice: Page, demo: User) -> None:
    phone_of_alice.goto("/")
    card = phone_of_alice.locator("section:has(#tile-weight)")
    expect(card.get_by_text("Formel", exact=True)).to_be_hidden()
    card.get_by_text("Warum diese Zahl?").click()
    expect(card.get_by_text("Formel", exact=True)).to_be_visible()
    expect(card).to_contain_text("Waage")


def test_series_are_chosen_drawn_and_saved_as_an_image(phone_of_alice: Page, demo: User) -> None:
    phone_of_alice.goto("/history/")
    phone_of_alice.locator("summary", has_text="Schlaf").click()
    phone_of_alice.get_by_label("Geschlafen").check()
    phone_of_alice.get_by_role("button", name="Anzeigen").click()
    phone_of_alice.wait_for_url(re.compile("s=sleep.asleep_h"))
    wait_for(phone_of_alice, CHARTS_DRAWN)
    expect(phone_of_alice.locator(".chart__key")).to_have_text(["Gewicht", "Geschlafen"])
    with phone_of_alice.expect_download() as download:
        phone_of_alice.get_by_role("button", name="Als Bild speichern").click()
    assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "address", ["/history/report/", "/history/report/?period=month", "/history/blood-pressure/print/"]
)
def test_what_is_printed_fits_on_one_page(phone_of_alice: Page, demo: User, address: str) -> None:
    phone_of_alice.goto(address)
    printed = phone_of_alice.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1


def test_a_pair_of_goals_is_set_on_a_phone(phone_of_alice: Page, demo: User) -> None:
    phone_of_alice.goto("/goals/")
    phone_of_alice.get_by_role("link", name="Blutdruck").click()
    phone_of_alice.get_by_label("Systolisch höchstens").fill("130")
    phone_of_alice.get_by_label("Diastolisch höchstens").fill("abc")
    phone_of_alice.get_by_role("button", name="Speichern").click()
    expect(phone_of_alice.get_by_label("Diastolisch höchstens")).to_have_value("abc")
    expect(phone_of_alice.locator("[aria-invalid=true]")).to_have_count(1)
    phone_of_alice.get_by_label("Diastolisch höchstens").fill("82")
    phone_of_alice.get_by_role("button", name="Speichern").click()
    expect(phone_of_alice.locator("section:has(#goal-blood_pressure)")).to_contain_text("130/82")
