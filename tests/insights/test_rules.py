"""The evaluation that needs no language model: worth reading, and true to its facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.evidence import check
from insights.providers.base import Fact, Request
from insights.providers.rules import RuleBased
from tests.insights.facts import member, member_fact

STAGES = ["weight", "nutrition", "overall"]


def evaluation(stage: str, facts: tuple[Fact, ...], language: str = "en") -> str:
    request = Request(stage=stage, language=language, messages=(), facts=facts)
    return RuleBased().complete(request, deadline_s=1).text


@pytest.mark.parametrize("stage", STAGES)
def test_first_line_says_that_it_is_no_language_model(stage: str) -> None:
    first = evaluation(stage, member()).splitlines()[0]
    assert first == "*This is the built-in rule-based evaluation; it was not written by a language model.*"


def test_weight_tells_trend_rate_interval_and_goal() -> None:
    text = evaluation("weight", member())
    assert "trend weight is **82,4 kg**" in text
    assert "falling by **0.57 kg/Woche** (95 % interval: -0.77 kg/Woche to -0.37 kg/Woche)" in text
    assert "78,0 kg is 4,4 kg away" in text
    assert "around 14. Februar 2027 (between 2. Januar 2027 and 30. März 2027)" in text
    assert "so far it is 12 Tage" in text


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ((-0.77, -0.37), "is falling by"),
        ((0.2, 0.6), "is rising by"),
        ((-0.2, 0.3), "No direction is certain"),
    ],
)
def test_direction_is_named_only_when_its_interval_proves_it(rate: tuple[float, float], words: str) -> None:
    assert words in evaluation("weight", member(rate=rate))


def test_trend_away_from_the_goal_is_said_and_becomes_a_step() -> None:
    facts = tuple(fact for fact in member(rate=(0.2, 0.6)) if not fact.key.startswith("forecast"))
    assert "leads away from it" in evaluation("weight", facts)
    assert "leads away from your goal" in evaluation("overall", facts)


@pytest.mark.parametrize(("protein", "words"), [(1.2, "and below 1.6 g/kg"), (1.8, "and reaches 1.6 g/kg")])
def test_protein_is_held_against_the_guideline_with_its_source(protein: float, words: str) -> None:
    text = evaluation("nutrition", member(protein=protein))
    assert words in text
    assert "Morton et al. 2018" in text


def test_expenditure_without_enough_data_says_what_is_missing() -> None:
    facts = tuple(fact for fact in member() if fact.key not in {"tdee_kcal", "balance_kcal"})
    assert "cannot be told yet: mindestens 14 Tage" in evaluation("nutrition", facts)


def test_high_blood_pressure_names_the_threshold_and_comes_first() -> None:
    text = evaluation("overall", (*member(), member_fact(30, "bp_high", "ja")))
    assert "reaches the threshold for measurements at home of 135/85 mmHg (ESH 2021)" in text
    assert text.split("### ")[1].splitlines()[2].startswith("1. Measure your blood pressure")
    few = evaluation(
        "overall", (*member(), member_fact(30, "bp_high", "ja"), member_fact(31, "bp_few", "12 nötig"))
    )
    assert "only a first look: 12 nötig" in few


@pytest.mark.parametrize("stage", STAGES)
def test_account_without_entries_gets_an_honest_answer(stage: str) -> None:
    text = evaluation(stage, ())
    assert "no " in text.lower() or "neither" in text


@given(st.sets(st.sampled_from(range(26))), st.sampled_from(STAGES), st.sampled_from(["de", "en"]))
def test_every_number_comes_from_a_fact_whatever_is_missing(
    left: set[int], stage: str, language: str
) -> None:
    facts = complete(tuple(fact for place, fact in enumerate(member()) if place not in left))
    assert check(evaluation(stage, facts, language), facts, "de").unproven == ()


def complete(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Facts that only come together, as the context makes them."""
    keys = {fact.key for fact in facts} | {"rate_missing", "tdee_missing"}
    together = {
        "trend_kg": {"reading_kg", "weight_days"},
        "rate_kg_week": {"rate_low_kg_week", "rate_high_kg_week", "rate_level"},
        "goal_kg": {"goal_distance_kg"},
        "forecast_day": {"forecast_first"},
        "energy_kcal": {"diary_days"},
        "protein_g_kg": {"protein_guide_g_kg"},
        "tdee_kcal": {"tdee_low_kcal", "tdee_high_kcal", "balance_kcal"},
        "bp_mean": {"bp_class", "bp_n", "bp_threshold"},
    }
    for leader, rest in together.items():
        if leader in keys:
            keys |= rest
    return tuple(fact for fact in member() if fact.key in keys)
