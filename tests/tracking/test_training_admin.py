"""Types of training and the names of activities in the administration."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from membership.models import User
from membership.roles import SUPPORT, seed_roles
from tests import factories
from tests.queries import at_most
from tracking import training
from tracking.seeds import seed_training
from tracking.training import NameMapping, TrainingType

TYPES, NAMES = "/admin/tracking/trainingtype/", "/admin/tracking/namemapping/"


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """A browser of an operator who reads English."""
    seed_training()
    client.force_login(User.objects.create_superuser("operator@example.org", "x", language="en"))
    return client


def running() -> TrainingType:
    return TrainingType.objects.get(code="running")


def shown(client: Client, path: str) -> dict[str, str]:
    """What a browser sends back of a form that nothing is typed into."""
    form = client.get(path).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: str(value) for name, value in values.items() if value is not None and value is not False}


# Types ------------------------------------------------------------------------------------------------------
def test_an_operator_edits_a_type_its_abilities_and_its_profile(operator: Client) -> None:
    path = f"{TYPES}running/change/"
    typed = {
        "name_de": "Joggen", "met": "8.5", "ability_MK": "2", "ability_AN": "", "ability_AE": "1",
        "minimum_min": "25", "rpe_low": "", "rpe_high": "",
    }  # fmt: skip
    assert operator.post(path, {**shown(operator, path), **typed}).status_code == 302
    changed = running()
    assert changed.abilities == {"MK": 2, "AE": 1}
    assert (changed.name_de, str(changed.met), changed.minimum_min) == ("Joggen", "8.5", 25)
    assert (changed.rpe_low, changed.rpe_high, changed.ideal_min) == (None, None, 45)
    said = LogEntry.objects.get().change_message
    assert "Maximal strength" in said
    assert "Minimum duration" in said


def test_a_form_sent_back_unchanged_changes_nothing_of_any_type(operator: Client) -> None:
    before = list(TrainingType.objects.values())
    for code in TrainingType.objects.values_list("code", flat=True):
        path = f"{TYPES}{code}/change/"
        assert operator.post(path, shown(operator, path)).status_code == 302
    assert list(TrainingType.objects.values()) == before
    assert {entry.change_message for entry in LogEntry.objects.all()} == {"[]"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ideal_min", "10"),
        ("hr_share_high", "64"),
        ("hr_share_low", "29"),
        ("hard_share_high", "101"),
        ("rpe_high", "2"),
        ("rpe_low", "-1"),
        ("met", "0.8"),
        ("category", "gymnastics"),
        ("ability_MK", "4"),
    ],
)
def test_what_makes_no_sense_is_said_at_the_field_and_nothing_is_saved(
    operator: Client, field: str, value: str
) -> None:
    path = f"{TYPES}running/change/"
    before = TrainingType.objects.filter(code="running").values().get()
    response = operator.post(path, {**shown(operator, path), "name_de": "Joggen", field: value})
    form = response.context["adminform"].form
    assert list(form.errors) == [field]
    assert (form[field].value(), form["name_de"].value()) == (value, "Joggen")
    assert TrainingType.objects.filter(code="running").values().get() == before


def test_an_operator_adds_a_type_and_its_code_stays(operator: Client) -> None:
    typed = {
        "code": "kettlebell", "name_de": "Kettlebell", "name_en": "Kettlebell", "category": "strength",
        "met": "6.0", "met_edition": "2024", "position": "15", "active": "on", "ability_KA": "3",
    }  # fmt: skip
    assert operator.post(f"{TYPES}add/", typed).status_code == 302
    path = f"{TYPES}kettlebell/change/"
    assert operator.post(path, {**shown(operator, path), "code": "bell", "rpe_low": "6"}).status_code == 302
    kettlebell = TrainingType.objects.get(code="kettlebell")
    assert (kettlebell.abilities, kettlebell.rpe_low, kettlebell.active) == ({"KA": 3}, 6, True)
    assert not TrainingType.objects.filter(code="bell").exists()


def test_a_type_is_switched_off_and_never_deleted(operator: Client) -> None:
    path = f"{TYPES}running/change/"
    typed = shown(operator, path)
    del typed["active"]
    operator.post(path, typed)
    assert not running().active
    assert operator.post(f"{TYPES}running/delete/", {"post": "yes"}).status_code == 403
    operator.post(TYPES, {"action": "delete_selected", "_selected_action": ["running"], "post": "yes"})
    assert TrainingType.objects.count() == 29


def test_types_are_found_by_their_names_in_both_languages(operator: Client) -> None:
    for query in ("Laufen", "Running"):
        found = operator.get(TYPES, {"q": query}).context["cl"].queryset
        assert [one.code for one in found] == ["running"]


def test_the_support_looks_at_types_and_at_no_names(operator: Client) -> None:
    seed_roles()
    helper = factories.bob(is_staff=True, language="en")
    helper.groups.add(Group.objects.get(name=SUPPORT))
    support = Client()
    support.force_login(helper)
    page = support.get(f"{TYPES}running/change/")
    html = page.content.decode().partition("<main")[2]
    assert "Aerobic endurance 3, Anaerobic endurance 1" in html
    assert 'name="met"' not in html
    assert support.post(f"{TYPES}running/change/", {"met": "1.0"}).status_code == 403
    assert support.get(f"{TYPES}add/").status_code == 403
    assert support.get(NAMES).status_code == 403


# Names ------------------------------------------------------------------------------------------------------
def test_an_operator_says_what_a_name_means_to_everyone(operator: Client) -> None:
    alice = factories.alice()
    typed = {"name": "Morgenrunde", "training_type": "walking"}
    assert operator.post(f"{NAMES}add/", typed).status_code == 302
    assert training.types_for(alice, ["MORGENRUNDE"]) == {"MORGENRUNDE": "walking"}
    mapping = NameMapping.objects.get(key="morgenrunde")
    path = f"{NAMES}{mapping.pk}/"
    operator.post(f"{path}change/", {"name": "Abendrunde", "training_type": "running"})
    assert training.types_for(alice, ["Morgenrunde", "abendrunde"]) == {"abendrunde": "running"}
    operator.post(f"{path}delete/", {"post": "yes"})
    assert training.types_for(alice, ["abendrunde"]) == {}
    assert LogEntry.objects.filter(object_id=str(mapping.pk)).count() == 3


@pytest.mark.parametrize("name", ["Golf", " GOLF", "golf\u00a0"])
def test_a_name_that_is_known_is_refused_at_the_field(operator: Client, name: str) -> None:
    before = NameMapping.objects.count()
    response = operator.post(f"{NAMES}add/", {"name": name, "training_type": "walking"})
    assert list(response.context["adminform"].form.errors) == ["name"]
    assert NameMapping.objects.count() == before


@pytest.mark.parametrize("name", ["", "  ", "\u00a0", "x" * 201])
def test_no_name_and_a_name_without_end_are_refused_at_the_field(operator: Client, name: str) -> None:
    response = operator.post(f"{NAMES}add/", {"name": name, "training_type": "walking"})
    assert list(response.context["adminform"].form.errors) == ["name"]


def test_a_members_name_may_be_given_to_everyone_too(operator: Client) -> None:
    training.learn(owner=factories.alice(), names=["Morgenrunde"], training_type=running())
    operator.post(f"{NAMES}add/", {"name": "Morgenrunde", "training_type": "walking"})
    assert NameMapping.objects.filter(key="morgenrunde").count() == 2


def test_what_members_assigned_is_not_shown_to_operators(operator: Client) -> None:
    alice = factories.alice()
    training.learn(owner=alice, names=["Beim Physio"], training_type=running())
    theirs = NameMapping.objects.get(user=alice)
    assert "Beim Physio" not in operator.get(NAMES, {"q": "Physio"}).content.decode()
    for page in ("change", "delete", "history"):
        path = f"{NAMES}{theirs.pk}/{page}/"
        assert operator.get(path).status_code == 302, page
        operator.post(path, {"name": "x", "training_type": "walking", "post": "yes"})
    operator.post(NAMES, {"action": "delete_selected", "_selected_action": [str(theirs.pk)], "post": "yes"})
    theirs.refresh_from_db()
    assert (theirs.name, theirs.training_type_id) == ("Beim Physio", "running")


def test_the_type_of_a_name_is_found_by_typing(operator: Client) -> None:
    query = {
        "app_label": "tracking",
        "model_name": "namemapping",
        "field_name": "training_type",
        "term": "Laufen",
    }
    found = operator.get("/admin/autocomplete/", query).json()["results"]
    assert [(row["id"], row["text"]) for row in found] == [("running", "Running")]


@pytest.mark.parametrize("path", [TYPES, NAMES])
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_lists_open_in_both_languages_with_few_statements(
    operator: Client, path: str, language: str
) -> None:
    User.objects.filter(is_superuser=True).update(language=language)
    with at_most(6):
        assert operator.get(path).status_code == 200
