"""The pages of a member, with and without htmx, in the member's terms."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from membership.models import User
from tests import factories
from tests.factories import setup_feature, setup_user
from tests.queries import at_most
from tests.tracking.browsing import HTMX, capture, post
from tracking import entries
from tracking.form_fields import MeasureField
from tracking.journals import registry
from tracking.journals.base import When
from tracking.journals.blood_pressure import BloodPressure
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
PAGES = [
    "/",
    "/capture/",
    "/journal/weight/",
    "/journal/nutrition/",
    "/journal/blood_pressure/",
    "/history/",
    "/goals/",
    "/settings/",
    "/welcome/",
    "/more/",
    "/import/",
    "/journal/weight/table/",
    "/journal/weight/series.json",
    "/journal/weight/export.csv",
]


def today() -> str:
    return factories.today().isoformat()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_answers(browser_of_alice: Client, alice: User, path: str, language: str) -> None:
    alice.language = language
    alice.save()
    capture(browser_of_alice, "weight", weight_kg="82,4")
    assert browser_of_alice.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_the_login(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.url.split("?")[0]) == (302, "/accounts/login/")


def test_a_weight_typed_with_a_comma_is_saved_and_shown(browser_of_alice: Client) -> None:
    response = capture(browser_of_alice, "weight", weight_kg="82,4")
    assert response.status_code == 200
    assert "82,4" in response.content.decode()
    assert Weight.objects.get().weight_kg == Decimal("82.4")


def test_capture_works_without_javascript(browser_of_alice: Client) -> None:
    response = capture(browser_of_alice, "weight", htmx=False, weight_kg="82.4")
    assert (response.status_code, response.url) == (302, "/capture/")
    assert Weight.objects.count() == 1


@pytest.mark.parametrize(
    "typed", ["0", "-82", "abc", "1e9", "82,4,5", "", "1e400", "٨٢", "82.4000001", "<b>"]
)
def test_nonsense_is_answered_at_the_field_and_kept(browser_of_alice: Client, typed: str) -> None:
    response = post(browser_of_alice, "/journal/weight/", weight_kg=typed, day=today())
    page = response.content.decode()
    assert response.status_code == 422
    assert 'aria-invalid="true"' in page
    assert f'value="{typed.replace("<b>", "&lt;b&gt;")}"' in page or not typed
    assert not Weight.objects.exists()


def test_a_future_day_is_refused_at_the_day(browser_of_alice: Client) -> None:
    tomorrow = factories.today() + timedelta(days=2)
    response = post(browser_of_alice, "/journal/weight/", weight_kg="82,4", day=tomorrow.isoformat())
    assert response.status_code == 422
    assert "liegt in der Zukunft" in response.content.decode()


def test_future_is_meant_in_the_zone_of_the_browser(browser_of_alice: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-03-01T13:00:00Z")
    for zone, status in (("Pacific/Kiritimati", 200), ("Europe/Berlin", 422)):
        response = post(
            browser_of_alice, "/journal/weight/", weight_kg="82,4", day="2026-03-02", browser_zone=zone
        )
        assert response.status_code == status


def test_an_unlikely_weight_is_asked_about_and_kept_when_confirmed(browser_of_alice: Client) -> None:
    yesterday = factories.today() - timedelta(days=1)
    post(browser_of_alice, "/journal/weight/", weight_kg="82,4", day=yesterday.isoformat())
    asked = capture(browser_of_alice, "weight", weight_kg="92,4")
    assert asked.status_code == 422
    assert "82,4" in asked.content.decode()
    box = re.search(
        r'<input type="checkbox" name="weight-confirmed" value="(\w+)"[^>]*>', asked.content.decode()
    )
    assert box is not None
    assert "checked" not in box[0]
    # Yes was said to 92,4 and to nothing else, nor before anybody asked.
    for value, yes in (("192,4", box[1]), ("92,4", "on")):
        assert capture(browser_of_alice, "weight", weight_kg=value, confirmed=yes).status_code == 422
    assert Weight.objects.count() == 1
    kept = capture(browser_of_alice, "weight", weight_kg="92,4", confirmed=box[1])
    assert kept.status_code == 200
    assert Weight.objects.count() == 2


def test_the_lower_pressure_must_be_below_the_upper(browser_of_alice: Client) -> None:
    response = capture(browser_of_alice, "blood_pressure", systolic_mmhg="80", diastolic_mmhg="120")
    assert response.status_code == 422
    assert not BloodPressure.objects.exists()


def test_a_whole_measure_understands_grouped_thousands(browser_of_alice: Client) -> None:
    capture(browser_of_alice, "nutrition", meal="lunch", energy_kcal="2.300")
    assert Nutrition.objects.get().energy_kcal == 2300


def test_editing_in_place_changes_the_row(browser_of_alice: Client) -> None:
    capture(browser_of_alice, "weight", weight_kg="82,4")
    row = Weight.objects.get()
    form = browser_of_alice.get(f"/journal/weight/{row.pk}/edit/", headers=HTMX).content.decode()
    assert 'value="82,4"' in form
    response = post(
        browser_of_alice,
        f"/journal/weight/{row.pk}/edit/",
        weight_kg="82,6",
        day=row.day.isoformat(),
        version=row.changed,
    )
    assert response.status_code == 200
    assert "82,6" in response.content.decode()


def test_an_outdated_tab_keeps_what_was_typed_and_may_save_again(browser_of_alice: Client) -> None:
    capture(browser_of_alice, "weight", weight_kg="82,4")
    row = Weight.objects.get()
    old = row.changed
    capture(browser_of_alice, "weight", weight_kg="82,5")
    fields: dict[str, Any] = {"weight_kg": "82,9", "day": row.day.isoformat()}
    response = post(browser_of_alice, f"/journal/weight/{row.pk}/edit/", version=old, **fields)
    assert response.status_code == 422
    assert 'value="82,9"' in response.content.decode()
    current = Weight.objects.get().changed
    assert f'name="version" value="{current}"' in response.content.decode()
    assert (
        post(browser_of_alice, f"/journal/weight/{row.pk}/edit/", version=current, **fields).status_code
        == 200
    )


def test_deleting_offers_undo_and_undo_brings_the_row_back(browser_of_alice: Client) -> None:
    capture(browser_of_alice, "weight", weight_kg="82,4")
    row = Weight.objects.get()
    gone = browser_of_alice.post(f"/journal/weight/{row.pk}/delete/", headers=HTMX)
    assert f"/journal/weight/{row.pk}/restore/" in gone.content.decode()
    back = browser_of_alice.post(f"/journal/weight/{row.pk}/restore/", headers=HTMX)
    assert "82,4" in back.content.decode()


def test_rows_of_another_member_are_not_there(browser_of_alice: Client) -> None:
    bob = Client()
    bob.force_login(setup_user("bob"))
    capture(browser_of_alice, "weight", weight_kg="82,4")
    row = Weight.objects.get()
    answers = [
        bob.get(f"/journal/weight/{row.pk}/"),
        bob.get(f"/journal/weight/{row.pk}/edit/"),
        bob.post(f"/journal/weight/{row.pk}/delete/"),
        bob.post(f"/journal/weight/{row.pk}/restore/"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert Weight.objects.get().deleted_at is None


def test_an_unknown_journal_is_404_as_page_and_as_fragment(browser_of_alice: Client) -> None:
    page = browser_of_alice.get("/journal/nothing/")
    fragment = browser_of_alice.get("/journal/nothing/", headers=HTMX)
    assert (page.status_code, fragment.status_code) == (404, 404)
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()


def test_a_newcomer_is_led_to_the_first_steps_once(client: Client) -> None:
    client.force_login(setup_user("bob"))
    assert client.get("/").url == "/welcome/"
    client.post("/welcome/", {"skip": "1"})
    assert client.get("/").status_code == 200


def test_the_csv_holds_every_row_with_point_and_unit(browser_of_alice: Client) -> None:
    capture(browser_of_alice, "weight", weight_kg="82,4")
    lines = b"".join(browser_of_alice.get("/journal/weight/export.csv")).decode("utf-8-sig").splitlines()
    assert lines[0] == "day,weight_kg,body_fat_pct,note,source"
    assert lines[1].startswith(f"{today()},82.4,,,")


def test_a_note_never_becomes_a_formula_in_the_csv(browser_of_alice: Client) -> None:
    post(browser_of_alice, "/journal/weight/", weight_kg="82,4", day=today(), note="=HYPERLINK(1)")
    assert b"'=HYPERLINK(1)" in b"".join(browser_of_alice.get("/journal/weight/export.csv"))


def test_a_goal_is_set_replaced_and_given_up(browser_of_alice: Client, alice: User) -> None:
    for value in ("78", "77,5"):
        browser_of_alice.post("/goals/weight/", {"target_value": value})
    assert "77,5" in browser_of_alice.get("/goals/").content.decode()
    browser_of_alice.post("/goals/weight/close/")
    assert "Noch kein Ziel" in browser_of_alice.get("/goals/").content.decode()


def test_the_profile_is_saved_and_checked(browser_of_alice: Client, alice: User) -> None:
    fields = {"part": "profile", "sex": "male", "birth_date": "1988-05-17", "activity_level": "light"}
    assert browser_of_alice.post("/settings/", fields | {"height_cm": "18"}).status_code == 422
    assert browser_of_alice.post("/settings/", fields | {"height_cm": "180,5"}).status_code == 302
    assert Profile.of(alice).height_cm == Decimal("180.5")


def test_saving_one_row_costs_eight_queries(browser_of_alice: Client) -> None:
    yesterday = factories.today() - timedelta(days=1)
    post(browser_of_alice, "/journal/weight/", weight_kg="82,4", day=yesterday.isoformat())
    with at_most(8):
        capture(browser_of_alice, "weight", weight_kg="82,6")


def test_the_registry_knows_the_three_journals() -> None:
    assert list(registry())[:3] == ["weight", "nutrition", "blood_pressure"]


def test_the_first_steps_are_saved_together_or_not_at_all(client: Client) -> None:
    bob = setup_user("bob")
    client.force_login(bob)
    fields = {
        "height_cm": "180,5",
        "target_value": "abc",
        "language": "de",
        "time_zone": "Europe/Vienna",
        "journals": ["weight"],
    }
    refused = client.post("/welcome/", fields)
    assert refused.status_code == 422
    assert 'value="180,5"' in refused.content.decode()
    assert Profile.of(bob).height_cm is None
    assert client.post("/welcome/", fields | {"target_value": "77,5"}).url == "/capture/"
    bob.refresh_from_db()
    assert (Profile.of(bob).height_cm, bob.time_zone) == (Decimal("180.5"), "Europe/Vienna")
    assert 'id="nutrition"' not in client.get("/capture/").content.decode()


def test_a_limit_is_said_before_anything_is_typed(browser_of_alice: Client, alice: User) -> None:
    setup_feature("weight_entries", 1)
    assert "0 von 1" in browser_of_alice.get("/capture/").content.decode()
    capture(browser_of_alice, "weight", weight_kg="82,4")
    page = browser_of_alice.get("/journal/weight/").content.decode()
    assert 'id="entry-form"' not in page
    row = Weight.objects.get()
    edited = capture(browser_of_alice, "weight", weight_kg="82,5")
    assert edited.status_code == 200, "updating the day's row is no new entry"
    refused = post(
        browser_of_alice, "/journal/weight/", weight_kg="82,4", day=(row.day - timedelta(days=1)).isoformat()
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("language", ["de", "en"])
@given(data=st.data())
@settings(max_examples=100)
def test_what_the_edit_form_shows_comes_back_as_it_was_stored(language: str, data: Any) -> None:
    measures = [measure for journal in registry().values() for measure in journal.measures]
    measure = data.draw(st.sampled_from(measures))
    low, high = Decimal(str(measure.low)), Decimal(str(measure.high))
    stored = data.draw(st.decimals(low, high, places=3))
    field = MeasureField(measure, required=False)
    field.showing(stored)
    with translation.override(language):
        assert field.to_python(field.prepare_value(stored)) == stored


def test_an_unlikely_value_over_todays_own_and_before_a_later_one_is_asked_about(
    browser_of_alice: Client,
) -> None:
    capture(browser_of_alice, "weight", weight_kg="82,4")
    assert capture(browser_of_alice, "weight", weight_kg="92,4").status_code == 422
    yesterday = (factories.today() - timedelta(days=1)).isoformat()
    assert post(browser_of_alice, "/journal/weight/", weight_kg="60", day=yesterday).status_code == 422
    assert post(browser_of_alice, "/journal/weight/", weight_kg="82,9", day=yesterday).status_code == 200


def test_a_switched_off_limit_is_said_in_words(browser_of_alice: Client, alice: User) -> None:
    setup_feature("weight_entries", 0)
    setup_feature("goals", 0)
    page = browser_of_alice.get("/journal/weight/").content.decode()
    assert "deiner Stufe" in page
    assert ">off<" not in page
    assert browser_of_alice.post("/goals/weight/", {"target_value": "78"}).status_code == 403


def test_an_entry_from_the_future_does_not_count_today(browser_of_alice: Client, alice: User) -> None:
    capture(browser_of_alice, "weight", weight_kg="82,4")
    tomorrow = factories.today() + timedelta(days=3)
    entries.record(
        owner=alice,
        journal=registry()["weight"],
        values={"weight_kg": Decimal(60)},
        when=When(tomorrow),
        client_id="future",
    )
    assert "60,0" not in browser_of_alice.get("/").content.decode()


def test_a_form_sent_again_brings_nothing_back_that_was_deleted(
    browser_of_alice: Client, alice: User
) -> None:
    """And does not say that it was saved."""
    fields = {"client_id": "same", "day": today(), "weight_kg": "82,4"}
    browser_of_alice.post("/journal/weight/", fields)
    entry = Weight.objects.get()
    browser_of_alice.post(f"/journal/weight/{entry.pk}/delete/")
    for headers in ({}, HTMX):
        answer = browser_of_alice.post("/journal/weight/", fields, headers=headers)
        assert answer.status_code == 409
        assert "Dieser Eintrag wurde inzwischen gelöscht." in answer.content.decode()
    assert not Weight.objects.of(alice).exists()
