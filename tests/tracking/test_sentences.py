"""Each outcome has its own honest sentence, and every tile and chart has exactly one, in both languages."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from itertools import product

import pytest
from django.test import Client
from django.utils import timezone, translation

from membership.models import User
from tests import factories
from tests.tracking.analysis.series import FALLING, daily, day
from tests.tracking.analysis.thresholds import ROWS, Row, Verdict
from tests.values import stored_values
from tracking import entries, sentences
from tracking.analysis import interpret
from tracking.analysis.blood_pressure import TABLES, Grade, Table
from tracking.analysis.energy import Missing, NotEnough
from tracking.analysis.interpret import Caution, Course, EnergyState, Intake, Movement
from tracking.analysis.weight import Forecast, NoForecast
from tracking.charts import RANGES
from tracking.demo import fill
from tracking.goals import set_goal
from tracking.journals import registry
from tracking.journals.base import Journal, When

LANGUAGES = pytest.mark.parametrize("language", ["de", "en"])
ENDS = re.compile(r"[.!?](?:\s|$)")


def is_one_sentence(text: str) -> bool:
    return text[:1].isupper() | text[:1].isdigit() and len(ENDS.findall(text)) == 1 and text.endswith(".")


def said(verdict: Verdict) -> str:
    """What the pages say about a verdict."""
    match verdict:
        case Movement():
            return sentences.weight_sentence(verdict, Course.NEUTRAL) + sentences.movement_word(verdict)
        case (Movement() as found, Course() as course):
            return sentences.weight_sentence(found, course)
        case Forecast() | NoForecast():
            return sentences.forecast_sentence(verdict)
        case EnergyState():
            return sentences.energy_sentence(verdict)
        case Intake():
            return sentences.intake_sentence(verdict)
        case bool():
            return sentences.restart_note() if verdict else ""
        case tuple():
            return " ".join(map(sentences.caution_sentence, verdict))
        case _:
            return sentences.pressure_sentence(verdict)


# Words ------------------------------------------------------------------------------------------------------
@LANGUAGES
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_another_sentence_on_the_other_side_of_a_threshold(row: Row, language: str) -> None:
    with translation.override(language):
        below, at, above = map(said, row.verdicts())
    assert below != above
    assert (below != at) if row.below != row.at else (at != above)


@LANGUAGES
def test_a_doctor_is_named_together_with_the_threshold(language: str) -> None:
    limits = {
        Caution.EMERGENCY: "180/120",
        Caution.SOON: "110",
        Caution.RHYTHM: "2",
        Caution.LOW: "90/60",
    }
    with translation.override(language):
        for caution in Caution:
            text = sentences.caution_sentence(caution)
            assert limits[caution] in text
            assert ("ärztlich" in text or "Arztpraxis" in text) if language == "de" else "doctor" in text


@LANGUAGES
@pytest.mark.parametrize("course", Course)
@pytest.mark.parametrize("values", [FALLING, FALLING[::-1], (80.0, 80.4) * 7, FALLING[:6], FALLING[:8], ()])
def test_every_course_of_a_weight_is_one_sentence(
    values: tuple[float, ...], course: Course, language: str
) -> None:
    found = interpret.movement(daily(values), day(13))
    with translation.override(language):
        assert is_one_sentence(sentences.weight_sentence(found, course))
        assert is_one_sentence(sentences.movement_sentence(found, "Bauch", "cm", 1))
        assert sentences.movement_word(found)


@LANGUAGES
def test_every_reason_for_no_expenditure_has_its_own_sentence(language: str) -> None:
    states = [interpret.energy_state(2000, day(1), day(2), NotEnough(reason, 3, 14)) for reason in Missing]
    with translation.override(language):
        texts = {sentences.energy_sentence(state) for state in states}
    assert len(texts) == 3  # days and coverage both count complete days
    assert all(map(is_one_sentence, texts))


@LANGUAGES
def test_every_class_of_every_table_has_a_name(language: str) -> None:
    with translation.override(language):
        for table, (keys, _systolic, _diastolic) in TABLES.items():
            for rank, key in enumerate(keys):
                assert sentences.grade_label(Grade(table, key, rank, isolated_systolic=False))
        for key in ("normal", "elevated", "stage_1", "stage_2"):
            assert sentences.grade_label(Grade(Table.AHA_ACC_2017, key, 0, isolated_systolic=False))


@LANGUAGES
def test_every_outlook_on_a_goal_is_one_sentence_of_its_own(language: str) -> None:
    dates = (day(40), day(30), day(60))
    outlooks = [*NoForecast, Forecast(40, 30, 60, *dates), Forecast(40, 30, None, *dates[:2], None)]
    with translation.override(language):
        texts = [sentences.forecast_sentence(outlook) for outlook in outlooks]
    assert len(set(texts)) == len(outlooks)
    assert all(map(is_one_sentence, texts))


@pytest.mark.parametrize(
    ("readings", "text"),
    [
        (
            [(128, 82)],
            "Erster Eindruck aus einer Messung in 7 Tagen (ein Mittel braucht 3 Tage): normal nach "
            "WHO/ISH 1999, unter der Schwelle von 135/85\u202fmmHg zu Hause "
            "(Orientierung, keine Diagnose).",
        ),
        (
            [(148, 80), (142, 82)],
            "Erster Eindruck aus 2 Messungen in 7 Tagen (ein Mittel braucht 3 Tage): Grad 1 (leicht) nach "
            "WHO/ISH 1999, wobei nur der obere Wert erhöht ist, an oder über der Schwelle von "
            "135/85\u202fmmHg zu Hause (Orientierung, keine Diagnose).",
        ),
    ],
)
def test_blood_pressure_in_words(readings: list[tuple[float, float]], text: str) -> None:
    state = interpret.pressure_state([(day(0), *reading) for reading in readings], day(0))
    with translation.override("de"):
        assert sentences.pressure_sentence(state) == text


def test_a_small_change_is_not_written_as_nothing() -> None:
    points = daily([80 + 0.005 * number for number in range(28)])
    with translation.override("de"):
        text = sentences.weight_sentence(interpret.movement(points, day(27)), Course.NEUTRAL)
    assert "+0,04\u202fkg pro Woche" in text
    assert "+0,0 " not in text


# Pages ------------------------------------------------------------------------------------------------------
def plausible(journal: Journal, moment: datetime) -> dict[str, object]:
    """What a journal takes, its quick measures in the lower half of what is allowed."""
    values: dict[str, object] = stored_values(journal, moment)
    for measure in journal.measures:
        if measure.name in journal.quick:
            third = measure.low + (measure.high - measure.low) / 3
            values[measure.name] = Decimal(str(round(third, measure.digits)))
    return values


def record_on(owner: User, journal: Journal, day: date, number: int = 0) -> None:
    now = timezone.now().replace(microsecond=0)
    moment = now - (factories.today() - day)
    when = When(day, moment, 60) if journal.timed else When(day)
    entries.record(
        owner=owner,
        journal=journal,
        values=plausible(journal, moment),
        when=when,
        client_id=f"{day} {number}",
    )


DAYS_AGO = {
    "nothing": [],
    "today alone": [0],
    "long ago": [60],
    "a few": [0, 1, 3],
    "a month": [*range(0, 28, 3)],
    "years ago": [900],
}


def sentences_of(page: str) -> list[str]:
    found = re.findall(r'<p class="(?:tile__)?sentence">(.*?)</p>', page)
    return [text for text in found if text]


@pytest.mark.django_db
@pytest.mark.parametrize("state", DAYS_AGO)
@pytest.mark.parametrize("slug", sorted(registry()))
def test_every_chart_and_its_table_say_one_sentence(
    browser_of_alice: Client, alice: User, slug: str, state: str
) -> None:
    for ago in DAYS_AGO[state]:
        record_on(alice, registry()[slug], factories.today() - timedelta(days=ago))
    for language, (name, days) in product(["de", "en"], RANGES.items()):
        User.objects.filter(pk=alice.pk).update(language=language)
        chart = browser_of_alice.get(f"/journal/{slug}/series.json?range={name}").json()
        assert is_one_sentence(chart["sentence"]), chart["sentence"]
        with translation.override(language):
            shown = [ago for ago in DAYS_AGO[state] if days is None or ago < days]
            assert (chart["sentence"] == sentences.empty_sentence(days)) == (not shown)
        table = browser_of_alice.get(f"/journal/{slug}/table/?range={name}").content.decode()
        assert sentences_of(table) == [escape(chart["sentence"])]


def tiles(page: str) -> dict[str, list[str]]:
    """The sentences of each tile of the overview, by the tile's name."""
    cards = re.findall(
        r'<section class="card[^"]*" aria-labelledby="tile-([\w-]+)">(.*?)</section>', page, re.DOTALL
    )
    return {name: sentences_of(card) for name, card in cards}


@pytest.mark.django_db
@pytest.mark.parametrize("state", [state for state in DAYS_AGO if state != "nothing"])
def test_every_tile_says_one_sentence(browser_of_alice: Client, alice: User, state: str) -> None:
    set_goal(owner=alice, target=Decimal(78))
    for journal in registry().values():
        for ago in DAYS_AGO[state]:
            record_on(alice, journal, factories.today() - timedelta(days=ago))
    for language in ("de", "en"):
        User.objects.filter(pk=alice.pk).update(language=language)
        found = tiles(browser_of_alice.get("/").content.decode())
        assert {"weight", "goal", "energy", "pressure"} <= set(found)
        for name, texts in found.items():
            assert len(texts) == 1, name
            assert is_one_sentence(texts[0]), texts
        goals = browser_of_alice.get("/goals/").content.decode()
        assert sentences_of(goals) == found["goal"]


@pytest.mark.django_db
@LANGUAGES
def test_the_tiles_of_a_full_notebook_say_one_sentence_each(
    browser_of_alice: Client, alice: User, language: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    fill(owner=alice, days=60, seed=1)
    found = tiles(browser_of_alice.get("/").content.decode())
    assert {name: list(map(is_one_sentence, texts)) for name, texts in found.items()} == {
        "weight": [True],
        "goal": [True],
        "energy": [True],
        "sleep": [True],
        "recovery": [True],
        "training": [True],
        "pressure": [True],
    }
