"""Figures that rest on a choice of the member or on few entries, each computed once more by hand."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from membership.models import User
from tests import factories
from tests.tracking.test_entries import record, weigh
from tracking.profile import Profile
from tracking.seeds import seed_training
from tracking.training import TrainingType

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def card(client: Client, topic: str, key: str) -> str:
    page = client.get(f"/history/{topic}/").content.decode()
    found = re.search(rf'<section class="card" id="{key}".*?</section>', page, re.DOTALL)
    assert found, key
    return plain_text(found[0])


def plain_text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def about(owner: User, **known: Any) -> None:
    Profile.objects.filter(user=owner).update(**known)


def press(owner: User, systolic: int, diastolic: int, days_ago: int = 0) -> None:
    day = factories.today() - timedelta(days=days_ago)
    record(
        owner,
        "blood_pressure",
        day=day,
        at=datetime.combine(day, time(7), BERLIN),
        systolic_mmhg=Decimal(systolic),
        diastolic_mmhg=Decimal(diastolic),
    )


def train(owner: User, **values: Any) -> None:
    day = factories.today() - timedelta(days=1)
    record(owner, "activity", day=day, at=datetime.combine(day, time(18), BERLIN), **values)


# Blood pressure ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("table", "place", "said"),
    [
        ("who_ish_1999", "home", "hochnormal nach WHO/ISH 1999, an oder über der Schwelle von 135/85"),
        ("who_ish_1999", "practice", "hochnormal nach WHO/ISH 1999, unter der Schwelle von 140/90"),
        ("esc_2024", "home", "Bluthochdruck nach ESC 2024, zu Hause, an oder über der Schwelle von 135/85"),
        ("esc_2024", "practice", "erhöht nach ESC 2024, unter der Schwelle von 140/90"),
        ("aha_acc_2017", "home", "Stadium 1 nach AHA/ACC 2017, an oder über der Schwelle von 135/85"),
        ("ish_2020", "practice", "hochnormal nach ISH 2020, unter der Schwelle von 140/90"),
    ],
)
def test_table_and_place_of_the_settings_decide_everywhere(
    browser_of_alice: Client, alice: User, table: str, place: str, said: str
) -> None:
    press(alice, 137, 84)
    form = {"part": "pressure", "pressure_table": table, "pressure_place": place}
    assert browser_of_alice.post("/settings/", form).status_code == 302
    assert said in card(browser_of_alice, "blood-pressure", "mean")
    for page in ("/", "/history/blood-pressure/print/"):
        assert said in browser_of_alice.get(page).content.decode().replace("\u202f", " ")
    chart = browser_of_alice.get("/journal/blood_pressure/series.json").json()
    assert said in chart["sentence"].replace("\u202f", " ")


def test_a_table_nobody_knows_is_refused_at_the_field(browser_of_alice: Client, alice: User) -> None:
    form = {"part": "pressure", "pressure_table": "own", "pressure_place": "home"}
    answer = browser_of_alice.post("/settings/", form)
    assert answer.status_code == 422
    assert "field--invalid" in answer.content.decode()
    assert Profile.of(alice).pressure_table == "who_ish_1999"


# Body -------------------------------------------------------------------------------------------------------
def fall(owner: User, days: int = 21) -> None:
    """From 84 kg on a twentieth of a kilogram less each day, up to today."""
    for number in range(days):
        day = factories.today() - timedelta(days=days - 1 - number)
        weigh(owner, f"{84 - 0.05 * number + (0.02 if number % 2 else -0.02):.3f}", day=day)


def test_the_weight_in_thirty_days_goes_on_along_the_line(browser_of_alice: Client, alice: User) -> None:
    fall(alice)
    assert "81,5" in card(browser_of_alice, "body", "outlook")  # 83 - 30 / 20


def test_fat_mass_and_lean_mass_for_the_height_add_up_to_the_index(
    browser_of_alice: Client, alice: User
) -> None:
    about(alice, height_cm=Decimal(180))
    weigh(alice, "82", day=factories.today(), body_fat_pct=Decimal(15))
    assert " 3,8 kg/m²" in card(browser_of_alice, "body", "fmi")  # 12.3 / 1.8²
    assert " 21,5 kg/m²" in card(browser_of_alice, "body", "ffmi")
    assert " 25,3 kg/m²" in card(browser_of_alice, "body", "bmi")


def test_folds_name_age_sex_and_the_other_conversion(browser_of_alice: Client, alice: User) -> None:
    born = factories.today().replace(year=factories.today().year - 35)
    about(alice, sex="male", birth_date=born)
    folds: dict[str, Any] = {"chest_mm": Decimal(12), "abdomen_mm": Decimal(24), "thigh_mm": Decimal(16)}
    record(alice, "caliper", day=factories.today(), method="jp3", **folds)
    page = browser_of_alice.get("/history/body/").content.decode()
    text = plain_text(page)
    assert "Geschlecht männlich · Profil" in text
    assert "Alter 35 · Profil" in text
    assert "Körperdichte 1,0617 g/cm³" in text
    assert "Nach anderer Umrechnung 16,2 % · Brozek 1963" in text


# Energy -----------------------------------------------------------------------------------------------------
def test_until_there_is_a_diary_the_rule_of_thumb_stands_beside_its_factor(
    browser_of_alice: Client, alice: User
) -> None:
    born = factories.today().replace(year=factories.today().year - 35)
    about(alice, sex="male", birth_date=born, height_cm=Decimal(180), activity_level="moderate")
    weigh(alice, "82", day=factories.today())
    text = card(browser_of_alice, "energy", "by_factor")
    assert "2.751 kcal" in text  # 1775 · 1.55
    assert "1,550" in text


def test_a_training_without_energy_is_estimated_beyond_rest(browser_of_alice: Client, alice: User) -> None:
    seed_training()
    running = TrainingType.objects.get(code="running")
    TrainingType.objects.filter(pk="running").update(met=Decimal("9.8"))
    weigh(alice, "82", day=factories.today() - timedelta(days=1))
    train(alice, training_type=running, duration_min=Decimal(45))
    page = browser_of_alice.get("/journal/activity/").content.decode()
    assert "Energie, geschätzt 541" in unescape(re.sub(r"<[^>]+>", "", page))  # (9.8 - 1) · 82 · 0.75


def test_a_training_whose_energy_was_recorded_is_not_estimated(browser_of_alice: Client, alice: User) -> None:
    seed_training()
    weigh(alice, "82", day=factories.today() - timedelta(days=1))
    train(
        alice,
        training_type=TrainingType.objects.get(code="running"),
        duration_min=Decimal(45),
        energy_kcal=Decimal(500),
    )
    rows = browser_of_alice.get("/journal/activity/").content.decode().partition('id="entries"')[2]
    assert "Energie, geschätzt" not in rows.partition("entry-actions")[0]


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"protein_g": 40, "carbs_g": 55, "fat_g": 20}, ""),  # 560 kcal against 600
        ({"protein_g": 40, "carbs_g": 120, "fat_g": 20}, "nach den Gramm sind es 820"),
        ({"protein_g": 40, "carbs_g": 120}, ""),  # nobody knows the fat
        (
            {"protein_g": 40, "carbs_g": 65, "fat_g": 20, "fibre_g": 100},
            "",
        ),  # fibre may be in it
    ],
)
def test_energy_that_does_not_fit_its_grams_is_told(
    browser_of_alice: Client, alice: User, fields: dict[str, int], hint: str
) -> None:
    amounts: dict[str, Any] = {name: Decimal(value) for name, value in fields.items()}
    record(alice, "nutrition", day=factories.today(), meal="lunch", energy_kcal=Decimal(600), **amounts)
    page = browser_of_alice.get("/journal/nutrition/").content.decode()
    assert ("passen nicht zusammen" in page) == bool(hint)
    assert hint in page


def lifted(*done: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"exercise": "Bankdrücken", "warm_up": False, "rpe": None, **one} for one in done]


# Strength ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "said"),
    [
        ({"kg": "100", "repetitions": 5}, "116,7 kg · 112,5 kg"),
        ({"kg": "80", "repetitions": 8, "rpe": "8"}, "106,7 kg · 106,7 kg"),  # two in reserve
        ({"kg": "60", "repetitions": 12}, "84,0 kg · 86,4 kg (ungenau)"),
    ],
)
def test_one_repetition_at_most_by_both_formulas(
    browser_of_alice: Client, alice: User, one: dict[str, object], said: str
) -> None:
    train(alice, sets=lifted(one))
    text = card(browser_of_alice, "training", "one_repetition")
    assert f"Bankdrücken {said}" in text


def test_warm_ups_and_sets_without_weight_estimate_nothing(browser_of_alice: Client, alice: User) -> None:
    train(
        alice,
        sets=lifted({"kg": None, "repetitions": 8}, {"kg": "60", "repetitions": 10, "warm_up": True}),
    )
    assert 'id="one_repetition"' not in browser_of_alice.get("/history/training/").content.decode()


# Goals ------------------------------------------------------------------------------------------------------
def test_the_way_gone_is_explained(browser_of_alice: Client, alice: User) -> None:
    weigh(alice, "84", day=factories.today() - timedelta(days=1))
    browser_of_alice.post("/goals/weight/", {"target_value": "80"})
    text = re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", browser_of_alice.get("/goals/").content.decode()))
    )
    assert "Beginn 84,0 kg" in text
    assert "(Beginn − jetzt) / (Beginn − Ziel)" in text


@pytest.mark.parametrize(("hours", "warned"), [("5,9", True), ("6", False)])
def test_a_goal_of_too_short_nights_is_warned_of(
    browser_of_alice: Client, alice: User, hours: str, warned: bool
) -> None:
    assert browser_of_alice.post("/goals/sleep/", {"target_value": hours}).status_code == 302
    assert ("Bitte wähle eine längere Nacht" in browser_of_alice.get("/goals/").content.decode()) == warned


@pytest.mark.parametrize(("weekly", "warned"), [(0.3, False), (0.6, True)])
def test_gaining_fast_is_warned_of_unless_one_is_thin(
    browser_of_alice: Client, alice: User, weekly: float, warned: bool
) -> None:
    for number in range(28):
        day = factories.today() - timedelta(days=27 - number)
        weigh(alice, f"{80 + weekly * number / 7:.3f}", day=day)
    browser_of_alice.post("/goals/weight/", {"target_value": "90"})
    assert ("Du nimmst mehr als" in browser_of_alice.get("/goals/").content.decode()) == warned
    about(alice, height_cm=Decimal(215))  # a BMI below 18.5
    assert "Du nimmst mehr als" not in browser_of_alice.get("/goals/").content.decode()
