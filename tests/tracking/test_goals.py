"""A goal knows where it began, whenever that was told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from membership.models import User
from tests.factories import setup_user
from tests.tracking.test_entries import weigh
from tracking.analysis.weight import Target
from tracking.goals import Goal, close_goal, set_goal

pytestmark = pytest.mark.django_db
SET_ON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def alice() -> User:
    return setup_user("alice")


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
    assert Goal.objects.weight_target(alice) == Target(78.0, start_kg=83.5)


def test_goal_of_the_first_steps_begins_at_the_first_weight_after_it(alice: User) -> None:
    goal_of_78(alice)
    assert Goal.objects.weight_target(alice) == Target(78.0)
    weigh(alice, "83", day=date(2026, 3, 14))
    weigh(alice, "82", day=date(2026, 3, 15))
    assert Goal.objects.weight_target(alice) == Target(78.0, start_kg=83.0)


def test_history_that_comes_later_moves_the_beginning(alice: User) -> None:
    goal_of_78(alice)
    weigh(alice, "83", day=date(2026, 3, 14))
    weigh(alice, "85", day=date(2026, 2, 1))
    assert Goal.objects.weight_target(alice) == Target(78.0, start_kg=85.0)


def test_goals_and_weights_of_others_say_nothing(alice: User) -> None:
    charlie = setup_user("charlie")
    weigh(charlie, "60", day=date(2026, 3, 9))
    goal_of_78(charlie)
    assert Goal.objects.weight_target(alice) is None
    goal_of_78(alice)
    assert Goal.objects.weight_target(alice) == Target(78.0)
