from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries, Settings

from membership import access, coupons, grants, trials
from membership.models import CouponBatch, Feature, Restriction, Tier, User
from membership.tiers import seed_tiers
from tests import factories


@pytest.fixture
def alice(db: None) -> User:
    seed_tiers()
    return factories.alice(language="en")


def page(client: Client) -> str:
    response = client.get("/membership/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/membership/")["Location"] == "/accounts/login/?next=/membership/"


def test_the_page_says_tier_limits_and_what_was_used(client: Client, alice: User) -> None:
    access.consume(user=alice, feature="ai_calls", n=2)
    client.force_login(alice)
    text = page(client)
    assert "Free" in text
    assert "Everyone on this installation has this tier." in text
    assert "AI calls: 2 of 3 used, starts again" in text
    assert "Photos: not part of your tier" in text
    assert "Access by API: not part of your tier" in text
    assert "Without a limit: Goals" in text


def test_a_trial_says_until_when(client: Client, alice: User) -> None:
    trials.start(user=alice, at=timezone.now())
    client.force_login(alice)
    text = page(client)
    assert "Trial" in text
    assert "Counts until" in text
    assert "Access by API: included" in text


def test_a_restriction_is_named_as_such(client: Client, alice: User) -> None:
    Restriction.objects.create(user=alice, feature=Feature.objects.get(slug="ai_calls"), limit=0)
    client.force_login(alice)
    assert "AI calls: switched off for this account." in page(client)


def test_where_nothing_is_limited_the_page_says_so(client: Client, alice: User) -> None:
    alice.tier = Tier.objects.get(slug="selfhosted")
    alice.save()
    Feature.objects.filter(slug="api_access").delete()
    client.force_login(alice)
    text = page(client)
    assert "Nothing is limited for you." in text
    assert "Set for your account, without an end." in text


def test_the_page_costs_the_same_however_many_features_there_are(
    client: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        factories.setup_feature(f"thing_{number}", 5)
    client.force_login(alice)
    with django_assert_max_num_queries(14):  # grants thrice: what runs, when which counts, what was given
        page(client)


def test_labels_are_told_in_the_language_of_the_member(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    factories.setup_feature("weight_entries", None)
    Feature.objects.filter(slug="weight_entries").update(label="Entries: Goals")
    client.force_login(User.objects.get(pk=alice.pk))
    assert "Einträge: Ziele" in page(client)


# Coupon, trial, credits -------------------------------------------------------------------------------------
def code_for(**gift: object) -> str:
    [coupon] = coupons.make_batch(batch=CouponBatch(name="b", size=1, **gift))
    return coupon.code


def text_of(client: Client, address: str = "/membership/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_code_gives_its_tier_and_the_page_says_when_it_counts(client: Client, alice: User) -> None:
    client.force_login(alice)
    grants.give(user=alice, tier=Tier.objects.get(slug="basic"), days=10)
    code = code_for(tier=Tier.objects.get(slug="premium"), days=20)
    answer = client.post("/membership/", {"code": f" {code.lower().replace('-', ' ')} "})
    assert (answer.status_code, answer["Location"]) == (302, "/membership/")
    text = text_of(client)
    now = timezone.localtime()
    first, last = (date_format(now + timedelta(days=days), "SHORT_DATE_FORMAT") for days in (20, 30))
    assert f"Premium for 20 days: your days of it last until {first}." in text
    assert f"– {first}" in text  # premium first, then basic
    assert f"Basic {first} – {last}" in text
    assert f"Premium , 20 days coupon, {date_format(now, 'SHORT_DATE_FORMAT')} – {first} · {code}" in text


def test_a_refused_code_stays_in_its_field_with_the_reason(client: Client, alice: User) -> None:
    client.force_login(alice)
    for wrong, said in (("NOPE-1234", "This code is not valid"), ("", "This field is required.")):
        answer = client.post("/membership/", {"code": wrong})
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert f'name="code" value="{wrong}"' in answer.content.decode() or wrong == ""


def test_guessing_codes_ends_for_an_hour(client: Client, alice: User) -> None:
    client.force_login(alice)
    answers = [client.post("/membership/", {"code": f"GUESS-{number}"}).status_code for number in range(13)]
    assert answers == [422] * 11 + [429] * 2
    refused = client.post("/membership/", {"code": code_for(credits=1)})
    assert "try again in an hour" in refused.content.decode()
    assert client.get("/membership/").status_code == 200


def test_empty_and_right_codes_count_for_nobody_behind_the_same_address(client: Client, alice: User) -> None:
    client.force_login(alice)
    for _time in range(15):
        client.post("/membership/", {"code": ""})
        assert client.post("/membership/", {"code": code_for(credits=1)}).status_code == 302


def test_a_tier_that_gives_nothing_is_not_redeemed(client: Client, alice: User) -> None:
    alice.tier = Tier.objects.get(slug="premium")
    alice.save()
    client.force_login(alice)
    code = code_for(tier=Tier.objects.get(slug="basic"), days=5)
    answer = client.post("/membership/", {"code": code})
    assert "Your own tier is as good." in answer.content.decode()
    alice.tier = None
    alice.save()
    assert client.post("/membership/", {"code": code}).status_code == 302


def test_credits_are_shown_with_their_prices_and_on_a_statement(client: Client, alice: User) -> None:
    client.force_login(alice)
    Feature.objects.filter(slug="ai_calls").update(credit_price=2)
    client.post("/membership/", {"code": code_for(credits=7)})
    access.consume(user=alice, feature="ai_calls", n=5)
    text = text_of(client)
    assert "7 credits are yours." in text
    assert "Beyond your limits one use costs: AI calls: 2" in text
    statement = text_of(client, "/membership/credits/")
    day = date_format(timezone.localtime(), "SHORT_DATE_FORMAT")
    assert f"used: AI calls {day} −4 Balance 3" in statement
    assert "coupon" in statement


def test_from_four_fifths_on_a_limit_is_set_apart(client: Client, alice: User) -> None:
    client.force_login(alice)
    Feature.objects.all().delete()
    factories.setup_feature("calls", 5, period="month")
    for used, apart in ((3, False), (1, True)):
        access.consume(user=alice, feature="calls", n=used)
        page = client.get("/membership/").content.decode()
        assert (("limit--reached" in page), ("nearly used up" in page)) == (apart, apart)


def test_a_restriction_is_shown_with_its_reason_and_end(client: Client, alice: User) -> None:
    client.force_login(alice)
    photos, until = Feature.objects.get(slug="photos"), timezone.now() + timedelta(days=3)
    Restriction.objects.create(user=alice, feature=photos, limit=5, reason="a full disk", until=until)
    text = text_of(client)
    day = date_format(timezone.localtime(until), "SHORT_DATE_FORMAT")
    assert f"Photos: 5 until {day} a full disk" in text


def test_the_trial_says_what_happens_after_it(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "has no trial" in text_of(client, "/membership/trial/")
    trials.start(user=alice)
    text = text_of(client, "/membership/trial/")
    assert "Your account goes on as “Free” by itself." in text
    assert "AI calls 10 3" in text
    assert "Imports ∞ 3" in text
    assert "Goals" not in text  # the same before and after
    trial = trials.of(alice)
    assert trial is not None
    grants.revoke(grant=trial)
    assert "Your trial was ended on" in text_of(client, "/membership/trial/")


def test_at_home_nobody_reads_of_coupons_trials_and_prices(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.DEFAULT_TIER = "selfhosted"
    Feature.objects.filter(slug="ai_calls").update(credit_price=2)
    client.force_login(alice)
    text = text_of(client).lower()
    for word in ("coupon", "trial", "credits", "costs", "you need more"):
        assert word not in text
    for address in ("/membership/trial/", "/membership/credits/"):
        assert client.get(address).status_code == 404
    assert client.post("/membership/", {"code": code_for(credits=7)}).status_code == 404


def test_what_is_kept_is_told_to_everybody_and_names_the_hash(client: Client, db: None) -> None:
    text = text_of(client, "/membership/privacy/")
    assert "Hash deiner E-Mail-Adresse" in text
