"""An import from the upload to its undoing: nothing lost, nothing doubled, nothing half-saved."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import timezone as timezone_of
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from membership import access
from membership.models import User
from mitai.core.ids import uuid7
from tests.factories import setup_feature, setup_user
from tests.tracking.imports import runs
from tests.tracking.imports.generate import IN_THE_FILES, ZONE, correlation, export, record
from tracking import entries
from tracking.imports import choices, direct, files, jobs
from tracking.imports.runs import ACTIVE, ImportRun
from tracking.journals import registry
from tracking.journals.base import When
from tracking.journals.blood_pressure import BloodPressure
from tracking.journals.weight import Weight
from tracking.readings import Reading
from tracking.tasks import purge_imports

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

State = ImportRun.State
pytestmark = pytest.mark.django_db
V14 = (runs.SAMPLES / "apple_export_v14.xml").read_bytes()


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    for name in ("imports", "uploads", "logs"):
        (tmp_path / name).mkdir()
    settings.DATA_DIR, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, tmp_path / "uploads"


@pytest.fixture
def alice() -> User:
    return setup_user("alice", password=None)


def weigh(owner: User, day: date, kilograms: str, **more: Any) -> Any:
    values = {"weight_kg": Decimal(kilograms), **more}
    return entries.record(
        owner=owner, journal=registry()["weight"], values=values, when=When(day), client_id=uuid7().hex
    )


def on_disk() -> list[Path]:
    return list(files.folder().iterdir())


# What comes of a file -------------------------------------------------------------------------------------
def test_the_sample_becomes_the_entries_its_author_expects(alice: User) -> None:
    run = runs.bring(alice, V14)
    assert run.state == State.DONE
    first, second = Weight.objects.of(alice).oldest_first()
    assert (first.day, first.weight_kg, first.body_fat_pct) == (
        date(2024, 3, 1),
        Decimal("82.4"),
        Decimal("19.2"),
    )
    assert (second.day, second.weight_kg) == (date(2024, 3, 2), Decimal("82.327"))
    assert Reading.objects.get(day=second.day).originals == {"weight_kg": "181.5 lb"}
    pressure = BloodPressure.objects.of(alice).get()
    assert (pressure.systolic_mmhg, pressure.diastolic_mmhg) == (134, 84)
    assert (pressure.slot, pressure.day, pressure.utc_offset_min) == (
        "2024-03-01T06:30:00Z",
        date(2024, 3, 1),
        60,
    )
    assert [first.slot, second.slot] == ["2024-03-01", "2024-03-02"]


def test_the_same_file_twice_changes_nothing_and_says_so(alice: User) -> None:
    content = runs.small_export(20)
    first = runs.bring(alice, content)
    before = runs.digest(alice)
    second = runs.bring(alice, content)
    assert runs.digest(alice) == before
    assert runs.counts(first) == {slug: {"created": 20} for slug in IN_THE_FILES}
    assert runs.counts(second) == {slug: {"unchanged": 20} for slug in IN_THE_FILES}


def test_left_out_values_are_counted_under_their_journal(alice: User) -> None:
    moment = datetime(2024, 3, 1, 7, tzinfo=ZONE)
    run = runs.bring(
        alice,
        export(
            [
                record("BodyMass", "82.4", "kg", moment),
                record("BodyMass", "82.4", "stone-ish", moment + timedelta(days=1)),
                record("DietaryProtein", "abc", "g", moment),
                record("BloodPressureSystolic", "134", "mmHg", moment),
            ]
        ),
    )
    assert run.report["skipped"] == {
        "weight": {"unknown_unit": 1},
        "nutrition": {"bad_number": 1},
        "blood_pressure": {"unpaired": 1},
    }


def test_uploading_twice_with_one_form_is_one_run(alice: User) -> None:
    setup_feature("data_import", 3, period="month")
    first, second = (runs.upload(alice, V14, client_id="form") for _ in range(2))
    assert first.pk == second.pk
    assert access.check(alice, "data_import").used == 1


def test_a_members_imports_follow_each_other_and_hold_up_nobody_else(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[object] = []
    monkeypatch.setattr(jobs, "wake", woken.append)
    bob = setup_user("bob", password=None)
    first, second, others = runs.upload(alice, V14), runs.upload(alice, V14), runs.upload(bob, V14)
    ImportRun.objects.filter(pk=first.pk).update(lease_until=timezone.now() + jobs.LEASE)
    jobs.work(second.pk)
    jobs.work(others.pk)
    assert states(first, second, others) == [State.QUEUED, State.QUEUED, State.DONE]
    assert woken == []
    ImportRun.objects.filter(pk=first.pk).update(lease_until=None)
    jobs.work(first.pk)
    assert woken == [second.pk]
    jobs.work(second.pk)
    assert states(first, second, others) == [State.DONE] * 3


def states(*found: ImportRun) -> list[str]:
    return [ImportRun.objects.get(pk=run.pk).state for run in found]


def test_files_lie_where_only_we_may_read_and_go_after_thirty_days(alice: User) -> None:
    run = runs.upload(alice, V14)
    with files.spool_of(run).write():
        assert {oct(file.stat().st_mode & 0o777) for file in on_disk()} == {"0o600"}
    jobs.work(run.pk)
    assert [file.name for file in on_disk()] == [f"{run.pk}.upload"]
    purge_imports()
    assert len(on_disk()) == 1
    month_ago = time.time() - 31 * 86400
    os.utime(files.upload_path(run), (month_ago, month_ago))
    purge_imports()
    assert on_disk() == []
    assert Weight.objects.of(alice).count() == 2


def test_a_file_still_needed_is_not_purged_however_old(alice: User) -> None:
    run = runs.upload(alice, V14)
    os.utime(files.upload_path(run), (0, 0))
    purge_imports()
    assert files.upload_path(run).exists()


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (State.ARRIVING, [".spool", ".upload"]),
        (State.READING, [".spool", ".upload"]),
        (State.PREVIEW, [".spool", ".upload"]),
        (State.DONE, [".upload"]),
        (State.FAILED, [".upload"]),
        (State.CANCELLED, []),
    ],
)
def test_what_a_worker_that_ended_too_soon_left_on_disk_is_swept(
    alice: User, state: ImportRun.State, kept: list[str]
) -> None:
    """Killed between the commit of a run's end and the removal of its files, or late by a cancellation."""
    run = runs.upload(alice, V14)
    with files.spool_of(run).write():
        pass
    ImportRun.objects.update(state=state)
    files.forget_orphans()
    assert len(on_disk()) == 2  # so young that it may be just arriving
    runs.minutes_pass()
    files.forget_orphans()
    assert sorted(file.suffix for file in on_disk()) == kept


def test_the_sweeper_leaves_a_command_its_spool(alice: User, tmp_path: Path) -> None:
    """Its run is no row for others before all is written, which takes minutes for years of data."""
    file = tmp_path / "export.xml"
    file.write_bytes(V14)
    swept: list[str] = []

    def wrapper(execute: Callable[..., object], sql: str, *arguments: object) -> object:
        if sql.startswith('INSERT INTO "tracking_importrun"') and not swept:
            swept.append(sql)
            runs.minutes_pass()
            files.forget_orphans()
        return execute(sql, *arguments)

    with connection.execute_wrapper(wrapper):
        assert direct.import_path(owner=alice, path=file).state == State.DONE
    assert swept
    assert Weight.objects.of(alice).count() == 2


# Where the export was made --------------------------------------------------------------------------------
NEW_YORK = timezone_of(timedelta(hours=-5))


def a_night(zone: Any, *more: str) -> bytes:
    """A weight and two meals around midnight, as a phone in this zone writes them."""
    weighed = datetime(2024, 3, 1, 3, tzinfo=ZONE).astimezone(zone)
    eaten = [datetime(2024, 3, 1, hour, tzinfo=ZONE).astimezone(zone) for hour in (2, 12)]
    return export(
        [
            record("BodyMass", "82.4", "kg", weighed),
            *(record("DietaryEnergyConsumed", 500 + 200 * n, "kcal", at) for n, at in enumerate(eaten)),
            *more,
        ]
    )


def test_an_export_made_on_a_journey_moves_no_day(alice: User) -> None:
    """A phone writes its past by the zone it is in: days told first stay, new ones are the journey's."""
    runs.bring(alice, a_night(ZONE))
    before = runs.digest(alice)
    again = runs.bring(alice, a_night(NEW_YORK))
    assert runs.digest(alice) == before
    assert runs.counts(again) == {"weight": {"unchanged": 1}, "nutrition": {"unchanged": 1}}
    evening = datetime(2024, 3, 2, 21, tzinfo=NEW_YORK)  # at home it is the third by then
    runs.bring(alice, a_night(NEW_YORK, record("BodyMass", "82.0", "kg", evening)))
    assert [row.day.day for row in Weight.objects.of(alice).oldest_first()] == [1, 2]
    home = runs.bring(alice, a_night(ZONE, record("BodyMass", "82.0", "kg", evening.astimezone(ZONE))))
    assert runs.counts(home)["weight"] == {"unchanged": 2}


def test_what_an_undone_import_told_of_the_clock_is_forgotten(alice: User) -> None:
    first = runs.bring(alice, a_night(ZONE))
    choices.undo(owner=alice, run=first)
    runs.bring(alice, a_night(NEW_YORK))
    assert [row.day for row in Weight.objects.of(alice)] == [date(2024, 2, 29)]


# Undo -----------------------------------------------------------------------------------------------------
def test_undo_gives_back_what_stood_before_and_twice_is_once(alice: User) -> None:
    weigh(alice, date(2024, 3, 1), "90.0")
    weigh(alice, date(2024, 2, 1), "91.0")
    before = runs.digest(alice)
    run = runs.bring(alice, V14)
    assert runs.digest(alice) != before
    for _ in range(2):
        assert choices.undo(owner=alice, run=run).state == State.UNDONE
        assert runs.digest(alice) == before
    assert not Reading.objects.filter(run=run).exists()


def test_undo_leaves_what_was_typed_or_thrown_away_since(alice: User) -> None:
    run = runs.bring(alice, V14)
    first, second = Weight.objects.of(alice).oldest_first()
    values = {"weight_kg": Decimal("83.0"), "body_fat_pct": Decimal("20.0"), "note": "anders"}
    entries.edit(owner=alice, entry=first, values=values, when=When(first.day), version=first.changed)
    entries.delete(owner=alice, entry=second)
    choices.undo(owner=alice, run=run)
    row = Weight.objects.of(alice).get()
    assert (row.day, row.weight_kg, row.note) == (first.day, Decimal("83.0"), "anders")
    again = runs.bring(alice, V14)
    assert Weight.objects.of(alice).get().weight_kg == Decimal("83.0")
    assert runs.counts(again)["weight"] == {"unchanged": 2}


def test_what_was_undone_can_be_imported_again(alice: User) -> None:
    first = runs.bring(alice, V14)
    full, keys = runs.digest(alice), set(Weight.objects.of(alice).values_list("pk", flat=True))
    choices.undo(owner=alice, run=first)
    again = runs.bring(alice, V14)
    assert (runs.digest(alice), runs.counts(again)) == (full, runs.counts(first))
    assert set(Weight.objects.of(alice).values_list("pk", flat=True)) == keys


def test_undo_after_thirty_days_is_refused(alice: User) -> None:
    run = runs.bring(alice, V14)
    full = runs.digest(alice)
    ImportRun.objects.update(finished_at=timezone.now() - timedelta(days=30, minutes=1))
    with pytest.raises(choices.NotUndoable):
        choices.undo(owner=alice, run=run)
    assert runs.digest(alice) == full


DAYS = st.integers(1, 4)
SAMPLE = st.tuples(
    st.sampled_from(["weight", "fat", "energy", "protein", "pressure"]),
    DAYS,
    st.sampled_from([6, 7, 19]),
    st.integers(0, 3),
    st.sampled_from(["Waage", "Uhr"]),
)
BY_HAND = st.tuples(st.sampled_from(["weigh", "eat", "delete"]), DAYS, st.integers(0, 3))


def as_export(samples: list[tuple[str, int, int, int, str]]) -> bytes:
    found = []
    for kind, day, hour, value, source in samples:
        moment = datetime(2024, 3, day, hour, tzinfo=ZONE)
        if kind == "pressure":
            pair = [
                record("BloodPressureSystolic", 120 + value, "mmHg", moment, source=source),
                record("BloodPressureDiastolic", 80 + value, "mmHg", moment, source=source),
            ]
            found += [*pair, correlation("BloodPressure", *pair)]
        else:
            name, unit, size = {
                "weight": ("BodyMass", "lb", 180 + value),
                "fat": ("BodyFatPercentage", "%", (20 + value) / 100),
                "energy": ("DietaryEnergyConsumed", "kJ", 1000 + value),
                "protein": ("DietaryProtein", "g", 10 + value),
            }[kind]
            found.append(record(name, size, unit, moment, source=source))
    return export(found)


def by_hand(owner: User, what: str, day: date, value: int) -> None:
    """Something a member does that means the same whether or not an import stands there."""
    if what == "weigh":
        weigh(owner, day, str(90 + value), body_fat_pct=Decimal(25))
    elif what == "eat":
        entries.record(
            owner=owner,
            journal=registry()["nutrition"],
            values={"meal": "lunch", "energy_kcal": Decimal(500 + value)},
            when=When(day),
            client_id=uuid7().hex,
        )
    else:
        for row in Weight.objects.of(owner).filter(day=day):
            entries.delete(owner=owner, entry=row)


@examples(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    before=st.lists(BY_HAND, max_size=3),
    first=st.lists(SAMPLE, min_size=1, max_size=8),
    between=st.lists(BY_HAND, max_size=3),
    second=st.lists(SAMPLE, min_size=1, max_size=8),
    after=st.lists(BY_HAND, max_size=3),
    newest_first=st.booleans(),
)
def test_two_imports_undone_in_either_order_leave_what_was_done_by_hand(
    before: list[Any],
    first: list[Any],
    between: list[Any],
    second: list[Any],
    after: list[Any],
    newest_first: bool,
) -> None:
    with transaction.atomic():
        alice, only_by_hand, only_second = (setup_user(password=None) for _ in range(3))

        def hands(steps: list[Any]) -> None:
            for what, day, value in steps:
                for owner in (alice, only_by_hand, only_second):
                    by_hand(owner, what, date(2024, 3, day), value)

        hands(before)
        one = runs.bring(alice, as_export(first))
        hands(between)
        untouched = runs.digest(alice)
        two = runs.bring(alice, as_export(second))
        runs.bring(only_second, as_export(second))
        if newest_first:
            choices.undo(owner=alice, run=two)
            assert runs.digest(alice) == untouched
            two = runs.bring(alice, as_export(second))
        hands(after)
        choices.undo(owner=alice, run=one)
        if not any(what == "delete" for what, _day, _value in between):  # else there was more to throw away
            assert runs.digest(alice) == runs.digest(only_second)
        choices.undo(owner=alice, run=two)
        assert runs.digest(alice) == runs.digest(only_by_hand)
        transaction.set_rollback(True)


# A worker that dies, and one that is late -----------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_statement_the_next_worker_ends_with_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seeded sample of all statements a worker sends, several kills a run."""
    monkeypatch.setattr(jobs, "BATCH", 25)
    setup_feature("data_import", None)
    content = runs.small_export(40)
    whole, alice = setup_user(password=None), setup_user(password=None)
    with _counting() as sent:
        reference = runs.bring(whole, content)
    assert len(sent) > 40
    for first, then in ((1, 2), (3, 4), (5, 9), (12, 6), (19, 21), (26, 3), (33, 15), (len(sent), 1)):
        run = runs.upload(alice, content)
        for statement in (first, then):
            runs.lease_passes(run)
            runs.in_child(lambda run=run, at=statement: _work_until(run, at))  # type: ignore[misc]
        runs.lease_passes(run)
        jobs.work(run.pk)
        run.refresh_from_db()
        assert run.state == State.DONE
        assert (runs.counts(run), run.report["skipped"]) == (
            runs.counts(reference),
            reference.report["skipped"],
        )
        assert runs.digest(alice) == runs.digest(whole)
        assert Reading.objects.filter(run=run).count() == run.records == reference.records
        assert not files.spool_of(run).path.exists()
        choices.undo(owner=alice, run=run)


def _work_until(run: ImportRun, statement: int) -> None:
    """Kills the process it runs in before that statement."""
    with connection.execute_wrapper(runs.dies_at(statement)):
        jobs.work(run.pk)


class _counting:
    """The statements sent inside."""

    def __enter__(self) -> list[str]:
        self.sent: list[str] = []

        def wrapper(execute: Callable[..., object], sql: str, *arguments: object) -> object:
            self.sent.append(sql)
            return execute(sql, *arguments)

        self._context = connection.execute_wrapper(wrapper)
        self._context.__enter__()
        return self.sent

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", range(2, 12))
def test_a_worker_that_lost_its_lease_writes_nothing_more(
    statement: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before one of its statements another worker takes the run, unless this one has it locked right then."""
    monkeypatch.setattr(jobs, "BATCH", 10)
    alice = setup_user(password=None)
    run = runs.upload(alice, runs.small_export(8))
    taken: list[tuple[int, int, int]] = []
    sent = 0

    def wrapper(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal sent
        sent += 1
        if sent == statement:
            other = threading.Thread(target=_take_over, args=[run, taken])
            other.start()
            other.join()
        return execute(*arguments)

    with connection.execute_wrapper(wrapper):
        jobs.work(run.pk)
    run.refresh_from_db()
    if taken:
        assert (run.attempt, run.position, Reading.objects.count()) == taken[0]
        assert run.state in ACTIVE
        runs.lease_passes(run)
        jobs.work(run.pk)
        run.refresh_from_db()
    assert run.state == State.DONE
    assert runs.counts(run) == {slug: {"created": 8} for slug in IN_THE_FILES}


def _take_over(run: ImportRun, taken: list[tuple[int, int, int]]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 200")
        runs.lease_passes(run)
        other = jobs._take(run.pk)
        assert other is not None
        taken.append((other.attempt, other.position, Reading.objects.count()))
    except OperationalError:
        pass
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_after_too_many_lost_workers_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 25)
    setup_feature("data_import", 3, period="month")
    alice = setup_user(password=None)
    weigh(alice, date(2014, 1, 1), "90.0")
    before = runs.digest(alice)
    run = runs.upload(alice, runs.small_export(40))
    assert runs.in_child(lambda: _work_until(run, 30)) == runs.KILLED
    assert Reading.objects.filter(run=run).exists()
    for _ in range(jobs.MOST_TRIES):
        runs.lease_passes(run)
        assert runs.in_child(lambda: _work_until(run, 3)) == runs.KILLED
    runs.lease_passes(run)
    jobs.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "worker_lost")
    assert runs.digest(alice) == before
    assert not Reading.objects.filter(run=run).exists()
    assert access.check(alice, "data_import").used == 0
    assert not files.spool_of(run).path.exists()


# Beside other writers -------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_typing_and_deleting_while_an_import_writes_the_same_days_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 20)
    alice = setup_user(password=None)
    first = date(2014, 1, 1)
    for number in range(0, 60, 2):
        weigh(alice, first + timedelta(days=number), "95")
    run = runs.upload(alice, runs.small_export(60))
    importing = threading.Thread(target=_in_thread, args=[lambda: jobs.work(run.pk)])
    importing.start()
    for number in range(0, 60, 3):
        weigh(alice, first + timedelta(days=number), "96")
    deleted = set(range(1, 60, 6))
    for number in deleted:
        day = first + timedelta(days=number)
        row = Weight.objects.of(alice).filter(day=day).first() or weigh(alice, day, "97")
        entries.delete(owner=alice, entry=row)
    importing.join(60)
    run.refresh_from_db()
    assert run.state == State.DONE
    kept = {(row.day - first).days: row.weight_kg for row in Weight.objects.of(alice)}
    assert set(kept) == set(range(60)) - deleted
    typed = {number: 96 if number % 3 == 0 else 95 for number in range(60) if number % 6 in (0, 2, 3, 4)}
    assert {number: kept[number] for number in typed} == typed
    assert all(kept[number] < 90 for number in set(kept) - set(typed))
    choices.undo(owner=alice, run=run)
    assert {(row.day - first).days: row.weight_kg for row in Weight.objects.of(alice)} == typed


@pytest.mark.django_db(transaction=True)
def test_an_upload_and_a_command_at_once_do_not_wait_in_a_ring(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 20)
    alice = setup_user(password=None)
    run = runs.upload(alice, runs.small_export(30))
    file = tmp_path / "export.xml"
    file.write_bytes(runs.small_export(30, start=15))
    works: list[Callable[[], object]] = [
        lambda: jobs.work(run.pk),
        lambda: direct.import_path(owner=alice, path=file),
    ]
    threads = [threading.Thread(target=_in_thread, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert states(*ImportRun.objects.all()) == [State.DONE] * 2
    alone = setup_user(password=None)
    runs.bring(alone, runs.small_export(45))
    assert runs.digest(alice) == runs.digest(alone)


def _in_thread(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connection.close()


# The disk ------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_ends_the_import_with_its_reason() -> None:
    """The kernel refuses to let the worker's files grow."""
    setup_feature("data_import", 3, period="month")
    alice = setup_user(password=None)
    run = runs.upload(alice, runs.small_export(200))

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        jobs.work(run.pk)

    assert runs.in_child(without_room) == 0
    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "disk")
    assert access.check(alice, "data_import").used == 0
    assert [file.name for file in on_disk()] == [f"{run.pk}.upload"]
    assert not Reading.objects.exists()


def test_a_lost_spool_ends_the_import_and_takes_back_what_was_written(alice: User) -> None:
    run = runs.upload(alice, V14)
    ImportRun.objects.filter(pk=run.pk).update(state=State.WRITING)
    jobs.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "disk")


# The sweeper ---------------------------------------------------------------------------------------------
def test_the_sweeper_wakes_who_waits_too_long_and_nobody_else(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[object] = []
    monkeypatch.setattr(jobs, "wake", lambda pk, **_: woken.append(pk))
    fresh, waiting, working, lost, done = (runs.upload(alice, V14, client_id=str(n)) for n in range(5))
    now = timezone.now()
    old = now - timedelta(minutes=2)
    ImportRun.objects.exclude(pk=fresh.pk).update(created_at=old)
    ImportRun.objects.filter(pk=working.pk).update(
        state=State.READING, lease_until=now + timedelta(seconds=9)
    )
    ImportRun.objects.filter(pk=lost.pk).update(state=State.WRITING, lease_until=old)
    ImportRun.objects.filter(pk=done.pk).update(state=State.DONE)
    jobs.sweep()
    assert set(woken) == {waiting.pk, lost.pk}


# Blood pressure: a row is one measurement -----------------------------------------------------------------
def pressure(upper: int, lower: int, source: str) -> bytes:
    moment = datetime(2024, 3, 1, 7, tzinfo=ZONE)
    return export(
        [
            record("BloodPressureSystolic", upper, "mmHg", moment, source=source),
            record("BloodPressureDiastolic", lower, "mmHg", moment, source=source),
        ]
    )


def pressures(owner: User) -> list[tuple[int, int]]:
    return [(int(row.systolic_mmhg), int(row.diastolic_mmhg)) for row in BloodPressure.objects.of(owner)]


def test_two_devices_at_one_instant_are_never_mixed(alice: User) -> None:
    for content in (pressure(134, 84, "OMRON"), pressure(120, 95, "Beurer")):
        runs.bring(alice, content)
    assert pressures(alice) in ([(134, 84)], [(120, 95)])


def test_undo_never_leaves_half_a_measurement_or_an_impossible_one(alice: User) -> None:
    run = runs.bring(alice, pressure(134, 84, "OMRON"))
    row = BloodPressure.objects.of(alice).get()
    values = {field.name: getattr(row, field.name) for field in registry()["blood_pressure"].fields}
    entries.edit(
        owner=alice,
        entry=row,
        values=values | {"diastolic_mmhg": Decimal(130)},
        when=When(row.day, row.occurred_at, row.utc_offset_min),
        version=row.changed,
    )
    other = runs.bring(alice, pressure(120, 80, "Beurer"))
    assert pressures(alice) == [(134, 130)]
    for undone in (run, other):
        choices.undo(owner=alice, run=undone)
        assert pressures(alice) == [(134, 130)]


def test_the_database_refuses_half_a_measurement(alice: User) -> None:
    now = timezone.now()
    half = BloodPressure(
        user=alice,
        slot="2024-03-01T06:00:00Z",
        day=date(2024, 3, 1),
        diastolic_mmhg=Decimal(84),
        changed=1,
        created_at=now,
        updated_at=now,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        half.save(force_insert=True)
