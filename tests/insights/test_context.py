"""The facts: right, bounded, written in the member's language, without anything private."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from insights import context
from insights.evidence import check
from insights.providers import Fact, Request
from insights.providers.rules import RuleBased
from membership.models import User
from mitai.core.zones import local_day
from tests.insights.members import make_member, record
from tracking import demo
from tracking.journals.weight import Weight


def facts_of(user: User) -> dict[str, Fact]:
    return {fact.key: fact for fact in context.facts(user, now=timezone.now())}


def test_what_was_measured_long_ago_is_not_told_as_today(alice: User) -> None:
    Weight.objects.of(alice)  # two weeks of them; half a year later none is of today
    later = timezone.now() + timedelta(days=200)
    facts = {fact.key: fact for fact in context.facts(alice, now=later)}
    assert "weight_missing" in facts
    assert not {"resting_kcal", "goal_distance_kg", "trend_kg", "protein_g_kg", "bmi"} & facts.keys()


@pytest.mark.parametrize(("ago", "method", "kcal"), [(30, "Katch", 1827), (31, "Mifflin", 1784)])
def test_basal_rate_takes_the_body_fat_while_it_is_fresh(
    alice: User, ago: int, method: str, kcal: float
) -> None:
    day = local_day(timezone.now(), alice.zone) - timedelta(days=ago)
    record(alice, "weight", day, weight_kg=Decimal("84.0"), body_fat_pct=Decimal("19.1"))
    fact = facts_of(alice)["resting_kcal"]
    assert method in fact.label
    assert fact.number == pytest.approx(kcal, abs=1)


def test_numbers_are_those_of_the_worked_example(alice: User) -> None:
    facts = facts_of(alice)
    numbers = {
        key: facts[key].number
        for key in (
            "trend_kg",
            "reading_kg",
            "rate_kg_week",
            "rate_low_kg_week",
            "rate_high_kg_week",
            "energy_kcal",
            "goal_kg",
            "goal_distance_kg",
            "tdee_kcal",
            "balance_kcal",
        )
    }
    assert numbers == {
        "trend_kg": 83.7,
        "reading_kg": 83.4,
        "rate_kg_week": -0.57,
        "rate_low_kg_week": -0.77,
        "rate_high_kg_week": -0.37,
        "energy_kcal": 2264,
        "goal_kg": 80,
        "goal_distance_kg": -3.7,
        "tdee_kcal": 2890,
        "balance_kcal": -626,
    }
    assert facts["bp_mean"].value == "138/86"
    assert "bp_high" in facts


def test_facts_are_numbered_in_order_and_written_in_the_language(alice: User) -> None:
    facts = context.facts(alice, now=timezone.now())
    assert [fact.id for fact in facts] == [f"F{number}" for number in range(1, len(facts) + 1)]
    assert facts_of(alice)["rate_kg_week"].value == "−0,57"
    assert facts_of(alice)["energy_kcal"].value == "2.264"
    alice.language = "en"
    assert facts_of(alice)["energy_kcal"].value == "2,264"
    assert facts_of(alice)["trend_kg"].text == "Trend weight: 83.7 kg"


def test_nothing_private_is_among_them(alice: User) -> None:
    sent = " ".join(fact.text for fact in context.facts(alice, now=timezone.now()))
    for private in ("alice", "Geheimnotiz", "1990", str(alice.pk)):
        assert private not in sent


@pytest.mark.parametrize("language", ["de", "en"])
def test_empty_account_says_what_is_missing(db: None, language: str) -> None:
    facts = facts_of(make_member("neu@example.org", language=language))
    assert {"weight_missing", "rate_missing", "diary_missing", "tdee_missing", "goal_missing"} <= set(facts)
    assert all(fact.number is None for fact in facts.values())


def test_old_entries_do_not_count_as_recent(db: None) -> None:
    user = make_member("lange.her@example.org")
    record(user, "weight", local_day(timezone.now(), user.zone) - timedelta(days=120), weight_kg=Decimal(80))
    assert "weight_missing" in facts_of(user)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("stage", ["weight", "nutrition", "overall"])
def test_rules_write_only_proven_numbers_about_a_real_member(alice: User, stage: str, language: str) -> None:
    alice.language = language
    facts = context.facts(alice, now=timezone.now())
    text = RuleBased().complete(Request(stage, language, (), facts), deadline_s=1).text
    assert check(text, facts, language).unproven == ()
    assert len(check(text, facts, language).figures) > 3


def queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def test_queries_and_facts_do_not_grow_with_history(alice: User) -> None:
    def facts() -> tuple[Fact, ...]:
        return context.facts(alice, now=timezone.now())

    before, count = facts(), queries(facts)
    for years in range(1, 11):
        day = date.today() - timedelta(days=365 * years)
        record(alice, "weight", day, weight_kg=Decimal(90))
        record(alice, "nutrition", day, meal="total", energy_kcal=Decimal(3000))
    assert (facts(), queries(facts)) == (before, count)
    assert count <= 6


def test_entry_of_a_day_that_is_still_to_come_does_not_count(alice: User) -> None:
    today = local_day(timezone.now(), alice.zone)
    before = [fact.text for fact in facts_of(alice).values()]
    tomorrow = today + timedelta(days=1)
    record(alice, "weight", tomorrow, weight_kg=Decimal(50))
    record(alice, "nutrition", tomorrow, meal="total", energy_kcal=Decimal(9000), protein_g=Decimal(900))
    record(alice, "blood_pressure", tomorrow, systolic_mmhg=Decimal(210), diastolic_mmhg=Decimal(130))
    assert [fact.text for fact in facts_of(alice).values()] == before


def test_demo_account_reads_the_same_blood_pressure_in_overview_and_evaluation(charlie: User) -> None:
    demo.fill(owner=charlie, days=60, seed=1)
    browser = Client()
    browser.force_login(charlie)
    page = re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", browser.get("/").content.decode())))
    fact = facts_of(charlie)["bp_mean"]
    assert re.fullmatch(r"\d+/\d+", fact.value)
    assert f"{fact.value}mmHg" in page


PROTOCOL = (  # domain.md A6: two readings in the morning and two in the evening on seven days
    "152/94 148/92 150/90 149/91",
    "138/86 136/84 134/85 132/83",
    "137/85 135/84 133/82 131/81",
    "139/88 136/86 134/84 133/83",
    "136/85 134/83 132/82 130/80",
    "138/86 135/85 134/83 131/82",
    "137/84 135/83 133/82 132/81",
)


def test_blood_pressure_is_the_home_average_without_the_first_day(charlie: User) -> None:
    today = local_day(timezone.now(), charlie.zone)
    for ago, readings in enumerate(reversed(PROTOCOL)):
        for reading in readings.split():
            high, low = (Decimal(value) for value in reading.split("/"))
            day = today - timedelta(days=ago)
            record(charlie, "blood_pressure", day, systolic_mmhg=high, diastolic_mmhg=low)
    facts = facts_of(charlie)
    assert (facts["bp_mean"].value, facts["bp_mean"].n) == ("134/84", 24)
    assert "bp_high" not in facts  # with the first day it would be 136.57/84.79, above the threshold
    assert "bp_few" not in facts
