"""A file is kept only where a member uploads one, and only up to the limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from tests.factories import setup_user
from tracking.imports.runs import ImportRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Path:
    """A folder of its own for uploads, and a small limit."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    settings.UPLOAD_LIMIT_BYTES = 1000
    return tmp_path


def upload(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("export.zip", b"x" * size)


def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were begun on disk."""
    from django.core.files import uploadhandler

    names: list[str] = []
    genuine = uploadhandler.TemporaryUploadedFile

    def note(name: str, *rest: Any) -> object:
        names.append(name)
        return genuine(name, *rest)

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", note)
    return names


def test_nobody_leaves_a_file_where_none_is_asked_for(
    client: Client, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = made(monkeypatch)
    client.post("/accounts/login/", {"login": "a@example.org", "password": "x", "file": upload(500)})
    client.post("/import/", {"client_id": "a", "file": upload(500)})
    client.force_login(setup_user("alice"))
    client.post("/capture/", {"weight-weight_kg": "82,4", "file": upload(500)})
    assert names == []


def test_a_member_may_upload_up_to_the_limit(
    client: Client, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = made(monkeypatch)
    client.force_login(setup_user("alice"))
    assert client.post("/import/", {"client_id": "a", "file": upload(1000)}).status_code == 302
    assert (names, ImportRun.objects.get().size) == (["export.zip"], 1000)


def test_a_file_that_is_too_large_is_named_so_and_not_kept(
    client: Client, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = made(monkeypatch)
    client.force_login(setup_user("alice"))
    answer = client.post("/import/", {"client_id": "a", "file": upload(200_000)})
    assert answer.status_code == 422
    assert "größer" in answer.content.decode()
    assert names == []
    assert not ImportRun.objects.exists()
