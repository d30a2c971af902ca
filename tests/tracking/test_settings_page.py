"""The settings: each part saved by itself, errors at the field, what was typed kept."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from membership.models import User
from tests.queries import at_most
from tracking.member_forms import UnitsForm
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
PROFILE = {"part": "profile", "sex": "male", "birth_date": "1988-05-17", "activity_level": "light"}


def page_of(client: Client) -> str:
    return client.get("/settings/").content.decode()


def test_units_are_chosen_apart_for_the_body_and_for_energy(browser_of_alice: Client, alice: User) -> None:
    answer = browser_of_alice.post("/settings/", {"part": "units", "units": "imperial", "energy_unit": "kJ"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/#units")
    alice.refresh_from_db()
    assert (alice.units, alice.energy_unit) == ("imperial", "kJ")
    page = page_of(browser_of_alice)
    for name, value in (("units", "imperial"), ("energy_unit", "kJ")):
        assert re.search(rf'name="{name}" value="{value}"[^>]*checked', page)


@pytest.mark.parametrize("wrong", [{"units": "stones", "energy_unit": "kJ"}, {"units": "metric"}])
def test_units_of_nobody_are_refused_at_the_field(
    browser_of_alice: Client, alice: User, wrong: dict[str, str]
) -> None:
    answer = browser_of_alice.post("/settings/", {"part": "units", **wrong})
    assert answer.status_code == 422
    assert "field--invalid" in answer.content.decode()
    alice.refresh_from_db()
    assert (alice.units, alice.energy_unit) == ("metric", "kcal")


def test_saving_a_part_leaves_what_an_operator_changed_meanwhile(alice: User) -> None:
    form = UnitsForm({"units": "imperial", "energy_unit": "kcal"}, instance=alice)
    User.objects.filter(pk=alice.pk).update(is_active=False, session_days=7)
    assert form.is_valid()
    form.save()
    stored = User.objects.get(pk=alice.pk)
    assert (stored.units, stored.is_active, stored.session_days) == ("imperial", False, 7)


def test_what_was_typed_is_kept_beside_its_error_and_other_parts_are_untouched(
    browser_of_alice: Client, alice: User
) -> None:
    answer = browser_of_alice.post("/settings/", {**PROFILE, "height_cm": "18", "birth_date": "2020-01-01"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="18"' in page
    assert 'value="2020-01-01"' in page
    assert page.count("field--invalid") == 2
    assert Profile.of(alice).sex == ""


def test_the_answer_is_in_the_language_just_chosen(browser_of_alice: Client) -> None:
    chosen = {"part": "account", "language": "en", "time_zone": "Europe/Vienna"}
    page = browser_of_alice.post("/settings/", chosen, follow=True).content.decode()
    assert "Saved." in page
    assert "Language and time zone" in page


def test_a_part_of_nobody_changes_nothing(browser_of_alice: Client, alice: User) -> None:
    assert browser_of_alice.post("/settings/", {"part": "nothing", "language": "en"}).status_code == 200
    alice.refresh_from_db()
    assert alice.language == "de"


def test_the_zone_of_the_browser_is_suggested_where_it_is_another(browser_of_alice: Client) -> None:
    assert "Dein Browser ist in" not in page_of(browser_of_alice)
    browser_of_alice.cookies["tz"] = quote("Europe/Berlin", safe="")
    assert "Dein Browser ist in" not in page_of(browser_of_alice)
    browser_of_alice.cookies["tz"] = quote("America/New_York", safe="")
    page = page_of(browser_of_alice)
    assert "Dein Browser ist in America/New York." in page
    groups = re.findall(r'<optgroup label="([^"]+)">\s*<option value="([^"]+)"', page)
    assert groups[0] == ("Wo dein Browser ist", "America/New_York")
    assert "Europe" in dict(groups)
    assert re.search(r'<option value="Europe/Berlin" selected>', page)
    taken = {"part": "account", "language": "de", "time_zone": "America/New_York"}
    assert browser_of_alice.post("/settings/", taken).status_code == 302


def test_a_zone_of_nobody_is_refused(browser_of_alice: Client, alice: User) -> None:
    wrong = {"part": "account", "language": "de", "time_zone": "Mars/Base"}
    assert browser_of_alice.post("/settings/", wrong).status_code == 422
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Berlin"


def test_the_page_leads_to_address_password_and_consent(browser_of_alice: Client, alice: User) -> None:
    page = page_of(browser_of_alice)
    for name in ("account_email", "account_change_password"):
        assert f'href="{reverse(name)}"' in page
    assert alice.email in page
    assert all(
        f'id="{part}"' in page for part in ("profile", "units", "account", "journals", "consent", "sessions")
    )


def test_the_page_asks_seven_times_whatever_it_holds(browser_of_alice: Client) -> None:
    browser_of_alice.get("/settings/")
    with at_most(7):
        browser_of_alice.get("/settings/")
