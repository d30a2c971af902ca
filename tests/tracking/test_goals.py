"""A goal knows where it began, whenever that was told."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from membership.models import User
from tests import factories
from tests.factories import setup_user
from tests.queries import at_most
from tests.tracking.test_entries import weigh
from tracking import progress
from tracking.analysis.weight import Target
from tracking.demo import fill
from tracking.goals import KINDS, Goal, close_goal, set_goal
from tracking.person import Person
from tracking.profile import Profile
from tracking.records import Records

pytestmark = pytest.mark.django_db
SET_ON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def goal_of_78(owner: User) -> None:
    with time_machine.travel(SET_ON, tick=False):
        set_goal(owner=owner, target=Decimal(78))


def test_no_goal_has_no_target(alice: User) -> None:
    assert Goal.objects.weight_target(alice) is None
    goal_of_78(alice)
    close_goal(owner=alice)
    assert Goal.objects.weight_target(alice) is None


def test_goal_begins_at_the_last_weight_before_it(alice: User) -> None:
    for day, kilograms in ((1, "84"), (9, "83.5"), (11, "81")):
        weigh(alice, kilograms, day=date(2026, 3, day))
    goal_of_78(alice)
    assert Goal.objects.weight_target(alice) == Target(78.0, start=83.5)


def test_goal_of_the_first_steps_begins_at_the_first_weight_after_it(alice: User) -> None:
    goal_of_78(alice)
    assert Goal.objects.weight_target(alice) == Target(78.0)
    weigh(alice, "83", day=date(2026, 3, 14))
    weigh(alice, "82", day=date(2026, 3, 15))
    assert Goal.objects.weight_target(alice) == Target(78.0, start=83.0)


def test_history_that_comes_later_moves_the_beginning(alice: User) -> None:
    goal_of_78(alice)
    weigh(alice, "83", day=date(2026, 3, 14))
    weigh(alice, "85", day=date(2026, 2, 1))
    assert Goal.objects.weight_target(alice) == Target(78.0, start=85.0)


def test_goals_and_weights_of_others_say_nothing(alice: User) -> None:
    charlie = setup_user("charlie")
    weigh(charlie, "60", day=date(2026, 3, 9))
    goal_of_78(charlie)
    assert Goal.objects.weight_target(alice) is None
    goal_of_78(alice)
    assert Goal.objects.weight_target(alice) == Target(78.0)


# Every kind -------------------------------------------------------------------------------------------------
TYPED = {"blood_pressure": {"target_value": "130", "second_value": "82"}, "steps": {"target_value": "9.000"}}
MIDDLE = {slug: f"{(kind.measure.low + kind.measure.high) / 2:.0f}" for slug, kind in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_set_changed_shown_and_given_up(browser_of_alice: Client, kind: str) -> None:
    fields = TYPED.get(kind, {"target_value": MIDDLE[kind]})
    assert browser_of_alice.get(f"/goals/{kind}/").status_code == 200
    assert browser_of_alice.post(f"/goals/{kind}/", fields).status_code == 302
    goal = Goal.objects.get(closed_at=None)
    assert goal.kind == kind
    assert str(KINDS[kind].label) in words(browser_of_alice, "/goals/")
    assert browser_of_alice.post(f"/goals/{kind}/close/").status_code == 302
    assert not Goal.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_beyond_its_range_is_said_at_the_field(browser_of_alice: Client, kind: str) -> None:
    low, high = KINDS[kind].measure.low, KINDS[kind].measure.high
    for value in (low - 1, high + 1):
        answer = browser_of_alice.post(
            f"/goals/{kind}/", {"target_value": f"{value:.0f}", "second_value": "80"}
        )
        assert answer.status_code == 422
        assert f'value="{value:.0f}"' in answer.content.decode()
    assert not Goal.objects.exists()


def test_the_database_keeps_to_the_ranges_too(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.create(user=alice, kind="sleep", target_value=Decimal(400))
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.create(user=alice, kind="happiness", target_value=Decimal(5))


def test_a_day_that_is_over_is_no_day_to_reach_a_goal_by(browser_of_alice: Client) -> None:
    answer = browser_of_alice.post("/goals/weight/", {"target_value": "78", "due_on": f"{factories.today()}"})
    assert answer.status_code == 422
    assert "Dieser Tag liegt nicht in der Zukunft." in answer.content.decode()


def test_another_day_changes_the_goal_and_not_where_it_began(alice: User) -> None:
    goal_of_78(alice)
    goal = set_goal(owner=alice, target=Decimal(78), due_on=date(2027, 6, 1))
    assert Goal.objects.get() == goal
    assert goal.created_at == SET_ON


def falling(owner: User, per_week: str, days: int = 28) -> None:
    """A weight each morning, from 84 kg down by so much a week."""
    today = factories.today()
    for number in range(days):
        kg = Decimal(84) - Decimal(per_week) * number / 7 + Decimal("0.1") * (number % 2)
        weigh(owner, f"{kg:.3f}", day=today - timedelta(days=days - 1 - number))


def test_a_goal_by_a_day_says_honestly_when_it_is_not_met(alice: User, browser_of_alice: Client) -> None:
    falling(alice, "0.4")
    due = factories.today() + timedelta(days=42)
    browser_of_alice.post("/goals/weight/", {"target_value": "79", "due_on": f"{due}"})
    page = words(browser_of_alice, "/goals/")
    assert "So nicht bis" in page
    assert "−0,59 kg je Woche, zurzeit sind es −0,40 kg" in page


def test_a_goal_by_a_day_that_is_met_says_when(alice: User, browser_of_alice: Client) -> None:
    falling(alice, "0.4")
    due = factories.today() + timedelta(days=365)
    browser_of_alice.post("/goals/weight/", {"target_value": "80", "due_on": f"{due}"})
    page = words(browser_of_alice, "/goals/")
    assert "So nicht bis" not in page
    assert "Du erreichst das Ziel um den" in page


@pytest.mark.parametrize(("per_week", "warned"), [("0.7", False), ("1.2", True)])
def test_losing_more_than_a_hundredth_a_week_is_warned_of(
    alice: User, browser_of_alice: Client, per_week: str, warned: bool
) -> None:
    falling(alice, per_week)
    browser_of_alice.post("/goals/weight/", {"target_value": "75"})
    assert ("Bitte iss mehr." in words(browser_of_alice, "/goals/")) is warned


def test_an_unhealthy_goal_is_warned_of(alice: User, browser_of_alice: Client) -> None:
    Profile.objects.update_or_create(user=alice, defaults={"height_cm": Decimal(180)})
    weigh(alice, "62", day=factories.today())
    browser_of_alice.post("/goals/weight/", {"target_value": "59.9"})
    assert "Untergewicht" in words(browser_of_alice, "/goals/")
    browser_of_alice.post("/goals/weight/", {"target_value": "60"})
    assert "Untergewicht" not in words(browser_of_alice, "/goals/")


def test_progress_goes_from_where_it_began(alice: User, browser_of_alice: Client) -> None:
    today = factories.today()
    weigh(alice, "84", day=today - timedelta(days=40))
    with time_machine.travel(datetime.now(UTC) - timedelta(days=40)):
        set_goal(owner=alice, target=Decimal(80))
    weigh(alice, "83", day=today)  # after so long a pause the trend is the value
    page = browser_of_alice.get("/goals/").content.decode()
    assert 'value="25"' in page
    assert "84,0" in page


def test_what_nobody_can_know_yet_is_said_so(alice: User, browser_of_alice: Client) -> None:
    """Too few weights for a rate, or one that may do: neither is a "not like this"."""
    for back in (0, 9):
        weigh(alice, "82", day=factories.today() - timedelta(days=back))
    browser_of_alice.post(
        "/goals/weight/", {"target_value": "78", "due_on": f"{factories.today() + timedelta(days=80)}"}
    )
    page = words(browser_of_alice, "/goals/")
    assert "So nicht bis" not in page
    assert "lässt sich noch nicht sagen" in page


def test_a_weight_to_hold_is_not_held_for_ever(alice: User, browser_of_alice: Client) -> None:
    weigh(alice, "80", day=factories.today() - timedelta(days=40))
    with time_machine.travel(datetime.now(UTC) - timedelta(days=40)):
        set_goal(owner=alice, target=Decimal(80))
    assert 'value="100"' in browser_of_alice.get("/goals/").content.decode()
    weigh(alice, "88", day=factories.today())
    assert 'value="0"' in browser_of_alice.get("/goals/").content.decode()


def test_the_trend_must_have_come_to_the_goal_too(alice: User, browser_of_alice: Client) -> None:
    falling(alice, "0.8")
    browser_of_alice.post("/goals/weight/", {"target_value": "81"})
    for path in ("/goals/", "/"):
        assert "Deine Messwerte sind am Ziel; der Trend folgt" in words(browser_of_alice, path)


def test_the_lower_pressure_lies_below_the_upper(browser_of_alice: Client) -> None:
    answer = browser_of_alice.post("/goals/blood_pressure/", {"target_value": "100", "second_value": "110"})
    assert answer.status_code == 422


def test_a_goal_set_after_midnight_belongs_to_the_day_of_the_place(alice: User) -> None:
    weigh(alice, "90", day=date(2026, 3, 9))
    weigh(alice, "85", day=date(2026, 3, 10))
    with time_machine.travel(
        datetime(2026, 3, 9, 23, 30, tzinfo=UTC), tick=False
    ):  # half past midnight in Berlin
        set_goal(owner=alice, target=Decimal(80))
    records = Records(Person(alice), date(2026, 3, 10))
    [view] = progress.views(records)
    assert records.target is not None
    assert view.begun[:4] in {f"{records.target.start:.1f}", f"{records.target.start:.1f}".replace(".", ",")}


def test_goals_take_no_more_queries_with_a_history(alice: User, browser_of_alice: Client) -> None:
    for kind in KINDS:
        browser_of_alice.post(f"/goals/{kind}/", TYPED.get(kind, {"target_value": MIDDLE[kind]}))
    with at_most(18):
        browser_of_alice.get("/goals/")
    fill(owner=alice, days=120, seed=1)
    with at_most(18):
        browser_of_alice.get("/goals/")


def words(client: Client, path: str) -> str:
    text = re.sub(r"<[^>]+>", " ", client.get(path).content.decode())
    return " ".join(text.replace("\u202f", " ").split())
