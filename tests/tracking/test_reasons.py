"""Why the numbers that follow from an entry are what they are: every one of them, with every input."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from membership.models import User
from tests import factories
from tests.queries import at_most
from tests.tracking.test_entries import record, weigh
from tracking.demo import fill
from tracking.journals import registry
from tracking.lists import present
from tracking.person import Person
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
COMPUTING = [slug for slug, journal in registry().items() if journal.computed]


@pytest.fixture
def demo(alice: User) -> User:
    fill(owner=alice, days=40, seed=7)
    return alice


def told(client: Client, slug: str, pk: object) -> str:
    answer = client.get(f"/journal/{slug}/{pk}/why/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.mark.parametrize("slug", COMPUTING)
def test_every_number_of_a_row_is_explained_with_its_formula_and_source(
    browser_of_alice: Client, demo: User, slug: str
) -> None:
    journal = registry()[slug]
    seen = set()
    for entry in journal.model.objects.of(demo).newest_first().select_related(*journal.joins)[:12]:
        row, text = present(journal, entry, Person(demo)), told(browser_of_alice, slug, entry.pk)
        labels = {part.label for part in (*row.computed, *row.main)}
        for number in journal.computed:
            if str(number.verbose_name) in labels and f"{number.verbose_name} " in text:
                seen.add(number.name)
                assert str(number.formula) in text
                assert str(number.source) in text
        assert all(part.label in text and part.plain.split("\u202f")[0] in text for part in row.computed)
    assert seen


def test_inputs_name_the_reading_and_the_profile_they_come_from(
    browser_of_alice: Client, alice: User
) -> None:
    Profile.objects.filter(user=alice).update(height_cm=Decimal(180), height_on=date(2026, 2, 3))
    entry = weigh(alice, "82", day=date(2026, 3, 1))
    text = told(browser_of_alice, "weight", entry.pk)
    assert "Gewicht 82,0 kg · von Hand, 01.03.2026" in text
    assert "Körpergröße 180,0 cm · Profil, 03.02.2026" in text


def test_a_weight_that_stands_for_another_day_says_of_which_day_it_is(
    browser_of_alice: Client, alice: User
) -> None:
    Profile.objects.filter(user=alice).update(sex="male", birth_date=date(1991, 5, 1))
    day = date(2026, 3, 20)
    weigh(alice, "82", day=day - timedelta(days=5))
    folds: dict[str, Any] = {"chest_mm": Decimal(12), "abdomen_mm": Decimal(24), "thigh_mm": Decimal(16)}
    entry = record(alice, "caliper", method="jp3", day=day, **folds)
    text = told(browser_of_alice, "caliper", entry.pk)
    assert "Gewicht 82,0 kg (15.03.2026)" in text
    assert "Alter 34 · Profil" in text
    assert "Geschlecht männlich · Profil" in text


def test_a_journal_without_such_numbers_has_no_such_page(browser_of_alice: Client, alice: User) -> None:
    entry = record(alice, "rest_day", day=factories.today(), strength=True)
    assert browser_of_alice.get(f"/journal/rest_day/{entry.pk}/why/").status_code == 404


def test_the_page_costs_the_same_however_much_was_recorded(browser_of_alice: Client, demo: User) -> None:
    entry = registry()["caliper"].model.objects.of(demo).newest_first().first()
    with at_most(8):
        told(browser_of_alice, "caliper", entry.pk)
