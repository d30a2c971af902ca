"""The worker's part: every photo comes to its end once, whatever it is killed in."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from celery import Task
from django.db import connection
from django.utils import timezone, translation
from kombu.exceptions import OperationalError
from PIL import Image
from pytest_django import Settings

from membership.models import User
from mitai.core import vault
from tests.conftest import StartWorker
from tests.factories import setup_user
from tests.servers import wait_until
from tests.tracking.imports.runs import KILLED, in_child
from tests.tracking.photos import camera
from tests.tracking.photos.test_album import lying
from tracking.photos import album, jobs, store
from tracking.photos.photo_files import PhotoFile
from tracking.tasks import process_photo, purge_photos, sweep_photos

pytestmark = pytest.mark.django_db


def again(photo: PhotoFile) -> PhotoFile:
    photo.refresh_from_db()
    return photo


def minutes_pass(photo: PhotoFile, minutes: int = 5) -> None:
    """As if the lease and the time before the sweeper looks were over, and the files lay there that long."""
    past = timezone.now() - timedelta(minutes=minutes)
    PhotoFile.objects.filter(pk=photo.pk).update(created_at=past)
    PhotoFile.objects.filter(pk=photo.pk).exclude(lease_until=None).update(lease_until=past)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Which photos the sweeper would send."""
    found: list[UUID] = []
    monkeypatch.setattr(jobs, "wake", lambda pk, **options: found.append(pk))
    return found


# Its end ----------------------------------------------------------------------------------------------------
def test_what_was_uploaded_goes_when_the_versions_are_there(alice: User, folder: Path) -> None:
    photo = camera.taken(alice)
    process_photo.apply((str(photo.pk),), throw=True)
    assert again(photo).state == "ready"
    assert {path.suffix for path in lying(folder)} == {".original", ".large", ".small"}


def test_a_second_delivery_changes_nothing(alice: User, folder: Path) -> None:
    photo = camera.prepared(alice)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in lying(folder)}
    row = PhotoFile.objects.values().get()
    for _ in range(3):
        jobs.process(photo.pk)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in lying(folder)} == before
    assert PhotoFile.objects.values().get() == row


def test_a_photo_that_is_gone_is_left_alone(alice: User, folder: Path) -> None:
    photo = camera.taken(alice)
    album.remove(photo)
    jobs.process(photo.pk)
    assert not PhotoFile.objects.exists()


def test_a_photo_that_was_cut_off_fails_with_a_sentence(alice: User, folder: Path) -> None:
    content = camera.encoded(Image.effect_noise((300, 200), 90).convert("RGB"))
    photo = camera.prepared(alice, content[:-2000])
    assert (photo.state, photo.error_code) == ("failed", "broken")
    with translation.override("de"):
        assert photo.problem.startswith("Das Foto ist beschädigt oder wurde abgeschnitten.")
    assert lying(folder) == []


def test_a_photo_whose_file_is_lost_or_damaged_fails(alice: User, folder: Path) -> None:
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"something else")):
        photo = camera.taken(alice)
        spoil(store.path_of(photo, "incoming"))
        jobs.process(photo.pk)
        assert (again(photo).state, photo.error_code) == ("failed", "lost")
    assert lying(folder) == []


def test_a_photo_waits_for_a_key_that_is_missing(alice: User, folder: Path, settings: Settings) -> None:
    photo, keys = camera.taken(alice), settings.DATA_ENCRYPTION_KEYS
    settings.DATA_ENCRYPTION_KEYS = [b"n" * 32]
    for _ in range(jobs.MOST_TRIES + 1):
        with pytest.raises(vault.UnknownKey):
            jobs.process(photo.pk)
    settings.DATA_ENCRYPTION_KEYS = keys
    jobs.process(photo.pk)
    assert again(photo).state == "ready"


# Two at once ------------------------------------------------------------------------------------------------
def test_a_photo_another_worker_holds_is_left_alone(alice: User, folder: Path) -> None:
    photo = camera.taken(alice)
    PhotoFile.objects.update(lease_until=timezone.now() + jobs.LEASE, tries=jobs.MOST_TRIES)
    jobs.process(photo.pk)
    assert again(photo).state == "incoming"
    assert [path.suffix for path in lying(folder)] == [".incoming"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, done: Callable[[], object]) -> None:
    """Have something done by somebody else once this worker has written the last version."""
    genuine = store.write

    def write(photo: PhotoFile, name: str, content: bytes) -> None:
        genuine(photo, name, content)
        if name == "small":
            monkeypatch.setattr(store, "write", genuine)
            done()

    monkeypatch.setattr(store, "write", write)


def test_a_slow_worker_leaves_what_the_next_one_finished(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = camera.taken(alice)

    def next_one() -> None:
        minutes_pass(photo)
        jobs.process(photo.pk)
        assert again(photo).state == "ready"

    meanwhile(monkeypatch, next_one)
    jobs.process(photo.pk)
    assert again(photo).state == "ready"
    assert len(lying(folder)) == 3
    assert camera.alike(camera.shown(album.read(photo, "original")))


def test_of_a_photo_that_is_removed_while_it_is_prepared_nothing_stays(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = camera.taken(alice)
    meanwhile(monkeypatch, lambda: PhotoFile.objects.all().delete())
    jobs.process(photo.pk)
    assert lying(folder) == []


# Killed -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", range(10))
def test_a_worker_killed_anywhere_is_followed_by_another(
    folder: Path, woken: list[UUID], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each of the three files is begun, is in its place, and around the end."""
    photo = camera.taken(setup_user(password=None))
    woken.clear()

    def killed() -> None:
        count = 0

        def counted(genuine: Callable[..., object]) -> Callable[..., object]:
            def call(*args: object, **options: object) -> object:
                nonlocal count
                count += 1
                if count == step + 1:
                    os.kill(os.getpid(), signal.SIGKILL)
                return genuine(*args, **options)

            return call

        monkeypatch.setattr(Path, "replace", counted(Path.replace))
        monkeypatch.setattr(store, "write", counted(store.write))
        monkeypatch.setattr(store, "_sync", counted(store._sync))
        monkeypatch.setattr(store, "erase", counted(store.erase))
        jobs.process(photo.pk)

    assert in_child(killed) == KILLED
    minutes_pass(photo)
    sweep_photos.apply(throw=True)
    if again(photo).state == "incoming":
        assert woken == [photo.pk]
        jobs.process(photo.pk)
    files_get_old(folder)
    purge_photos.apply(throw=True)
    assert again(photo).state == "ready"
    assert {path.suffix for path in lying(folder)} == {".original", ".large", ".small"}
    assert all(camera.alike(camera.shown(album.read(photo, name))) for name in ("original", "large", "small"))


def files_get_old(folder: Path) -> None:
    """As if the test had begun eleven minutes ago, database and all."""
    past = time.time() - store.YOUNG_S - 60
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = applied - interval '1 day'")
    for path in lying(folder):
        os.utime(path, (past, past))


def test_a_photo_that_kills_its_workers_is_given_up(alice: User, folder: Path) -> None:
    photo = camera.taken(alice)
    PhotoFile.objects.update(tries=jobs.MOST_TRIES, lease_until=timezone.now() - timedelta(seconds=1))
    jobs.process(photo.pk)
    assert (again(photo).state, photo.error_code) == ("failed", "worker_lost")
    assert lying(folder) == []


# The disk ---------------------------------------------------------------------------------------------------
def test_a_disk_that_is_full_for_a_while_costs_no_photo(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, genuine = camera.taken(alice), store.write

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write", full)
    jobs.process(photo.pk)
    assert again(photo).state == "incoming"
    monkeypatch.setattr(store, "write", genuine)
    minutes_pass(photo)
    jobs.process(photo.pk)
    assert again(photo).state == "ready"


def test_a_disk_that_stays_full_is_said_at_last(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = camera.taken(alice)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write", full)
    for _ in range(jobs.MOST_TRIES):
        minutes_pass(photo)
        assert again(photo).state == "incoming"
        jobs.process(photo.pk)
    assert (again(photo).state, photo.error_code) == ("failed", "disk")
    assert lying(folder) == []


# The sweeper ------------------------------------------------------------------------------------------------
def test_the_sweeper_wakes_who_waits_too_long_and_nobody_else(
    alice: User, folder: Path, woken: list[UUID]
) -> None:
    young, late, held, lost, ready = (camera.taken(alice) for _ in range(5))
    for photo in (late, held, lost):
        minutes_pass(photo)
    now = timezone.now()
    PhotoFile.objects.filter(pk=held.pk).update(lease_until=now + jobs.LEASE)
    PhotoFile.objects.filter(pk=lost.pk).update(lease_until=now - timedelta(seconds=1))
    jobs.process(ready.pk)
    minutes_pass(ready)
    jobs.sweep()
    assert sorted(woken) == sorted([late.pk, lost.pk])
    assert young.pk not in woken


def test_without_a_broker_a_photo_waits_for_the_sweeper(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(Task, "apply_async", away)
    photo = camera.taken(alice)
    jobs.wake(photo.pk)
    assert again(photo).state == "incoming"


def test_files_that_no_row_names_are_deleted_once_they_are_old(alice: User, folder: Path) -> None:
    ready, waiting, gone = camera.prepared(alice), camera.taken(alice), camera.prepared(alice)
    failed = camera.taken(alice)
    PhotoFile.objects.filter(pk=failed.pk).update(state="failed", error_code="broken")
    store.write(ready, "incoming", b"a worker was killed before it deleted this")
    PhotoFile.objects.filter(pk=gone.pk).delete()
    place = folder / str(alice.pk)
    (place / f"{ready.pk}.small.0123456789abcdef").write_bytes(b"a write that was killed")
    (folder / "lost+found").mkdir()
    everything = lying(folder)
    purge_photos.apply(throw=True)
    assert lying(folder) == everything  # so young that their rows may be just coming
    files_get_old(folder)
    purge_photos.apply(throw=True)
    kept = {f"{ready.pk}.{name}" for name in ("original", "large", "small")} | {f"{waiting.pk}.incoming"}
    assert {path.name for path in lying(folder)} == kept
    assert (folder / "lost+found").exists()


def test_the_photos_of_an_account_go_with_it(alice: User, folder: Path) -> None:
    bob = setup_user("bob")
    for member in (alice, bob):
        camera.prepared(member)
        camera.taken(member)
    alice.delete()
    sweep_photos.apply(throw=True)
    assert [place.name for place in folder.iterdir()] == [str(bob.pk)]
    assert len(lying(folder)) == 4


def test_photos_older_than_the_database_wait_for_it_to_be_restored(alice: User, folder: Path) -> None:
    """An operator starts with an empty database before the backup is read in."""
    photo = camera.prepared(alice)
    store.path_of(photo, "small").with_name("torn.small.0123456789abcdef").write_bytes(b"x")
    long_ago = time.time() - 365 * 24 * 3600
    for path in lying(folder):
        os.utime(path, (long_ago, long_ago))
    alice.delete()
    sweep_photos.apply(throw=True)
    purge_photos.apply(throw=True)
    assert len(lying(folder)) == 4


# A real worker ----------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_worker_prepares_what_was_uploaded(celery_worker_process: StartWorker) -> None:
    photo = camera.taken(setup_user(password=None), camera.telling("HEIF"))
    worker = celery_worker_process()
    wait_until(lambda: again(photo).state == "ready", "the photo is ready")
    assert camera.alike(camera.shown(album.read(photo, "large")), within=24)
    assert str(photo.pk) not in worker.output()
