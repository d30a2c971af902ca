"""The settings in a browser: units take hold, another browser is signed out on the spot."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from membership.models import User
from tests.factories import PASSWORD
from tracking.journals.weight import Weight

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in_by_form(page: Page, member: User) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(member.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.button--primary").click()
    expect(page.locator("nav.nav")).to_be_visible()


def test_another_browser_is_signed_out_on_the_spot(page: Page, desktop: Page, alice: User) -> None:
    sign_in_by_form(desktop, alice)
    sign_in_by_form(page, alice)
    page.goto("/settings/#sessions")
    rows = page.locator(".sessions__row")
    expect(rows).to_have_count(2)
    rows.nth(1).locator("button").click()
    expect(rows).to_have_count(1)
    expect(page.locator("[data-toast]")).to_contain_text("Dort abgemeldet.")
    expect(page).to_have_url(re.compile("/settings/#sessions$"))  # only the card was swapped
    desktop.goto("/capture/")
    expect(desktop).to_have_url(re.compile("/accounts/login/"))


def test_a_form_left_open_is_read_in_the_units_it_shows(
    phone_of_alice: Page, live_server: LiveServer
) -> None:
    """The member chooses pounds in a second tab; the first still says kilograms."""
    first, second = phone_of_alice, phone_of_alice.context.new_page()
    first.goto("/capture/")
    second.goto("/settings/")
    second.locator("#units [name=units][value=imperial]").check()
    second.locator("#units button.button--primary").click()
    expect(second.locator("#units [value=imperial]")).to_be_checked()
    first.locator("[name=weight-weight_kg]").fill("82,4")
    first.locator(".capture__save").click()
    expect(first.locator("#weight")).to_contain_text("181,7")
    assert str(Weight.objects.get().weight_kg) == "82.400"
    expect(first.locator("#weight .quick__unit").first).to_have_text("lb")
