"""What an import would do, shown before it does it; and what the member decides then."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import timezone as timezone_of
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from membership import access
from membership.models import User
from mitai.core.errors import Conflict
from tests.factories import setup_feature, setup_user
from tests.tracking.imports import runs
from tests.tracking.imports.generate import ZONE, export, record
from tests.tracking.imports.test_jobs import BY_HAND, SAMPLE, as_export, by_hand, weigh
from tracking import entries
from tracking.imports import arrivals, choices, files, jobs
from tracking.imports.runs import OPEN, ImportRun
from tracking.journals.weight import Weight
from tracking.readings import Reading
from tracking.sources import MANUAL, Source
from tracking.tasks import purge_imports, sweep_imports

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

State = ImportRun.State
pytestmark = pytest.mark.django_db
MORNING = datetime(2024, 3, 1, 7, tzinfo=ZONE)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    for name in ("imports", "uploads", "logs"):
        (tmp_path / name).mkdir()
    settings.DATA_DIR, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, tmp_path / "uploads"


@pytest.fixture
def alice() -> User:
    return setup_user("alice", password=None, language="en")


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def previewed(owner: User, content: bytes) -> ImportRun:
    """Receive a file and read it for its preview."""
    run = runs.upload(owner, content, preview=True)
    jobs.work(run.pk)
    run.refresh_from_db()
    assert run.state == State.PREVIEW
    return run


def confirmed(run: ImportRun) -> ImportRun:
    """Go on after the preview, to the end."""
    choices.confirm(owner=run.user, run=run)
    jobs.work(run.pk)
    run.refresh_from_db()
    return run


def foreseen_counts(run: ImportRun) -> dict[str, dict[str, int]]:
    return {slug: found["counts"] for slug, found in run.foreseen.items()}


def test_a_preview_writes_nothing_and_shows_what_is_in_the_file(alice: User) -> None:
    run = previewed(alice, runs.small_export(20))
    assert not Reading.objects.exists()
    assert not Weight.objects.exists()
    assert not Source.objects.exclude(kind=MANUAL).exists()
    weight = run.foreseen["weight"]
    assert weight["counts"] == {"created": 20}
    assert (weight["first"], weight["last"]) == ("2014-01-01", "2014-01-20")
    assert list(weight["sources"]) == ["Waage"]
    assert [row["day"] for row in weight["rows"]] == [f"2014-01-0{day}" for day in range(1, 6)]
    assert set(run.foreseen) == {"weight", "nutrition", "blood_pressure"}


def test_after_the_preview_the_import_does_what_was_shown(alice: User) -> None:
    whole = setup_user(password=None)
    content = runs.small_export(20)
    runs.bring(whole, content)
    run = previewed(alice, content)
    foreseen = foreseen_counts(run)
    run = confirmed(run)
    assert run.state == State.DONE
    assert runs.counts(run) == foreseen
    assert run.foreseen == {}  # what was shown of the file is not kept
    assert runs.digest(alice) == runs.digest(whole)
    assert not files.spool_of(run).path.exists()


def test_a_second_click_on_taking_it_over_changes_nothing(alice: User) -> None:
    run = confirmed(previewed(alice, runs.small_export(3)))
    choices.confirm(owner=alice, run=run)
    run.refresh_from_db()
    assert run.state == State.DONE


@examples(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    hands=st.lists(BY_HAND, max_size=4),
    before=st.lists(SAMPLE, max_size=8),
    file=st.lists(SAMPLE, min_size=1, max_size=10),
)
def test_the_counts_of_the_preview_are_those_of_the_report(
    hands: list[Any], before: list[Any], file: list[Any]
) -> None:
    with transaction.atomic():
        alice = setup_user(password=None)
        if before:
            runs.bring(alice, as_export(before))
        for what, day, value in hands:
            by_hand(alice, what, date(2024, 3, day), value)
        standing = runs.digest(alice)
        run = previewed(alice, as_export(file))
        assert runs.digest(alice) == standing
        foreseen = foreseen_counts(run)
        run = confirmed(run)
        assert runs.counts(run) == foreseen
        transaction.set_rollback(True)


def test_what_somebody_else_says_differently_is_a_conflict(alice: User) -> None:
    weigh(alice, date(2024, 3, 1), "83.0")  # by hand: it stays
    entries.delete(owner=alice, entry=weigh(alice, date(2024, 3, 2), "84.0"))  # thrown away: it stays away
    weigh(alice, date(2024, 3, 3), "82.4")  # the same: no conflict
    runs.bring(
        alice, export([record("BodyMass", "80", "kg", MORNING + timedelta(days=3, hours=2), source="Alt")])
    )
    content = export([record("BodyMass", "82.4", "kg", MORNING + timedelta(days=day)) for day in range(5)])
    weight = previewed(alice, content).foreseen["weight"]
    assert weight["conflicts"] == 3
    verdicts = {example["file"]["day"]: example["counts"] for example in weight["examples"]}
    assert verdicts["2024-03-02"] is None
    assert verdicts["2024-03-01"]["values"]["weight_kg"] == "83"
    assert verdicts["2024-03-04"]["values"]["weight_kg"] == "82.4"  # the first of the day counts


def test_the_page_shows_the_preview_and_takes_it_over(alice: User, client: Client) -> None:
    weigh(alice, date(2024, 3, 1), "83.0")
    run = previewed(
        alice,
        export(
            [
                record("BodyMass", "82.4", "kg", MORNING),
                record("BodyMass", "82.0", "kg", MORNING + timedelta(days=1)),
                record("DietaryProtein", "abc", "g", MORNING),
            ]
        ),
    )
    page = client.get(f"/import/{run.pk}/").content.decode()
    for words in (
        "Nothing is written yet.",
        "1 entry is new.",
        "1 Mar 2024 – 2 Mar 2024",
        "Waage",
        "1 entry says something else than the file",
        "by hand counts",
        "Nutrition: 1 × is not a number",
    ):
        assert words in page
    assert "hx-trigger" not in page
    assert client.post(f"/import/{run.pk}/confirm/").status_code == 302
    jobs.work(run.pk)
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert "1 entry is new." in page
    assert "Undo this import" in page


def test_the_form_asks_for_a_preview_and_a_post_without_it_imports_at_once(alice: User) -> None:
    assert previewed(alice, runs.small_export(2)).preview
    assert runs.bring(alice, runs.small_export(2)).state == State.DONE


# What happens between preview and decision ----------------------------------------------------------------
def test_an_import_from_another_zone_in_between_moves_no_day(alice: User) -> None:
    """The first import tells the clock; the one that waited is read again by it."""
    new_york = timezone_of(timedelta(hours=-5))
    night = datetime(2024, 3, 1, 3, tzinfo=ZONE)
    waiting = previewed(alice, export([record("BodyMass", "82.4", "kg", night.astimezone(new_york))]))
    runs.bring(alice, export([record("BodyMass", "82.4", "kg", night)]))
    run = confirmed(waiting)
    assert run.state == State.DONE
    assert [row.day for row in Weight.objects.of(alice)] == [date(2024, 3, 1)]
    assert runs.counts(run) == {"weight": {"unchanged": 1}}


def test_what_is_typed_in_between_counts(alice: User) -> None:
    waiting = previewed(alice, export([record("BodyMass", "82.4", "kg", MORNING)]))
    weigh(alice, date(2024, 3, 1), "90.0")
    confirmed(waiting)
    assert Weight.objects.of(alice).get().weight_kg == Decimal("90.0")


@pytest.mark.django_db(transaction=True)
def test_a_waiting_preview_is_left_alone_and_given_up_after_thirty_days(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup_feature("data_import", 3, period="month")
    woken: list[object] = []
    run = previewed(alice, runs.small_export(2))
    monkeypatch.setattr(jobs, "wake", lambda pk, **_: woken.append(pk))
    runs.lease_passes(run)
    sweep_imports()
    purge_imports()
    run.refresh_from_db()
    assert (woken, run.state) == ([], State.PREVIEW)
    ImportRun.objects.update(read_at=timezone.now() - timedelta(days=30, minutes=1))
    purge_imports()
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert access.check(alice, "data_import").used == 0
    assert list(files.folder().iterdir()) == []


@pytest.mark.parametrize("state", [State.WRITING, State.DONE])
def test_a_preview_that_its_member_went_on_with_just_now_is_not_given_up(alice: User, state: str) -> None:
    run = previewed(alice, runs.small_export(2))
    ImportRun.objects.filter(pk=run.pk).update(state=state)
    choices._give_up(run)
    run.refresh_from_db()
    assert run.state == state


def test_a_folder_among_the_files_stops_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[object] = []
    run = runs.upload(alice, runs.small_export(2))
    monkeypatch.setattr(jobs, "wake", lambda pk, **_: woken.append(pk))
    runs.lease_passes(run)
    (files.folder() / "lost+found").mkdir()
    os.utime(files.folder() / "lost+found", (0, 0))
    sweep_imports()
    purge_imports()
    assert woken == [run.pk]


def test_the_list_of_imports_asks_the_same_for_one_and_for_many_previews(alice: User, client: Client) -> None:
    weigh(alice, date(2014, 1, 1), "99.0")
    previewed(alice, runs.small_export(2))
    client.get("/import/")
    with CaptureQueriesContext(connection) as one:
        client.get("/import/")
    for _ in range(4):
        previewed(alice, runs.small_export(2))
    with CaptureQueriesContext(connection) as many:
        client.get("/import/")
    assert len(many) == len(one)


def test_a_worker_that_slept_through_the_preview_says_nothing_more(alice: User) -> None:
    run = runs.upload(alice, runs.small_export(2), preview=True)
    sleeper = jobs._take(run.pk)
    assert sleeper is not None
    runs.lease_passes(run)
    jobs.work(run.pk)
    choices.confirm(owner=alice, run=run)
    assert jobs._take(run.pk) is not None
    with pytest.raises(jobs.LostRun):
        jobs._mine(sleeper, position=99)


# Cancelling -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", OPEN)
def test_an_import_that_is_not_done_can_be_cancelled_and_costs_nothing(alice: User, state: str) -> None:
    setup_feature("data_import", 3, period="month")
    if state == State.ARRIVING:
        run = arrivals.begin(owner=alice, file_name="a.xml", size=9, modified="1", client_id="form")
    else:
        run = runs.upload(alice, runs.small_export(3))
        ImportRun.objects.filter(pk=run.pk).update(state=state)
    for _ in range(2):
        choices.cancel(owner=alice, run=run)
    jobs.work(run.pk)
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert access.check(alice, "data_import").used == 0
    assert not Reading.objects.exists()


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.UNDONE])
def test_what_has_ended_cannot_be_cancelled(client: Client, alice: User, state: str) -> None:
    run = runs.bring(alice, runs.small_export(2))
    ImportRun.objects.update(state=state)
    response = client.post(f"/import/{run.pk}/cancel/")
    assert response.status_code == 409
    assert "ended in the meantime" in response.content.decode()
    assert Weight.objects.of(alice).count() == 2


def test_a_cancelled_preview_cannot_be_taken_over(alice: User) -> None:
    run = previewed(alice, runs.small_export(2))
    choices.cancel(owner=alice, run=run)
    with pytest.raises(Conflict):
        choices.confirm(owner=alice, run=run)
    assert not Reading.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [4, 9, 15, 22])
def test_cancelled_while_a_worker_writes_nothing_of_it_stays(
    after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 10)
    setup_feature("data_import", 3, period="month")
    alice = setup_user(password=None)
    weigh(alice, date(2014, 1, 2), "90.0")
    before = runs.digest(alice)
    run = runs.upload(alice, runs.small_export(30))
    cancelling = threading.Thread(target=_in_thread, args=[lambda: choices.cancel(owner=alice, run=run)])
    sent = 0

    def wrapper(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal sent
        sent += 1
        if sent == after:
            cancelling.start()
        return execute(*arguments)

    with connection.execute_wrapper(wrapper):
        jobs.work(run.pk)
    cancelling.join(30)
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert runs.digest(alice) == before
    assert not Reading.objects.filter(run=run).exists()
    assert access.check(alice, "data_import").used == 0
    assert list(files.folder().iterdir()) == []


def _in_thread(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connection.close()


def test_the_answers_to_another_members_import_are_not_found(client: Client) -> None:
    run = previewed(setup_user("charlie", password=None), runs.small_export(2))
    for action in ("confirm", "cancel", "undo"):
        assert client.post(f"/import/{run.pk}/{action}/").status_code == 404
    run.refresh_from_db()
    assert run.state == State.PREVIEW


def test_the_use_is_booked_once_whatever_was_clicked(alice: User) -> None:
    setup_feature("data_import", 3, period="month")
    run = previewed(alice, runs.small_export(2))
    assert access.check(alice, "data_import").used == 1
    confirmed(run)
    choices.confirm(owner=alice, run=run)
    assert access.check(alice, "data_import").used == 1
