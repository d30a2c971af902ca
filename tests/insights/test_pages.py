"""The analysis pages as a member meets them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from insights import consents, pipeline, runs
from insights.models import Consent, Run, RunState
from membership import credits
from membership.models import CreditAccount, EntryKind, Feature, Restriction, User
from tests import llm_server
from tests.insights.members import endpoint
from tests.llm_server import LlmServer

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

ANALYSIS, START, CONSENT = (reverse(f"insights:{name}") for name in ("analysis", "start", "consent"))
EVIL = (
    "<script>alert(1)</script><style>p{}</style> [klick](javascript:alert(1)) ![bild](http://evil.example/x.png)\n\n"
    '<img src="http://evil.example/y.png" onerror="alert(1)"> [weg](http://evil.example/) **fett**'
)


def text_of(content: bytes) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode())))


def start(client: Client, client_id: str = "eins") -> Run:
    response = client.post(START, {"client_id": client_id})
    assert response.status_code == 302, response.content
    return Run.objects.get(pk=response["Location"].strip("/").split("/")[-1])


def test_page_says_that_rules_evaluate_and_nothing_leaves(browser: Client) -> None:
    page = browser.get(ANALYSIS)
    assert reverse("insights:start") in page.content.decode()
    assert "<meter" not in page.content.decode()  # the rules cost nothing


def test_page_says_who_evaluates_and_what_is_left_before_the_start(
    agreed: User, llm: LlmServer, browser: Client
) -> None:
    page = browser.get(ANALYSIS).content.decode()
    assert endpoint(llm) in page
    assert re.findall(r'<meter[^>]*max="(\d+)" value="(\d+)"', page) == [("1", "0"), ("3", "0")]
    start(browser)
    page = browser.get(ANALYSIS).content.decode()
    assert re.findall(r'<meter[^>]*max="(\d+)" value="(\d+)"', page) == [("1", "1"), ("3", "3")]
    assert START not in page  # said before anything is clicked


def test_start_without_use_left_is_403(agreed: User, llm: LlmServer, browser: Client) -> None:
    start(browser)
    assert browser.post(START, {"client_id": "zwei"}).status_code == 403
    assert Run.objects.count() == 1


@pytest.mark.parametrize(("owned", "starts"), [(10, False), (11, True)])
def test_credits_start_what_the_limits_do_not_cover_when_they_suffice_for_all_of_it(
    agreed: User, llm: LlmServer, browser: Client, owned: int, starts: bool
) -> None:
    """A start is one of one feature and three of the other: 5 and 3 times 2 credits, together 11."""
    Feature.objects.filter(slug="ai_pipeline").update(credit_price=5)
    Feature.objects.filter(slug="ai_calls").update(credit_price=2)
    start(browser)
    credits.give(user=agreed, amount=owned, kind=EntryKind.OPERATOR)
    page = browser.get(ANALYSIS).content.decode()
    assert (START in page, "kostet 11 Guthaben" in page) == (starts, starts)
    answer = browser.post(START, {"client_id": "zwei"})
    assert answer.status_code == (302 if starts else 403)
    account = CreditAccount.objects.get(user=agreed)
    assert (account.balance, account.held) == (owned, 11 if starts else 0)
    if not starts:
        assert "Oder es kostet 11 Guthaben; du hast 10." in text_of(answer.content)
        return
    run = Run.objects.exclude(client_id="eins").get()
    runs.delete(run=run)
    account.refresh_from_db()
    assert (account.balance, account.held) == (11, 0)


def test_restriction_to_zero_says_that_it_is_switched_off(
    agreed: User, llm: LlmServer, browser: Client
) -> None:
    Restriction.objects.create(user=agreed, feature=Feature.objects.get(slug="ai_calls"), limit=0)
    page = browser.get(ANALYSIS)
    assert page.context["switched_off"]
    assert START not in page.content.decode()
    assert browser.post(START, {"client_id": "eins"}).status_code == 403


def test_double_click_is_one_run(browser: Client) -> None:
    assert start(browser, "klick") == start(browser, "klick")


@pytest.mark.parametrize("client_id", ["", "x" * 65])
def test_odd_client_id_is_refused(browser: Client, client_id: str) -> None:
    assert browser.post(START, {"client_id": client_id}).status_code == 422
    assert not Run.objects.exists()


def test_seventh_start_in_a_minute_is_429(browser: Client) -> None:
    answers = [browser.post(START, {"client_id": f"n{number}"}).status_code for number in range(7)]
    assert answers == [302] * 6 + [429]


def test_consent_comes_first_and_shows_who_gets_what(alice: User, llm: LlmServer, browser: Client) -> None:
    assert START not in browser.get(ANALYSIS).content.decode()
    answer = browser.post(START, {"client_id": "eins"})
    assert (answer.status_code, answer["Location"]) == (302, CONSENT)
    page = text_of(browser.get(CONSENT).content)
    assert endpoint(llm) in page
    assert "Trendgewicht" in page or "Trend weight" in page
    assert llm.seen == []


def test_shown_payload_is_the_one_that_is_sent(agreed: User, llm: LlmServer, browser: Client) -> None:
    shown = text_of(browser.get(CONSENT).content)
    pipeline.run_to_end(runs.start(owner=agreed, client_id="eins", send=False))
    for seen in llm.seen[:2]:
        sent = seen.body["messages"][1]["content"].replace("\n", "\\n").replace('"', '\\"')
        assert re.sub(r"\s+", " ", sent) in shown


def test_payload_holds_no_name_address_or_note(agreed: User, llm: LlmServer) -> None:
    pipeline.run_to_end(runs.start(owner=agreed, client_id="eins", send=False))
    sent = str([seen.body for seen in llm.seen]) + str([seen.headers for seen in llm.seen])
    for private in ("alice", "example.org", "Geheimnotiz", str(agreed.pk), "1990"):
        assert private not in sent


def test_consent_is_given_and_withdrawn(alice: User, llm: LlmServer, browser: Client) -> None:
    shown = {"endpoint": endpoint(llm), "version": consents.TEXT_VERSION}
    for other in ({}, shown | {"endpoint": "elsewhere.example"}, shown | {"version": 0}):
        assert browser.post(CONSENT, other).status_code == 409, "only what the page showed is agreed to"
    assert not Consent.objects.exists()
    for _ in range(2):
        browser.post(CONSENT, shown)
    assert Consent.objects.filter(user=alice, withdrawn=None).count() == 1
    assert START in browser.get(ANALYSIS).content.decode()
    browser.post(reverse("insights:consent_withdraw"))
    assert not consents.holds(alice, endpoint(llm))
    assert Consent.objects.filter(user=alice).count() == 1  # kept as a record
    assert START not in browser.get(ANALYSIS).content.decode()


def test_run_page_asks_again_until_the_run_has_ended(browser: Client, alice: User) -> None:
    run = start(browser)
    url = run.get_absolute_url()
    fragment = browser.get(url, headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in fragment["Vary"]
    pipeline.work(run.pk, 1)
    half = browser.get(url).content.decode()
    assert "82," in half or "83," in half
    assert 'hx-trigger="every 2s"' in half
    pipeline.run_to_end(run)
    done = browser.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in done
    assert done.count("<article") == 3


def test_answer_is_sanitised_and_unproven_figures_are_marked(
    agreed: User, llm: LlmServer, browser: Client
) -> None:
    llm.script(llm_server.ok(EVIL + "\n\nDu wiegst 137,2 kg. Dein Ziel ist 80,0 kg."))
    run = pipeline.run_to_end(runs.start(owner=agreed, client_id="eins", send=False))
    page = browser.get(run.get_absolute_url()).content.decode()
    answer = page.split('<div class="prose">')[1].split("</div>")[0]
    assert re.findall(r"<(\w+)", answer) == ["p", "p", "strong", "p", "mark"]
    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", answer) == ["137,2"]
    assert "alert(1)</script>" not in page
    assert "style=" not in answer


def test_page_tells_model_tokens_time_and_what_was_sent(
    agreed: User, llm: LlmServer, browser: Client
) -> None:
    run = pipeline.run_to_end(runs.start(owner=agreed, client_id="eins", send=False))
    page = text_of(browser.get(run.get_absolute_url()).content)
    assert "test-model" in page
    assert "366" in page
    assert '"stream_options"' in page
    assert "geheim" not in page.lower()


def test_failed_run_says_why(agreed: User, llm: LlmServer, browser: Client) -> None:
    llm.script(llm_server.error(401))
    run = pipeline.run_to_end(runs.start(owner=agreed, client_id="eins", send=False))
    page = browser.get(run.get_absolute_url()).content.decode()
    assert str(run.stages.get(number=1).error) in html.unescape(page)


@pytest.mark.parametrize("name", ["insights:run", "insights:run_delete"])
def test_run_of_another_member_is_not_there(browser: Client, charlie: User, name: str) -> None:
    run = runs.start(owner=charlie, client_id="eins", send=False)
    method = browser.get if name == "insights:run" else browser.post
    assert method(reverse(name, args=[run.pk])).status_code == 404
    assert Run.objects.filter(pk=run.pk).exists()


def test_run_is_deleted(browser: Client) -> None:
    run = start(browser)
    answer = browser.post(reverse("insights:run_delete", args=[run.pk]))
    assert (answer.status_code, answer["Location"]) == (302, ANALYSIS)
    assert not Run.objects.exists()


def test_page_costs_the_same_with_two_hundred_runs(
    alice: User, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Run.objects.bulk_create(
        Run(
            user=alice,
            client_id=str(number),
            state=RunState.DONE,
            language="de",
            evaluator="x",
            facts=[],
            created=timezone.now(),
        )
        for number in range(200)
    )
    browser.get(ANALYSIS)
    with django_assert_max_num_queries(6):
        page = browser.get(ANALYSIS)
    assert page.content.decode().count("links__link") == 20


def test_overview_card_shows_the_first_lines_of_the_last_evaluation(alice: User, browser: Client) -> None:
    assert "panel-insight" not in browser.get("/").content.decode()
    run = pipeline.run_to_end(runs.start(owner=alice, client_id="eins", send=False))
    page = browser.get("/").content.decode()
    assert "panel-insight" in page
    assert run.get_absolute_url() in page


def test_pages_are_there_in_english_too(alice: User, agreed: User, llm: LlmServer, browser: Client) -> None:
    User.objects.filter(pk=alice.pk).update(language="en")
    alice.refresh_from_db()
    assert "Trend weight: 83.7 kg" in text_of(browser.get(CONSENT).content)
    pipeline.run_to_end(runs.start(owner=alice, client_id="eins", send=False))
    assert "Answer in English" in llm.seen[0].body["messages"][1]["content"]


def test_visitor_is_sent_to_the_login(db: None, settings: Settings) -> None:
    for url in (ANALYSIS, CONSENT):
        assert Client().get(url)["Location"].startswith("/accounts/login/")
