from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from membership import coupons, credits, grants
from membership.coupons import CouponRefused, make_batch, make_code, normalise, redeem
from membership.grants import Interval
from membership.models import (
    AccessGrant,
    Coupon,
    CouponBatch,
    CreditAccount,
    CreditEntry,
    Redemption,
    Tier,
    User,
)
from membership.tiers import TIERS
from tests import factories
from tests.membership.races import at_once, while_waiting

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
UNKNOWN = "This code is not valid, or not any more. Please check what you typed."
pytestmark = pytest.mark.django_db


def make_tiers() -> None:
    """The tiers alone; their limits say nothing about codes."""
    Tier.objects.bulk_create(Tier(**seed._asdict()) for seed in TIERS)


@pytest.fixture
def alice(db: None) -> User:
    make_tiers()
    return factories.alice(password=None)


@pytest.fixture
def bob(alice: User) -> User:
    return factories.bob(password=None)


def tier(slug: str) -> Tier:
    return Tier.objects.get(slug=slug)


def coupon(code: str = "FRIENDS-2026", **fields: Any) -> Coupon:
    """A coupon for thirty days of Premium, once, from the day before NOON on."""
    gives = {} if "credits" in fields else {"tier": tier("premium"), "days": 30}
    return Coupon.objects.create(
        code=code, code_normalised=normalise(code), **{"valid_from": NOON - DAY, **gives, **fields}
    )


def refusal(user: User, code: str, at: datetime = NOON) -> str:
    with pytest.raises(CouponRefused) as refused:
        redeem(user=user, code=code, at=at)
    assert refused.value.status == 422
    return str(refused.value.message)


# What a code gives ------------------------------------------------------------------------------------------
def test_a_code_for_a_tier_gives_it_for_its_days(alice: User) -> None:
    given_coupon = coupon()
    redeemed = redeem(user=alice, code="FRIENDS-2026", at=NOON)
    assert redeemed.grant is not None
    assert (redeemed.coupon, redeemed.entry) == (given_coupon, None)
    assert (redeemed.grant.source, redeemed.grant.reason) == ("coupon", "FRIENDS-2026")
    assert grants.effective(alice, at=NOON) == grants.Effective(tier("premium"), NOON + 30 * DAY, "grant")
    assert grants.effective(alice, at=NOON + 30 * DAY).tier == tier("free")
    assert not CreditEntry.objects.exists()


def test_a_code_for_credits_gives_them_and_no_tier(alice: User) -> None:
    coupon(credits=250)
    redeemed = redeem(user=alice, code="FRIENDS-2026", at=NOON)
    assert redeemed.entry is not None
    assert redeemed.grant is None
    entry = redeemed.entry
    assert (entry.amount, entry.balance_after, entry.kind, entry.reason, entry.at) == (
        250,
        250,
        "coupon",
        "FRIENDS-2026",
        NOON,
    )
    assert credits.available(alice) == 250
    assert not AccessGrant.objects.exists()


def test_what_was_redeemed_is_remembered_with_its_day(alice: User) -> None:
    given_coupon = coupon()
    redeemed = redeem(user=alice, code="FRIENDS-2026", at=NOON)
    redemption = Redemption.objects.get()
    assert (redemption.coupon, redemption.user, redemption.grant, redemption.redeemed_at) == (
        given_coupon,
        alice,
        redeemed.grant,
        NOON,
    )


def test_without_a_moment_a_code_counts_from_now(alice: User) -> None:
    coupon(valid_from=timezone.now() - DAY)
    redeem(user=alice, code="FRIENDS-2026")
    assert grants.effective(alice).tier == tier("premium")


# How often --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("most", "passes"), [(1, 1), (3, 3), (None, 5)])
def test_a_code_is_redeemed_by_as_many_accounts_as_it_says(
    most: int | None, passes: int, alice: User
) -> None:
    given_coupon = coupon(max_redemptions=most)
    members = [alice, *(factories.setup_user(password=None) for _ in range(4))]
    for member in members[:passes]:
        redeem(user=member, code="FRIENDS-2026", at=NOON)
    for member in members[passes:]:
        with override("en"):
            assert refusal(member, "FRIENDS-2026") == UNKNOWN
    given_coupon.refresh_from_db()
    assert given_coupon.redeemed == passes == Redemption.objects.count() == AccessGrant.objects.count()


def test_an_account_redeems_a_code_once_however_many_uses_are_left(alice: User) -> None:
    given_coupon = coupon(max_redemptions=None, credits=10)
    redeem(user=alice, code="FRIENDS-2026", at=NOON)
    refusal(alice, "FRIENDS-2026", NOON + DAY)
    given_coupon.refresh_from_db()
    assert (given_coupon.redeemed, credits.available(alice)) == (1, 10)


def test_a_use_stays_used_when_its_account_is_deleted(alice: User, bob: User) -> None:
    given_coupon = coupon()
    redeem(user=alice, code="FRIENDS-2026", at=NOON)
    User.objects.filter(pk=alice.pk).delete()
    refusal(bob, "FRIENDS-2026")
    given_coupon.refresh_from_db()
    assert given_coupon.redeemed == 1
    assert not Redemption.objects.exists()


def test_a_refused_code_changes_nothing(alice: User, bob: User) -> None:
    given_coupon = coupon(credits=10)
    redeem(user=alice, code="FRIENDS-2026", at=NOON)
    refusal(bob, "FRIENDS-2026")
    given_coupon.refresh_from_db()
    assert given_coupon.redeemed == 1
    assert credits.available(bob) == 0
    assert not CreditEntry.objects.filter(user=bob).exists()


def test_a_use_is_taken_back_when_what_it_gives_cannot_be_given(alice: User) -> None:
    """More credits than an account can have: the code keeps its use."""
    given_coupon = coupon(credits=1_000_000)
    CreditAccount.objects.create(user=alice, balance=2**31 - 1)
    with pytest.raises(Exception, match="integer out of range"), transaction.atomic():
        redeem(user=alice, code="FRIENDS-2026", at=NOON)
    given_coupon.refresh_from_db()
    assert given_coupon.redeemed == 0
    assert not Redemption.objects.exists()


# When -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "passes"),
    [
        pytest.param(NOON - MOMENT, False, id="just-before"),
        pytest.param(NOON, True, id="at-the-beginning"),
        pytest.param(NOON + DAY - MOMENT, True, id="just-before-the-end"),
        pytest.param(NOON + DAY, False, id="at-the-end"),
    ],
)
def test_a_code_counts_from_its_beginning_until_before_its_end(
    at: datetime, passes: bool, alice: User
) -> None:
    coupon(valid_from=NOON, valid_until=NOON + DAY)
    if passes:
        redeem(user=alice, code="FRIENDS-2026", at=at)
    else:
        refusal(alice, "FRIENDS-2026", at)
    assert Redemption.objects.exists() == passes


def test_a_code_without_an_end_counts_for_ever(alice: User) -> None:
    coupon(valid_until=None)
    redeem(user=alice, code="FRIENDS-2026", at=NOON + 3000 * DAY)


def test_a_code_that_is_switched_off_counts_again_when_it_is_on(alice: User) -> None:
    given_coupon = coupon(is_active=False)
    refusal(alice, "FRIENDS-2026")
    given_coupon.is_active = True
    given_coupon.save()
    redeem(user=alice, code="FRIENDS-2026", at=NOON)


# What is said -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["de", "en"])
def test_nobody_learns_from_a_refusal_whether_there_is_such_a_code(
    language: str, alice: User, bob: User
) -> None:
    coupon("USED-UP")
    redeem(user=bob, code="USED-UP", at=NOON)
    coupon("EXPIRED", valid_until=NOON)
    coupon("NOT-YET", valid_from=NOON + DAY)
    coupon("SWITCHED-OFF", is_active=False)
    coupon("CREDITS-OFF", is_active=False, credits=5)
    typed = ["USED-UP", "EXPIRED", "NOT-YET", "SWITCHED-OFF", "CREDITS-OFF", "NO-SUCH-CODE", "", "–", "\0"]
    with override(language):
        said = {refusal(alice, code) for code in typed}
    assert len(said) == 1
    assert "USED" not in said.pop()


@pytest.mark.parametrize(("language", "day"), [("en", "11"), ("de", "11.03.2026")])
def test_who_redeemed_a_code_is_told_the_day_where_they_live(language: str, day: str, alice: User) -> None:
    coupon(max_redemptions=None)
    redeem(user=alice, code="FRIENDS-2026", at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    with override(language), timezone.override(alice.zone):
        said = refusal(alice, "friends 2026", NOON + 2 * DAY)
    assert day in said
    assert said != UNKNOWN


def test_who_redeemed_a_code_is_told_the_day_though_it_is_used_up_or_switched_off(alice: User) -> None:
    given_coupon = coupon()
    redeem(user=alice, code="FRIENDS-2026", at=NOON)
    with override("en"):
        used_up = refusal(alice, "FRIENDS-2026")
        given_coupon.is_active = False
        given_coupon.save()
        assert used_up == refusal(alice, "FRIENDS-2026")
    assert used_up.startswith("You redeemed this code on ")
    assert "expired" not in used_up


def test_who_redeemed_a_code_is_told_that_it_expired_since(alice: User) -> None:
    coupon(valid_until=NOON + DAY)
    redeem(user=alice, code="FRIENDS-2026", at=NOON)
    with override("en"):
        assert "expired" not in refusal(alice, "FRIENDS-2026", NOON + DAY - MOMENT)
        said = refusal(alice, "FRIENDS-2026", NOON + DAY)
    assert said.startswith("You redeemed this code on ")
    assert said.endswith("It has expired since; what it gave you stays.")
    assert grants.effective(alice, at=NOON + 29 * DAY).tier == tier("premium")


# As people type ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("BLOSSOM-1025-ZK", id="as-printed"),
        pytest.param("blossom-1025-zk", id="lower-case"),
        pytest.param("  BLOSSOM 1025 ZK\n", id="spaces"),
        pytest.param("BLOSSOM1025ZK", id="without-hyphens"),
        pytest.param("BLOSSOM–1025—ZK", id="dashes"),
        pytest.param("BL0SS0M-1O25-ZK", id="zero-and-o"),
        pytest.param("BIOSSOM-LO25-ZK", id="one-and-i-and-l"),
        pytest.param("B1OSSOM-1025-ZK", id="one-for-l"),
        pytest.param("BLO55OM-102S-ZK", id="five-and-s"),
        pytest.param("8LOSSOM-1025-ZK", id="eight-and-b"),
        pytest.param("BLOSSOM-10Z5-2K", id="two-and-z"),
        pytest.param("ＢＬＯＳＳＯＭ－１０２５－ＺＫ", id="full-width"),
        pytest.param("ВLОSSОМ-1025-ZК", id="cyrillic"),
        pytest.param("вlоssом-1025-zк", id="cyrillic-lower-case"),
        pytest.param("ΒLΟSSΟΜ-1025-ΖΚ", id="greek"),
        pytest.param("βlοssοm-1025-ζκ", id="greek-lower-case"),
        pytest.param("B\u200bLOSSOM\u00ad-1025\u00a0ZK\ufeff", id="what-one-does-not-see"),
    ],
)
def test_a_code_is_known_however_it_is_typed(typed: str, alice: User) -> None:
    coupon("BLOSSOM-1025-ZK")
    assert redeem(user=alice, code=typed, at=NOON).coupon.code == "BLOSSOM-1025-ZK"


def test_another_code_is_not_forgiven(alice: User) -> None:
    coupon("BLOSSOM-1025-ZK")
    for typed in ("BLOSSOM-1025-Z", "BLOSSOM-1025-ZKK", "BLOSSOM-1026-ZK", "BLOSSON-1025-ZK"):
        refusal(alice, typed)


ALIKE = ["O0QОΟ", "I1LІΙ", "S5", "B8ВΒ", "Z2Ζ", "AАΑ", "EЕΕ", "KКΚ", "MМΜ", "HНΗ", "PРΡ", "CС", "TТΤ", "YУΥ"]
ALIKE += ["XХΧ", "NΝ", "JЈ"]
SEPARATORS = ["", "", "", " ", "-", "–", "_", ".", "\u00a0", "\u200b"]


def typed_again(code: str, chance: random.Random) -> str:
    """A code as somebody might read and type it: case, separators and look-alikes by chance."""
    typed = []
    for one in code.replace("-", ""):
        swapped = chance.choice(next((alike for alike in ALIKE if one in alike), one))
        if swapped.isascii() and chance.random() < 0.2:
            swapped = chr(ord(swapped) + 0xFEE0)  # full width
        typed += [swapped.lower() if chance.random() < 0.5 else swapped, chance.choice(SEPARATORS)]
    return "".join(typed)


PREFIXES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", max_size=12)
GROUPS = st.text(coupons.ALPHABET, min_size=4, max_size=4)


@given(PREFIXES, st.lists(GROUPS, min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_every_made_up_code_survives_the_one_who_types_it(
    prefix: str, groups: list[str], chance: random.Random
) -> None:
    code = "-".join([prefix, *groups] if prefix else groups)
    assert normalise(typed_again(code, chance)) == normalise(code)


@given(st.text(max_size=30))
def test_a_normalised_code_is_its_own_normalised_code(typed: str) -> None:
    once = normalise(typed)
    assert normalise(once) == once
    assert once.isascii()


@given(st.text(coupons.ALPHABET), st.text(coupons.ALPHABET))
def test_no_two_made_up_codes_are_taken_for_one(one: str, other: str) -> None:
    assert (normalise(one) == normalise(other)) == (one == other)


@given(PREFIXES)
def test_made_up_codes_look_as_they_should(prefix: str) -> None:
    *before, first, second, third = make_code(prefix.lower()).split("-")
    assert before == ([prefix] if prefix else [])
    assert all(len(group) == 4 and set(group) <= set(coupons.ALPHABET) for group in (first, second, third))
    check = normalise("-".join([*before, first, second, third]))
    assert check.endswith(first + second + third)
    assert len(check) <= 40


@pytest.mark.parametrize("code", ["", "ABC", "A-B-C", "---"])
def test_a_code_of_ones_own_is_long_enough(code: str) -> None:
    with pytest.raises(ValidationError, match="4"):
        coupons.check_code(code)


@pytest.mark.parametrize("code", ["SUMMER 26", "GRÜSSE", "ABC_D", "ＡＢＣＤ", "АБВГ"])
def test_a_code_of_ones_own_holds_what_every_keyboard_has(code: str) -> None:
    with pytest.raises(ValidationError):
        coupons.check_code(code)


def test_a_code_of_ones_own_is_kept_as_it_is_compared() -> None:
    assert coupons.check_code("Summer-26") == normalise("SUMMER 26") == "5UMMER26"


def test_there_are_no_two_codes_that_look_alike(alice: User) -> None:
    coupon("SOMMER-10")
    with pytest.raises(IntegrityError), transaction.atomic():
        coupon("5OMMER-IO")


# Batches ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("gift", ["tier", "credits"])
def test_each_code_of_a_batch_gives_what_the_batch_says(gift: str, alice: User) -> None:
    gives: dict[str, Any] = {"tier": tier("basic"), "days": 7} if gift == "tier" else {"credits": 40}
    window: dict[str, Any] = {"valid_from": NOON, "valid_until": NOON + 9 * DAY, "max_redemptions": 2}
    batch = CouponBatch(name="Fair", prefix="fair26", size=30, **gives, **window)
    made = make_batch(batch=batch)
    rows = list(Coupon.objects.all())
    assert len(made) == len(rows) == batch.coupons.count() == 30
    assert len({row.code_normalised for row in rows}) == 30
    for row in rows:
        assert row.code.startswith("FAIR26-")
        assert row.code_normalised == normalise(row.code)
        assert (row.batch, row.redeemed, row.is_active) == (batch, 0, True)
        assert {name: getattr(row, name) for name in (gives | window)} == gives | window
        assert (row.tier is None) == (gift == "credits")
    redeemed = redeem(user=alice, code=made[17].code.lower(), at=NOON)
    assert (redeemed.grant is None, redeemed.entry is None) == (gift == "credits", gift == "tier")


def test_a_batch_without_a_prefix_has_codes_without_one(alice: User) -> None:
    (made,) = make_batch(batch=CouponBatch(name="One", size=1, credits=1))
    assert len(made.code) == len("XXXX-XXXX-XXXX")


def test_the_largest_batch_is_made_at_once(alice: User) -> None:
    make_batch(batch=CouponBatch(name="Many", prefix="M", size=coupons.MOST_OF_A_BATCH, credits=1))
    assert Coupon.objects.values("code_normalised").distinct().count() == coupons.MOST_OF_A_BATCH == 5000


def test_a_batch_that_cannot_be_is_not_half_made(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_batch(batch=CouponBatch(name="Wrong", size=3, credits=1, days=4))
    assert not CouponBatch.objects.exists()
    assert not Coupon.objects.exists()


# What the database refuses ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "name"),
    [
        pytest.param({"credits": 5, "tier": True, "days": 3}, "gives_one_thing", id="both"),
        pytest.param({"credits": 5, "days": 3}, "gives_one_thing", id="credits-and-days"),
        pytest.param({"credits": 5, "tier": True}, "gives_one_thing", id="credits-and-tier"),
        pytest.param({"credits": None, "days": 3}, "gives_one_thing", id="days-without-tier"),
        pytest.param({"credits": 0}, "gives_one_thing", id="no-credits"),
        pytest.param({"credits": 1_000_001}, "gives_one_thing", id="too-many-credits"),
        pytest.param({"credits": None, "tier": True, "days": 0}, "gives_one_thing", id="no-days"),
        pytest.param({"credits": None, "tier": True, "days": 3661}, "gives_one_thing", id="too-many-days"),
        pytest.param({"credits": 5, "max_redemptions": 0}, "can_be_redeemed", id="never"),
        pytest.param({"credits": 5, "valid_until": NOON - 2 * DAY}, "window", id="window-turned-round"),
        pytest.param({"credits": 5, "valid_until": NOON - DAY}, "window", id="window-empty"),
    ],
)
@pytest.mark.parametrize("model", [Coupon, CouponBatch])
def test_no_coupon_and_no_batch_says_what_makes_no_sense(
    model: type[Model], fields: dict[str, Any], name: str, alice: User
) -> None:
    if fields.get("tier"):
        fields = fields | {"tier": tier("basic")}
    own = {"size": 1} if model is CouponBatch else {}
    with pytest.raises(IntegrityError, match=f"{model._meta.model_name}_{name}"), transaction.atomic():
        model._default_manager.create(valid_from=NOON - DAY, **own, **fields)


@pytest.mark.parametrize("tier_too", [False, True], ids=["neither", "tier-without-days"])
@pytest.mark.parametrize("model", [Coupon, CouponBatch])
def test_no_coupon_and_no_batch_gives_nothing(model: type[Model], tier_too: bool, alice: User) -> None:
    own = {"size": 1} if model is CouponBatch else {}
    gives = {"tier": tier("basic")} if tier_too else {}
    with pytest.raises(IntegrityError, match="gives_one_thing"), transaction.atomic():
        model._default_manager.create(**own, **gives)


def test_no_coupon_is_counted_more_often_than_it_may(alice: User) -> None:
    given_coupon = coupon(max_redemptions=2)
    with pytest.raises(IntegrityError, match="coupon_not_redeemed_too_often"), transaction.atomic():
        Coupon.objects.filter(pk=given_coupon.pk).update(redeemed=3)


def test_no_account_has_two_redemptions_of_a_code(alice: User) -> None:
    given_coupon = coupon(max_redemptions=None)
    redeem(user=alice, code=given_coupon.code, at=NOON)
    with pytest.raises(IntegrityError, match="redemption_once"), transaction.atomic():
        Redemption.objects.create(coupon=given_coupon, user=alice)


# Several codes ----------------------------------------------------------------------------------------------
def test_a_second_code_of_the_same_tier_extends_it(alice: User) -> None:
    coupon("FIRST", days=10)
    coupon("SECOND", days=5)
    redeem(user=alice, code="FIRST", at=NOON)
    redeem(user=alice, code="SECOND", at=NOON + 3 * DAY)
    assert grants.intervals_of(alice) == [Interval("premium", NOON, NOON + 15 * DAY)]
    assert grants.effective(alice, at=NOON + 3 * DAY).until == NOON + 15 * DAY


def test_a_code_of_a_better_tier_is_lived_first_and_the_other_continues(alice: User) -> None:
    coupon("LESSER", tier=tier("basic"), days=10)
    coupon("BETTER", tier=tier("premium"), days=5)
    redeem(user=alice, code="LESSER", at=NOON)
    redeem(user=alice, code="BETTER", at=NOON + 3 * DAY)
    assert grants.intervals_of(alice) == [
        Interval("basic", NOON, NOON + 3 * DAY),
        Interval("premium", NOON + 3 * DAY, NOON + 8 * DAY),
        Interval("basic", NOON + 8 * DAY, NOON + 15 * DAY),
    ]
    lived = [grants.effective(alice, at=NOON + day * DAY).tier for day in (3, 8, 15)]
    assert lived == [tier("premium"), tier("basic"), tier("free")]


def test_a_code_of_a_lesser_tier_waits(alice: User) -> None:
    coupon("BETTER", tier=tier("premium"), days=5)
    coupon("LESSER", tier=tier("basic"), days=10)
    redeem(user=alice, code="BETTER", at=NOON)
    redeem(user=alice, code="LESSER", at=NOON + DAY)
    assert grants.intervals_of(alice) == [
        Interval("premium", NOON, NOON + 5 * DAY),
        Interval("basic", NOON + 5 * DAY, NOON + 15 * DAY),
    ]


def test_credits_of_several_codes_add_up(alice: User) -> None:
    for code, amount in (("FIRST", 10), ("SECOND", 25)):
        coupon(code, credits=amount)
        redeem(user=alice, code=code, at=NOON)
    assert credits.available(alice) == 35


# Races ------------------------------------------------------------------------------------------------------
GIFTS: dict[str, dict[str, Any]] = {"tier": {}, "credits": {"credits": 5}}


def members(number: int) -> list[User]:
    make_tiers()
    return [User.objects.create_user(f"member{one}@example.org") for one in range(number)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gift", ["tier", "credits"])
def test_a_code_with_one_use_left_is_redeemed_once_by_fifty_at_once(gift: str) -> None:
    first, *others = members(51)
    given_coupon = coupon(max_redemptions=2, **GIFTS[gift])
    redeem(user=first, code="FRIENDS-2026", at=NOON)
    with override("en"):
        ended = at_once(
            [lambda user=user: redeem(user=user, code="FRIENDS-2026", at=NOON) for user in others],  # type: ignore[misc]
            CouponRefused,
        )
    assert ended.count("done") == 1
    assert len(set(ended)) == 2  # whoever was too late is told what everyone is told
    given_coupon.refresh_from_db()
    assert given_coupon.redeemed == 2
    redemption = Redemption.objects.exclude(user=first).get()
    assert others[ended.index("done")] == redemption.user
    gave = (AccessGrant if gift == "tier" else CreditEntry).objects.exclude(user=first)
    assert [one.user_id for one in gave] == [redemption.user_id]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("most", [1, None])
@pytest.mark.parametrize("gift", ["tier", "credits"])
def test_an_account_that_sends_a_code_twenty_times_at_once_redeems_it_once(
    gift: str, most: int | None
) -> None:
    (user,) = members(1)
    given_coupon = coupon(max_redemptions=most, **GIFTS[gift])
    ended = at_once([lambda: redeem(user=user, code="FRIENDS-2026", at=NOON)] * 20, CouponRefused)
    assert ended.count("done") == 1
    given_coupon.refresh_from_db()
    assert (given_coupon.redeemed, Redemption.objects.count()) == (1, 1)
    assert AccessGrant.objects.count() == (gift == "tier")
    assert credits.available(user) == (5 if gift == "credits" else 0)


@pytest.mark.django_db(transaction=True)
def test_a_member_redeems_two_codes_at_once_and_has_both() -> None:
    (user,) = members(1)
    coupon("LESSER", tier=tier("basic"), days=10)
    coupon("BETTER", tier=tier("premium"), days=5)
    codes = ["LESSER", "BETTER"]
    calls = [
        lambda code=code: redeem(user=User.objects.get(pk=user.pk), code=code, at=NOON) for code in codes
    ]
    assert at_once(calls, CouponRefused) == ["done", "done"]
    known = User.objects.get(pk=user.pk)
    assert grants.effective(known, at=NOON) == grants.Effective(tier("premium"), NOON + 5 * DAY, "grant")
    assert grants.intervals_of(known)[-1].end == NOON + 15 * DAY


def in_two_tabs(user: User) -> list[object]:
    """The same code sent twice: the second comes before the first one's redemption is saved."""

    def first(wait: Any) -> object:
        with transaction.atomic():
            redeemed = redeem(user=user, code="FRIENDS-2026", at=NOON)
            wait()
        return redeemed

    def second() -> object:
        with override("en"):
            return redeem(user=User.objects.get(pk=user.pk), code="FRIENDS-2026", at=NOON)

    return while_waiting(first, second)


@pytest.mark.django_db(transaction=True)
def test_who_sends_a_code_of_many_uses_twice_is_told_that_they_redeemed_it() -> None:
    (user,) = members(1)
    coupon(max_redemptions=None)
    redeemed, refused = in_two_tabs(user)
    assert isinstance(redeemed, coupons.Redeemed)
    assert str(refused).startswith("You redeemed this code on ")


@pytest.mark.django_db(transaction=True)
def test_who_sends_a_code_of_one_use_twice_is_told_that_they_redeemed_it() -> None:
    (user,) = members(1)
    coupon()
    redeemed, refused = in_two_tabs(user)
    assert isinstance(redeemed, coupons.Redeemed)
    assert str(refused).startswith("You redeemed this code on ")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("careless", ["writes-what-it-read", "adds-one"])
def test_counting_without_the_condition_gives_the_last_use_to_many(
    careless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race is real: all pass that read the same before one of them wrote, or the database stops them."""
    users = members(8)
    given_coupon = coupon()
    all_have_read, update = Barrier(len(users)), QuerySet.update

    def read_then_write(rows: Any, **fields: Any) -> int:
        if rows.model is not Coupon:
            return update(rows, **fields)
        read = rows.get()
        all_have_read.wait()
        if careless == "writes-what-it-read":
            fields = {"redeemed": read.redeemed + 1}
        return update(Coupon.objects.filter(pk=read.pk), **fields)

    monkeypatch.setattr(QuerySet, "update", read_then_write)
    ended = at_once(
        [lambda user=user: redeem(user=user, code="FRIENDS-2026", at=NOON) for user in users],  # type: ignore[misc]
        IntegrityError,
    )
    given_coupon.refresh_from_db()
    assert given_coupon.redeemed == 1
    if careless == "writes-what-it-read":
        assert ended == ["done"] * len(users)
        assert AccessGrant.objects.count() == len(users)
    else:
        stopped = [one for one in ended if "coupon_not_redeemed_too_often" in one]
        assert (len(stopped), ended.count("done")) == (len(users) - 1, 1)
        assert AccessGrant.objects.count() == 1
