"""Recording, editing, deleting and taking back, through the one door."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from membership.models import User
from tests.factories import setup_user
from tracking import entries
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.journals.base import When, WrongDoor
from tracking.journals.blood_pressure import BloodPressure
from tracking.journals.nutrition import Nutrition, day_totals
from tracking.journals.weight import Weight
from tracking.readings import Reading, Submission, SyncClock
from tracking.sources import Source

DAY = date(2026, 3, 1)
pytestmark = pytest.mark.django_db


def record(
    owner: User, slug: str, day: date = DAY, client_id: str = "", at: datetime | None = None, **values: Any
) -> Any:
    moment = When(day, at, 60 if at else None)
    return entries.record(
        owner=owner,
        journal=registry()[slug],
        values=values,
        when=moment,
        client_id=client_id or f"c{Submission.objects.count()}",
    )


def weigh(owner: User, kilograms: str, **more: Any) -> Weight:
    entry: Weight = record(owner, "weight", weight_kg=Decimal(kilograms), **more)
    return entry


def state(owner: User) -> str:
    """A digest of everything the member sees: all rows with their values and where they came from."""
    rows = []
    for journal in registry().values():
        for entry in journal.model.objects.of(owner).order_by("slot").select_related("source"):
            values = {f.name: getattr(entry, f.name) for f in journal.fields}
            rows.append(
                [
                    journal.slug,
                    entry.slot,
                    entry.day,
                    entry.occurred_at,
                    journal.to_json(values),
                    str(entry.source),
                ]
            )
    return hashlib.sha256(json.dumps(rows, default=str, sort_keys=True).encode()).hexdigest()


def imported(
    owner: User,
    run: ImportRun,
    kilograms: str,
    *,
    day: date = DAY,
    name: str = "Waage",
    hour: int = 7,
    external_id: str = "",
) -> Reading:
    source, _new = Source.objects.get_or_create(user=owner, kind="apple_health", name=name, device="")
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Reading(
        user=owner,
        run=run,
        journal="weight",
        slot=day.isoformat(),
        source=source,
        as_of=moment,
        external_id=external_id or f"{name} {moment}",
        day=day,
        occurred_at=moment,
        utc_offset_min=60,
        values={"weight_kg": kilograms},
    )


def run_of(owner: User) -> ImportRun:
    return ImportRun.objects.create(
        user=owner, client_id=f"r{ImportRun.objects.count()}", file_name="f", size=1
    )


def write(owner: User, *readings: Reading) -> dict[str, Any]:
    with transaction.atomic():
        return {
            slug: dict(counts) for slug, counts in entries.write_batch(owner=owner, readings=readings).items()
        }


def drop(owner: User, run: ImportRun) -> None:
    with transaction.atomic():
        entries.drop_run(owner=owner, run_id=run.pk)


def test_recording_a_day_again_updates_its_row_and_keeps_its_key() -> None:
    alice = setup_user("alice")
    first = weigh(alice, "82.4")
    second = weigh(alice, "82.6")
    assert (second.pk, Weight.objects.of(alice).count()) == (first.pk, 1)
    assert Weight.objects.get().weight_kg == Decimal("82.6")


def test_recording_a_day_again_keeps_what_is_not_said_anew() -> None:
    alice = setup_user("alice")
    weigh(alice, "82.4", body_fat_pct=Decimal("19.5"), note="after the run")
    weigh(alice, "82.6", body_fat_pct=None, note="")
    row = Weight.objects.get()
    assert (row.weight_kg, row.body_fat_pct, row.note) == (Decimal("82.6"), Decimal("19.5"), "after the run")


def test_the_same_form_sent_twice_is_one_row() -> None:
    alice = setup_user("alice")
    moment = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
    made = [
        record(
            alice,
            "blood_pressure",
            at=moment,
            client_id="once",
            systolic_mmhg=Decimal(134),
            diastolic_mmhg=Decimal(84),
        )
        for _ in range(2)
    ]
    assert made[0].pk == made[1].pk
    assert (BloodPressure.objects.count(), Reading.objects.count()) == (1, 1)


def test_two_measurements_in_one_minute_are_two_rows() -> None:
    alice = setup_user("alice")
    moment = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
    for value in (134, 128):
        record(alice, "blood_pressure", at=moment, systolic_mmhg=Decimal(value), diastolic_mmhg=Decimal(84))
    slots = list(BloodPressure.objects.of(alice).oldest_first().values_list("slot", flat=True))
    assert slots == ["2026-03-01T07:30:00Z", "2026-03-01T07:30:01Z"]


def test_two_snacks_of_a_day_are_two_rows_and_add_up() -> None:
    alice = setup_user("alice")
    for kcal in (200, 300):
        record(alice, "nutrition", meal="snack", energy_kcal=Decimal(kcal))
    assert Nutrition.objects.of(alice).count() == 2


def test_a_deleted_row_comes_back_whole() -> None:
    alice = setup_user("alice")
    entry = weigh(alice, "82.4", note="calm")
    before = state(alice)
    entries.delete(owner=alice, entry=entry)
    assert not Weight.objects.of(alice).exists()
    entries.restore(owner=alice, entry=entry)
    assert state(alice) == before


def test_no_import_brings_a_deleted_row_back() -> None:
    alice = setup_user("alice")
    run = run_of(alice)
    write(alice, imported(alice, run, "82.4"))
    entries.delete(owner=alice, entry=Weight.objects.get())
    again = run_of(alice)
    write(alice, imported(alice, again, "82.4"))
    assert not Weight.objects.of(alice).exists()


def test_typing_by_hand_beats_the_import_whichever_came_first() -> None:
    alice, bob = setup_user("alice"), setup_user("bob")
    for owner, hand_first in ((alice, True), (bob, False)):
        run = run_of(owner)
        reading = imported(owner, run, "83.9")
        if hand_first:
            weigh(owner, "82.0")
            write(owner, reading)
        else:
            write(owner, reading)
            weigh(owner, "82.0")
        row = Weight.objects.of(owner).get()
        assert (row.weight_kg, str(row.source.kind)) == (Decimal("82.0"), "manual")


def test_an_import_fills_what_was_not_typed() -> None:
    alice = setup_user("alice")
    weigh(alice, "82.0")
    reading = imported(alice, run_of(alice), "83.9")
    reading.values = {"weight_kg": "83.9", "body_fat_pct": "19.2"}
    write(alice, reading)
    row = Weight.objects.of(alice).get()
    assert (row.weight_kg, row.body_fat_pct) == (Decimal("82.0"), Decimal("19.2"))


def test_emptying_a_field_by_hand_beats_the_import() -> None:
    alice = setup_user("alice")
    reading = imported(alice, run_of(alice), "83.9")
    reading.values = {"weight_kg": "83.9", "body_fat_pct": "19.2"}
    write(alice, reading)
    row = Weight.objects.get()
    values = {"weight_kg": row.weight_kg, "body_fat_pct": None, "note": ""}
    entries.edit(owner=alice, entry=row, values=values, when=When(DAY), version=row.changed)
    row.refresh_from_db()
    assert (row.weight_kg, row.body_fat_pct, row.source.kind) == (Decimal("83.9"), None, "manual")


def test_the_days_weight_is_the_first_of_the_day_in_any_order_of_files() -> None:
    alice, bob = setup_user("alice"), setup_user("bob")
    for owner, hours in ((alice, (7, 19)), (bob, (19, 7))):
        for hour in hours:
            write(owner, imported(owner, run_of(owner), f"82.{hour}", hour=hour))
    assert {str(w.weight_kg) for w in Weight.objects.all()} == {"82.700"}


def test_the_same_file_twice_changes_nothing_and_each_undo_is_exact() -> None:
    alice = setup_user("alice")
    weigh(alice, "80.0", day=DAY - timedelta(days=1))
    empty = state(alice)
    first, second = run_of(alice), run_of(alice)
    assert write(alice, imported(alice, first, "82.4")) == {"weight": {"created": 1}}
    full = state(alice)
    clock = SyncClock.objects.get().value
    assert write(alice, imported(alice, second, "82.4")) == {"weight": {"unchanged": 1}}
    assert (state(alice), SyncClock.objects.get().value) == (full, clock)
    drop(alice, first)
    assert state(alice) == full
    drop(alice, second)
    assert state(alice) == empty


def test_writing_a_batch_again_adds_nothing() -> None:
    alice = setup_user("alice")
    run = run_of(alice)
    for _ in range(2):
        write(alice, imported(alice, run, "82.4"))
    assert Reading.objects.count() == 1


def test_undo_of_an_import_keeps_what_was_edited_by_hand_in_between() -> None:
    alice = setup_user("alice")
    run = run_of(alice)
    write(alice, imported(alice, run, "83.9"))
    row = Weight.objects.get()
    entries.edit(
        owner=alice, entry=row, values={"weight_kg": Decimal("83.0")}, when=When(DAY), version=row.changed
    )
    drop(alice, run)
    assert Weight.objects.of(alice).get().weight_kg == Decimal("83.0")


def test_moving_an_entry_leaves_nothing_behind_and_keeps_its_values() -> None:
    alice = setup_user("alice")
    entry = weigh(alice, "82.4", note="calm")
    moved = entries.edit(
        owner=alice,
        entry=entry,
        values={"weight_kg": Decimal("82.4"), "note": "calm"},
        when=When(DAY - timedelta(days=1)),
        version=entry.changed,
    )
    row = Weight.objects.of(alice).get()
    assert (row.pk, row.day, row.note) == (moved.pk, DAY - timedelta(days=1), "calm")


def test_moving_onto_a_taken_day_is_refused_and_changes_nothing() -> None:
    alice = setup_user("alice")
    weigh(alice, "82.0", day=DAY - timedelta(days=1))
    entry = weigh(alice, "82.4")
    before = state(alice)
    with pytest.raises(entries.Taken):
        entries.edit(
            owner=alice,
            entry=entry,
            values={"weight_kg": Decimal("82.4")},
            when=When(DAY - timedelta(days=1)),
            version=entry.changed,
        )
    assert state(alice) == before


def test_an_edit_from_an_outdated_tab_is_refused() -> None:
    alice = setup_user("alice")
    entry = weigh(alice, "82.4")
    old = entry.changed
    weigh(alice, "82.6")
    with pytest.raises(entries.Changed):
        entries.edit(
            owner=alice, entry=entry, values={"weight_kg": Decimal("81")}, when=When(DAY), version=old
        )
    assert Weight.objects.get().weight_kg == Decimal("82.6")


def test_a_zero_typed_into_an_empty_field_is_kept() -> None:
    alice = setup_user("alice")
    entry = record(alice, "nutrition", meal="snack", energy_kcal=Decimal(200))
    entries.edit(
        owner=alice,
        entry=entry,
        when=When(DAY),
        version=entry.changed,
        values={"meal": "snack", "energy_kcal": Decimal(200), "alcohol_g": Decimal(0)},
    )
    assert Nutrition.objects.get().alcohol_g == 0


def test_three_decimals_are_kept() -> None:
    alice = setup_user("alice")
    weigh(alice, "82.327")
    assert Weight.objects.get().weight_kg == Decimal("82.327")


@pytest.mark.parametrize("value", ["19.999", "400.001", "0", "-82.4"])
def test_the_database_itself_refuses_an_impossible_weight(value: str) -> None:
    alice = setup_user("alice")
    with pytest.raises(IntegrityError), transaction.atomic():
        weigh(alice, value)
    assert not Weight.objects.exists()


def test_entries_cannot_be_written_past_the_door() -> None:
    with pytest.raises(WrongDoor):
        Weight.objects.update(note="x")
    with pytest.raises(WrongDoor):
        Weight.objects.all().delete()


def test_every_change_carries_a_higher_number() -> None:
    alice = setup_user("alice")
    entry = weigh(alice, "82.4")
    numbers = [entry.changed]
    numbers.append(weigh(alice, "82.6").changed)
    numbers.append(entries.delete(owner=alice, entry=entry).changed)
    numbers.append(entries.restore(owner=alice, entry=entry).changed)
    assert numbers == sorted(set(numbers))


@pytest.mark.django_db(transaction=True)
def test_twenty_tabs_at_once_lose_nothing() -> None:
    alice = setup_user("alice")

    def save(number: int) -> None:
        try:
            kcal = Decimal(100 + number)
            record(alice, "nutrition", meal="snack", energy_kcal=kcal, client_id=f"tab{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as tabs:
        list(tabs.map(save, range(20)))  # a failure in a tab is raised here
    changes = sorted(Nutrition.objects.values_list("changed", flat=True))
    assert changes == list(range(1, 21))


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["record", "edit", "delete", "restore", "import", "drop"]),
        st.integers(0, 2),
        st.integers(700, 900),
    ),
    max_size=8,
)


@given(
    steps=OPERATIONS,
    slug=st.sampled_from(["weight", "nutrition", "blood_pressure"]),
    choice=st.integers(0, 9),
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_delete_and_undo_give_back_the_exact_state_after_any_history(
    steps: Any, slug: str, choice: int, db: None
) -> None:
    with transaction.atomic():
        alice = setup_user()
        _play(alice, slug, steps)
        before = state(alice)
        rows = list(registry()[slug].model.objects.of(alice).order_by("slot"))
        if rows:
            row = rows[choice % len(rows)]
            entries.delete(owner=alice, entry=row)
            assert state(alice) != before
            entries.restore(owner=alice, entry=row)
        assert state(alice) == before
        run = run_of(alice)
        write(alice, _statement(alice, run, slug, choice % 3, 777))
        drop(alice, run)
        assert state(alice) == before
        transaction.set_rollback(True)


def _values(slug: str, number: int) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {
        "weight": {"weight_kg": Decimal(number) / 10},
        "nutrition": {"meal": "total" if number % 2 else "snack", "energy_kcal": Decimal(number)},
        "blood_pressure": {"systolic_mmhg": Decimal(number - 600), "diastolic_mmhg": Decimal(60)},
    }
    return values[slug]


def _when(slug: str, day: int) -> When:
    on = DAY + timedelta(days=day)
    instant = datetime(on.year, on.month, on.day, 7, 30, tzinfo=UTC)
    return When(on, instant, 60) if registry()[slug].timed else When(on)


def _statement(owner: User, run: ImportRun, slug: str, day: int, number: int) -> Reading:
    reading = imported(owner, run, "0", day=DAY + timedelta(days=day), name=f"Source {number % 2}")
    journal, when = registry()[slug], _when(slug, day)
    values = _values(slug, number) | ({"meal": "total"} if slug == "nutrition" else {})
    reading.journal, reading.values = slug, journal.to_json(values)
    reading.slot = journal.slot(when, values, f"source{number % 2}", 0)
    reading.occurred_at, reading.utc_offset_min = when.occurred_at, when.utc_offset_min
    return reading


def _play(owner: User, slug: str, steps: Any) -> None:
    journal, runs = registry()[slug], []
    for name, day, number in steps:
        row = journal.model.objects.filter(user=owner, day=DAY + timedelta(days=day)).order_by("slot").last()
        if name == "record":
            entries.record(
                owner=owner,
                journal=journal,
                values=_values(slug, number),
                when=_when(slug, day),
                client_id=f"c{Submission.objects.count()}",
            )
        elif name == "import":
            runs.append(run_of(owner))
            write(owner, _statement(owner, runs[-1], slug, day, number))
        elif name == "drop" and runs:
            drop(owner, runs.pop(0))
        elif row is not None and name == "edit" and row.deleted_at is None:
            values = _values(slug, number) | ({"meal": row.meal} if slug == "nutrition" else {})
            moment = When(row.day, row.occurred_at, row.utc_offset_min)
            entries.edit(owner=owner, entry=row, values=values, when=moment, version=row.changed)
        elif row is not None and name == "delete":
            entries.delete(owner=owner, entry=row)
        elif row is not None and name == "restore":
            with suppress(entries.NothingToUndo):
                entries.restore(owner=owner, entry=row)


def test_a_second_whole_day_by_hand_replaces_the_first() -> None:
    alice = setup_user("alice")
    for kcal in (2000, 2100):
        record(alice, "nutrition", meal="total", energy_kcal=Decimal(kcal))
    assert day_totals(Nutrition.objects.of(alice))[DAY]["energy_kcal"] == 2100


def test_a_deleted_meal_comes_back_beside_the_one_recorded_since() -> None:
    alice = setup_user("alice")
    first = record(alice, "nutrition", meal="dinner", energy_kcal=Decimal(700))
    entries.delete(owner=alice, entry=first)
    record(alice, "nutrition", meal="dinner", energy_kcal=Decimal(650))
    entries.restore(owner=alice, entry=first)
    assert sorted(Nutrition.objects.of(alice).values_list("energy_kcal", flat=True)) == [650, 700]


def test_undo_says_so_where_there_is_nothing_to_undo() -> None:
    alice = setup_user("alice")
    entry = weigh(alice, "82.4")
    entries.delete(owner=alice, entry=entry)
    weigh(alice, "82.6")
    with pytest.raises(entries.NothingToUndo):
        entries.restore(owner=alice, entry=entry)


def test_undo_at_the_old_place_of_a_moved_entry_does_not_double_it() -> None:
    alice = setup_user("alice")
    entry = weigh(alice, "82.4")
    yesterday = When(DAY - timedelta(days=1))
    entries.edit(
        owner=alice, entry=entry, values={"weight_kg": Decimal("82.4")}, when=yesterday, version=entry.changed
    )
    with pytest.raises(entries.NothingToUndo):
        entries.restore(owner=alice, entry=Weight.objects.get(slot=DAY.isoformat()))
    assert Weight.objects.of(alice).count() == 1


def test_an_old_page_brought_back_with_a_new_value_is_a_new_submission() -> None:
    alice = setup_user("alice")
    for kilograms in ("82.4", "83.0", "83.0"):
        weigh(alice, kilograms, client_id="same page")
    assert Weight.objects.get().weight_kg == Decimal("83.0")
    assert Reading.objects.count() == 2
