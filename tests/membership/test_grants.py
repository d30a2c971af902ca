from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from membership import grants, trials
from membership.grants import Grant, Interval, schedule
from membership.models import AccessGrant, Tier, User
from membership.tiers import seed_tiers
from tests import factories
from tests.servers import wait_until

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RANKS = {"trial": 10, "basic": 20, "premium": 30}
DAY = timedelta(days=1)


def grant(tier: str, days: int, *, after: int = 0, revoked_after: int | None = None) -> Grant:
    """A grant made `after` days after NOON."""
    revoked_at = None if revoked_after is None else NOON + revoked_after * DAY
    return Grant(tier, RANKS[tier], days, NOON + after * DAY, revoked_at)


def interval(tier: str, start: int, end: int) -> Interval:
    return Interval(tier, NOON + start * DAY, NOON + end * DAY)


@pytest.mark.parametrize(
    ("given_grants", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([grant("basic", 5)], [interval("basic", 0, 5)], id="one"),
        pytest.param(
            [grant("basic", 5), grant("basic", 5, after=2)], [interval("basic", 0, 10)], id="same-extends"
        ),
        pytest.param(
            [grant("basic", 5), grant("premium", 3, after=2)],
            [interval("basic", 0, 2), interval("premium", 2, 5), interval("basic", 5, 8)],
            id="better-wins-and-the-other-continues",
        ),
        pytest.param(
            [grant("premium", 3), grant("basic", 5, after=1)],
            [interval("premium", 0, 3), interval("basic", 3, 8)],
            id="lesser-waits",
        ),
        pytest.param(
            [grant("basic", 2), grant("basic", 2, after=7)],
            [interval("basic", 0, 2), interval("basic", 7, 9)],
            id="gap",
        ),
        pytest.param(
            [grant("premium", 9, revoked_after=4), grant("basic", 3)],
            [interval("premium", 0, 4), interval("basic", 4, 7)],
            id="revoked-while-it-runs",
        ),
        pytest.param(
            [grant("premium", 5), grant("basic", 3, revoked_after=2)],
            [interval("premium", 0, 5)],
            id="revoked-while-it-waits",
        ),
    ],
)
def test_when_which_tier_counts(given_grants: list[Grant], expected: list[Interval]) -> None:
    assert schedule(given_grants) == expected
    assert schedule(reversed(given_grants)) == expected


GRANTS = st.lists(
    st.builds(
        grant,
        st.sampled_from(sorted(RANKS)),
        st.integers(1, 20),
        after=st.integers(0, 40),
        revoked_after=st.none() | st.integers(41, 70),
    ),
    max_size=6,
)


@given(GRANTS)
def test_intervals_are_in_order_apart_and_never_empty(given_grants: list[Grant]) -> None:
    intervals = schedule(given_grants)
    assert all(one.start < one.end for one in intervals)
    for before, after in pairwise(intervals):
        assert before.end <= after.start
        assert (before.end, before.tier) != (after.start, after.tier)


@given(GRANTS)
def test_no_day_that_was_not_revoked_is_lost(given_grants: list[Grant]) -> None:
    unrevoked = [Grant(one.tier, one.rank, one.days, one.granted_at) for one in given_grants]
    lived = sum((one.end - one.start for one in schedule(unrevoked)), timedelta())
    assert lived == sum(one.days for one in given_grants) * DAY


@given(GRANTS)
def test_a_lesser_tier_never_counts_while_a_better_grant_is_fresh(given_grants: list[Grant]) -> None:
    intervals = schedule(given_grants)
    for one in given_grants:
        now = next(part for part in intervals if part.start <= one.granted_at < part.end)
        assert RANKS[now.tier] >= one.rank


@given(GRANTS)
def test_revoking_never_gives_more(given_grants: list[Grant]) -> None:
    def lived(some: list[Grant]) -> timedelta:
        return sum((one.end - one.start for one in schedule(some)), timedelta())

    unrevoked = [Grant(one.tier, one.rank, one.days, one.granted_at) for one in given_grants]
    assert lived(given_grants) <= lived(unrevoked)


# On accounts ------------------------------------------------------------------------------------------------
@pytest.fixture
def alice(db: None) -> User:
    seed_tiers()
    return factories.alice()


def tier(slug: str) -> Tier:
    return Tier.objects.get(slug=slug)


def test_the_trial_is_given_once_per_account_for_ever(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    assert grants.effective(alice, at=NOON + 13 * DAY) == grants.Effective(
        tier("trial"), NOON + 14 * DAY, "grant"
    )
    assert grants.effective(alice, at=NOON + 14 * DAY) == grants.Effective(tier("free"), None, "default")
    trials.start(user=alice, at=NOON + 20 * DAY)
    assert grants.effective(alice, at=NOON + 20 * DAY).tier == tier("free")
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessGrant.objects.create(user=alice, tier=tier("trial"), days=14, source="trial")


def test_the_better_one_of_grant_and_account_counts(alice: User) -> None:
    alice.tier = tier("basic")
    alice.save()
    grants.give(user=alice, tier=tier("trial"), days=3, at=NOON)
    assert grants.effective(alice, at=NOON) == grants.Effective(tier("basic"), None, "account")
    grants.give(user=alice, tier=tier("premium"), days=3, at=NOON)
    assert grants.effective(alice, at=NOON).tier == tier("premium")


def test_revoking_falls_back_at_once_and_only_once(alice: User) -> None:
    given = grants.give(user=alice, tier=tier("premium"), days=30, at=NOON)
    grants.revoke(grant=given, at=NOON + DAY)
    grants.revoke(grant=given, at=NOON + 5 * DAY)
    given.refresh_from_db()
    alice.refresh_from_db()
    assert given.revoked_at == NOON + DAY
    assert grants.effective(alice, at=NOON + DAY).tier == tier("free")


def test_a_tier_without_a_row_gives_none(alice: User) -> None:
    Tier.objects.filter(slug="free").delete()
    assert grants.effective(alice, at=NOON) == grants.Effective(None, None, "default")


def test_without_the_trial_tier_nothing_is_given_and_nothing_breaks(alice: User) -> None:
    AccessGrant.objects.all().delete()
    Tier.objects.filter(slug="trial").delete()
    trials.start(user=alice)
    assert not AccessGrant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_grants_given_at_once_the_better_one_counts() -> None:
    seed_tiers()
    pk = factories.alice().pk
    given_first = Event()

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    def first() -> None:
        with transaction.atomic():
            grants.give(user=User.objects.get(pk=pk), tier=Tier.objects.get(slug="premium"), days=3)
            given_first.set()
            wait_until(waits, "the second grant waits for the first")
        connection.close()

    def second() -> None:
        given_first.wait()
        grants.give(user=User.objects.get(pk=pk), tier=Tier.objects.get(slug="basic"), days=3)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result()
    tier = grants.effective(User.objects.get(pk=pk)).tier
    assert tier is not None
    assert tier.slug == "premium"
