"""A member reads and types in units of their own; what is stored stays metric."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from insights import context
from membership.models import EnergyUnit, Units, User
from mitai.core import units
from mitai.core.units import METRIC, SYSTEMS, UnitSystem
from tests import factories
from tests.tracking.browsing import HTMX, capture, journal, post
from tests.tracking.imports.runs import small_export, upload
from tracking.demo import fill
from tracking.form_fields import MeasureField
from tracking.goals import KINDS, Goal, set_goal
from tracking.imports import jobs
from tracking.journals import registry
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight
from tracking.measures import Measure
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
OURS = UnitSystem("imperial", "kJ")
OTHERS = [*(kind.measure for kind in KINDS.values()), Profile._meta.get_field("height_cm")]


@pytest.fixture
def american(alice: User) -> User:
    """Alice, who thinks in pounds, inches and kilojoules."""
    choose(alice, OURS)
    return alice


def choose(member: User, system: UnitSystem) -> None:
    User.objects.filter(pk=member.pk).update(units=system.body, energy_unit=system.energy)


def text_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def measures() -> list[Measure]:
    return [*(measure for journal in registry().values() for measure in journal.measures), *OTHERS]


def test_the_account_offers_what_the_room_of_units_knows() -> None:
    assert set(Units.values) == set(units.BODY)
    assert set(EnergyUnit.values) == set(units.ENERGY)


# What is typed comes back -----------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["de", "en"])
@given(data=st.data())
@settings(max_examples=200)
def test_what_was_typed_to_the_shown_digits_comes_back_equal(language: str, data: Any) -> None:
    measure, system = data.draw(st.sampled_from(measures())), data.draw(st.sampled_from([*SYSTEMS.values()]))
    low, high = system.bounds(measure.low, measure.high, measure.unit, measure.digits)
    number = data.draw(st.decimals(low, high, places=measure.digits))
    field = MeasureField(measure, required=True, system=system)
    with translation.override(language):
        typed = f"{number}".replace(".", "," if language == "de" else ".")
        stored = field.clean(typed)
        assert stored == round(stored, 3)
        assert field.prepare_value(stored) == typed
        assert units.format_number(system.show(stored, measure.unit), measure.digits) == units.format_number(
            number, measure.digits
        )


@given(data=st.data())
@settings(max_examples=200)
def test_an_untouched_number_of_a_form_is_the_stored_one(data: Any) -> None:
    """Whatever units it is shown in, and however many decimals an import has given it."""
    measure, system = data.draw(st.sampled_from(measures())), data.draw(st.sampled_from([*SYSTEMS.values()]))
    stored = data.draw(st.decimals(Decimal(str(measure.low)), Decimal(str(measure.high)), places=3))
    field = MeasureField(measure, required=True, system=system)
    field.showing(stored)
    assert field.clean(field.prepare_value(stored)) == stored


def test_a_weight_in_pounds_is_stored_in_kilograms(browser_of_alice: Client, american: User) -> None:
    answer = capture(browser_of_alice, "weight", weight_kg="181,5")
    assert "181,5" in answer.content.decode()
    row = Weight.objects.get()
    assert row.weight_kg == Decimal("82.327")
    edit = browser_of_alice.get(f"/journal/weight/{row.pk}/edit/", headers=HTMX).content.decode()
    assert 'value="181,5"' in edit
    assert re.search(r"field__unit[^>]*>lb<", edit)


def test_editing_the_note_of_an_entry_leaves_its_weight(browser_of_alice: Client, american: User) -> None:
    """82.401 kg is no number of hundredths of a pound."""
    capture(browser_of_alice, "weight", weight_kg="82,401", units=METRIC.code)
    row = Weight.objects.get()
    fields = {"day": row.day.isoformat(), "version": row.changed, "note": "after a run"}
    edit = browser_of_alice.get(f"/journal/weight/{row.pk}/edit/", headers=HTMX).content.decode()
    shown = re.search(r'name="weight_kg" value="([^"]+)"', edit)
    assert shown is not None
    saved = post(
        browser_of_alice,
        f"/journal/weight/{row.pk}/edit/",
        weight_kg=shown[1],
        units=OURS.code,
        **fields,
    )
    assert saved.status_code == 200
    row = Weight.objects.get()
    assert (row.weight_kg, row.note) == (Decimal("82.401"), "after a run")


def test_energy_is_typed_in_kilojoules_with_grouped_thousands(
    browser_of_alice: Client, american: User
) -> None:
    capture(browser_of_alice, "nutrition", meal="lunch", energy_kcal="9.205", protein_g="40")
    row = Nutrition.objects.get()
    assert (row.energy_kcal, row.protein_g) == (Decimal("2200.048"), Decimal(40))
    assert "9.205" in text_of(browser_of_alice, "/journal/nutrition/")


# The units of a form ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("shown", "stored"), [(METRIC, "180.000"), (OURS, "81.647")])
@pytest.mark.parametrize(("path", "send"), [("/capture/", capture), ("/journal/weight/", journal)])
def test_a_form_is_read_in_the_units_it_was_shown_in(
    browser_of_alice: Client,
    alice: User,
    path: str,
    send: Callable[..., Any],
    shown: UnitSystem,
    stored: str,
) -> None:
    """Alice opens the form, chooses other units in another tab, and then sends it (or the queue does)."""
    choose(alice, shown)
    page = text_of(browser_of_alice, path)
    assert page.count(f'name="units" value="{shown.code}"') >= 1
    choose(alice, OURS if shown == METRIC else METRIC)
    answer = send(
        browser_of_alice, "weight", weight_kg="180", units=shown.code, day=factories.today().isoformat()
    )
    assert answer.status_code == 200
    assert Weight.objects.get().weight_kg == Decimal(stored)


def test_a_refused_form_stays_in_its_units(browser_of_alice: Client, american: User) -> None:
    answer = capture(browser_of_alice, "weight", weight_kg="19", units=METRIC.code)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'name="units" value="{METRIC.code}"' in page
    assert 'value="19"' in page
    assert "19 liegt nicht zwischen 20 und 400\u202fkg" in page
    assert "lb" not in page


def test_a_range_is_told_in_the_units_of_the_form(browser_of_alice: Client, american: User) -> None:
    page = capture(browser_of_alice, "weight", weight_kg="1000").content.decode()
    assert "1.000 liegt nicht zwischen 44,1 und 881,8\u202flb" in page
    assert capture(browser_of_alice, "weight", weight_kg="181,555").status_code == 422
    assert not Weight.objects.exists()


def test_a_form_that_names_no_units_is_in_the_members(browser_of_alice: Client, american: User) -> None:
    capture(browser_of_alice, "weight", weight_kg="181.5")
    assert Weight.objects.get().weight_kg == Decimal("82.327")


@pytest.mark.parametrize("garbled", ["", "stones", "imperial", "metric.kcal ", "imperial.kj"])
def test_garbled_units_are_asked_about_and_never_guessed(
    browser_of_alice: Client, alice: User, garbled: str
) -> None:
    fields = {"weight_kg": "180", "day": factories.today().isoformat()}
    for send in (capture, journal):
        answer = send(browser_of_alice, "weight", units=garbled, **fields)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "in welchen Einheiten" in page
        assert 'value="180"' in page
        assert f'name="units" value="{METRIC.code}"' in page  # sent again it is clear
    answer = browser_of_alice.post("/goals/weight/", {"target_value": "78", "units": garbled})
    assert answer.status_code == 422
    sent = {"part": "profile", "height_cm": "180", "units": garbled}
    assert browser_of_alice.post("/settings/", sent).status_code == 422
    assert browser_of_alice.post("/welcome/", {**WELCOME, "units": garbled}).status_code == 422
    assert not Weight.objects.exists()
    assert not Goal.objects.exists()
    assert Profile.of(alice).height_cm is None


def test_goal_and_height_are_read_in_the_units_of_their_form(
    browser_of_alice: Client, american: User
) -> None:
    browser_of_alice.post("/goals/weight/", {"target_value": "172"})
    assert Goal.objects.get().target_value == Decimal("78.018")
    assert 'value="172,0"' in text_of(browser_of_alice, "/goals/weight/")
    browser_of_alice.post("/goals/weight/", {"target_value": "172,0"})
    assert Goal.objects.count() == 1  # untouched, it is the same goal
    browser_of_alice.post("/goals/weight/", {"target_value": "77,5", "units": METRIC.code})
    assert Goal.objects.open(american).get().target_value == Decimal("77.5")
    profile = {"part": "profile", "sex": "", "birth_date": "", "activity_level": ""}
    browser_of_alice.post("/settings/", {**profile, "height_cm": "71"})
    assert Profile.of(american).height_cm == Decimal("180.340")
    browser_of_alice.post("/settings/", {**profile, "height_cm": "181", "units": METRIC.code})
    assert Profile.of(american).height_cm == Decimal(181)


def test_an_unlikely_weight_is_asked_about_in_the_members_units(
    browser_of_alice: Client, american: User
) -> None:
    capture(browser_of_alice, "weight", weight_kg="181,5")
    asked = capture(browser_of_alice, "weight", weight_kg="82,4")
    assert asked.status_code == 422
    assert "181,5\u202flb" in asked.content.decode()
    assert "82,4\u202flb" in asked.content.decode()


# The first steps --------------------------------------------------------------------------------------------
WELCOME = {
    "height_cm": "71",
    "target_value": "172",
    "language": "de",
    "time_zone": "UTC",
    "journals": ["weight"],
}


def test_the_first_steps_are_asked_in_the_units_of_choice(browser_of_alice: Client, alice: User) -> None:
    page = text_of(browser_of_alice, "/welcome/")
    assert f'name="units" value="{METRIC.code}"' in page
    address = f"/welcome/?units=imperial.{EnergyUnit.KCAL}"
    assert f'href="{address}"' in page
    assert 'name="units" value="imperial.kcal"' in text_of(browser_of_alice, address)
    alice.refresh_from_db()
    assert alice.units == Units.METRIC  # looking changes nothing
    assert browser_of_alice.post("/welcome/", {**WELCOME, "units": "imperial.kcal"}).status_code == 302
    alice.refresh_from_db()
    assert (alice.units, alice.energy_unit) == (Units.IMPERIAL, EnergyUnit.KCAL)
    assert Profile.of(alice).height_cm == Decimal("180.340")
    assert Goal.objects.get().target_value == Decimal("78.018")


def test_refused_first_steps_stay_in_their_units(browser_of_alice: Client) -> None:
    refused = browser_of_alice.post("/welcome/", {**WELCOME, "height_cm": "180", "units": "imperial.kcal"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'name="units" value="imperial.kcal"' in page
    assert "180 liegt nicht zwischen 39,4 und 98,4\u202fin" in page


# Where quantities are shown ---------------------------------------------------------------------------------
def test_every_page_shows_the_members_units_alone(browser_of_alice: Client, american: User) -> None:
    fill(owner=american, days=60, seed=1)
    set_goal(owner=american, target=Decimal(78))
    for path in ("/", "/capture/", "/journal/weight/", "/journal/nutrition/", "/goals/weight/", "/welcome/"):
        visible = re.sub(r'href="[^"]*"|value="[^"]*"', "", text_of(browser_of_alice, path))
        assert not re.search(r"\b(kg|cm|kcal)\b", visible.replace("kg, cm", "")), path
    overview = text_of(browser_of_alice, "/")
    assert all(unit in overview for unit in ("lb", "kJ", "lb/Woche"))


def test_the_chart_and_its_table_are_in_the_members_units(browser_of_alice: Client, american: User) -> None:
    capture(browser_of_alice, "weight", weight_kg="181,5")
    set_goal(owner=american, target=Decimal("77.111"))
    capture(browser_of_alice, "nutrition", meal="lunch", energy_kcal="9205")
    chart = browser_of_alice.get("/journal/weight/series.json").json()
    assert [(one["unit"], one["scale"], one["values"]) for one in chart["series"]] == [
        ("lb", "lb", [181.5]),
        ("lb", "lb", [181.5]),
    ]
    assert chart["lines"] == [{"label": "Ziel", "value": 170.001, "scale": "lb"}]
    table = text_of(browser_of_alice, "/journal/weight/table/")
    assert "(lb)" in table
    assert ">181,5<" in table
    energy = browser_of_alice.get("/journal/nutrition/series.json").json()["series"][0]
    assert (energy["unit"], energy["values"]) == ("kJ", [9205.001])


def test_the_preview_of_an_import_is_in_the_members_units(browser_of_alice: Client, american: User) -> None:
    run = upload(american, small_export(3), preview=True)
    jobs.work(run.pk)
    page = text_of(browser_of_alice, f"/import/{run.pk}/")
    assert '<span class="unit">\u202flb</span>' in page
    assert '<span class="unit">\u202fkg</span>' not in page


def test_the_file_to_take_away_is_metric(browser_of_alice: Client, american: User) -> None:
    capture(browser_of_alice, "weight", weight_kg="181,5")
    lines = b"".join(browser_of_alice.get("/journal/weight/export.csv")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("day,weight_kg")
    assert ",82.327," in lines[1]


def test_what_an_evaluation_rests_on_is_metric_whoever_asks(american: User) -> None:
    fill(owner=american, days=60, seed=1)
    now = timezone.now()
    outside = context.facts(american, now=now)
    with units.override(OURS):
        assert context.facts(american, now=now) == outside
    assert {"kg", "kcal"} <= {fact.unit for fact in outside}


# Nothing of one request reaches the next --------------------------------------------------------------------
def test_the_units_of_a_request_end_with_it(browser_of_alice: Client, american: User, client: Client) -> None:
    capture(browser_of_alice, "weight", weight_kg="181,5")
    assert units.active() == METRIC
    bob = Client()
    bob.force_login(factories.bob())
    for path in ("/journal/weight/", "/goals/weight/", "/welcome/"):
        text_of(browser_of_alice, path)  # in the same thread
        assert re.search(r"field__unit[^>]*>kg<", text_of(bob, path))
    text_of(browser_of_alice, "/nothing/")
    client.get("/accounts/login/")
    assert units.active() == METRIC
