"""Photos as entries: one a day and pose, one file for one picture, nothing kept where something fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from membership.models import Feature, Restriction, User
from mitai.core import seeding
from tests import factories
from tests.queries import at_most
from tests.tracking.photos import camera
from tests.tracking.photos.conftest import folder
from tests.tracking.photos.test_album import lying
from tracking import entries, tasks
from tracking.journals import registry
from tracking.journals.base import When
from tracking.journals.photo import Photo
from tracking.photos import jobs
from tracking.photos.photo_files import PhotoFile
from tracking.readings import Reading

__all__ = ["folder"]
pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def disk(folder: Path) -> Path:
    return folder


def picture(number: int = 1) -> bytes:
    return camera.encoded(Image.new("RGB", (90, 120), (number, 90, 120)))


def send(client: Client, content: bytes, *, client_id: str = "one", **fields: Any) -> Any:
    fields = {"pose": "front", "day": factories.today().isoformat(), "client_id": client_id, **fields}
    return client.post("/journal/photo/", {**fields, "file": camera.upload(content)})


def prepare() -> None:
    for photo in PhotoFile.objects.incoming():
        jobs.process(photo.pk)


def test_it_is_shown_once_a_worker_has_prepared_it(browser_of_alice: Client) -> None:
    assert send(browser_of_alice, picture()).status_code == 302
    waiting = browser_of_alice.get("/journal/photo/").content.decode()
    assert "Das Foto wird vorbereitet." in waiting
    assert 'hx-trigger="every 2s"' in waiting
    prepare()
    row = Photo.objects.get()
    shown = browser_of_alice.get(f"/journal/photo/{row.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert f'src="/photos/{row.file_id}/small.jpg"' in shown
    assert "every 2s" not in shown
    assert f'alt="Von vorn, {factories.today():%d.%m.%Y}"' in shown


def test_it_is_recorded_on_the_capture_page_too(browser_of_alice: Client) -> None:
    page = browser_of_alice.get("/capture/?with=photo").content.decode()
    assert 'enctype="multipart/form-data"' in page
    sent = {"photo-pose": "side", "photo-client_id": "c", "photo-file": camera.upload(picture())}
    assert browser_of_alice.post("/capture/", sent).status_code == 302
    assert Photo.objects.get().pose == "side"


def test_a_double_click_is_one_row_and_one_file(browser_of_alice: Client, disk: Path) -> None:
    for _twice in range(2):
        assert send(browser_of_alice, picture()).status_code == 302
    assert Photo.objects.count() == PhotoFile.objects.count() == 1
    assert len(lying(disk)) == 1


def test_another_one_of_the_same_day_and_pose_replaces_it(browser_of_alice: Client) -> None:
    send(browser_of_alice, picture(1))
    before = Photo.objects.get()
    send(browser_of_alice, picture(2), client_id="two")
    after = Photo.objects.get()
    assert after.pk == before.pk
    assert after.file_id != before.file_id
    send(browser_of_alice, picture(3), client_id="three", pose="back")
    assert Photo.objects.count() == 2


def test_editing_keeps_the_file_also_to_another_day_and_pose(browser_of_alice: Client) -> None:
    send(browser_of_alice, picture())
    row = Photo.objects.get()
    moved = (row.day - timedelta(days=1)).isoformat()
    fields = {"pose": "side", "day": moved, "note": "am Fenster", "client_id": "e", "version": row.changed}
    assert browser_of_alice.post(f"/journal/photo/{row.pk}/edit/", fields).status_code == 302
    now = Photo.objects.get(deleted_at=None)
    assert (now.file_id, now.pose, now.note, now.day.isoformat()) == (
        row.file_id,
        "side",
        "am Fenster",
        moved,
    )


def test_where_the_form_is_wrong_elsewhere_nothing_is_kept(browser_of_alice: Client, disk: Path) -> None:
    assert send(browser_of_alice, picture(), day="2999-01-01").status_code == 422
    assert not PhotoFile.objects.exists()
    assert lying(disk) == []


def test_at_the_limit_it_is_refused_and_nothing_is_kept(
    browser_of_alice: Client, alice: User, disk: Path
) -> None:
    seeding.run()
    Restriction.objects.create(user=alice, feature=Feature.objects.get(slug="photos"), limit=1, reason="x")
    assert send(browser_of_alice, picture(1)).status_code == 302
    assert send(browser_of_alice, picture(2), client_id="two", pose="side").status_code == 403
    assert PhotoFile.objects.count() == 1
    assert len(lying(disk)) == 1
    assert send(browser_of_alice, picture(3), client_id="three").status_code == 302  # the day's row again


def test_where_another_row_of_the_page_is_refused_no_photo_is_kept(
    browser_of_alice: Client, alice: User, disk: Path
) -> None:
    seeding.run()
    slugs = {"photos": 9, "wellbeing_entries": 0}
    for slug, limit in slugs.items():
        feature = Feature.objects.get(slug=slug)
        Restriction.objects.create(user=alice, feature=feature, limit=limit, reason="x")
    sent = {"photo-pose": "side", "photo-file": camera.upload(picture()), "wellbeing-mood": "4"}
    assert browser_of_alice.post("/capture/", sent).status_code == 403
    assert not PhotoFile.objects.exists()
    assert lying(disk) == []


@pytest.mark.parametrize("place", ["form", "address"])
def test_the_key_of_a_photo_in_a_form_is_no_photo(browser_of_alice: Client, alice: User, place: str) -> None:
    seeding.run()
    other = camera.prepared(factories.setup_user("bob"))
    typed = {"pose": "side", "day": factories.today().isoformat(), "client_id": "x"}
    address = "/journal/photo/" + (f"?file={other.pk}" if place == "address" else "")
    answer = browser_of_alice.post(address, typed | ({"file": str(other.pk)} if place == "form" else {}))
    assert answer.status_code == 422
    assert not Photo.objects.of(alice).exists()


def test_too_large_a_photo_is_one_sentence(browser_of_alice: Client, settings: Any, disk: Path) -> None:
    settings.PHOTO_LIMIT_BYTES = 2**20
    answer = send(browser_of_alice, picture() + bytes(2**20 + 2**17))
    assert answer.status_code == 413
    assert "größer als 1\u202fMB" in answer.content.decode()
    assert lying(disk) == []


def test_a_photo_that_fails_later_says_why_in_its_row(browser_of_alice: Client) -> None:
    content = camera.encoded(Image.effect_noise((300, 200), 90).convert("RGB"))
    send(browser_of_alice, content[:-2000])
    prepare()
    assert "beschädigt oder wurde abgeschnitten" in browser_of_alice.get("/journal/photo/").content.decode()


# Comparing --------------------------------------------------------------------------------------------------
def series(owner: User, count: int, pose: str = "front") -> list[Any]:
    rows = []
    for number in range(count):
        when = When(factories.today() - timedelta(days=7 * (count - number)))
        values = {"pose": pose, "file": camera.prepared(owner)}
        rows.append(
            entries.record(
                owner=owner,
                journal=registry()["photo"],
                values=values,
                when=when,
                client_id=f"{pose}{number}",
            )
        )
    return rows


def test_the_oldest_and_the_newest_are_compared_and_any_two_can_be(
    browser_of_alice: Client, alice: User
) -> None:
    rows = series(alice, 3)
    page = browser_of_alice.get("/photos/").content.decode()
    large = [f"/photos/{row.file_id}/large.jpg" for row in rows]
    assert (large[0] in page, large[1] in page, large[2] in page) == (True, False, True)
    page = browser_of_alice.get(f"/photos/?first={rows[1].pk}&second={rows[2].pk}").content.decode()
    assert (large[0] in page, large[1] in page, large[2] in page) == (False, True, True)


def test_the_strip_says_weight_and_waist_of_the_time(browser_of_alice: Client, alice: User) -> None:
    [row] = series(alice, 1)
    for slug, values in (("weight", {"weight_kg": "82.4"}), ("circumference", {"waist_cm": "86.5"})):
        when = When(row.day - timedelta(days=3))
        entries.record(owner=alice, journal=registry()[slug], values=values, when=when, client_id=slug)
    page = browser_of_alice.get("/photos/").content.decode()
    assert "82,4" in page
    assert "86,5" in page


def test_one_photo_or_none_is_no_error(browser_of_alice: Client, alice: User) -> None:
    assert "Noch keine Fotos" in browser_of_alice.get("/photos/").content.decode()
    series(alice, 1)
    page = browser_of_alice.get("/photos/?pose=nothing&first=x&second=\x00").content.decode()
    assert "Zwei Fotos" not in page
    assert "Im Lauf der Zeit" in page


def test_pages_of_photos_cost_the_same_for_many(browser_of_alice: Client, alice: User) -> None:
    seen: list[Callable[[], Any]] = [
        lambda: browser_of_alice.get("/photos/"),
        lambda: browser_of_alice.get("/journal/photo/"),
    ]
    for count in (1, 8):
        series(alice, count)
        for look in seen:
            with at_most(8):
                assert look().status_code == 200


# Gone for good ----------------------------------------------------------------------------------------------
def test_thirty_days_after_its_deletion_a_photo_is_gone_for_good(
    browser_of_alice: Client,
    alice: User,
    disk: Path,
    time_machine: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    send(browser_of_alice, picture())
    row = Photo.objects.get()
    browser_of_alice.post(f"/journal/photo/{row.pk}/delete/")
    for days, there in ((29, True), (31, False)):
        time_machine.move_to(NOW + timedelta(days=days))
        with django_capture_on_commit_callbacks(execute=True):
            tasks.purge_photos()
        assert PhotoFile.objects.exists() is there
        assert bool(lying(disk)) is there
    assert not Photo.objects.exists()
    assert not Reading.objects.filter(journal="photo").exists()
    assert browser_of_alice.post(f"/journal/photo/{row.pk}/restore/").status_code == 404


def test_a_deletion_that_is_undone_keeps_the_photo(
    browser_of_alice: Client, time_machine: Any, django_capture_on_commit_callbacks: Any
) -> None:
    send(browser_of_alice, picture())
    row = Photo.objects.get()
    browser_of_alice.post(f"/journal/photo/{row.pk}/delete/")
    browser_of_alice.post(f"/journal/photo/{row.pk}/restore/")
    time_machine.move_to(NOW + timedelta(days=90))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.purge_photos()
    assert Photo.objects.of(row.user).get().file_id == row.file_id
