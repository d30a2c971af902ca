"""Meals that are recorded again: favourites, and the day before as a whole."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from membership.models import User
from tests import factories
from tests.factories import setup_user
from tests.rows import as_row
from tests.tracking.browsing import HTMX, journal
from tracking import entries, favourites
from tracking.favourites import DAY_BEFORE, MOST, Favourite, NoRoom
from tracking.journals import registry
from tracking.journals.base import When
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight

pytestmark = pytest.mark.django_db


@pytest.fixture
def yesterday(browser_of_alice: Client) -> str:
    """The day before, with breakfast and lunch by hand."""
    day = (factories.today() - timedelta(days=1)).isoformat()
    for meal, kcal, note in (("breakfast", "420", "Porridge"), ("lunch", "780", "")):
        journal(browser_of_alice, "nutrition", meal=meal, energy_kcal=kcal, fat_g="9,5", note=note, day=day)
    return day


def again(client: Client, wish: object, *, client_id: str = "again", htmx: bool = True, **more: Any) -> Any:
    row = as_row("nutrition", {"again": str(wish), "client_id": client_id, **more})
    return client.post("/capture/", row, headers=HTMX if htmx else {})


def meals(day: Any = None) -> list[tuple[str, int]]:
    rows = Nutrition.objects.filter(day=day or factories.today()).oldest_first()
    return [(row.meal, int(row.energy_kcal)) for row in rows]


def star(client: Client) -> Favourite:
    row = Nutrition.objects.get(meal="breakfast")
    client.post(f"/journal/nutrition/{row.pk}/favourite/", headers=HTMX)
    return Favourite.objects.get()


def test_the_day_before_is_copied_with_one_tap_and_twice_is_once(
    browser_of_alice: Client, yesterday: str
) -> None:
    page = browser_of_alice.get("/capture/").content.decode()
    assert "Alles vom Vortag (2)" in page
    for _double_click in range(2):
        answer = again(browser_of_alice, DAY_BEFORE)
        assert answer.status_code == 200
    assert meals() == [("breakfast", 420), ("lunch", 780)]
    assert [row.fat_g for row in Nutrition.objects.filter(day=factories.today())] == [Decimal("9.5")] * 2
    assert "Alles vom Vortag" not in browser_of_alice.get("/capture/").content.decode()


def test_both_copied_meals_are_shown_in_the_answer(browser_of_alice: Client, yesterday: str) -> None:
    page = again(browser_of_alice, DAY_BEFORE).content.decode()
    assert page.count('id="nutrition"') == 1
    assert all(text in page for text in ("420", "780", "quick--done"))


def test_a_meal_the_day_has_already_is_not_copied(browser_of_alice: Client, yesterday: str) -> None:
    journal(browser_of_alice, "nutrition", meal="lunch", energy_kcal="500", day=factories.today().isoformat())
    assert "Alles vom Vortag (1)" in browser_of_alice.get("/capture/").content.decode()
    again(browser_of_alice, DAY_BEFORE)
    assert sorted(meals()) == [("breakfast", 420), ("lunch", 500)]


def test_what_is_typed_beside_it_is_saved_too(browser_of_alice: Client, yesterday: str) -> None:
    answer = again(browser_of_alice, DAY_BEFORE, meal="snack", energy_kcal="90")
    assert answer.status_code == 200
    assert sorted(meals()) == [("breakfast", 420), ("lunch", 780), ("snack", 90)]


def test_with_an_error_elsewhere_nothing_is_copied(browser_of_alice: Client, yesterday: str) -> None:
    row = as_row("nutrition", {"again": DAY_BEFORE, "client_id": "a"})
    answer = browser_of_alice.post("/capture/", {**row, "weight-weight_kg": "abc", "weight-client_id": "b"})
    assert answer.status_code == 422
    assert meals() == []
    assert not Weight.objects.exists()


def test_for_another_day_it_is_the_day_before_that(browser_of_alice: Client, yesterday: str) -> None:
    day = factories.today() - timedelta(days=2)
    journal(browser_of_alice, "nutrition", meal="dinner", energy_kcal="600", day=day.isoformat())
    again(browser_of_alice, DAY_BEFORE, day=yesterday)
    assert sorted(meals(yesterday)) == [("breakfast", 420), ("dinner", 600), ("lunch", 780)]
    refused = again(browser_of_alice, DAY_BEFORE, client_id="b", day="2999-01-01")
    assert refused.status_code == 422


@pytest.mark.parametrize("wish", [DAY_BEFORE, "nothing", "00000000-0000-7000-8000-000000000000", "\x00"])
def test_where_there_is_nothing_to_say_again_the_page_says_so(browser_of_alice: Client, wish: str) -> None:
    assert "nichts zu speichern" in again(browser_of_alice, wish).content.decode()
    assert again(browser_of_alice, wish, htmx=False).status_code == 302
    assert meals() == []


def test_a_star_makes_a_favourite_that_one_tap_records(browser_of_alice: Client, yesterday: str) -> None:
    kept = star(browser_of_alice)
    assert kept.name == "Porridge"
    chip = rf'name="nutrition-again" value="{kept.pk}"'
    assert re.search(chip, browser_of_alice.get("/capture/").content.decode())
    again(browser_of_alice, kept.pk, client_id="one")
    again(browser_of_alice, kept.pk, client_id="two")
    rows = Nutrition.objects.filter(day=factories.today())
    assert [(row.meal, row.energy_kcal, row.fat_g, row.note) for row in rows] == [
        ("breakfast", 420, Decimal("9.5"), "Porridge")
    ] * 2


def test_without_a_note_it_is_named_by_what_it_holds(browser_of_alice: Client, yesterday: str) -> None:
    row = Nutrition.objects.get(meal="lunch")
    answer = browser_of_alice.post(f"/journal/nutrition/{row.pk}/favourite/")
    assert answer.headers["Location"] == "/journal/nutrition/favourites/"
    assert Favourite.objects.get().name == "Mittagessen · 780 kcal"


def test_it_is_renamed_and_removed_and_its_entries_stay(browser_of_alice: Client, yesterday: str) -> None:
    kept = star(browser_of_alice)
    browser_of_alice.post(f"/favourites/{kept.pk}/rename/", {"name": " Haferbrei "})
    assert "Haferbrei" in browser_of_alice.get("/journal/nutrition/favourites/").content.decode()
    again(browser_of_alice, kept.pk)
    browser_of_alice.post(f"/favourites/{kept.pk}/remove/")
    assert not Favourite.objects.exists()
    assert meals() == [("breakfast", 420)]


@pytest.mark.parametrize("name", ["", "x" * 61, "Porridge", "\x00"])
def test_a_name_it_cannot_have_is_refused_and_shown_again(
    browser_of_alice: Client, yesterday: str, name: str
) -> None:
    star(browser_of_alice)
    lunch = Nutrition.objects.get(meal="lunch")
    other = favourites.keep(owner=lunch.user, journal=registry()["nutrition"], entry=lunch, name="Suppe")
    answer = browser_of_alice.post(f"/favourites/{other.pk}/rename/", {"name": name})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert set(Favourite.objects.values_list("name", flat=True)) == {"Porridge", "Suppe"}


def test_the_capture_page_has_room_for_so_many_and_no_more(alice: User) -> None:
    nutrition = registry()["nutrition"]
    values = {"meal": "snack", "energy_kcal": Decimal(90)}
    when = When(factories.today())
    row = entries.record(owner=alice, journal=nutrition, values=values, when=when, client_id="a")
    for number in range(MOST):
        favourites.keep(owner=alice, journal=nutrition, entry=row, name=f"Snack {number}")
    favourites.keep(owner=alice, journal=nutrition, entry=row, name="Snack 0")
    with pytest.raises(NoRoom):
        favourites.keep(owner=alice, journal=nutrition, entry=row, name="one more")
    assert Favourite.objects.of(alice, nutrition).count() == MOST


def test_nobody_elses_favourite_is_recorded(browser_of_alice: Client, yesterday: str) -> None:
    kept, bob = star(browser_of_alice), Client()
    bob.force_login(factories.setup_user("bob"))
    assert "nichts zu speichern" in again(bob, kept.pk).content.decode()
    assert bob.post(f"/favourites/{kept.pk}/remove/").status_code == 404
    assert meals() == []


def test_with_a_wrong_day_the_row_keeps_its_inputs(browser_of_alice: Client, yesterday: str) -> None:
    page = again(browser_of_alice, DAY_BEFORE, day="2999-01-01").content.decode()
    assert 'name="nutrition-energy_kcal"' in page
    assert meals() == []


@pytest.mark.django_db(transaction=True)
def test_the_day_before_copied_in_two_tabs_at_once_is_copied_once() -> None:
    owner, before = setup_user(), factories.today() - timedelta(days=1)
    record_meal(owner, before)
    start = Barrier(2)

    def tab(number: int) -> int:
        client = Client()
        client.force_login(owner)
        start.wait(5)
        try:
            row = {"nutrition-again": DAY_BEFORE, "nutrition-client_id": f"tab-{number}"}
            return client.post("/capture/", row).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(tab, range(2))) == [302, 302]
    assert Nutrition.objects.filter(day=factories.today()).count() == 1


def record_meal(owner: User, day: date) -> None:
    entries.record(
        owner=owner,
        journal=registry()["nutrition"],
        values={"meal": "lunch", "energy_kcal": Decimal(600)},
        when=When(day),
        client_id="meal",
    )
