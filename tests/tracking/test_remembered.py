"""Charts, tiles and rows are remembered, and never told as they were: every change of what they rest on
shows at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as Unreachable

from membership.models import User
from tests import factories
from tests.factories import setup_user
from tests.queries import at_most
from tests.tracking.browsing import post
from tests.tracking.test_entries import weigh
from tracking import entries, training_data
from tracking.goals import set_goal
from tracking.journals.weight import Weight
from tracking.profile import Profile
from tracking.seeds import seed_training
from tracking.training import TrainingType

pytestmark = pytest.mark.django_db
ADDRESS = "/history/series.json?s=weight.weight_kg&s=weight.bmi&range=7"
JOURNAL = "/journal/weight/"
# With the statements of the second look beside that of the login: one each, and what is not remembered.
REMEMBERED = {ADDRESS: 1, "/journal/weight/series.json?range=7": 1, "/": 2, JOURNAL: 3}


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


def seen(client: Client, address: str) -> Any:
    """What an address shows, without what is new each time it is asked."""
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(rb'(name="(csrfmiddlewaretoken|client_id)"|X-CSRFToken)[^>]*', b"", answer.content)


def rows(client: Client) -> str:
    text = client.get(JOURNAL).content.decode()
    return text[text.index('id="entries"') : text.index('id="entry-actions"')]


def told(client: Client, address: str) -> bool:
    """Whether it shows the weight of 82.7 kg."""
    text = client.get(address).content.decode()
    return "82.7" in text or "82,7" in text


CHANGES = [change_entry, delete_entry, grow, think_in_pounds, read_english]


@pytest.mark.parametrize(
    ("address", "change"),
    [(ADDRESS, change) for change in [*CHANGES, aim]]
    + [("/", change) for change in [*CHANGES, aim] if change is not grow],
)
def test_a_change_shows_at_once(
    browser_of_alice: Client, alice: User, address: str, change: Callable[[User], None]
) -> None:
    weigh(alice, "82", day=factories.today())
    before = seen(browser_of_alice, address)
    assert seen(browser_of_alice, address) == before
    change(alice)
    assert seen(browser_of_alice, address) != before


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_in_the_rows_at_once(
    browser_of_alice: Client, alice: User, change: Callable[[User], None]
) -> None:
    weigh(alice, "82", day=factories.today())
    before = rows(browser_of_alice)
    assert rows(browser_of_alice) == before
    change(alice)
    assert rows(browser_of_alice) != before


def test_a_type_of_training_that_gets_another_name_shows_in_the_rows_at_once(
    browser_of_alice: Client, alice: User
) -> None:
    seed_training()
    at, kind = str(timezone.now()), training_data.types()[0].code
    post(
        browser_of_alice,
        "/journal/activity/",
        training_type=kind,
        duration_min="30",
        day=at[:10],
        time="07:00",
    )
    assert "am See" not in browser_of_alice.get("/journal/activity/").content.decode()
    TrainingType.objects.filter(code=kind).update(name_de="Kniebeugen am See")
    assert browser_of_alice.get("/journal/activity/").content.decode().count("Kniebeugen am See") > 1


@pytest.mark.parametrize(("address", "statements"), REMEMBERED.items())
def test_the_second_look_costs_one_statement_beside_what_is_not_remembered(
    browser_of_alice: Client, alice: User, address: str, statements: int
) -> None:
    weigh(alice, "82", day=factories.today())
    first = seen(browser_of_alice, address)
    with at_most(statements + 1):
        assert seen(browser_of_alice, address) == first


@pytest.mark.parametrize("address", REMEMBERED)
def test_nobody_gets_what_was_remembered_for_another(
    browser_of_alice: Client, alice: User, address: str
) -> None:
    weigh(alice, "82.7", day=factories.today())
    assert told(browser_of_alice, address)
    client = Client()
    client.force_login(setup_user("charlie"))
    assert not told(client, address)


@pytest.mark.parametrize("address", REMEMBERED)
def test_without_a_cache_it_is_made_anew(
    browser_of_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    weigh(alice, "82.7", day=factories.today())
    browser_of_alice.get(address)

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise Unreachable

    monkeypatch.setattr(type(cache._connections[cache._alias]), "get", away)
    monkeypatch.setattr(type(cache._connections[cache._alias]), "set", away)
    assert told(browser_of_alice, address)
