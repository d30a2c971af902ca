"""The consent in the settings: given or withdrawn, since when, by which text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from insights import consents
from insights.models import Consent
from membership.models import User
from tests.insights.members import endpoint
from tests.llm_server import LlmServer

pytestmark = pytest.mark.django_db
SETTINGS, CONSENT, WITHDRAW = "/settings/", reverse("insights:consent"), reverse("insights:consent_withdraw")
GIVEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def card(browser: Client) -> str:
    found = re.search(
        r'<section class="card" id="consent".*?</section>', browser.get(SETTINGS).content.decode(), re.S
    )
    assert found is not None
    return re.sub(r"\s+", " ", found[0])


def test_without_an_endpoint_nothing_is_sent_and_nothing_is_asked(browser: Client) -> None:
    assert "an niemanden gesendet" in card(browser)
    assert "<form" not in card(browser)
    assert CONSENT not in card(browser)


def test_consent_is_given_and_withdrawn_from_the_settings(
    alice: User, llm: LlmServer, browser: Client
) -> None:
    recipient = endpoint(llm)
    assert f"Ohne deine Einwilligung wird nichts an {recipient} gesendet" in card(browser)
    way = f"{CONSENT}?back=settings"
    assert f'href="{way}"' in card(browser)
    page = browser.get(way).content.decode()
    back = re.findall(r'<input type="hidden" name="back" value="(\w+)">', page)
    assert back == ["settings"]
    shown = {"endpoint": recipient, "version": consents.TEXT_VERSION, "back": back[0]}
    assert browser.post(CONSENT, shown)["Location"] == "/settings/#consent"
    assert consents.holds(alice, recipient)
    assert f'action="{WITHDRAW}"' in card(browser)
    assert browser.post(WITHDRAW, {"back": "settings"})["Location"] == "/settings/#consent"
    assert not consents.holds(alice, recipient)
    assert "widerrufen" in card(browser)
    assert f'action="{WITHDRAW}"' not in card(browser)


def test_the_card_tells_day_and_text_of_each_consent(alice: User, llm: LlmServer, browser: Client) -> None:
    recipient = endpoint(llm)
    consents.give(user=alice, endpoint="elsewhere.example", at=GIVEN)
    consents.withdraw(user=alice, at=GIVEN.replace(day=3))
    consents.give(user=alice, endpoint=recipient, at=GIVEN.replace(day=4))
    text = re.sub("<[^>]+>", "", card(browser))
    assert re.search(r"erteilt 04\.03\.2026,? 10:30, Text 1", text)
    assert re.search(
        r"elsewhere\.example ?erteilt 02\.03\.2026,? 10:30, Text 1 · widerrufen 03\.03\.2026,? 10:30", text
    )


def test_a_consent_to_an_older_text_is_said_not_to_count(
    alice: User, llm: LlmServer, browser: Client
) -> None:
    Consent.objects.create(
        user=alice, endpoint=endpoint(llm), text_version=consents.TEXT_VERSION - 1, given=GIVEN
    )
    assert "gilt nicht mehr" in card(browser)
    assert "Ohne deine Einwilligung" in card(browser)


def test_nowhere_else_does_the_way_back_lead(alice: User, llm: LlmServer, browser: Client) -> None:
    for back in ("https://elsewhere.example/", "//elsewhere.example", ""):
        assert browser.post(WITHDRAW, {"back": back})["Location"] == reverse("insights:analysis")


def test_consents_of_another_member_are_not_shown(alice: User, llm: LlmServer, browser: Client) -> None:
    bob = User.objects.create_user("bob@example.org")
    consents.give(user=bob, endpoint="elsewhere.example")
    assert "elsewhere.example" not in card(browser)
