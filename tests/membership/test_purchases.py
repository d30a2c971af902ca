from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from membership import grants, purchases
from membership.models import AccessGrant, GrantSource, Tier, User
from membership.purchases import complete
from membership.tiers import TIERS
from tests import factories
from tests.membership.races import at_once

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def make_tiers() -> None:
    Tier.objects.bulk_create(Tier(**seed._asdict()) for seed in TIERS)


@pytest.fixture
def alice(db: None) -> User:
    make_tiers()
    return factories.alice(password=None)


def tier(slug: str) -> Tier:
    return Tier.objects.get(slug=slug)


def test_payments_have_one_door_and_it_says_how_to_use_it() -> None:
    doors = [
        name
        for name, one in inspect.getmembers(purchases, inspect.isfunction)
        if one.__module__ == purchases.__name__ and not name.startswith("_")
    ]
    assert doors == ["complete"]
    said = inspect.getdoc(complete) or ""
    assert all(word in said for word in ("reference", "80 characters", "Raises:", "ValueError"))
    parameters = inspect.signature(complete).parameters.values()
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters)


def test_what_was_paid_for_is_given(alice: User) -> None:
    grant = complete(user=alice, tier=tier("premium"), days=30, reference="pay-1", at=NOON)
    assert (grant.source, grant.reference, grant.granted_at) == ("purchase", "pay-1", NOON)
    assert grants.effective(alice, at=NOON) == grants.Effective(tier("premium"), NOON + 30 * DAY, "grant")


def test_a_payment_that_is_told_again_gives_nothing_more(alice: User) -> None:
    first = complete(user=alice, tier=tier("premium"), days=30, reference="pay-1", at=NOON)
    again = complete(user=alice, tier=tier("premium"), days=30, reference="pay-1", at=NOON + DAY)
    other = complete(user=alice, tier=tier("basic"), days=90, reference="pay-1", at=NOON + DAY)
    assert first == again == other
    assert (other.tier, other.days, other.granted_at) == (tier("premium"), 30, NOON)
    assert AccessGrant.objects.count() == 1
    assert grants.effective(alice, at=NOON).until == NOON + 30 * DAY


def test_a_payment_that_is_told_again_does_not_undo_that_it_was_taken_back(alice: User) -> None:
    first = complete(user=alice, tier=tier("premium"), days=30, reference="pay-1", at=NOON)
    grants.revoke(grant=first, at=NOON + DAY)
    again = complete(user=alice, tier=tier("premium"), days=30, reference="pay-1", at=NOON + 2 * DAY)
    assert again.revoked_at == NOON + DAY
    known = User.objects.get(pk=alice.pk)
    assert grants.effective(known, at=NOON + 2 * DAY).tier == tier("free")


def test_two_payments_add_up(alice: User) -> None:
    for reference in ("pay-1", "pay-2"):
        complete(user=alice, tier=tier("premium"), days=30, reference=reference, at=NOON)
    assert grants.effective(alice, at=NOON).until == NOON + 60 * DAY


def test_the_payment_of_another_account_is_refused(alice: User) -> None:
    bob = factories.bob(password=None)
    complete(user=alice, tier=tier("premium"), days=30, reference="pay-1", at=NOON)
    with pytest.raises(ValueError, match="pay-1 is of another account"):
        complete(user=bob, tier=tier("premium"), days=30, reference="pay-1", at=NOON)
    assert not AccessGrant.objects.filter(user=bob).exists()
    assert grants.effective(bob, at=NOON).tier == tier("free")


def test_a_payment_without_a_name_is_refused(alice: User) -> None:
    with pytest.raises(ValueError, match="has a reference"):
        complete(user=alice, tier=tier("premium"), days=30, reference="", at=NOON)
    assert not AccessGrant.objects.exists()


@pytest.mark.parametrize("days", [0, 3661])
def test_days_that_cannot_be_are_refused_and_nothing_is_given(days: int, alice: User) -> None:
    with pytest.raises(IntegrityError, match="grant_days_within"), transaction.atomic():
        complete(user=alice, tier=tier("premium"), days=days, reference="pay-1", at=NOON)
    assert not AccessGrant.objects.exists()


def test_grants_of_another_sort_need_no_payment(alice: User) -> None:
    for source in (GrantSource.OPERATOR, GrantSource.COUPON):
        for _ in range(2):
            grants.give(user=alice, tier=tier("basic"), days=1, source=source, at=NOON)
    complete(user=alice, tier=tier("basic"), days=1, reference="pay-1", at=NOON)
    assert AccessGrant.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_payment_told_twenty_times_at_once_gives_once() -> None:
    make_tiers()
    user = factories.alice(password=None)
    premium = tier("premium")

    def told() -> AccessGrant:
        return complete(user=User.objects.get(pk=user.pk), tier=premium, days=30, reference="pay-1", at=NOON)

    assert at_once([told] * 20, ()) == ["done"] * 20
    assert AccessGrant.objects.count() == 1
    known = User.objects.get(pk=user.pk)
    assert grants.effective(known, at=NOON) == grants.Effective(premium, NOON + 30 * DAY, "grant")


@pytest.mark.django_db(transaction=True)
def test_of_twenty_accounts_that_claim_one_payment_at_once_one_has_it() -> None:
    make_tiers()
    premium = tier("premium")
    users = [factories.setup_user(password=None) for _ in range(20)]
    calls = [
        lambda user=user: complete(user=user, tier=premium, days=30, reference="pay-1", at=NOON)
        for user in users
    ]
    ended = at_once(calls, ValueError)
    assert (ended.count("done"), len(set(ended))) == (1, 2)
    assert AccessGrant.objects.get().user == users[ended.index("done")]
