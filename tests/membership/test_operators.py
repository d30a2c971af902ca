"""What operators do to accounts with one click, with coupons, the ledger and the dashboard."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from membership import access, coupons, credits, grants, trials
from membership.models import (
    AccessGrant,
    Coupon,
    CouponBatch,
    CreditEntry,
    EntryKind,
    Feature,
    Redemption,
    Restriction,
    Tier,
    User,
)
from membership.roles import SUPPORT, seed_roles
from membership.tiers import seed_tiers
from tests import factories
from tests.queries import at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    """A browser of an operator who reads English."""
    seed_tiers()
    client.force_login(User.objects.create_superuser("operator@example.org", "x", language="en"))
    return client


@pytest.fixture
def alice(operator: Client) -> User:
    return factories.alice()


def act(client: Client, user: User, slug: str, **fields: object) -> str:
    """Press a button of the account's page, and what the page says then."""
    data = {f"{slug}-{name}": value for name, value in fields.items()}
    answer = client.post(f"/admin/membership/user/{user.pk}/act/{slug}/", data, follow=True)
    assert answer.redirect_chain[-1][0] == f"/admin/membership/user/{user.pk}/change/"
    return " ".join(str(message) for message in answer.context["messages"])


# One click --------------------------------------------------------------------------------------------------
def test_three_months_of_premium_are_one_click(operator: Client, alice: User) -> None:
    page = operator.get(f"/admin/membership/user/{alice.pk}/change/").content.decode()
    assert page.count("/act/") == 6
    premium = Tier.objects.get(slug="premium")
    said = act(operator, alice, "give", tier=premium.pk, days=90, reason="a friend")
    assert said == "Premium given for 90 days."
    grant = AccessGrant.objects.get(user=alice)
    assert (grant.tier, grant.days, grant.source, grant.reason) == (premium, 90, "operator", "a friend")
    assert access.check(alice, "ai_calls").limit == 100
    line = LogEntry.objects.get(object_id=str(alice.pk))
    assert line.user.email == "operator@example.org"
    assert "give: Premium given for 90 days." in line.get_change_message()


def test_a_double_click_gives_once(operator: Client, alice: User) -> None:
    fields = {"give-tier": Tier.objects.get(slug="premium").pk, "give-days": 90, "once": "this-page"}
    for _click in range(2):
        operator.post(f"/admin/membership/user/{alice.pk}/act/give/", fields)
    assert AccessGrant.objects.filter(user=alice).count() == 1


def test_the_log_names_an_account_by_its_number_also_when_it_is_gone(operator: Client, alice: User) -> None:
    key, email = str(alice.pk), alice.email
    act(operator, alice, "reset")
    operator.post(f"/admin/membership/user/{key}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=key).exists()
    lines = LogEntry.objects.filter(object_id=key)
    assert {line.object_repr for line in lines} == {key}
    assert len(lines) == 2
    assert not LogEntry.objects.filter(change_message__contains=email).exists()


def test_an_account_made_in_the_admin_gets_a_link_that_works(operator: Client) -> None:
    nora = User.objects.create_user("nora@example.org")
    act(operator, nora, "resend")
    link = re.search(r"/accounts/confirm-email/[^\s]+", str(mail.outbox[-1].body))
    assert link
    Client().post(link[0])
    assert EmailAddress.objects.get(user=nora).verified


def test_the_page_of_an_account_costs_the_same_for_more_that_was_given(operator: Client, alice: User) -> None:
    address = f"/admin/membership/user/{alice.pk}/change/"
    with CaptureQueriesContext(connection) as few:
        operator.get(address)
    for number in range(6):
        grants.give(user=alice, tier=Tier.objects.get(slug="basic"), days=number + 1)
    for feature in Feature.objects.all()[:6]:
        Restriction.objects.create(user=alice, feature=feature, limit=1)
    with CaptureQueriesContext(connection) as many:
        operator.get(address)
    assert len(many) <= len(few)


def test_credits_are_given_and_taken_back_but_not_more_than_there_are(operator: Client, alice: User) -> None:
    assert act(operator, alice, "credits", amount=10, reason="thanks") == "+10 credits."
    assert act(operator, alice, "credits", amount=-4, reason="too many") == "-4 credits."
    assert act(operator, alice, "credits", amount=-7, reason="more") == "There are only 6 credits to take."
    assert "reason" in act(operator, alice, "credits", amount=1).lower()
    assert "More or fewer than none." in act(operator, alice, "credits", amount=0, reason="x")
    assert credits.available(alice) == 6


def test_usage_begins_anew_and_what_counts_in_total_stays(operator: Client, alice: User) -> None:
    for feature in ("ai_calls", "goals"):
        access.consume(user=alice, feature=feature, n=3)
    Tier.objects.get(slug="free").limits.filter(feature__slug="ai_calls").update(limit=9)
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:1")
    assert act(operator, alice, "reset") == "Usage of the running periods begins anew."
    assert (access.check(alice, "ai_calls").used, access.check(alice, "goals").used) == (1, 3)  # one is held


def test_the_link_is_sent_again_to_who_did_not_follow_it(operator: Client, alice: User) -> None:
    address = EmailAddress.objects.get_or_create(user=alice, email=alice.email)[0]
    EmailAddress.objects.filter(pk=address.pk).update(verified=False)
    assert act(operator, alice, "resend") == "The mail with the link is on its way."
    assert [one.to for one in mail.outbox] == [[alice.email]]
    EmailAddress.objects.filter(pk=address.pk).update(verified=True)
    assert act(operator, alice, "resend") == "This address is verified already."
    assert len(mail.outbox) == 1


def test_sessions_are_ended(operator: Client, alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    key = browser.session.session_key
    UserSession.objects.create(user=alice, session_key=key, ip="192.0.2.1", user_agent="Firefox")
    assert browser.get("/membership/").status_code == 200
    assert act(operator, alice, "sign-out") == "Sessions ended: 1."
    assert browser.get("/membership/").status_code == 302


def test_the_trial_is_ended_early(operator: Client, alice: User) -> None:
    assert act(operator, alice, "end-trial") == "There is no trial to end."
    trials.start(user=alice)
    assert act(operator, alice, "end-trial") == "The trial was ended."
    alice.refresh_from_db()
    assert grants.effective(alice).tier == Tier.objects.get(slug="free")


def test_the_support_may_click_but_not_on_accounts_with_rights(operator: Client, alice: User) -> None:
    seed_roles()
    sam = User.objects.create_user("sam@example.org", is_staff=True, language="en")
    sam.groups.add(Group.objects.get(name=SUPPORT))
    support = Client()
    support.force_login(sam)
    assert act(support, alice, "credits", amount=3, reason="sorry") == "+3 credits."
    boss = User.objects.get(email="operator@example.org")
    for target, slug in ((boss, "reset"), (sam, "give"), (boss, "sign-out")):
        assert support.post(f"/admin/membership/user/{target.pk}/act/{slug}/").status_code == 403
    assert support.post(f"/admin/membership/user/{alice.pk}/act/nothing/").status_code == 404
    own = {"user": sam.pk, "tier": Tier.objects.get(slug="premium").pk, "days": 3660, "reason": ""}
    assert support.post("/admin/membership/accessgrant/add/", own).status_code == 403
    mine = grants.give(user=boss, tier=Tier.objects.get(slug="basic"), days=3)
    data = {"action": "revoke", "_selected_action": [mine.pk]}
    assert support.post("/admin/membership/accessgrant/", data).status_code == 403
    mine.refresh_from_db()
    assert mine.revoked_at is None
    Feature.objects.filter(slug="ai_calls").update(credit_price=1)
    credits.give(user=sam, amount=9, kind=EntryKind.OPERATOR)
    access.consume(user=sam, feature="ai_calls", n=5)
    used = CreditEntry.objects.get(user=sam, kind=EntryKind.CAPTURE)
    support.post("/admin/membership/creditentry/", {"action": "refund", "_selected_action": [str(used.pk)]})
    assert credits.available(sam) == 7
    assert support.get("/admin/membership/couponbatch/add/").status_code == 403


# Coupons ----------------------------------------------------------------------------------------------------
COUPON = {"valid_from_0": "2026-01-01", "valid_from_1": "00:00", "valid_until_0": "", "valid_until_1": ""}


def test_a_coupon_is_made_with_a_code_of_ones_own_or_one_made_up(operator: Client) -> None:
    basic = Tier.objects.get(slug="basic").pk
    for code in ("", "friends-26"):
        data = {**COUPON, "code": code, "tier": basic, "days": 30, "max_redemptions": "", "is_active": "on"}
        empty = {"redemptions-TOTAL_FORMS": 0, "redemptions-INITIAL_FORMS": 0}
        assert operator.post("/admin/membership/coupon/add/", {**data, **empty}).status_code == 302
    own, made_up = Coupon.objects.get(code="FRIENDS-26"), Coupon.objects.exclude(code="FRIENDS-26").get()
    assert own.code_normalised == coupons.normalise("friends 26")
    assert len(coupons.normalise(made_up.code)) == 12


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "A1"}, "At least 4 letters or digits."),
        ({"code": "=1+2<b>"}, "Letters from A to Z, digits and hyphens only."),
        ({"code": "FR1END"}, "There is a code like this one already."),
        ({"days": ""}, "Either a tier with 1 to 3660 days, or credits."),
        ({"credits": 5}, "Either a tier with 1 to 3660 days, or credits."),
        ({"max_redemptions": 0}, "At least once, or empty for no limit."),
        ({"valid_until_0": "2025-12-31", "valid_until_1": "00:00"}, "The end lies after the beginning."),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused_in_words(
    operator: Client, wrong: dict[str, object], said: str
) -> None:
    tier = Tier.objects.get(slug="basic")
    Coupon.objects.create(code="FRIEND", code_normalised=coupons.normalise("FRIEND"), tier=tier, days=1)
    data = {**COUPON, "code": "GOOD-CODE", "tier": tier.pk, "days": 30, "max_redemptions": 1, **wrong}
    answer = operator.post("/admin/membership/coupon/add/", data)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert Coupon.objects.count() == 1


def test_a_batch_is_made_and_downloaded(operator: Client, alice: User) -> None:
    data = {**COUPON, "name": "Fair", "prefix": "fair", "size": 25, "credits": 10, "max_redemptions": 1}
    assert operator.post("/admin/membership/couponbatch/add/", data).status_code == 302
    batch = CouponBatch.objects.get()
    code = batch.coupons.order_by("code").values_list("code", flat=True)[0]
    coupons.redeem(user=alice, code=code)
    answer = operator.get(f"/admin/membership/couponbatch/{batch.pk}/csv/")
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert len({row["code"] for row in rows}) == 25
    assert all(row["code"].startswith("FAIR-") and row["credits"] == "10" for row in rows)
    assert [row["redeemed"] for row in rows if row["code"] == code] == ["1"]
    page = operator.get("/admin/membership/couponbatch/").content.decode()
    assert "Fair" in page
    operator.post("/admin/membership/couponbatch/", {"action": "switch_off", "_selected_action": [batch.pk]})
    assert not Coupon.objects.filter(is_active=True).exists()


@pytest.mark.parametrize(("field", "value"), [("size", 0), ("size", 5001), ("prefix", "=A"), ("prefix", "Ä")])
def test_a_batch_that_makes_no_sense_makes_no_code(operator: Client, field: str, value: object) -> None:
    data = {**COUPON, "name": "Fair", "prefix": "", "size": 2, "credits": 10, "max_redemptions": 1}
    assert operator.post("/admin/membership/couponbatch/add/", {**data, field: value}).status_code == 200
    assert not Coupon.objects.exists()


def test_accounts_are_found_by_address_id_and_code_and_coupons_by_whoever_redeemed_them(
    operator: Client, alice: User
) -> None:
    bob = factories.bob()
    [coupon] = coupons.make_batch(batch=CouponBatch(name="Summer", size=1, credits=1))
    coupons.redeem(user=alice, code=coupon.code)

    def found(model: str, term: str) -> int:
        answer = operator.get(f"/admin/membership/{model}/", {"q": term})
        return int(answer.context["cl"].result_count)

    assert found("user", alice.email[:5]) == 1
    assert found("user", str(bob.pk)) == 1
    assert found("user", coupon.code.lower().replace("-", " ")) == 1
    assert found("user", "nobody at all") == 0
    assert [found("coupon", term) for term in (coupon.code[:9], "summer", alice.email, bob.email)] == [
        1,
        1,
        1,
        0,
    ]


def test_saving_a_coupon_does_not_take_back_what_was_redeemed_meanwhile(
    operator: Client, alice: User
) -> None:
    [coupon] = coupons.make_batch(batch=CouponBatch(name="b", size=1, credits=5))
    address = f"/admin/membership/coupon/{coupon.pk}/change/"
    stale = Coupon.objects.get(pk=coupon.pk)
    coupons.redeem(user=alice, code=coupon.code)
    stale.note = "read before"
    form = SimpleNamespace(changed_data=["note"])
    admin.site._registry[Coupon].save_model(HttpRequest(), stale, form, True)
    coupon.refresh_from_db()
    assert (coupon.redeemed, coupon.note) == (1, "read before")
    assert operator.get(address).status_code == 200
    assert f"?coupon={coupon.pk}" in operator.get(address).content.decode()
    assert operator.get(f"/admin/membership/redemption/?coupon={coupon.pk}").status_code == 200


def test_fewer_redemptions_than_there_were_are_refused_at_the_field(operator: Client, alice: User) -> None:
    [coupon] = coupons.make_batch(batch=CouponBatch(name="b", size=1, credits=5, max_redemptions=3))
    for user in (alice, factories.bob()):
        coupons.redeem(user=user, code=coupon.code)
    data = {**COUPON, "max_redemptions": 1, "is_active": "on", "note": ""}
    answer = operator.post(f"/admin/membership/coupon/{coupon.pk}/change/", data)
    assert answer.status_code == 200
    assert "It was redeemed more often already: 2 times." in answer.content.decode()


# The ledger -------------------------------------------------------------------------------------------------
def test_a_use_is_refunded_once_from_the_ledger(operator: Client, alice: User) -> None:
    Feature.objects.filter(slug="ai_calls").update(credit_price=2)
    credits.give(user=alice, amount=10, kind=EntryKind.OPERATOR)
    access.consume(user=alice, feature="ai_calls", n=4)
    entries = [str(entry.pk) for entry in CreditEntry.objects.all()]
    for _time in range(2):
        operator.post("/admin/membership/creditentry/", {"action": "refund", "_selected_action": entries})
    assert credits.available(alice) == 10
    assert CreditEntry.objects.filter(kind=EntryKind.REFUND).count() == 1


# The dashboard ----------------------------------------------------------------------------------------------
def test_the_dashboard_counts_what_there_is_and_costs_the_same_for_more(
    operator: Client, alice: User
) -> None:
    day = timedelta(days=1)
    [coupon] = coupons.make_batch(batch=CouponBatch(name="b", size=1, credits=5, max_redemptions=None))
    coupons.redeem(user=alice, code=coupon.code)
    access.consume(user=alice, feature="ai_calls", n=2)
    for verified in (True, False):  # a second address that is not proven yet
        EmailAddress.objects.create(user=alice, email=f"a{verified}@example.org", verified=verified)
    with at_most(15):
        page = operator.get("/admin/membership/user/dashboard/").content.decode()
    assert "AI calls" in page
    assert page.count("<rect") == 2  # today: sign-ups and a redeemed coupon
    assert '<p class="dash__number">2</p>' in page
    for number in range(30):
        member = User.objects.create_user(f"m{number}@example.org")
        User.objects.filter(pk=member.pk).update(date_joined=timezone.now() - number * day)
        coupons.redeem(user=member, code=coupon.code)
        grants.give(user=member, tier=Tier.objects.get(slug="premium"), days=number + 1)
    with at_most(15):
        page = operator.get("/admin/membership/user/dashboard/").content.decode()
    assert Redemption.objects.count() == 31
    assert ">31 <small>" in page
    assert '<th scope="row">Premium</th><td>30</td>' in page
    assert '<th scope="row">Free</th><td>2</td>' in page
