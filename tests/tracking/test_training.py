"""Types of training: what is shipped, what names mean, what is offered."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from membership.models import User
from tests import factories
from tests.queries import at_most
from tracking import training, training_data
from tracking.seeds import seed_training
from tracking.training import KEY_LONGEST, NAME_LONGEST, Ability, Category, NameMapping, TrainingType

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(db: None) -> None:
    seed_training()


def type_of(code: str) -> TrainingType:
    return TrainingType.objects.get(code=code)


def meaning(owner: User, name: str) -> str | None:
    return training.types_for(owner, [name]).get(name)


# What is shipped --------------------------------------------------------------------------------------------
def test_29_types_in_7_categories_are_shipped() -> None:
    types = training_data.types()
    assert len({training_type.code for training_type in types}) == 29
    assert Counter(training_type.category for training_type in types) == {
        "strength": 6, "cardio": 8, "hiit": 3, "martial_arts": 4, "mobility": 3, "mind": 2, "recovery": 3,
    }  # fmt: skip


def test_every_shipped_type_is_one_an_operator_could_have_typed() -> None:
    for training_type in training_data.types():
        training_type.full_clean()
        assert training_type.abilities
        assert training_type.met_edition == "2011"


def test_every_ability_is_trained_by_some_type() -> None:
    assert {key for one in training_data.types() for key in one.abilities} == set(Ability.values)


def test_all_84_types_of_the_phone_and_228_names_are_known() -> None:
    rows = training_data.rows("workout_names.csv")
    assert len({row["suffix"] for row in rows}) == len(rows) == 84
    names = {name for row in rows for column in training_data.NAMES for name in row[column].split(";")}
    assert len(names - {""}) == 228


def test_no_shipped_name_means_two_types() -> None:
    meanings = defaultdict(set)
    for name, code in training_data.names():
        meanings[training.normalise(name)].add(code)
    assert {key: codes for key, codes in meanings.items() if len(codes) > 1} == {}


def test_three_types_are_assigned_by_hand_alone() -> None:
    with_phone = {row["training_type"] for row in training_data.rows("workout_names.csv")}
    codes = [training_type.code for training_type in training_data.types()]
    by_hand = [number for number, code in enumerate(codes, start=1) if code not in with_phone]
    assert by_hand == [2, 3, 19]
    assert with_phone < set(codes)


def test_seeding_makes_all_types_and_names_once(seeded: None) -> None:
    types, names = TrainingType.objects.count(), NameMapping.objects.count()
    assert (types, names) == (29, len({training.normalise(name) for name, _code in training_data.names()}))
    seed_training()
    assert (TrainingType.objects.count(), NameMapping.objects.count()) == (types, names)


def test_seeding_again_leaves_what_operators_changed(seeded: None) -> None:
    TrainingType.objects.filter(code="running").update(
        name_de="Joggen", met=Decimal("8.5"), rpe_high=None, active=False
    )
    NameMapping.objects.get(key="golf").delete()
    NameMapping.objects.filter(key="tennis").update(training_type="everyday")
    seed_training()
    running = type_of("running")
    assert (running.name_de, running.met, running.rpe_high, running.active) == (
        "Joggen",
        Decimal("8.5"),
        None,
        False,
    )
    assert not NameMapping.objects.filter(key="golf").exists()
    assert NameMapping.objects.get(key="tennis").training_type_id == "everyday"


def test_a_new_type_comes_with_its_names_and_takes_none_an_operator_assigned(seeded: None) -> None:
    """As with a release that brings a type more."""
    NameMapping.objects.filter(training_type="yoga").delete()
    TrainingType.objects.filter(code="yoga").delete()
    training.learn(owner=None, names=["Yoga"], training_type=type_of("stretching"))
    seed_training()
    assert NameMapping.objects.get(key="yoga").training_type_id == "stretching"
    assert NameMapping.objects.get(key="hkworkoutactivitytypeyoga").training_type_id == "yoga"


# What names mean --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("HKWorkoutActivityTypeRunning", "running"),
        ("HKWorkoutActivityTypeMixedMetabolicCardioTraining", "mixed_cardio"),
        ("TraditionalStrengthTraining", "hypertrophy"),
        ("Mind And Body", "meditation"),
        ("Mind & Body", "meditation"),
        ("Outdoor Run", "running"),
        ("Outdoor Ausführen", "running"),
        ("Innenräume Ausführen", "running"),
        ("Innenräume Spaziergang", "walking"),
        ("Kerntraining", "core"),
        ("Crosstrainer", "mixed_cardio"),
        ("Crosstraining", "circuit"),
        ("Maximalkraft", "max_strength"),
        ("Partner work / sparring", "sparring"),
        ("Sonstige", "everyday"),
    ],
)
def test_names_of_files_mean_a_type(seeded: None, name: str, code: str) -> None:
    assert meaning(factories.alice(), name) == code


@pytest.mark.parametrize(
    "name",
    [
        "  outdoor ausführen\t",
        "OUTDOOR AUSFÜHREN",
        "Outdoor\u00a0Ausführen",
        "Outdoor \u202f Ausführen",
        unicodedata.normalize("NFD", "Outdoor Ausführen"),
    ],
    ids=["blanks around", "capitals", "no-break space", "several gaps", "accents apart"],
)
def test_how_a_name_is_written_does_not_matter(seeded: None, name: str) -> None:
    assert training.types_for(factories.alice(), [name]) == {name: "running"}


def test_a_name_nobody_knows_is_left_out(seeded: None) -> None:
    assert training.types_for(factories.alice(), ["Morgenrunde", "Golf", ""]) == {"Golf": "ball_sports"}


def test_what_a_member_assigned_counts_before_what_the_operator_did_and_for_nobody_else(seeded: None) -> None:
    alice, bob = factories.alice(), factories.bob()
    training.learn(owner=alice, names=["Golf", "Morgenrunde"], training_type=type_of("walking"))
    assert training.types_for(alice, ["golf", "Morgenrunde"]) == {"golf": "walking", "Morgenrunde": "walking"}
    assert training.types_for(bob, ["golf", "Morgenrunde"]) == {"golf": "ball_sports"}


def test_what_the_operator_assigns_later_does_not_change_a_members_word(seeded: None) -> None:
    alice, bob = factories.alice(), factories.bob()
    training.learn(owner=alice, names=["Kettlebell"], training_type=type_of("circuit"))
    training.learn(owner=None, names=["Kettlebell"], training_type=type_of("functional_strength"))
    assert (meaning(alice, "Kettlebell"), meaning(bob, "Kettlebell")) == ("circuit", "functional_strength")


def test_a_name_can_be_assigned_anew_and_keeps_its_first_spelling(seeded: None) -> None:
    alice = factories.alice()
    for owner in (alice, None):
        training.learn(owner=owner, names=["Morgenrunde"], training_type=type_of("walking"))
        training.learn(owner=owner, names=["MORGENRUNDE"], training_type=type_of("running"))
        mapping = NameMapping.objects.get(user=owner, key="morgenrunde")
        assert (mapping.name, mapping.training_type_id) == ("Morgenrunde", "running")


def test_many_names_are_learnt_in_one_statement_and_looked_up_in_one(seeded: None) -> None:
    alice, running = factories.alice(), type_of("running")
    names = [f"Runde {number}" for number in range(300)]
    with at_most(1):
        training.learn(owner=alice, names=[*names, "RUNDE 7", " runde  8"], training_type=running)
    assert NameMapping.objects.filter(user=alice).count() == 300
    with at_most(1):
        assert training.types_for(alice, names) == dict.fromkeys(names, "running")


@pytest.mark.parametrize("name", ["", " ", "\u00a0\t"])
def test_no_name_is_no_name_to_learn(seeded: None, name: str) -> None:
    with pytest.raises(IntegrityError):
        training.learn(owner=None, names=[name], training_type=type_of("running"))


def test_a_name_means_one_thing_to_everyone(seeded: None) -> None:
    again = NameMapping(name="golf", key="golf", training_type=type_of("walking"))
    with pytest.raises(IntegrityError, match="name_mapping_once"):
        again.save()


def test_what_a_member_assigned_goes_with_the_account(seeded: None) -> None:
    alice, before = factories.alice(), NameMapping.objects.count()
    training.learn(owner=alice, names=["Golf"], training_type=type_of("walking"))
    alice.delete()
    assert NameMapping.objects.count() == before


@given(st.text(max_size=40))
def test_a_compared_name_compares_as_itself(name: str) -> None:
    key = training.normalise(name)
    assert (
        training.normalise(key) == key == training.normalise(unicodedata.normalize("NFC", f" {name}\u00a0"))
    )


@given(st.text(max_size=NAME_LONGEST))
def test_every_name_that_can_be_stored_has_a_key_that_can_be(name: str) -> None:
    assert len(training.normalise(name)) <= KEY_LONGEST


# Types ------------------------------------------------------------------------------------------------------
def test_types_are_offered_by_category_in_the_language_of_the_page(seeded: None) -> None:
    with translation.override("de"), at_most(1):
        german = training.choices()
    with translation.override("en"):
        english = training.choices()
    assert [label for label, _types in german] == [
        "Kraft", "Cardio", "HIIT", "Kampfsport", "Beweglichkeit", "Mind", "Erholung/Alltag",
    ]  # fmt: skip
    assert dict(german)["Mind"] == [("meditation", "Meditation & Atem"), ("tai_chi", "Tai-Chi & Qigong")]
    assert dict(english)["Mind"] == [
        ("meditation", "Meditation & breathing"),
        ("tai_chi", "Tai chi & qigong"),
    ]
    assert sum(len(types) for _label, types in german) == 29


def test_a_type_that_is_switched_off_is_not_offered_and_still_meant(seeded: None) -> None:
    TrainingType.objects.filter(category="mind").update(active=False)
    with translation.override("en"):
        assert "Mind" not in dict(training.choices())
    assert meaning(factories.alice(), "Tai Chi") == "tai_chi"


def test_an_operators_own_type_stands_among_its_category_where_it_was_put(seeded: None) -> None:
    TrainingType.objects.create(
        code="kettlebell", category="strength", name_de="Kettlebell", name_en="Kettlebell", met=6,
        met_edition="2011", position=15,
    )  # fmt: skip
    with translation.override("en"):
        codes = [code for code, _name in dict(training.choices())["Strength"]]
    assert codes[:3] == ["hypertrophy", "kettlebell", "max_strength"]


def test_a_type_that_a_name_means_is_not_lost(seeded: None) -> None:
    with pytest.raises(ProtectedError):
        type_of("running").delete()


@pytest.mark.parametrize(
    "values",
    [
        {"category": "gymnastics"},
        {"met": Decimal("0.8")},
        {"met": Decimal("25.1")},
        {"minimum_min": 0},
        {"ideal_min": 1441},
        {"minimum_min": 31, "ideal_min": 30},
        {"hr_share_low": 29, "hr_share_high": None},
        {"hr_share_high": 101},
        {"hr_share_low": None, "hr_share_high": 29},
        {"hr_share_low": 81, "hr_share_high": 80},
        {"hard_share_high": 101},
        {"hard_share_low": 50, "hard_share_high": 49},
        {"rpe_high": 11},
        {"rpe_low": 8, "rpe_high": 7},
    ],
    ids=str,
)
def test_the_database_refuses_a_profile_that_makes_no_sense(seeded: None, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingType.objects.filter(code="running").update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"met": Decimal("0.9"), "hr_share_low": 30, "hr_share_high": 30},
        {"met": Decimal(25), "hard_share_low": 0, "hard_share_high": 100},
        {"minimum_min": 1, "ideal_min": 1440, "rpe_low": 0, "rpe_high": 10},
        {"hr_share_low": None, "rpe_high": None, "minimum_min": None},
    ],
    ids=str,
)
def test_a_profile_may_reach_its_ends_and_leave_ends_open(seeded: None, values: dict[str, Any]) -> None:
    assert TrainingType.objects.filter(code="running").update(**values) == 1


@pytest.mark.parametrize(
    "abilities", [{"XX": 1}, {"MK": 0}, {"MK": 4}, {"MK": "3"}, {"MK": True}, {"MK": 1.5}, ["MK"], "MK", None]
)
def test_only_known_abilities_are_trained_a_little_to_above_all(abilities: object) -> None:
    with pytest.raises(ValidationError):
        training.check_abilities(abilities)


def test_every_category_and_ability_has_a_german_name() -> None:
    with translation.override("de"):
        assert str(Category.MARTIAL_ARTS.label) == "Kampfsport"
        assert [str(ability.label) for ability in Ability] == [
            "Maximalkraft", "Muskelaufbau", "Kraftausdauer", "Explosivität", "Aerobe Ausdauer",
            "Anaerobe Ausdauer", "Beweglichkeit", "Stabilität", "Koordination", "Technik/Taktik", "Fokus",
            "Erholung",
        ]  # fmt: skip
