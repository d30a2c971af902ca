"""The pictures themselves: for their owner, from the browser's memory the second time, from no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from membership.models import User
from mitai.core.ids import uuid7
from tests.factories import setup_user
from tests.tracking.photos import camera
from tracking.photos import store
from tracking.photos.photo_files import PhotoFile

pytestmark = pytest.mark.django_db


def address(photo: PhotoFile, version: str = "small") -> str:
    return reverse("tracking:photo_file", args=[photo.pk, version])


@pytest.mark.parametrize("version", ["original", "large", "small"])
def test_the_owner_gets_every_version(
    alice: User, browser_of_alice: Client, folder: Path, version: str
) -> None:
    photo = camera.prepared(alice)
    answer = browser_of_alice.get(address(photo, version))
    assert answer.status_code == 200
    assert camera.alike(camera.shown(answer.content))
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == "inline"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_what_the_browser_has_is_not_sent_again(alice: User, browser_of_alice: Client, folder: Path) -> None:
    photo = camera.prepared(alice)
    first = browser_of_alice.get(address(photo))
    store.erase(photo)  # nothing is read for the answer
    second = browser_of_alice.get(address(photo), headers={"if-none-match": first["ETag"]})
    assert (second.status_code, second.content) == (304, b"")
    assert second["Cache-Control"] == first["Cache-Control"]
    assert browser_of_alice.get(address(photo), headers={"if-none-match": '"other"'}).status_code == 404


def test_nobody_else_gets_it_not_even_with_its_tag(alice: User, folder: Path, client: Client) -> None:
    photo = camera.prepared(alice)
    tag = {"if-none-match": f'"{photo.pk}.small"'}
    assert client.get(address(photo), headers=tag).status_code == 302
    for staff, superuser in ((False, False), (True, False), (True, True)):
        stranger = Client()
        stranger.force_login(setup_user(is_staff=staff, is_superuser=superuser))
        assert stranger.get(address(photo)).status_code == 404
        assert stranger.get(address(photo), headers=tag).status_code == 404


def test_what_is_not_ready_is_not_there(alice: User, browser_of_alice: Client, folder: Path) -> None:
    waiting, failed = camera.taken(alice), camera.taken(alice)
    PhotoFile.objects.filter(pk=failed.pk).update(state="failed", error_code="broken")
    for photo in (waiting, failed):
        assert browser_of_alice.get(address(photo)).status_code == 404
    assert browser_of_alice.get(address(camera.prepared(alice), "incoming")).status_code == 404
    assert browser_of_alice.get(address(PhotoFile(pk=uuid7()))).status_code == 404


def test_the_service_worker_keeps_no_photo(client: Client) -> None:
    """It keeps what it names, and it names no photo."""
    script = client.get(reverse("service_worker")).content.decode()
    assert "photos/" not in script
    assert ".jpg" not in script
    assert "SHELL.includes(url.pathname) || LATER.includes(url.pathname)" in script
