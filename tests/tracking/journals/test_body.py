"""Girths and folds: what is asked for, what follows, and what is missing for it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from membership.models import User
from tests import factories
from tests.tracking.browsing import journal
from tracking.journals.caliper import Caliper
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
DAY = "2026-03-02"


def person(owner: User, sex: str, years: int, height: int = 180) -> None:
    born = date(2026 - years, 1, 1)
    Profile.objects.filter(user=owner).update(sex=sex, birth_date=born, height_cm=Decimal(height))


def page(client: Client, slug: str) -> str:
    text = client.get(f"/journal/{slug}/?month=2026-03").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u202f", " ").split())


def folds(client: Client, **fields: Any) -> Any:
    return journal(client, "caliper", day=DAY, **{f"{k}": str(v) for k, v in fields.items()})


@pytest.mark.parametrize(
    ("sex", "method", "asked"),
    [
        ("male", "jp3", {"chest", "abdomen", "thigh"}),
        ("female", "jp3", {"triceps", "suprailiac", "thigh"}),
        ("", "jp3", {"chest", "abdomen", "thigh", "triceps", "suprailiac"}),
        ("male", "durnin_womersley", {"biceps", "triceps", "subscapular", "suprailiac"}),
    ],
)
def test_the_form_asks_for_the_folds_of_method_and_sex(
    browser_of_alice: Client, alice: User, sex: str, method: str, asked: set[str]
) -> None:
    person(alice, sex, 35)
    text = browser_of_alice.get(f"/journal/caliper/?method={method}").content.decode()
    assert set(re.findall(r'name="(\w+)_mm"', text)) == asked


def test_body_fat_is_that_of_the_worked_example(browser_of_alice: Client, alice: User) -> None:
    person(alice, "male", 35)
    journal(browser_of_alice, "weight", weight_kg="82", day=DAY)
    folds(browser_of_alice, method="jp3", chest_mm=12, abdomen_mm=24, thigh_mm=16)
    text = page(browser_of_alice, "caliper")  # domain.md A1.1
    assert "16,2 %" in text
    assert "Körperdichte 1,0617" in text
    assert "Magermasse 68,7" in text


def test_what_is_missing_is_said_in_the_row(browser_of_alice: Client, alice: User) -> None:
    folds(browser_of_alice, method="jp3", chest_mm=12)
    assert "Ohne dein Geschlecht im Profil" in page(browser_of_alice, "caliper")
    person(alice, "male", 35)
    assert "Für das Körperfett fehlen noch: Bauchfalte, Oberschenkelfalte." in page(
        browser_of_alice, "caliper"
    )


def test_each_method_of_a_day_has_its_row(browser_of_alice: Client, alice: User) -> None:
    person(alice, "male", 35)
    folds(browser_of_alice, method="jp3", chest_mm=12)
    folds(browser_of_alice, method="jp3", chest_mm=13)
    folds(browser_of_alice, method="parrillo", chest_mm=12)
    assert "2 Einträge" in page(browser_of_alice, "caliper")


def test_ratios_and_the_tape_follow_from_girths(browser_of_alice: Client, alice: User) -> None:
    person(alice, "male", 35)
    girths = {"waist_cm": "90", "belly_cm": "90", "hip_cm": "98", "neck_cm": "39"}
    journal(browser_of_alice, "circumference", day=DAY, **girths)
    text = page(browser_of_alice, "circumference")  # domain.md A1.2, A1.3
    assert "Taille zu Größe 0,50" in text
    assert "Taille zu Hüfte 0,92" in text
    assert "Körperfett (Maßband) 19,1 %" in text


def test_a_preset_is_a_day_of_rest_with_one_tap(browser_of_alice: Client) -> None:
    sent = {"rest_day-preset": "no-strength", "rest_day-client_id": "c"}
    assert browser_of_alice.post("/capture/", sent).status_code == 302
    shown = browser_of_alice.get("/journal/rest_day/").content.decode()
    assert re.search(r"<strong>\s*Ohne Krafttraining", shown)
    assert f"{factories.today():%Y-%m-%d}" in shown


def test_a_fold_of_another_method_is_kept_and_shown(browser_of_alice: Client, alice: User) -> None:
    """Without scripts the fields of the method before are sent: what was typed is not dropped."""
    person(alice, "female", 30)
    fields = {"method": "durnin_womersley", "biceps_mm": 8, "triceps_mm": 12, "subscapular_mm": 14,
              "suprailiac_mm": 13, "thigh_mm": 33}  # fmt: skip
    assert folds(browser_of_alice, **fields).status_code == 200
    assert Caliper.objects.get().thigh_mm == 33


def test_a_method_that_lacks_its_folds_keeps_what_was_typed(browser_of_alice: Client, alice: User) -> None:
    person(alice, "female", 30)
    answer = folds(browser_of_alice, method="durnin_womersley", thigh_mm="x33")
    assert answer.status_code == 422
    assert 'value="x33"' in answer.content.decode()
