from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from membership import access, trials
from membership.models import Feature, Restriction, Tier, User
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
    with django_assert_max_num_queries(6):
        page(client)


def test_labels_are_told_in_the_language_of_the_member(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    factories.setup_feature("weight_entries", None)
    Feature.objects.filter(slug="weight_entries").update(label="Entries: Goals")
    client.force_login(User.objects.get(pk=alice.pk))
    assert "Einträge: Ziele" in page(client)
