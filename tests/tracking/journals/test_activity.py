"""Trainings: recorded by hand, held against the profile of their type, rule by rule."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from membership.models import User
from tests import factories
from tests.queries import at_most
from tests.tracking.browsing import capture, journal
from tracking.assessments import profile_of
from tracking.journals.activity import Activity
from tracking.profile import Profile
from tracking.seeds import seed_training
from tracking.training import TrainingType

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def types(db: None) -> None:
    seed_training()


def run(client: Client, **fields: Any) -> Any:
    fields = {"training_type": "running", "duration_min": "45", "day": f"{factories.today()}", **fields}
    return journal(client, "activity", **{"time": "00:00", **fields})


def page(client: Client) -> str:
    """The page's words, without markup."""
    text = client.get("/journal/activity/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u202f", " ").split())


def test_type_minutes_and_effort_are_recorded_on_the_capture_page(browser_of_alice: Client) -> None:
    answer = capture(browser_of_alice, "activity", training_type="running", duration_min="1:15", rpe="6,5")
    assert answer.status_code == 200
    row = Activity.objects.get()
    assert (row.training_type_id, row.duration_min, row.rpe) == ("running", Decimal(75), Decimal("6.5"))
    text = page(browser_of_alice)
    assert "Laufen" in text
    assert "Belastung 488" in text  # 6.5 times 75, rounded


def test_types_are_offered_by_category_in_the_members_language(browser_of_alice: Client, alice: User) -> None:
    german = browser_of_alice.get("/journal/activity/").content.decode()
    assert '<optgroup label="Kraft">' in german
    assert ">Laufen</option>" in german
    User.objects.filter(pk=alice.pk).update(language="en")
    assert ">Running</option>" in browser_of_alice.get("/journal/activity/").content.decode()


def test_a_type_that_is_switched_off_stays_with_what_was_recorded(browser_of_alice: Client) -> None:
    run(browser_of_alice)
    TrainingType.objects.filter(code="running").update(active=False)
    row = Activity.objects.get()
    assert 'value="running"' not in browser_of_alice.get("/journal/activity/").content.decode()
    address = f"/journal/activity/{row.pk}/edit/"
    assert 'value="running" selected' in browser_of_alice.get(address).content.decode()
    fields = {"training_type": "running", "duration_min": "50", "day": row.day.isoformat(), "time": "00:00"}
    answer = browser_of_alice.post(address, {**fields, "client_id": "e", "version": row.changed})
    assert answer.status_code == 302
    assert Activity.objects.get().training_type_id == "running"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"hr_avg_bpm": "150", "hr_max_bpm": "140"}, "hr_max_bpm"),
        ({"hr_avg_bpm": "150", "hr_min_bpm": "151"}, "hr_min_bpm"),
        ({"duration_min": ""}, "duration_min"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(
    browser_of_alice: Client, fields: dict[str, str], name: str
) -> None:
    answer = run(browser_of_alice, **fields)
    assert answer.status_code == 422
    assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', answer.content.decode())
    assert not Activity.objects.exists()


# Held against the profile of running: 20 and 45 min, 65 to 85 % of the highest rate, RPE 3 to 7 -------------
def test_every_rule_is_shown_and_what_is_missing_is_named(browser_of_alice: Client) -> None:
    run(browser_of_alice, duration_min="44", rpe="8")
    text = page(browser_of_alice)
    assert "mittel 1 von 3 bewertbaren Regeln erfüllt" not in text
    assert "nicht wie gedacht 1 von 3 bewertbaren Regeln erfüllt, insgesamt 5" in text
    assert "Mindestdauer erfüllt Gewünscht: ab 20 min · War: 44 min" in text
    assert "Ideale Dauer darunter Gewünscht: ab 45 min · War: 44 min" in text
    assert (
        "Gewünscht: 65 % bis 85 % · War: unbekannt, es fehlt mittlerer Puls, dein Höchstpuls (Geburtsdatum)"
        in text
    )
    assert "Wie anstrengend darüber Gewünscht: 3 bis 7 · War: 8" in text


def test_shares_say_which_highest_heart_rate_they_rest_on(browser_of_alice: Client, alice: User) -> None:
    born = date(factories.today().year - 40, 1, 1)
    Profile.objects.filter(user=alice).update(birth_date=born)
    run(browser_of_alice, hr_avg_bpm="135", hr_max_bpm="150")
    text = page(browser_of_alice)
    assert (
        "Mittlerer Puls erfüllt Gewünscht: 65 % bis 85 % · War: 75 %" in text
    )  # 135 of 208 - 0.7 * 40 = 180
    assert "an deinem Alter" not in text
    assert "in deinem Alter zu erwartenden Höchstpulses, 180 bpm" in text
    run(browser_of_alice, hr_avg_bpm="150", hr_max_bpm="192", time="00:01")
    assert "bisher höchsten Pulses, 192 bpm" in page(browser_of_alice)


def test_without_a_type_or_rules_nothing_is_judged(browser_of_alice: Client) -> None:
    TrainingType.objects.filter(code="everyday").update(minimum_min=None, ideal_min=None)
    run(browser_of_alice, training_type="")
    run(browser_of_alice, training_type="everyday", time="00:01")
    assert "Regeln erfüllt" not in page(browser_of_alice)


def test_the_page_costs_the_same_for_many_trainings(browser_of_alice: Client, alice: User) -> None:
    Profile.objects.filter(user=alice).update(birth_date=date(1985, 1, 1))
    for number in range(12):
        run(browser_of_alice, hr_avg_bpm="135", hr_max_bpm="170", time=f"00:{number:02}")
        if number in {0, 11}:
            with at_most(9):  # one of them asks whether anything changed; without energy weights are read
                browser_of_alice.get("/journal/activity/")


def test_no_type_is_an_answer_too(browser_of_alice: Client) -> None:
    """A name that means a type does not fill in again what was taken out by hand."""
    run(browser_of_alice, training_type="", name="Yoga")
    row = Activity.objects.get()
    assert row.training_type_id == "yoga"
    form = browser_of_alice.get(f"/journal/activity/{row.pk}/edit/").content.decode()
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    fields = {
        "training_type": "",
        "duration_min": "45",
        "name": "Yoga",
        "day": f"{factories.today()}",
        "time": "00:00",
    }
    browser_of_alice.post(f"/journal/activity/{row.pk}/edit/", {**fields, "version": version[1]})
    assert Activity.objects.get().training_type_id is None


def test_every_shipped_type_has_a_profile() -> None:
    assert [one.code for one in TrainingType.objects.all() if not profile_of(one).limits] == []
