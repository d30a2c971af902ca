"""The five things operators do most, on a wide screen, by somebody who has never seen the admin."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from membership.models import User
from tools.browser import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(desktop: Page, live_server: LiveServer, alice: User) -> Page:
    """The first page of the admin, as an operator opens it."""
    sign_in(desktop.context, live_server.url, User.objects.create_superuser("olga@mitai.example", "x"))
    desktop.goto("/admin/")
    return desktop


def open_account(admin: Page, email: str) -> None:
    """Look an account up by its address."""
    admin.goto("/admin/membership/user/")
    admin.locator("#searchbar").fill(email)
    admin.locator("#searchbar").press("Enter")
    admin.get_by_role("link", name=email).click()


def test_a_friend_gets_three_months_of_premium(admin: Page, phone_of_alice: Page, alice: User) -> None:
    open_account(admin, alice.email)
    form = admin.locator("form", has=admin.get_by_role("button", name="Stufe geben"))
    form.get_by_label("Grund").fill("eine Freundin")
    form.get_by_role("button").click()
    expect(admin.locator(".messagelist")).to_have_text("Premium für 90 Tage gegeben.")
    phone_of_alice.goto("/membership/")
    expect(phone_of_alice.locator("section:has(#tier-title)")).to_contain_text("Premium")
    expect(phone_of_alice.locator("section:has(#given-title)")).to_contain_text("eine Freundin")


def test_a_batch_of_codes_is_made_handed_out_and_redeemed(
    admin: Page, phone_of_alice: Page, tmp_path: Path
) -> None:
    admin.goto("/admin/membership/couponbatch/add/")
    for name, value in (("name", "Messe"), ("prefix", "messe"), ("size", "3"), ("days", "30")):
        admin.locator(f"[name={name}]").fill(value)
    admin.locator("[name=tier]").select_option(label="Basis")
    admin.locator("[name=_save]").click()
    with admin.expect_download() as download:
        admin.get_by_role("link", name="Herunterladen").click()
    file = tmp_path / "codes.csv"
    download.value.save_as(file)
    codes = [row["code"] for row in csv.DictReader(file.read_text().splitlines())]
    assert len(codes) == 3
    phone_of_alice.goto("/membership/")
    phone_of_alice.get_by_label("Code").fill(codes[0].lower().replace("-", " "))
    phone_of_alice.get_by_role("button", name="Einlösen").click()
    expect(phone_of_alice.get_by_text("Basis für 30 Tage")).to_be_visible()
    phone_of_alice.get_by_label("Code").fill(codes[0])
    phone_of_alice.get_by_role("button", name="Einlösen").click()
    expect(phone_of_alice.get_by_label("Code")).to_have_value(codes[0])
    expect(phone_of_alice.get_by_text("Du hast diesen Code am")).to_be_visible()


def test_somebody_is_restricted_with_a_reason_they_read(
    admin: Page, phone_of_alice: Page, alice: User
) -> None:
    open_account(admin, alice.email)
    rows = admin.locator("#restrictions-group")
    rows.locator(".add-row a").click()
    rows.locator("[name=restrictions-0-feature]").select_option(label="KI-Aufrufe")
    rows.locator("[name=restrictions-0-reason]").fill("auf eigenen Wunsch")
    admin.locator("[name=_save]").click()
    phone_of_alice.goto("/membership/")
    told = phone_of_alice.locator("section:has(#restrictions-title)")
    expect(told).to_contain_text("KI-Aufrufe: abgeschaltet")
    expect(told).to_contain_text("auf eigenen Wunsch")


def test_an_operation_gets_a_price_and_somebody_credits_for_it(
    admin: Page, phone_of_alice: Page, alice: User
) -> None:
    admin.goto("/admin/membership/feature/")
    admin.get_by_role("link", name="ai_calls").click()
    admin.locator("[name=credit_price]").fill("2")
    admin.locator("[name=_save]").click()
    open_account(admin, alice.email)
    form = admin.locator("form", has=admin.get_by_role("button", name="Guthaben geben"))
    form.get_by_label("Guthaben").fill("25")
    form.get_by_label("Grund").fill("Danke")
    form.get_by_role("button").click()
    expect(admin.locator(".messagelist")).to_have_text("+25 Guthaben.")
    phone_of_alice.goto("/membership/")
    expect(phone_of_alice.locator("section:has(#credits-title)")).to_contain_text("KI-Aufrufe: 2")
    phone_of_alice.get_by_role("link", name="Kontoauszug").click()
    expect(phone_of_alice.locator(".statement__entry")).to_contain_text("Danke")


def test_a_limit_is_changed_in_the_table_and_the_dashboard_is_one_click_away(
    admin: Page, phone_of_alice: Page
) -> None:
    admin.get_by_role("link", name="Überblick für Betreiber").click()
    expect(admin.locator(".dash__card").first).to_contain_text("Konten")
    assert admin.evaluate("document.documentElement.scrollWidth") <= 1280
    admin.goto("/admin/membership/tierlimit/")
    admin.get_by_label("KI-Aufrufe, Kostenlos").fill("7")
    admin.get_by_role("button", name="Sichern").or_(admin.locator("input[type=submit]")).first.click()
    expect(admin.locator(".messagelist")).to_contain_text("Gespeichert.")
    phone_of_alice.goto("/membership/")
    expect(phone_of_alice.get_by_text("KI-Aufrufe: 0 von 7 verbraucht")).to_be_visible()
