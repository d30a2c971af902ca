"""Names of trainings: unknown ones wait, what a member says is learnt, and the past follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from membership.models import User
from mitai.core.ids import uuid7
from tests import factories
from tests.tracking.browsing import journal
from tracking import activity_names, entries, tasks, training
from tracking.imports.jobs import write_facts
from tracking.imports.records import Origin, Record
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.journals.activity import Activity
from tracking.seeds import seed_training
from tracking.training import NameMapping, TrainingType

pytestmark = pytest.mark.django_db
WATCH = Origin("apple_health", "Uhr")


@pytest.fixture(autouse=True)
def types(db: None) -> None:
    seed_training()


def bring(owner: User, *names: str, first: int = 0) -> None:
    """Trainings of these names, one a day, as an import brings them."""
    activity, facts = registry()["activity"], []
    for number, name in enumerate(names, start=first):
        day = factories.today() - timedelta(days=number)
        moment = (timezone.now() - timedelta(days=number, hours=1)).replace(microsecond=0)
        record = Record(
            "activity", WATCH, f"{name} {number}", day, moment, 60, moment, {"name": name}, {}, number
        )
        slot = activity.slot(entries.When(day, moment, 60), record.values, "", 0)
        facts.append((slot, record))
    run = ImportRun.objects.create(user=owner, client_id=uuid7().hex, file_name="x", size=1)
    write_facts(owner=owner, run_id=run.pk, facts=facts)


def types_of(owner: User) -> Mapping[str, str | None]:
    return dict(Activity.objects.of(owner).values_list("name", "training_type"))


def page(client: Client) -> str:
    return str(client.get("/training/names/").content.decode())


def assign(client: Client, *names: str, kind: str = "hiking") -> Any:
    return client.post("/training/names/", {"names": names, "training_type": kind})


def test_a_name_that_operators_know_has_its_type_at_once(alice: User) -> None:
    bring(alice, "Laufen", "Hausrunde")
    assert types_of(alice) == {"Laufen": "running", "Hausrunde": None}


def test_unknown_names_wait_and_the_journal_says_so(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Hausrunde", "Hausrunde", "Waldlauf")
    shown = page(browser_of_alice)
    assert 'value="Hausrunde"' in shown
    assert "2 Trainings," in shown
    assert "2 Namen haben noch keinen Typ." in browser_of_alice.get("/journal/activity/").content.decode()


def test_many_are_assigned_at_once_and_past_and_future_follow(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Hausrunde", "Waldlauf", "hausrunde ")
    answer = assign(browser_of_alice, "Hausrunde", "Waldlauf")
    assert answer.status_code == 302
    assert types_of(alice) == {"Hausrunde": "hiking", "Waldlauf": "hiking", "hausrunde ": "hiking"}
    bring(alice, "HAUSRUNDE", first=5)
    assert types_of(alice)["HAUSRUNDE"] == "hiking"
    shown = page(browser_of_alice)
    assert "Gespeichert. 3 Trainings folgen." in shown
    assert 'type="checkbox"' not in shown


def test_it_is_the_members_own_word(browser_of_alice: Client, alice: User) -> None:
    bob = factories.setup_user("bob")
    for owner in (alice, bob):
        bring(owner, "Hausrunde", "Laufen", first=2)
    assign(browser_of_alice, "Hausrunde", "Laufen")
    assert types_of(alice) == {"Hausrunde": "hiking", "Laufen": "hiking"}
    assert types_of(bob) == {"Hausrunde": None, "Laufen": "running"}


def test_saying_it_twice_changes_nothing_more(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Hausrunde")
    for _double_click in range(2):
        assert assign(browser_of_alice, "Hausrunde").status_code == 302
    assert NameMapping.objects.filter(user=alice).count() == 1
    row = Activity.objects.get()
    assign(browser_of_alice, "Hausrunde")
    assert Activity.objects.get().changed == row.changed


def test_a_correction_lets_the_past_follow_again(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Hausrunde")
    assign(browser_of_alice, "Hausrunde")
    mapping = NameMapping.objects.get(user=alice)
    browser_of_alice.post(f"/training/names/{mapping.pk}/", {"training_type": "cycling"})
    assert types_of(alice) == {"Hausrunde": "cycling"}


def test_forgetting_brings_the_operators_word_back(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Laufen")
    assign(browser_of_alice, "Laufen")
    assert types_of(alice) == {"Laufen": "hiking"}
    mapping = NameMapping.objects.get(user=alice)
    browser_of_alice.post(f"/training/names/{mapping.pk}/forget/")
    assert types_of(alice) == {"Laufen": "running"}


def test_a_type_stated_by_hand_stays(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Hausrunde")
    row = Activity.objects.get()
    assert row.occurred_at is not None
    fields = {
        "training_type": "yoga",
        "name": "Hausrunde",
        "duration_min": "30",
        "day": row.day.isoformat(),
        "time": f"{row.occurred_at + timedelta(minutes=60):%H:%M}",
    }
    address = f"/journal/activity/{row.pk}/edit/"
    sent = {**fields, "client_id": "e", "version": row.changed}
    assert browser_of_alice.post(address, sent).status_code == 302
    assign(browser_of_alice, "Hausrunde")
    assert types_of(alice) == {"Hausrunde": "yoga"}


def test_a_name_typed_by_hand_without_a_type_means_what_it_means(
    browser_of_alice: Client, alice: User
) -> None:
    journal(
        browser_of_alice,
        "activity",
        name="Laufen",
        duration_min="30",
        day=f"{factories.today()}",
        time="00:00",
    )
    assert types_of(alice) == {"Laufen": "running"}


def test_a_deleted_training_that_comes_back_has_the_new_type(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "Hausrunde")
    row = Activity.objects.get()
    entries.delete(owner=alice, entry=row)
    training.learn(owner=alice, names=["Hausrunde"], training_type=TrainingType.objects.get(pk="yoga"))
    entries.restore(owner=alice, entry=Activity.objects.get())
    assert types_of(alice) == {"Hausrunde": "yoga"}


@pytest.mark.parametrize(
    ("names", "kind"), [([], "hiking"), (["Hausrunde"], ""), (["Hausrunde"], "x"), (["\x00"], "hiking")]
)
def test_what_cannot_be_assigned_is_refused_and_nothing_learnt(
    browser_of_alice: Client, alice: User, names: list[str], kind: str
) -> None:
    bring(alice, "Hausrunde")
    answer = assign(browser_of_alice, *names, kind=kind)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not NameMapping.objects.filter(user=alice).exists()
    if names == ["Hausrunde"]:
        assert 'value="Hausrunde" checked' in answer.content.decode()


def test_an_operators_word_reaches_every_past_but_no_own_word(alice: User) -> None:
    bob = factories.setup_user("bob")
    for owner in (alice, bob):
        bring(owner, "Hausrunde")
    activity_names.assign(
        owner=bob, names=["Hausrunde"], training_type=TrainingType.objects.get(pk="walking")
    )
    training.learn(owner=None, names=["Hausrunde"], training_type=TrainingType.objects.get(pk="cycling"))
    for _second_delivery in range(2):
        tasks.apply_names([training.normalise("Hausrunde")])
    assert types_of(alice) == {"Hausrunde": "cycling"}
    assert types_of(bob) == {"Hausrunde": "walking"}


def test_editing_a_mapping_in_the_admin_wakes_the_worker(
    alice: User, client: Client, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[list[str]] = []
    monkeypatch.setattr(tasks.apply_names, "delay", sent.append)
    client.force_login(User.objects.create_superuser("operator@example.org", "x", language="en"))
    mapping = NameMapping.objects.filter(user=None, training_type="running").order_by("key")[0]
    old = mapping.key
    with django_capture_on_commit_callbacks(execute=True):
        address = f"/admin/tracking/namemapping/{mapping.pk}/change/"
        client.post(address, {"name": "Joggen im Park", "training_type": "running"})
    assert sent == [sorted([old, "joggen im park"])]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/tracking/namemapping/{mapping.pk}/delete/", {"post": "yes"})
    assert sent[1] == ["joggen im park"]


def test_a_name_with_a_line_break_is_assigned_as_browsers_send_it(
    browser_of_alice: Client, alice: User
) -> None:
    bring(alice, "Lauf  im\nPark", "Lauf im Park")
    assert page(browser_of_alice).count('name="names"') == 1
    assert assign(browser_of_alice, "Lauf im Park", kind="running").status_code == 302
    assert set(types_of(alice).values()) == {"running"}


def test_a_page_asks_for_so_many_names_and_says_that_more_come(browser_of_alice: Client, alice: User) -> None:
    bring(alice, *(f"Name {number}" for number in range(210)))
    shown = page(browser_of_alice)
    assert shown.count('name="names"') == 200
    assert "10 weitere Namen kommen" in shown


def test_one_learnt_name_is_changed_at_a_time(browser_of_alice: Client, alice: User) -> None:
    bring(alice, "A-Runde", "B-Runde")
    assign(browser_of_alice, "A-Runde", "B-Runde")
    assert "<select" not in page(browser_of_alice)
    mapping = NameMapping.objects.get(user=alice, key="a-runde")
    shown = browser_of_alice.get(f"/training/names/?change={mapping.pk}").content.decode()
    assert shown.count("<select") == 1
    assert f'action="/training/names/{mapping.pk}/"' in shown
