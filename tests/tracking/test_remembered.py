"""Charts are remembered, and never told as they were: every change of what they rest on shows at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as Unreachable

from membership.models import User
from tests import factories
from tests.factories import setup_user
from tests.queries import at_most
from tests.tracking.test_entries import weigh
from tracking import entries
from tracking.goals import set_goal
from tracking.journals.weight import Weight
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
ADDRESS = "/history/series.json?s=weight.weight_kg&s=weight.bmi&range=7"
CHARTS = [ADDRESS, "/journal/weight/series.json?range=7"]


def change_entry(owner: User) -> None:
    weigh(owner, "81", day=factories.today())


def delete_entry(owner: User) -> None:
    entries.delete(owner=owner, entry=Weight.objects.get(user=owner))


def grow(owner: User) -> None:
    Profile.objects.update_or_create(user=owner, defaults={"height_cm": Decimal(181)})


def aim(owner: User) -> None:
    set_goal(owner=owner, target=Decimal(75))


def think_in_pounds(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(units="imperial")


def read_english(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(language="en")


@pytest.mark.parametrize("change", [change_entry, delete_entry, grow, aim, think_in_pounds, read_english])
def test_a_change_shows_at_once(
    browser_of_alice: Client, alice: User, change: Callable[[User], None]
) -> None:
    weigh(alice, "82", day=factories.today())
    before = browser_of_alice.get(ADDRESS).json()
    assert browser_of_alice.get(ADDRESS).json() == before
    change(alice)
    assert browser_of_alice.get(ADDRESS).json() != before


@pytest.mark.parametrize("address", CHARTS)
def test_the_second_look_costs_one_statement_beside_the_login(
    browser_of_alice: Client, alice: User, address: str
) -> None:
    weigh(alice, "82", day=factories.today())
    first = browser_of_alice.get(address).content
    with at_most(2):
        assert browser_of_alice.get(address).content == first


@pytest.mark.parametrize("address", CHARTS)
def test_nobody_gets_what_was_remembered_for_another(
    browser_of_alice: Client, alice: User, address: str
) -> None:
    weigh(alice, "82", day=factories.today())
    assert browser_of_alice.get(address).json()["series"]
    client = Client()
    client.force_login(setup_user("charlie"))
    assert client.get(address).json()["series"] == []


@pytest.mark.parametrize("address", CHARTS)
def test_without_a_cache_the_chart_is_made_anew(
    browser_of_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    weigh(alice, "82", day=factories.today())
    browser_of_alice.get(address)

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise Unreachable

    monkeypatch.setattr(type(cache._connections[cache._alias]), "get", away)
    monkeypatch.setattr(type(cache._connections[cache._alias]), "set", away)
    assert browser_of_alice.get(address).json()["series"]
