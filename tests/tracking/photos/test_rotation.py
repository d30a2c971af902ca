"""`manage.py rotate_keys`: every file comes under the first key, or nothing is changed."""

from __future__ import annotations

import os
import signal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from mitai.core import vault
from tests.factories import setup_user
from tests.tracking.imports.runs import KILLED, in_child
from tests.tracking.photos import camera
from tests.tracking.photos.test_album import lying
from tracking.photos import album, store
from tracking.photos.photo_files import PhotoFile

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def photos(folder: Path, settings: Settings) -> list[PhotoFile]:
    """Two members' photos under the old key, one of them still incoming: seven files."""
    settings.DATA_ENCRYPTION_KEYS = [OLD]
    alice, bob = setup_user("alice", password=None), setup_user("bob", password=None)
    return [camera.prepared(alice), camera.prepared(bob), camera.taken(bob)]


def rotated() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def keys(folder: Path) -> list[str]:
    return [store.key_id_at(path) for path in lying(folder)]


def test_every_file_comes_under_the_first_key(
    photos: list[PhotoFile], folder: Path, settings: Settings
) -> None:
    before = [album.read(photo, "small") for photo in photos[:2]]
    settings.DATA_ENCRYPTION_KEYS = [NEW, OLD]
    assert rotated() == "7 files encrypted anew, 0 had the current key already.\n"
    settings.DATA_ENCRYPTION_KEYS = [NEW]
    assert keys(folder) == [vault.current_key_id()] * 7
    assert [album.read(photo, "small") for photo in photos[:2]] == before
    assert rotated() == "0 files encrypted anew, 7 had the current key already.\n"


def test_killed_in_between_it_goes_on(
    photos: list[PhotoFile], folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_ENCRYPTION_KEYS = [NEW, OLD]
    before = [album.read(photo, "small") for photo in photos[:2]]

    def killed() -> None:
        genuine, done = Path.replace, []

        def replace(path: Path, target: Path) -> Path:
            done.append(path)
            if len(done) == 4:
                os.kill(os.getpid(), signal.SIGKILL)
            return genuine(path, target)

        monkeypatch.setattr(Path, "replace", replace)
        rotated()

    assert in_child(killed) == KILLED
    assert len(lying(folder)) == 8  # one was not in its place yet
    assert [album.read(photo, "small") for photo in photos[:2]] == before
    assert rotated() == "4 files encrypted anew, 3 had the current key already.\n"
    settings.DATA_ENCRYPTION_KEYS = [NEW]
    assert [album.read(photo, "small") for photo in photos[:2]] == before


def test_a_key_that_is_missing_is_named_and_nothing_changes(
    photos: list[PhotoFile], folder: Path, settings: Settings
) -> None:
    old = vault.current_key_id()
    before = {path: path.read_bytes() for path in lying(folder)}
    settings.DATA_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match=f"lacks the key {old}"):
        rotated()
    assert {path: path.read_bytes() for path in lying(folder)} == before


def test_a_damaged_file_is_named_and_the_others_come_under_the_first_key(
    photos: list[PhotoFile], folder: Path, settings: Settings
) -> None:
    settings.DATA_ENCRYPTION_KEYS = [NEW, OLD]
    headless, changed = store.path_of(photos[0], "large"), store.path_of(photos[1], "small")
    headless.write_bytes(b"")
    changed.write_bytes(changed.read_bytes()[:-1])
    with pytest.raises(CommandError, match="2 files cannot be read") as told:
        rotated()
    assert all(path.name in str(told.value) for path in (headless, changed))
    assert keys_of_the_rest(folder, {headless, changed}) == {vault.current_key_id()}


def keys_of_the_rest(folder: Path, left_out: set[Path]) -> set[str]:
    return {store.key_id_at(path) for path in lying(folder) if path not in left_out}
