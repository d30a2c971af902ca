from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, ProtectedError
from django.utils.translation import override
from pytest_django import Settings

from membership import access, credits, grants, subjects
from membership.credits import AlreadyRefunded, NotEnough
from membership.models import (
    CreditAccount,
    CreditEntry,
    CreditHold,
    EntryKind,
    Feature,
    Reservation,
    Restriction,
    Tier,
    UsageCounter,
    User,
)
from membership.models.credit import NeverChanged
from tests import factories
from tests.membership.races import Call, at_once, while_waiting

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db
real_connections = pytest.mark.django_db(transaction=True)


def make_world() -> None:
    """Three tiers, two of them with credits, and a feature of each sort."""
    for rank, (slug, monthly) in enumerate([("free", 0), ("basic", 20), ("premium", 50)]):
        Tier.objects.create(slug=slug, name=slug, rank=rank, monthly_credits=monthly)
    priced("calls", 3, 2)
    priced("scans", 0, 5)
    priced("prints", 4, 1)
    priced("imports", 1, None)
    factories.setup_feature("sharing", 0, kind="boolean")


def priced(slug: str, limit: int | None, price: int | None) -> None:
    factories.setup_feature(slug, limit)
    Feature.objects.filter(slug=slug).update(credit_price=price)


def account(name: str) -> User:
    return factories.setup_user(name, password=None)


@pytest.fixture
def alice(db: None) -> User:
    make_world()
    return account("alice")


def feature(slug: str) -> Feature:
    return Feature.objects.get(slug=slug)


def give(user: User, amount: int, kind: EntryKind = EntryKind.OPERATOR) -> CreditEntry:
    return credits.give(user=user, amount=amount, kind=kind, at=NOON)


def state(user: User) -> tuple[int, int]:
    """Balance and what is held of it, which the ledger and the holds have to bear out."""
    row = CreditAccount.objects.filter(user=user).first() or CreditAccount(user=user)
    entries = list(CreditEntry.objects.filter(user=user).order_by("id"))
    assert [entry.balance_after for entry in entries] == list(accumulate(entry.amount for entry in entries))
    assert row.balance == sum(entry.amount for entry in entries)
    assert row.held == sum(held.units * held.price for held in CreditHold.objects.filter(user=user))
    assert 0 <= row.held <= row.balance
    assert credits.available(user) == row.balance - row.held
    return row.balance, row.held


def counted(user: User, slug: str) -> tuple[int, int]:
    """Uses within the limit: booked, and held."""
    row = UsageCounter.objects.filter(user=user, feature__slug=slug).first()
    return (row.used, row.reserved) if row else (0, 0)


def use(user: User, slug: str, n: int = 1) -> None:
    access.consume(user=user, feature=slug, n=n, at=NOON)


def reserve(user: User, subject: str = "run:1", **amounts: int) -> None:
    access.reserve(user=user, amounts=amounts, subject=subject, at=NOON)


def amounts_of(user: User) -> list[int]:
    return list(CreditEntry.objects.filter(user=user).order_by("id").values_list("amount", flat=True))


# The ledger -------------------------------------------------------------------------------------------------
def test_an_account_begins_without_credits(alice: User) -> None:
    assert credits.available(alice) == 0
    assert state(alice) == (0, 0)


def test_what_is_given_is_there_and_says_why(alice: User) -> None:
    entry = credits.give(
        user=alice, amount=7, kind=EntryKind.COUPON, reason="Thanks", reference="pay-1", at=NOON
    )
    assert (entry.amount, entry.balance_after, entry.kind, entry.reason, entry.reference, entry.at) == (
        7,
        7,
        "coupon",
        "Thanks",
        "pay-1",
        NOON,
    )
    give(alice, 5)
    assert state(alice) == (12, 0)


def test_a_use_is_paid_with_its_price(alice: User) -> None:
    give(alice, 7)
    credits.spend(user=alice, feature=feature("calls"), units=3, at=NOON)
    entry = CreditEntry.objects.get(kind=EntryKind.CAPTURE)
    assert (entry.amount, entry.balance_after, entry.feature, entry.at) == (-6, 1, feature("calls"), NOON)
    assert state(alice) == (1, 0)


def test_what_is_too_dear_changes_nothing(alice: User) -> None:
    give(alice, 5)
    credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:1")
    with pytest.raises(NotEnough):
        credits.spend(user=alice, feature=feature("calls"), units=2, at=NOON)
    with pytest.raises(NotEnough):
        credits.hold(user=alice, feature=feature("calls"), units=2, subject="run:1")
    with pytest.raises(NotEnough):
        give(alice, -4)
    assert state(alice) == (5, 2)
    assert amounts_of(alice) == [5]
    assert CreditHold.objects.get().units == 1


def test_without_an_account_of_credits_nothing_is_paid_held_or_taken(alice: User) -> None:
    for refused in (
        lambda: credits.spend(user=alice, feature=feature("calls"), units=1, at=NOON),
        lambda: credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:1"),
        lambda: give(alice, -1),
    ):
        with pytest.raises(NotEnough):
            refused()
    assert state(alice) == (0, 0)


def test_an_operator_takes_back_what_is_not_held_and_no_more(alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=3, subject="run:1")
    with pytest.raises(NotEnough):
        give(alice, -5)
    give(alice, -4)
    assert state(alice) == (6, 6)
    assert amounts_of(alice) == [10, -4]


def test_the_last_credit_can_be_spent(alice: User) -> None:
    give(alice, 4)
    credits.spend(user=alice, feature=feature("calls"), units=2, at=NOON)
    assert state(alice) == (0, 0)


def test_members_do_not_share_credits(alice: User) -> None:
    bob = account("bob")
    give(alice, 10)
    give(bob, 3)
    credits.spend(user=alice, feature=feature("calls"), units=2, at=NOON)
    assert (state(alice), state(bob)) == ((6, 0), (3, 0))


def test_entries_run_in_the_order_they_were_made_whatever_day_they_name(alice: User) -> None:
    for amount, day in ((5, 3), (-2, 1), (4, 2)):
        credits.give(user=alice, amount=amount, kind=EntryKind.OPERATOR, at=NOON + day * DAY)
    assert state(alice) == (7, 0)


# What is held -----------------------------------------------------------------------------------------------
def test_what_is_held_is_not_spent_yet_but_cannot_be_spent_again(alice: User) -> None:
    give(alice, 5)
    credits.hold(user=alice, feature=feature("calls"), units=2, subject="run:1")
    assert state(alice) == (5, 4)
    assert amounts_of(alice) == [5]


def test_all_that_a_subject_holds_is_booked_once(alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=2, subject="run:1")
    credits.settle(subject="run:1", left=None, booked=True)
    credits.settle(subject="run:1", left=None, booked=True)
    credits.settle(subject="run:1", left=None, booked=False)
    entry = CreditEntry.objects.get(kind=EntryKind.CAPTURE)
    assert (entry.amount, entry.feature, entry.reference) == (-4, feature("calls"), "run:1")
    assert state(alice) == (6, 0)
    assert not CreditHold.objects.exists()


def test_a_part_is_booked_and_the_rest_given_back(alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=3, subject="run:1")
    credits.settle(subject="run:1", left={"calls": 1}, booked=True)
    assert state(alice) == (8, 4)
    credits.settle(subject="run:1", left=None, booked=False)
    assert state(alice) == (8, 0)
    assert amounts_of(alice) == [10, -2]


def test_more_than_is_held_is_never_booked(alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=2, subject="run:1")
    credits.settle(subject="run:1", left={"calls": 9, "scans": 4}, booked=True)
    assert state(alice) == (6, 0)


def test_a_subject_settles_only_what_it_holds_itself(alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:1")
    credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:2")
    credits.settle(subject="run:1", left=None, booked=True)
    credits.settle(subject="run:3", left=None, booked=True)
    assert state(alice) == (8, 2)


def test_holding_again_adds_and_each_use_keeps_the_price_it_had(alice: User) -> None:
    give(alice, 20)
    for units in (1, 1):
        credits.hold(user=alice, feature=feature("calls"), units=units, subject="run:1")
    Feature.objects.filter(slug="calls").update(credit_price=3)
    credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:1")
    assert state(alice) == (20, 2 * 2 + 3)
    credits.settle(subject="run:1", left=None, booked=True)
    assert state(alice) == (13, 0)


@pytest.mark.parametrize("booked", [True, False])
def test_a_price_that_was_taken_away_still_settles_what_is_held(booked: bool, alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=2, subject="run:1")
    Feature.objects.filter(slug="calls").update(credit_price=None)
    credits.settle(subject="run:1", left=None, booked=booked)
    assert state(alice) == (6 if booked else 10, 0)


def test_what_has_no_price_is_neither_paid_nor_held(alice: User) -> None:
    give(alice, 10)
    with pytest.raises(credits.NotEnough):
        credits.spend(user=alice, feature=feature("imports"), units=1, at=NOON)
    with pytest.raises(credits.NotEnough):
        credits.hold(user=alice, feature=feature("imports"), units=1, subject="run:1")
    assert state(alice) == (10, 0)


def test_a_subject_holds_no_credits_of_two_accounts(alice: User) -> None:
    bob = account("bob")
    give(alice, 10)
    give(bob, 10)
    credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:1")
    with pytest.raises(ValueError, match="another account"):
        credits.hold(user=bob, feature=feature("calls"), units=1, subject="run:1")
    assert (state(alice), state(bob)) == ((10, 2), (10, 0))


# Refunds ----------------------------------------------------------------------------------------------------
def test_a_use_is_refunded_once(alice: User) -> None:
    give(alice, 10)
    credits.spend(user=alice, feature=feature("calls"), units=2, at=NOON)
    paid = CreditEntry.objects.get(kind=EntryKind.CAPTURE)
    refund = credits.refund(entry=paid, reason="It failed")
    assert (refund.amount, refund.kind, refund.reason, refund.reference) == (
        4,
        "refund",
        "It failed",
        str(paid.pk),
    )
    with pytest.raises(AlreadyRefunded):
        credits.refund(entry=paid)
    assert state(alice) == (10, 0)
    assert amounts_of(alice) == [10, -4, 4]


def test_each_use_is_refunded_by_itself(alice: User) -> None:
    give(alice, 10)
    for _ in range(2):
        credits.spend(user=alice, feature=feature("calls"), units=1, at=NOON)
    for paid in CreditEntry.objects.filter(kind=EntryKind.CAPTURE):
        credits.refund(entry=paid)
    assert state(alice) == (10, 0)


def test_only_a_use_is_refunded(alice: User) -> None:
    given = give(alice, 10)
    credits.spend(user=alice, feature=feature("calls"), units=1, at=NOON)
    refund = credits.refund(entry=CreditEntry.objects.get(kind=EntryKind.CAPTURE))
    for entry in (given, refund):
        with pytest.raises(ValueError, match="nothing to refund"):
            credits.refund(entry=entry)
    assert state(alice) == (10, 0)


# An entry stands --------------------------------------------------------------------------------------------
def test_an_entry_is_never_saved_again(alice: User) -> None:
    entry = give(alice, 10)
    entry.amount = 1000
    with pytest.raises(NeverChanged):
        entry.save()
    with pytest.raises(NeverChanged):
        CreditEntry.objects.get().save()
    assert CreditEntry.objects.get().amount == 10


def test_entries_are_neither_updated_nor_deleted_together(alice: User) -> None:
    entry = give(alice, 10)
    refusals: list[Call] = [
        lambda: CreditEntry.objects.update(amount=1),
        lambda: CreditEntry.objects.filter(user=alice).delete(),
        lambda: alice.credit_entries.all().delete(),
        lambda: CreditEntry.objects.bulk_update([entry], ["amount"]),
    ]
    for refused in refusals:
        with pytest.raises(NeverChanged), transaction.atomic():
            refused()
    assert state(alice) == (10, 0)


def test_an_entry_is_not_deleted_by_itself(alice: User) -> None:
    entry = give(alice, 10)
    with pytest.raises(NeverChanged), transaction.atomic():
        entry.delete()
    assert state(alice) == (10, 0)


def test_the_database_itself_refuses_to_change_an_entry(alice: User) -> None:
    give(alice, 10)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE membership_creditentry SET reason = 'quietly'")
    assert CreditEntry.objects.get().reason == ""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"balance": F("held") - 1}, id="more-held-than-there-is"),
        pytest.param({"balance": -1, "held": -1}, id="less-than-none"),
        pytest.param({"held": -1}, id="less-than-none-held"),
    ],
)
def test_no_account_of_credits_is_ever_below_none(change: dict[str, Any], alice: User) -> None:
    give(alice, 10)
    credits.hold(user=alice, feature=feature("calls"), units=1, subject="run:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditAccount.objects.update(**change)


def test_an_entry_that_moves_nothing_is_none(alice: User) -> None:
    with pytest.raises(IntegrityError, match="moves_something"), transaction.atomic():
        give(alice, 0)
    assert state(alice) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_database_lets_no_entry_go_without_its_account() -> None:
    user = account("carol")
    give(user, 7)
    gone = "goes with its account alone"
    with pytest.raises(DatabaseError, match=gone), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM membership_creditentry")
    assert CreditEntry.objects.count() == 1
    user.delete()
    assert CreditEntry.objects.count() == 0


def test_with_an_account_go_its_credits_its_ledger_and_what_it_holds(alice: User) -> None:
    bob = account("bob")
    for user in (alice, bob):
        give(user, 30)
        use(user, "scans")
        reserve(user, f"run:{user.pk}", scans=1)
    User.objects.get(pk=alice.pk).delete()
    for model in (CreditAccount, CreditEntry, CreditHold):
        assert set(model.objects.values_list("user", flat=True)) == {bob.pk}
    access.commit(subject=f"run:{alice.pk}")
    assert state(bob) == (25, 5)


def test_a_feature_that_was_paid_for_is_not_deleted(alice: User) -> None:
    give(alice, 5)
    use(alice, "scans")
    with pytest.raises(ProtectedError):
        feature("scans").delete()


# Every month ------------------------------------------------------------------------------------------------
def test_the_credits_of_a_month_are_given_once(alice: User) -> None:
    for at in (NOON, NOON + DAY, datetime(2026, 3, 31, 21, 59, tzinfo=UTC)):
        credits.allow(alice, Tier.objects.get(slug="basic"), at=at)
    assert state(alice) == (20, 0)
    entry = CreditEntry.objects.get()
    assert (entry.kind, entry.reference, entry.at) == ("allowance", "2026-03-01", NOON)
    credits.allow(alice, Tier.objects.get(slug="basic"), at=datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert state(alice) == (40, 0)


@pytest.mark.parametrize(
    ("zone", "month"),
    [
        pytest.param("Pacific/Kiritimati", "2026-04-01", id="east-of-the-date-line"),
        pytest.param("Europe/Berlin", "2026-03-01", id="berlin"),
        pytest.param("Pacific/Pago_Pago", "2026-03-01", id="west-of-the-date-line"),
    ],
)
def test_a_month_of_credits_begins_where_the_member_is(zone: str, month: str, alice: User) -> None:
    alice.time_zone = zone
    credits.allow(alice, Tier.objects.get(slug="basic"), at=datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert CreditEntry.objects.get().reference == month


def test_a_journey_over_the_date_line_multiplies_no_credits(alice: User) -> None:
    noon = datetime(2026, 3, 31, 12, tzinfo=UTC)
    for zone in ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Kiritimati"):
        alice.time_zone = zone
        credits.allow(alice, Tier.objects.get(slug="basic"), at=noon)
    assert state(alice) == (40, 0)  # March and April


def test_a_better_tier_within_the_month_adds_the_rest_and_a_lesser_one_takes_nothing(alice: User) -> None:
    for slug, balance in (("basic", 20), ("premium", 50), ("basic", 50), ("free", 50)):
        credits.allow(alice, Tier.objects.get(slug=slug), at=NOON)
        assert state(alice) == (balance, 0)
    assert amounts_of(alice) == [20, 30]


def test_credits_of_a_month_that_are_spent_are_not_given_again(alice: User) -> None:
    credits.allow(alice, Tier.objects.get(slug="basic"), at=NOON)
    credits.spend(user=alice, feature=feature("calls"), units=10, at=NOON)
    credits.allow(alice, Tier.objects.get(slug="basic"), at=NOON + DAY)
    assert state(alice) == (0, 0)


@pytest.mark.parametrize("slug", ["free", "no-such-tier"])
def test_a_tier_without_credits_gives_none(slug: str, alice: User) -> None:
    credits.allow(alice, Tier.objects.filter(slug=slug).first(), at=NOON)
    assert not CreditEntry.objects.exists()
    assert not CreditAccount.objects.exists()


def test_everyone_has_the_credits_of_the_tier_that_counts(alice: User) -> None:
    bob, charlie, dora = account("bob"), account("charlie"), account("dora")
    User.objects.filter(pk=bob.pk).update(tier=Tier.objects.get(slug="basic"))
    grants.give(user=charlie, tier=Tier.objects.get(slug="premium"), days=3, at=NOON)
    User.objects.filter(pk=dora.pk).update(tier=Tier.objects.get(slug="basic"), is_active=False)
    for at in (NOON, NOON + DAY):
        credits.allow_everyone(at=at)
    assert [state(user)[0] for user in (alice, bob, charlie, dora)] == [0, 20, 50, 0]
    credits.allow_everyone(at=NOON + 30 * DAY)  # the grant is over
    assert [state(user)[0] for user in (alice, bob, charlie, dora)] == [0, 40, 50, 0]


def test_the_default_tier_of_the_installation_has_its_credits_too(alice: User, settings: Settings) -> None:
    settings.DEFAULT_TIER = "basic"
    credits.allow_everyone(at=NOON)
    assert state(alice) == (20, 0)


def test_this_months_credits_pay_though_nobody_has_given_them_yet(alice: User) -> None:
    grants.give(user=alice, tier=Tier.objects.get(slug="basic"), days=3, at=NOON)
    use(alice, "scans", 2)
    assert amounts_of(alice) == [20, -10]


# Beyond the limit -------------------------------------------------------------------------------------------
def test_the_limit_comes_first_then_credits_then_a_refusal(alice: User) -> None:
    give(alice, 5)
    for _ in range(3):
        use(alice, "calls")
    assert state(alice) == (5, 0)
    for _ in range(2):
        use(alice, "calls")
    assert (state(alice), counted(alice, "calls")) == ((1, 0), (3, 0))
    with pytest.raises(access.LimitReached) as refused:
        use(alice, "calls")
    assert refused.value.status == 403
    assert (refused.value.decision.reason, refused.value.decision.price) == ("used_up", 2)
    assert (state(alice), counted(alice, "calls")) == ((1, 0), (3, 0))


def test_several_uses_at_once_take_what_the_limit_has_and_pay_the_rest(alice: User) -> None:
    give(alice, 5)
    use(alice, "calls", 5)
    assert (state(alice), counted(alice, "calls")) == ((1, 0), (3, 0))


def test_what_cannot_be_paid_in_full_is_not_done_in_part(alice: User) -> None:
    give(alice, 3)
    with pytest.raises(access.LimitReached):
        use(alice, "calls", 5)
    with pytest.raises(access.LimitReached):
        reserve(alice, calls=5)
    assert (state(alice), counted(alice, "calls")) == ((3, 0), (0, 0))
    assert not Reservation.objects.exists()


def test_a_limit_that_was_lowered_below_what_is_used_costs_only_what_is_new(alice: User) -> None:
    give(alice, 10)
    use(alice, "calls", 3)
    Feature.objects.filter(slug="calls").update(default_limit=1)
    use(alice, "calls", 2)
    assert (state(alice), counted(alice, "calls")) == ((6, 0), (3, 0))


def test_credits_that_are_held_for_something_else_do_not_pay(alice: User) -> None:
    give(alice, 9)
    reserve(alice, scans=1)
    with pytest.raises(access.LimitReached) as refused:
        use(alice, "scans")
    assert refused.value.decision.credits == 4
    assert state(alice) == (9, 5)


@pytest.mark.parametrize("slug", ["imports", "sharing"])
def test_what_has_no_price_is_refused_whatever_one_has(slug: str, alice: User) -> None:
    give(alice, 1000)
    if slug == "imports":
        use(alice, slug)
    with pytest.raises(access.LimitReached) as refused:
        use(alice, slug)
    assert refused.value.decision.price is None
    assert "credit" not in refused.value.decision.sentence
    assert state(alice) == (1000, 0)


@pytest.mark.parametrize("limit", [0, 2])
def test_what_is_restricted_for_an_account_is_never_paid(limit: int, alice: User) -> None:
    give(alice, 1000)
    Restriction.objects.create(user=alice, feature=feature("calls"), limit=limit)
    for _ in range(limit):
        use(alice, "calls")
    with pytest.raises(access.LimitReached) as refused:
        use(alice, "calls")
    assert (refused.value.decision.reason, refused.value.decision.price) == (
        "used_up" if limit else "restricted",
        None,
    )
    with pytest.raises(access.LimitReached):
        reserve(alice, calls=1)
    assert state(alice) == (1000, 0)


def test_a_feature_that_is_only_on_or_off_can_have_no_price(alice: User) -> None:
    with pytest.raises(IntegrityError, match="feature_price_of_counted"), transaction.atomic():
        Feature.objects.filter(slug="sharing").update(credit_price=3)
    with pytest.raises(IntegrityError, match="feature_price_of_counted"), transaction.atomic():
        Feature.objects.filter(slug="calls").update(credit_price=0)


def test_of_a_reservation_the_limit_covers_what_it_has_and_the_rest_is_held(alice: User) -> None:
    give(alice, 10)
    use(alice, "calls")
    reserve(alice, calls=3)
    assert (counted(alice, "calls"), state(alice)) == ((1, 2), (10, 2))
    assert amounts_of(alice) == [10]


def test_commit_books_what_the_limit_covers_before_what_is_paid(alice: User) -> None:
    give(alice, 10)
    use(alice, "calls")
    reserve(alice, calls=4)  # two within the limit, two paid
    access.commit(subject="run:1", amounts={"calls": 1})
    assert (counted(alice, "calls"), state(alice)) == ((2, 1), (10, 4))
    access.commit(subject="run:1", amounts={"calls": 2})
    assert (counted(alice, "calls"), state(alice)) == ((3, 0), (8, 2))
    access.release(subject="run:1")
    assert (counted(alice, "calls"), state(alice)) == ((3, 0), (8, 0))
    assert not CreditHold.objects.exists()
    assert not Reservation.objects.exists()


def test_commit_of_everything_books_both_once(alice: User) -> None:
    give(alice, 10)
    reserve(alice, calls=5, prints=5)
    for _ in range(2):
        access.commit(subject="run:1")
    access.release(subject="run:1")
    assert (counted(alice, "calls"), counted(alice, "prints")) == ((3, 0), (4, 0))
    assert state(alice) == (10 - 2 * 2 - 1, 0)


def test_release_gives_all_back(alice: User) -> None:
    give(alice, 10)
    reserve(alice, calls=5)
    for _ in range(2):
        access.release(subject="run:1")
    assert (counted(alice, "calls"), state(alice)) == ((0, 0), (10, 0))
    assert amounts_of(alice) == [10]


def test_a_reservation_of_several_features_is_held_in_full_or_not_at_all(alice: User) -> None:
    give(alice, 7)
    with pytest.raises(access.LimitReached):
        reserve(alice, calls=5, scans=1)  # four credits are held, then five are missing
    assert (counted(alice, "calls"), state(alice)) == ((0, 0), (7, 0))
    assert not Reservation.objects.exists()
    assert not CreditHold.objects.exists()


def test_reserving_again_adds_to_what_is_held(alice: User) -> None:
    give(alice, 20)
    reserve(alice, calls=4)
    reserve(alice, calls=2)
    assert (counted(alice, "calls"), state(alice)) == ((0, 3), (20, 6))
    access.commit(subject="run:1")
    assert (counted(alice, "calls"), state(alice)) == ((3, 0), (14, 0))


@pytest.mark.parametrize("covered", [0, 1], ids=["paid", "covered-and-paid"])
def test_a_subject_of_another_account_is_refused_what_is_paid_too(covered: int, alice: User) -> None:
    """Or else whoever ends the one account's run books or gives back what is the other's."""
    bob = account("bob")
    give(bob, 20)
    use(bob, "calls", 3 - covered)
    reserve(alice, calls=1)
    with pytest.raises(ValueError, match="another account"), transaction.atomic():
        reserve(bob, calls=covered + 1)
    assert (counted(bob, "calls"), state(bob)) == ((3 - covered, 0), (20, 0))


def test_a_subject_that_holds_credits_of_another_account_is_refused_within_the_limit(alice: User) -> None:
    bob = account("bob")
    give(bob, 20)
    reserve(bob, scans=1)
    with pytest.raises(ValueError, match="another account"), transaction.atomic():
        reserve(alice, calls=1)


def test_who_gets_a_use_back_in_the_moment_of_a_refusal_is_not_refused(alice: User) -> None:
    """Another run ends between the count, which found nothing left, and the question what is said of it."""
    reserve(alice, "run:1", calls=3)

    def end_the_other_run(execute: Any, sql: str, *more: Any) -> Any:
        if "balance - held" in sql and Reservation.objects.exists():
            access.release(subject="run:1")
        return execute(sql, *more)

    with connection.execute_wrapper(end_the_other_run):
        try:
            use(alice, "calls")
        except access.LimitReached as refused:
            pytest.fail(f"refused, and said: {refused.decision.reason!r} {refused.decision.sentence!r}")
    assert counted(alice, "calls") == (1, 0)


def test_lost_subjects_give_back_their_credits(alice: User) -> None:
    give(alice, 40)
    reserve(alice, "run:1", scans=1)  # paid in full
    reserve(alice, "run:2", calls=5)  # within the limit and paid
    reserve(alice, "run:3", scans=1)  # under way
    reserve(alice, "other:1", scans=1)  # of a kind nobody asks about
    for _ in range(2):
        subjects.sweep({"run": lambda ids: {one for one in ids if one == "3"}})
    assert state(alice) == (40, 10)
    assert counted(alice, "calls") == (0, 0)
    assert set(CreditHold.objects.values_list("subject", flat=True)) == {"run:3", "other:1"}


# What is said -----------------------------------------------------------------------------------------------
def test_within_the_limit_nothing_is_said_of_credits(alice: User) -> None:
    give(alice, 10)
    decision = access.check(alice, "calls", 3, at=NOON)
    assert (decision.allowed, decision.reason, decision.price, decision.credits) == (True, "left", None, 10)
    assert decision.sentence == ""


def test_beyond_the_limit_a_decision_names_the_price_and_what_one_has(alice: User) -> None:
    give(alice, 10)
    use(alice, "calls", 2)
    decision = access.check(alice, "calls", 3, at=NOON)  # one is left, two are paid
    assert (decision.allowed, decision.reason, decision.price, decision.credits) == (True, "credits", 4, 10)
    assert (decision.used, decision.limit, decision.remaining) == (2, 3, 1)
    with override("en"):
        assert decision.sentence == "calls: your limit is used; this costs 4 credits of 10."
    with override("de"):
        said = decision.sentence
    assert said != "calls: your limit is used; this costs 4 credits of 10."
    assert {"4", "10"} <= set(said.rstrip(".").split())


def test_one_credit_is_said_in_the_singular(alice: User) -> None:
    give(alice, 10)
    use(alice, "prints", 4)
    decision = access.check(alice, "prints", at=NOON)
    with override("en"):
        assert decision.sentence == "prints: your limit is used; this costs one credit of 10."
    with override("de"):
        assert "credit" not in decision.sentence
        assert "10" in decision.sentence


@pytest.mark.parametrize(
    ("slug", "reason", "said"),
    [
        (
            "scans",
            "off",
            "scans: not part of your tier. A better tier helps. Or it costs 5 credits; you have 1.",
        ),
        ("calls", "used_up", "calls: 3 of 3 used. A better tier helps. Or it costs 2 credits; you have 1."),
    ],
)
def test_with_too_few_credits_a_refusal_says_that_they_would_help(
    slug: str, reason: str, said: str, alice: User
) -> None:
    use(alice, "calls", 3)
    give(alice, 1)
    decision = access.check(alice, slug, at=NOON)
    assert (decision.allowed, decision.reason, decision.credits) == (False, reason, 1)
    with override("en"):
        assert decision.sentence == said
    with override("de"):
        assert "credit" not in decision.sentence
        assert decision.sentence.endswith("1.")


def test_all_decisions_together_say_the_same_as_each_alone(alice: User) -> None:
    give(alice, 3)
    use(alice, "calls", 3)
    decisions = access.check_all(alice, at=NOON)
    assert decisions == {slug: access.check(alice, slug, at=NOON) for slug in decisions}
    assert (decisions["calls"].reason, decisions["scans"].reason) == ("credits", "off")


# Races ------------------------------------------------------------------------------------------------------
@pytest.fixture
def racing(transactional_db: None) -> User:
    make_world()
    return account("alice")


def consuming(user: User, slug: str, n: int = 1) -> Call:
    return lambda: access.consume(user=user, feature=slug, n=n, at=NOON)


def reserving(user: User, slug: str, number: int, n: int = 1) -> Call:
    return lambda: access.reserve(user=user, amounts={slug: n}, subject=f"run:{number}", at=NOON)


@real_connections
@pytest.mark.parametrize(
    ("slug", "used", "credit", "passes", "left"),
    [
        pytest.param("calls", 3, 7 * 2 + 1, 7, 1, id="the-limit-is-used"),
        pytest.param("calls", 0, 7 * 2 + 1, 10, 1, id="the-limit-and-then-credits"),
    ],
)
@pytest.mark.parametrize("held", [False, True], ids=["at-once", "held"])
def test_forty_at_once_pay_as_long_as_there_are_credits(
    slug: str, used: int, credit: int, passes: int, left: int, held: bool, racing: User
) -> None:
    give(racing, credit)
    if used:
        use(racing, slug, used)
    calls = [reserving(racing, slug, number) if held else consuming(racing, slug) for number in range(40)]
    assert at_once(calls, access.LimitReached).count("done") == passes
    if held:
        assert state(racing) == (credit, credit - left)
        for number in range(40):
            access.commit(subject=f"run:{number}")
    assert state(racing) == (left, 0)
    assert sum(counted(racing, slug)) == (3 if slug == "calls" else 0)


@real_connections
def test_several_uses_at_once_share_what_the_limit_has_and_nothing_is_counted_twice(racing: User) -> None:
    give(racing, 20)
    ended = at_once([consuming(racing, "calls", 2)] * 12, access.LimitReached)
    balance, held = state(racing)
    used, _reserved = counted(racing, "calls")
    assert (held, used) == (0, 3)
    assert 2 * ended.count("done") == used + (20 - balance) // 2
    assert balance < 4


@real_connections
@pytest.mark.parametrize("covered", [0, 2], ids=["paid", "covered-and-paid"])
def test_commit_and_release_at_once_book_or_give_back_credits_but_never_both(
    covered: int, racing: User
) -> None:
    give(racing, 20)
    use(racing, "calls", 3 - covered)
    reserve(racing, calls=covered + 3)
    calls: list[Call] = [lambda: access.commit(subject="run:1"), lambda: access.release(subject="run:1")] * 5
    assert at_once(calls, ()) == ["done"] * 10
    booked = ((3, 0), (14, 0))
    released = ((3 - covered, 0), (20, 0))
    assert (counted(racing, "calls"), state(racing)) in {booked, released}
    assert not CreditHold.objects.exists()


@real_connections
def test_the_credits_of_a_month_are_given_once_to_who_asks_twenty_times_at_once(racing: User) -> None:
    basic = Tier.objects.get(slug="basic")
    assert at_once([lambda: credits.allow(racing, basic, at=NOON)] * 20, ()) == ["done"] * 20
    assert amounts_of(racing) == [20]
    assert state(racing) == (20, 0)


@real_connections
def test_a_use_is_refunded_once_by_twenty_at_once(racing: User) -> None:
    give(racing, 10)
    use(racing, "scans")
    paid = CreditEntry.objects.get(kind=EntryKind.CAPTURE)
    ended = at_once([lambda: credits.refund(entry=paid)] * 20, AlreadyRefunded)
    assert ended.count("done") == 1
    assert state(racing) == (10, 0)


@real_connections
def test_giving_taking_and_paying_at_once_keep_the_ledger_whole(racing: User) -> None:
    give(racing, 12)
    calls: list[Call] = [
        lambda: give(racing, 3),
        lambda: give(racing, -2),
        consuming(racing, "scans"),
        reserving(racing, "scans", 1),
    ] * 6
    at_once(calls, (access.LimitReached, NotEnough))
    balance, held = state(racing)
    assert (balance - sum(amounts_of(racing)), held % 5) == (0, 0)


@real_connections
def test_twenty_that_all_saw_enough_pay_once(racing: User) -> None:
    """The race is real: who only looks first believes there is enough for everyone."""
    give(racing, 5)
    all_have_looked = Barrier(20)

    def look_then_use() -> None:
        believed = access.check(racing, "scans", at=NOON).allowed
        all_have_looked.wait()
        assert believed
        use(racing, "scans")

    assert at_once([look_then_use] * 20, access.LimitReached).count("done") == 1
    assert state(racing) == (0, 0)


@real_connections
def test_a_second_use_waits_for_the_first_and_pays_only_what_that_left(racing: User) -> None:
    give(racing, 9)

    def first(wait: Call) -> None:
        with transaction.atomic():
            use(racing, "scans")
            wait()

    _first, second = while_waiting(first, consuming(racing, "scans"))
    assert isinstance(second, access.LimitReached)
    assert state(racing) == (4, 0)


@real_connections
def test_one_run_begins_while_another_is_booked(racing: User) -> None:
    """Both come to pay and to count; whichever is first, the other goes on behind it."""
    give(racing, 20)
    use(racing, "calls", 3)
    reserve(racing, "run:1", calls=1, prints=1)  # a call that is paid, a print within the limit

    def begins(wait: Call) -> None:
        def before_it_pays(execute: Any, sql: str, *more: Any) -> Any:
            if sql.startswith('UPDATE "membership_creditaccount"'):
                wait()  # the print is counted, the call not paid yet
            return execute(sql, *more)

        with connection.execute_wrapper(before_it_pays):
            reserve(racing, "run:2", calls=1, prints=1)

    assert while_waiting(begins, lambda: access.commit(subject="run:1")) == [None, None]
    assert state(racing) == (18, 2)
    assert counted(racing, "prints") == (1, 1)


@real_connections
def test_a_run_holds_more_while_it_is_booked(racing: User) -> None:
    give(racing, 20)
    reserve(racing, scans=1)

    def holds_more(wait: Call) -> None:
        def before_it_adds(execute: Any, sql: str, *more: Any) -> Any:
            if sql.startswith('UPDATE "membership_credithold"'):
                wait()  # the account's row is locked, the hold's not yet
            return execute(sql, *more)

        with connection.execute_wrapper(before_it_adds):
            reserve(racing, scans=1)

    assert while_waiting(holds_more, lambda: access.commit(subject="run:1")) == [None, None]
    access.commit(subject="run:1")
    assert state(racing) == (10, 0)
