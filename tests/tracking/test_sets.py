"""Sets of strength training: what people type comes back as it was meant, and odd lines are named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mitai.core.units import SYSTEMS, UnitSystem
from tests import factories
from tests.tracking.browsing import journal
from tracking.journals.activity import Activity
from tracking.seeds import seed_training
from tracking.sets import Set, Unreadable, kept, read, taken, volume_kg, write

METRIC = UnitSystem()
IMPERIAL = UnitSystem("imperial")


def squat(kg: str | None, repetitions: int, **more: object) -> Set:
    return Set("Kniebeuge", None if kg is None else Decimal(kg), repetitions, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("Kniebeuge 100x5", [squat("100.000", 5)], id="plain"),
        pytest.param("Kniebeuge: 90 x 5, 92,5 × 3", [squat("90", 5), squat("92.5", 3)], id="spaced"),
        pytest.param("Kniebeuge 100 kg*5; 90kg x 8", [squat("100.000", 5), squat("90.000", 8)], id="units"),
        pytest.param("Kniebeuge 220lb x5", [squat("99.790", 5)], id="other-unit"),
        pytest.param("Kniebeuge w40x10 80x8@8,5", [
            squat("40.000", 10, warm_up=True), squat("80.000", 8, rpe=Decimal("8.5"))], id="marks"),
        pytest.param("Kniebeuge 12 10", [squat(None, 12), squat(None, 10)], id="body-weight"),
        pytest.param("\n  Kniebeuge 100X5 \n\n", [squat("100.000", 5)], id="blank-lines"),
    ],
)  # fmt: skip
def test_lines_are_understood_as_people_type_them(typed: str, meant: list[Set]) -> None:
    assert read(typed, METRIC) == meant


def test_an_exercise_may_have_numbers_in_its_name() -> None:
    (one,) = read("Rudern 45 Grad 60x10", METRIC)
    assert (one.exercise, one.kg) == ("Rudern 45 Grad", Decimal("60.000"))


@pytest.mark.parametrize(
    "typed",
    ["Kniebeuge", "100x5", "Kniebeuge 100x0", "Kniebeuge 1001x1", "Kniebeuge 100x1001", "Kniebeuge 100x5@11",
     "Kniebeuge -100x5", "Kniebeuge 1.2.3x5", "x" * 81 + " 100x5"],
)  # fmt: skip
def test_a_line_that_is_not_understood_is_named(typed: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(f"Bank 80x8\n{typed}", METRIC)
    assert refused.value.line == 2


KILOGRAMS = st.decimals(0, 999, places=1)
ONE = st.builds(
    Set,
    exercise=st.sampled_from(["Bank", "Kreuzheben rumänisch", "Rudern 45 Grad"]),
    kg=st.none() | KILOGRAMS.map(lambda kg: kg.quantize(Decimal("0.001"))),
    repetitions=st.integers(1, 1000),
    warm_up=st.booleans(),
    rpe=st.none() | st.decimals(0, 10, places=1),
)


@given(
    sets=st.lists(ONE, max_size=6), language=st.sampled_from(["de", "en"]), code=st.sampled_from([*SYSTEMS])
)
def test_what_is_shown_is_read_as_the_same(sets: list[Set], language: str, code: str) -> None:
    """In both languages and all units, to the last digit that is kept."""
    with translation.override(language):
        again = read(write(sets, SYSTEMS[code]), SYSTEMS[code], sets)
    assert again == sets
    assert taken(kept(sets)) == sets


def test_volume_counts_working_sets_with_weight() -> None:
    """The worked example, a warm-up and body weight beside it."""
    typed = "Bank w40x10 80x8 80x8 77,5x9\nKreuzheben 60x12\nKlimmzüge 12"
    assert volume_kg(read(typed, METRIC)) == pytest.approx(2697.5)
    assert volume_kg(read("Klimmzüge 12", METRIC)) is None


@pytest.mark.django_db
def test_sets_are_typed_with_the_training_and_stay_when_it_is_edited(browser_of_alice: Client) -> None:
    seed_training()
    fields = {
        "training_type": "hypertrophy",
        "duration_min": "60",
        "day": f"{factories.today()}",
        "time": "00:00",
    }
    answer = journal(browser_of_alice, "activity", **fields, sets="Bank 80x8 77,5x9\nKlimmzüge 10")
    assert answer.status_code == 200
    row = Activity.objects.get()
    assert [one["kg"] for one in row.sets] == ["80.000", "77.500", None]
    page = browser_of_alice.get("/journal/activity/").content.decode()
    assert "Bank 80×8 77,5×9 · Klimmzüge 10" in page
    assert "Volumen" in page
    edit = browser_of_alice.get(f"/journal/activity/{row.pk}/edit/").content.decode()
    assert "Bank 80×8 77,5×9\nKlimmzüge 10</textarea>" in edit


@pytest.mark.django_db
def test_a_wrong_line_is_named_at_the_field_and_nothing_is_saved(browser_of_alice: Client) -> None:
    fields = {"duration_min": "60", "day": f"{factories.today()}", "time": "00:00"}
    answer = journal(browser_of_alice, "activity", **fields, sets="Bank 80x8\nirgendwas")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Zeile 2, „irgendwas“" in page
    assert "Bank 80x8" in page
    assert not Activity.objects.exists()
