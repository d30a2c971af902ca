"""The pages of imports in a member's terms: what is left, what is refused, whose run it is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from membership import access
from membership.models import User
from tests.factories import setup_feature, setup_user
from tests.queries import at_most
from tests.tracking.imports import runs
from tests.tracking.imports.generate import HEAD, ZONE, export, record
from tracking.imports import files, jobs
from tracking.imports.errors import REFUSALS
from tracking.imports.reports import FAILURES
from tracking.imports.runs import ImportRun
from tracking.readings import Reading

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    Answer = Callable[..., "tuple[int, str]"]

pytestmark = pytest.mark.django_db
V14 = (runs.SAMPLES / "apple_export_v14.xml").read_bytes()
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


def send(client: Client, content: bytes, client_id: str = "form") -> tuple[int, str]:
    """Upload through the page, let a worker finish, and read the page it ends on."""
    file = SimpleUploadedFile("geheim.zip", content)
    response = client.post("/import/", {"client_id": client_id, "file": file})
    for run in ImportRun.objects.filter(state="queued"):
        jobs.work(run.pk)
    if response.status_code == 302:
        return 302, client.get(response["Location"]).content.decode()
    return response.status_code, response.content.decode()


def zipped(**entries: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


ENTITIES = b'<!DOCTYPE HealthData [<!ENTITY a "b">]><HealthData locale="&a;"><Record/></HealthData>'
BAD_FILES = {
    "no ZIP": (b"PK\x03\x04" + b"x" * 400, "not_a_zip"),
    "a cut ZIP": (zipped(export_xml=V14)[:-30], "not_a_zip"),
    "a ZIP bomb": (zipped(export_xml=HEAD.encode() + b" " * 40_000_000), "zip_bomb"),
    "a ZIP without an export": (zipped(readme_txt=b"hello"), "no_export_inside"),
    "a broken end": (V14[:-200], "broken_xml"),
    "entities": (ENTITIES, "entities"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 300, "not_recognised"),
    "another XML": (b"<?xml version='1.0'?><feed><entry/></feed>", "not_recognised"),
    "a CSV": (b"Date,Weight\n2024-03-01,82.4\n", "not_recognised"),
    "an export without anything for us": (
        export([record("StepCount", 9, "count", MORNING)]),
        "nothing_recognised",
    ),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_one_sentence_and_costs_nothing(
    alice: User, client: Client, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    setup_feature("data_import", 3, period="month")
    content, code = BAD_FILES[kind]
    status, page = send(client, content)
    assert status == 302
    assert str(REFUSALS[code]) in page
    assert page.count('role="alert"') == 1
    assert "hx-trigger" not in page
    assert access.check(alice, "data_import").used == 0
    assert not Reading.objects.exists()
    assert not list(files.folder().glob("*.spool*"))
    logged = "".join(capfd.readouterr())
    assert "Traceback" not in logged
    assert "geheim" not in logged


def test_an_empty_file_is_refused_at_the_field(client: Client) -> None:
    status, page = send(client, b"")
    assert status == 422
    assert "The file is empty." in page
    assert not ImportRun.objects.exists()


def test_a_file_too_large_is_refused_at_the_field(client: Client, settings: Settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2**20
    status, page = send(client, b"x" * (2**20 + 1))
    assert status == 422
    assert "(1\u202fMB)" in page
    assert not ImportRun.objects.exists()


def test_no_file_is_refused_at_the_field(client: Client) -> None:
    response = client.post("/import/", {"client_id": "form"})
    assert response.status_code == 422
    assert "Please choose a file." in response.content.decode()


def test_every_reason_has_a_sentence() -> None:
    assert set(REFUSALS) < set(FAILURES)
    assert all(str(text).endswith(".") for text in FAILURES.values())


def test_the_page_says_what_is_left_and_the_fourth_of_a_month_is_refused(alice: User, client: Client) -> None:
    setup_feature("data_import", 3, period="month")
    page = client.get("/import/").content.decode()
    assert "0 of 3 used" in page
    assert "starts again" in page
    send(client, b"no export", "failed")
    for number in range(3):
        assert send(client, V14, f"form {number}")[0] == 302
    page = client.get("/import/").content.decode()
    assert "3 of 3 used" in page
    assert 'type="file"' not in page
    status, page = send(client, V14, "one too many")
    assert status == 403
    assert "3 of 3 used" in page
    assert ImportRun.objects.of(alice).count() == 4
    decision = access.check(alice, "data_import")
    assert (decision.used, decision.remaining) == (3, 0)


def test_a_double_click_is_one_import_also_of_the_last_one(alice: User, client: Client) -> None:
    setup_feature("data_import", 1, period="month")
    assert [send(client, V14)[0] for _ in range(2)] == [302, 302]
    assert ImportRun.objects.of(alice).count() == 1


def test_more_than_twenty_uploads_an_hour_are_too_many(client: Client) -> None:
    for number in range(20):
        assert client.post("/import/", {"client_id": f"form {number}"}).status_code == 422
    response = client.post("/import/", {"client_id": "one too many"})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert "Twenty uploads an hour" in response.content.decode()


def test_the_report_names_values_left_out_as_the_member_knows_them(client: Client) -> None:
    status, page = send(
        client,
        export([record("BodyMass", "82.4", "kg", MORNING), record("DietaryProtein", "abc", "g", MORNING)]),
    )
    assert status == 302
    assert "1 entry is new." in page
    assert "1 value was left out" in page
    assert "Protein: “abc” is not a number" in page
    assert 'href="/journal/nutrition/"' in page


def test_the_same_file_again_says_that_nothing_changed(client: Client) -> None:
    send(client, V14, "first")
    assert "Nothing changed: all of it was here already." in send(client, V14, "second")[1]


def test_an_import_can_be_undone_on_its_page_for_thirty_days(alice: User, client: Client) -> None:
    send(client, V14)
    run = ImportRun.objects.get()
    address = f"/import/{run.pk}/"
    assert "Undo this import" in client.get(address).content.decode()
    response = client.post(f"{address}undo/", follow=True)
    assert "everything is as it was before" in response.content.decode()
    assert not Reading.objects.exists()
    ImportRun.objects.update(state="done", finished_at=timezone.now() - timedelta(days=31))
    assert "Undo this import" not in client.get(address).content.decode()
    response = client.post(f"{address}undo/")
    assert response.status_code == 409
    assert "can no longer be undone" in response.content.decode()


@pytest.mark.parametrize("state", ImportRun.State)
@pytest.mark.parametrize("come", [0, 400, 1000])
def test_the_page_of_an_import_says_how_it_stands_in_every_state(
    alice: User, client: Client, state: str, come: int
) -> None:
    run = runs.bring(alice, V14)
    begun = timezone.now() - timedelta(minutes=10)
    ImportRun.objects.update(
        state=state, records=come and 1000, position=come, stage_since=begun, error_code="disk"
    )
    page = client.get(f"/import/{run.pk}/").content.decode()
    assert str(ImportRun.State(state).label) in page
    assert ("about 15 minutes left" in page) == (come == 400 and state in ("reading", "writing"))
    assert "Cancel this import" in page or state in ("done", "failed", "cancelled", "undone")


def test_the_import_of_another_member_is_not_there(client: Client) -> None:
    run = runs.bring(setup_user("charlie", password=None), V14)
    for response in (client.get(f"/import/{run.pk}/"), client.post(f"/import/{run.pk}/undo/")):
        assert response.status_code == 404
    assert Reading.objects.filter(run=run).exists()


def test_pages_of_imports_ask_little(alice: User, client: Client) -> None:
    for _ in range(24):
        runs.bring(alice, V14)
    run = runs.bring(alice, V14)
    for path in ("/import/", f"/import/{run.pk}/"):
        client.get(path)
        with at_most(8):
            assert client.get(path).status_code == 200
