"""A photo arrives: what is taken, what is refused in one sentence, and what of it lies on the disk."""

from __future__ import annotations

import errno
import re
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Event
from time import sleep

import pytest
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.db import connection, transaction
from django.test import RequestFactory
from django.utils import timezone, translation
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from membership.models import User
from mitai.core import uploads, vault
from tests.factories import setup_user
from tests.tracking.imports.runs import in_child
from tests.tracking.photos import camera
from tracking.journals.photo import Photo
from tracking.photos import album, store
from tracking.photos.photo_files import PhotoFile
from tracking.photos.refusals import SENTENCES, PhotoRefused, sentence

pytestmark = pytest.mark.django_db
CLEAR = [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"JFIF", b"Exif", b"\x89PNG", b"RIFF", b"ftypheic"]
CLEAR += [b"Secret", b"IMG_0815"]


def lying(folder: Path) -> list[Path]:
    """Everything that lies there."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refused(owner: User, content: bytes, name: str = "photo.jpg") -> PhotoRefused:
    with pytest.raises(PhotoRefused) as caught:
        album.receive(owner=owner, upload=camera.upload(content, name))
    return caught.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_is_taken_prepared_and_shown(alice: User, folder: Path, kind: str) -> None:
    photo = camera.taken(alice, camera.telling(kind))
    assert (photo.state, photo.width, photo.height) == ("incoming", 0, 0)
    assert [path.name for path in lying(folder)] == [f"{photo.pk}.incoming"]
    photo = camera.prepared(alice, camera.telling(kind))
    assert (photo.state, photo.width, photo.height, photo.problem) == ("ready", 96, 64, "")
    for version in ("original", "large", "small"):
        assert camera.alike(camera.shown(album.read(photo, version)), within=24)


def test_nothing_lies_on_the_disk_in_the_clear(alice: User, folder: Path) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        camera.taken(alice, camera.telling(kind, 3))
        camera.prepared(alice, camera.telling(kind))
    files = lying(folder)
    assert len(files) == 4 * (1 + 3)
    for path in files:
        content = path.read_bytes()
        assert [one for one in CLEAR if one in content] == [], path.name
        assert content.startswith(vault.PREFIX)


def test_files_are_their_owners_of_the_host_and_named_by_us(alice: User, folder: Path) -> None:
    photo = camera.prepared(alice)
    place = folder / str(alice.pk)
    assert place.stat().st_mode & 0o777 == 0o700
    names = {f"{photo.pk}.{version}" for version in ("original", "large", "small")}
    assert {path.name for path in lying(folder)} == names
    assert {path.stat().st_mode & 0o777 for path in lying(folder)} == {0o600}


def test_the_worker_is_told_once_the_photo_is_saved(
    alice: User,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    woken: list[object] = []
    monkeypatch.setattr("tracking.photos.jobs.wake", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        photo = camera.taken(alice)
        assert woken == []
    assert woken == [photo.pk]


# Refused ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        (b"", "empty", 422),
        (camera.encoded(camera.scene(), "GIF"), "not_a_photo", 422),
        (b"only a text", "not_a_photo", 422),
        (camera.png_claiming(60_000, 60_000), "too_many_pixels", 422),
        (b"\xff\xd8\xff" + b"\0" * (41 * 2**20), "too_large", 413),
        (camera.telling() + b"\0" * (50 * 2**20), "too_large", 413),
    ],
    ids=["empty", "gif", "text", "bomb", "41 MB", "50 MB"],
)
def test_what_is_refused_is_said_in_one_sentence_and_not_kept(
    alice: User, folder: Path, content: bytes, code: str, status: int
) -> None:
    refusal = refused(alice, content)
    assert (refusal.code, refusal.status) == (code, status)
    assert str(refusal.message) == sentence(code)
    assert lying(folder) == []
    assert not PhotoFile.objects.exists()


def test_a_photo_of_just_the_limit_is_taken(alice: User, folder: Path, settings: Settings) -> None:
    content = camera.telling()
    settings.PHOTO_LIMIT_BYTES = len(content)
    assert camera.prepared(alice, content).state == "ready"
    assert refused(alice, content + b"\0").code == "too_large"


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_sentence_can_be_said(language: str) -> None:
    with translation.override(language):
        said = {sentence(code) for code in SENTENCES}
        assert len(said) == len(SENTENCES)
        assert all(text.endswith(".") and "%" not in text for text in said)
        assert re.search(r"\b40.MB\b", sentence("too_large"))
        assert re.search(r"\b50 [Mm]ega", sentence("too_many_pixels"))


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_said_and_nothing_is_kept(folder: Path) -> None:
    alice = setup_user(password=None)
    content = camera.encoded(camera.scene(800, 600), "PNG", compress_level=0)

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        refusal = refused(alice, content)
        assert (refusal.code, refusal.status) == ("no_room", 507)

    assert in_child(without_room) == 0
    assert lying(folder) == []
    assert not PhotoFile.objects.exists()


def test_whatever_happens_while_a_photo_is_saved_nothing_is_kept(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(path: Path) -> None:
        raise OSError(errno.EIO, "the disk does not answer")

    monkeypatch.setattr(store, "_sync", breaks)
    with pytest.raises(OSError, match="does not answer"):
        camera.taken(alice)
    assert lying(folder) == []
    assert not PhotoFile.objects.exists()


# Whose it is ------------------------------------------------------------------------------------------------
def test_a_file_in_the_place_of_another_does_not_open(alice: User, folder: Path) -> None:
    hers, his = camera.prepared(alice), camera.prepared(setup_user("bob"))
    stolen = store.path_of(hers, "small").read_bytes()
    for photo, version in ((his, "small"), (hers, "large")):
        store.path_of(photo, version).write_bytes(stolen)
        with pytest.raises(vault.Damaged):
            album.read(photo, version)


def test_a_changed_byte_is_noticed(alice: User, folder: Path) -> None:
    photo = camera.prepared(alice)
    path = store.path_of(photo, "small")
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    with pytest.raises(vault.Damaged):
        album.read(photo, "small")


# Removed ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_removed_photo_goes_with_its_files_on_commit(folder: Path) -> None:
    alice = setup_user(password=None)
    photo, other = camera.prepared(alice), camera.prepared(alice)
    with transaction.atomic():
        album.remove(photo)
        assert len(lying(folder)) == 6
    assert {path.name.partition(".")[0] for path in lying(folder)} == {str(other.pk)}
    assert list(PhotoFile.objects.all()) == [other]


@pytest.mark.django_db(transaction=True)
def test_a_removal_that_is_taken_back_removes_nothing(folder: Path) -> None:
    photo = camera.prepared(setup_user(password=None))
    with transaction.atomic():
        album.remove(photo)
        transaction.set_rollback(True)
    assert len(lying(folder)) == 3
    assert album.read(photo, "small")
    connection.close()


# How it comes -----------------------------------------------------------------------------------------------
def test_a_photo_on_its_way_is_never_a_file(alice: User, settings: Settings, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    for address in ("/journal/photo/", "/capture/"):
        request = RequestFactory().post(address, {"photo": camera.upload(b"x" * 5_000_000)})
        request.user = alice
        assert isinstance(request.FILES["photo"], InMemoryUploadedFile)
        assert isinstance(request.FILES["photo"].file, BytesIO)
        assert request.FILES["photo"].size == 5_000_000
    assert lying(tmp_path) == []


def test_a_photo_that_is_too_large_is_not_kept_on_its_way(alice: User, settings: Settings) -> None:
    settings.PHOTO_LIMIT_BYTES = 100_000
    request = RequestFactory().post("/journal/photo/", {"photo": camera.upload(b"x" * 200_000)})
    request.user = alice
    assert "photo" not in request.FILES
    assert request.META[uploads.TOO_LARGE] is True


# Two at once ------------------------------------------------------------------------------------------------
def at_once(*jobs: Callable[[], object]) -> list[object]:
    """What each answers that runs on a thread and a connection of its own, errors too."""

    def run(job: Callable[[], object]) -> object:
        try:
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.mark.django_db(transaction=True)
def test_the_same_photo_sent_twice_at_once_is_one_file_that_stays(folder: Path) -> None:
    """The first is still being written down when the second comes: it waits, and loses nothing."""
    alice = setup_user(password=None)
    content, held, second_came = camera.telling(), Event(), Event()

    def slowly() -> object:
        with album.receiving(alice, camera.upload(content)) as photo:
            held.set()
            second_came.wait(2)
            sleep(0.3)  # the second is at the lock by now
            return photo.pk

    def again() -> object:
        held.wait(5)
        second_came.set()
        with album.receiving(alice, camera.upload(content)) as photo:
            return photo.pk

    first, second = at_once(slowly, again)
    assert first == second
    assert PhotoFile.objects.count() == 1
    assert len(lying(folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_old_photo_that_is_sent_again_while_it_is_swept_away_stays(folder: Path) -> None:
    alice = setup_user(password=None)
    content = camera.telling()
    photo = camera.prepared(alice, content)
    PhotoFile.objects.update(created_at=timezone.now() - timedelta(days=40))
    held, swept = Event(), Event()

    def keep() -> None:
        with album.receiving(alice, camera.upload(content)) as again:
            held.set()
            swept.wait(0.5)
            Photo.objects.bulk_create([entry_of(alice, again)])

    def sweep() -> None:
        held.wait(5)
        album.forget_unused()
        swept.set()

    assert at_once(keep, sweep) == [None, None]
    assert album.read(photo, "small")


def entry_of(owner: User, photo: PhotoFile) -> Photo:
    now = timezone.now()
    return Photo(
        user=owner,
        slot="x",
        day=now.date(),
        pose="front",
        file=photo,
        changed=1,
        created_at=now,
        updated_at=now,
    )


@pytest.mark.django_db
def test_a_photo_that_failed_is_tried_anew_under_its_own_key(folder: Path) -> None:
    """So that the entry which shows it shows it again."""
    alice = setup_user(password=None)
    content = camera.telling()
    photo = camera.taken(alice, content)
    PhotoFile.objects.update(state=PhotoFile.State.FAILED, error_code="disk", tries=5)
    Photo.objects.bulk_create([entry_of(alice, photo)])
    again = album.receive(owner=alice, upload=camera.upload(content))
    assert (again.pk, again.state, again.error_code, again.tries) == (photo.pk, "incoming", "", 0)
    assert Photo.objects.get().file_id == photo.pk
