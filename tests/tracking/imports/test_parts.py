"""A file that arrives in parts, over a line that breaks."""

from __future__ import annotations

import base64
import fcntl
import io
import os
import resource
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.conf import settings as current
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer

from membership import access
from membership.models import User
from tests.factories import setup_feature, setup_user
from tests.servers import wait_until
from tests.tracking.imports import runs
from tracking.imports import arrivals, files, jobs
from tracking.imports.runs import ImportRun
from tracking.journals.weight import Weight
from tracking.tasks import purge_imports

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
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
    return setup_user("alice", password=None, language="en")


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def announce(client: Client, size: int, **told: str) -> Response:
    """Say that a file comes, as upload.js does."""
    named = {"filename": "export.xml", "modified": "1700000000000", "client_id": "form"} | told
    pairs = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in named.items())
    return client.post("/import/parts/", headers={"Upload-Length": str(size), "Upload-Metadata": pairs})


def part(client: Client, place: str, offset: int, content: bytes) -> Response:
    return client.patch(
        place,
        content,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": str(offset)},
    )


def offset_of(response: Response) -> int:
    return int(response["Upload-Offset"])


def test_a_file_in_parts_is_imported_like_one_in_a_form(client: Client, alice: User) -> None:
    setup_feature("data_import", 3, period="month")
    begun = announce(client, len(V14))
    assert (begun.status_code, offset_of(begun)) == (201, 0)
    place = begun["Location"]
    for start in range(0, len(V14), 3000):
        answer = part(client, place, start, V14[start : start + 3000])
        assert (answer.status_code, offset_of(answer)) == (204, min(start + 3000, len(V14)))
    run = ImportRun.objects.get()
    assert (run.state, run.file_name, run.size) == (State.QUEUED, "export.xml", len(V14))
    assert files.upload_path(run).read_bytes() == V14
    assert oct(files.upload_path(run).stat().st_mode & 0o777) == "0o600"
    jobs.work(run.pk)
    assert Weight.objects.of(alice).count() == 2
    assert access.check(alice, "data_import").used == 1


@examples(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(V14)), max_size=6), lost=st.lists(st.booleans(), max_size=6))
def test_wherever_the_line_breaks_the_file_is_the_same(cuts: list[int], lost: list[bool]) -> None:
    """Parts that never came, that came without their answer, and that came twice."""
    client = Client()
    client.force_login(setup_user(password=None))
    for number, cut in enumerate(cuts):
        place = announce(client, len(V14), client_id=f"form {number}")[
            "Location"
        ]  # the page was loaded again
        here = offset_of(client.head(place))
        if cut > here:
            part(client, place, here, V14[here:cut])
        if number < len(lost) and lost[number]:
            part(client, place, here, V14[here:cut])  # its answer was lost, so it comes again
    place = announce(client, len(V14), client_id="last")["Location"]
    run = ImportRun.objects.latest("created_at")
    part(client, place, offset_of(client.head(place)), V14[offset_of(client.head(place)) :])
    run.refresh_from_db()
    assert run.state == State.QUEUED
    assert files.upload_path(run).read_bytes() == V14
    ImportRun.objects.all().delete()


def test_the_same_file_chosen_again_goes_on_where_it_stopped(client: Client) -> None:
    place = announce(client, len(V14))["Location"]
    part(client, place, 0, V14[:5000])
    again = announce(client, len(V14), client_id="the page was loaded again")
    assert (again["Location"], offset_of(again)) == (place, 5000)
    other = announce(client, len(V14), client_id="changed since", modified="1800000000000")
    assert other["Location"] != place


def test_another_file_from_the_same_page_is_an_import_of_its_own(client: Client) -> None:
    place = announce(client, len(V14))["Location"]
    part(client, place, 0, V14[:3000])
    other = announce(client, 50, filename="b.xml", modified="2")
    assert other["Location"] != place
    assert offset_of(other) == 0
    part(client, other["Location"], 0, b"y" * 50)
    assert offset_of(client.head(place)) == 3000


def test_after_cancelling_the_same_page_uploads_again(client: Client) -> None:
    place = announce(client, len(V14))["Location"]
    client.delete(place)
    again = announce(client, len(V14))
    assert again["Location"] != place
    assert part(client, again["Location"], 0, V14).status_code == 204


def test_a_form_sent_twice_is_one_import_and_with_another_file_two(client: Client, alice: User) -> None:
    for content in (V14, V14, V14 + b"\n", V14 + b"\n"):
        file = io.BytesIO(content)
        file.name = "export.xml"
        assert client.post("/import/", {"client_id": "form", "file": file}).status_code == 302
    assert sorted(ImportRun.objects.values_list("size", flat=True)) == [len(V14), len(V14) + 1]


def test_the_wish_for_a_preview_is_the_one_told_last(client: Client) -> None:
    announce(client, len(V14))
    place = announce(client, len(V14), client_id="later", preview="on")["Location"]
    part(client, place, 0, V14)
    assert ImportRun.objects.get().preview


def test_room_that_other_uploads_will_take_is_taken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    announce(client, 1000)
    asked: list[int] = []

    def room_for(size: int) -> bool:
        asked.append(size)
        return False

    monkeypatch.setattr(files, "room_for", room_for)
    assert announce(client, 10, filename="b", client_id="other").status_code == 507
    assert asked == [1010]


def test_a_part_that_is_under_way_does_not_bring_a_cancelled_file_back(client: Client, alice: User) -> None:
    place = announce(client, len(V14))["Location"]
    run = ImportRun.objects.get()
    files.remove(run)
    assert part(client, place, 0, V14[:100]).status_code == 410
    assert not files.upload_path(run).exists()


def test_a_part_that_comes_twice_or_from_elsewhere_is_not_written(client: Client) -> None:
    place = announce(client, len(V14))["Location"]
    part(client, place, 0, V14[:5000])
    for offset in (0, 4999, 5001):
        answer = part(client, place, offset, b"x" * 100)
        assert (answer.status_code, offset_of(answer)) == (409, 5000)
    run = ImportRun.objects.get()
    with files.upload_path(run).open("rb") as other_window:
        fcntl.flock(other_window, fcntl.LOCK_EX)
        assert part(client, place, 5000, V14[5000:]).status_code == 409
    assert files.upload_path(run).read_bytes() == V14[:5000]


def test_more_than_was_announced_is_not_kept(client: Client) -> None:
    place = announce(client, 10)["Location"]
    assert offset_of(part(client, place, 0, b"0123456789more")) == 10
    assert files.upload_path(ImportRun.objects.get()).read_bytes() == b"0123456789"


def test_the_last_part_again_is_the_same_import(client: Client) -> None:
    place = announce(client, len(V14))["Location"]
    for _ in range(2):
        assert part(client, place, 0, V14).status_code == 204
    assert offset_of(client.head(place)) == len(V14)
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize("offset", ["", "-1", "1.5", "abc", "9" * 5000])
def test_a_part_without_a_place_is_refused(client: Client, offset: str) -> None:
    place = announce(client, 10)["Location"]
    response = client.patch(
        place,
        b"x",
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": offset},
    )
    assert response.status_code == 415


def test_files_that_cannot_be_imported_are_refused_before_a_byte_is_sent(
    client: Client, settings: Settings
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2**20
    for size, words in ((0, "The file is empty."), (2**20 + 1, "(1\u202fMB)"), (10**30, "(1\u202fMB)")):
        response = announce(client, size)
        assert response.status_code == 422
        assert words in response.content.decode()
    assert client.post("/import/parts/").status_code == 422
    assert not ImportRun.objects.exists()


def test_a_used_up_limit_refuses_the_file_but_not_the_rest_of_one(client: Client, alice: User) -> None:
    setup_feature("data_import", 1, period="month")
    place = announce(client, len(V14))["Location"]
    assert announce(client, len(V14))["Location"] == place
    response = announce(client, len(V14), client_id="another", modified="2")
    assert response.status_code == 403
    assert "1 of 1 used" in response.content.decode()
    part(client, place, 0, V14)
    assert access.check(alice, "data_import").used == 1


def test_the_upload_of_another_member_is_not_there(client: Client) -> None:
    charlie = setup_user("charlie", password=None)
    run = arrivals.begin(owner=charlie, file_name="a", size=10, modified="1", client_id="form")
    place = f"/import/{run.pk}/part/"
    for response in (client.head(place), part(client, place, 0, b"x"), client.delete(place)):
        assert response.status_code == 404
    assert arrivals.arrived(run) == 0
    assert announce(client, 10, filename="a", modified="1")["Location"] != place


def test_a_part_without_the_forms_token_is_refused(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    run = arrivals.begin(owner=alice, file_name="a", size=10, modified="1", client_id="form")
    assert part(client, f"/import/{run.pk}/part/", 0, b"x").status_code == 403
    assert arrivals.arrived(run) == 0


@pytest.mark.django_db(transaction=True)
def test_giving_an_upload_up_takes_the_file_and_gives_the_use_back(client: Client, alice: User) -> None:
    setup_feature("data_import", 1, period="month")
    place = announce(client, len(V14))["Location"]
    part(client, place, 0, V14[:100])
    assert client.delete(place).status_code == 204
    assert access.check(alice, "data_import").used == 0
    assert list(files.folder().iterdir()) == []
    assert client.head(place).status_code == 410


def test_an_upload_nobody_goes_on_with_ends_after_a_day(client: Client, alice: User) -> None:
    setup_feature("data_import", 1, period="month")
    place = announce(client, len(V14))["Location"]
    part(client, place, 0, V14[:100])
    run = ImportRun.objects.get()
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    ImportRun.objects.update(created_at=yesterday)
    purge_imports()
    assert client.head(place).status_code == 200  # its last part came just now
    os.utime(files.upload_path(run), (yesterday.timestamp(), yesterday.timestamp()))
    purge_imports()
    assert client.head(place).status_code == 410
    assert access.check(alice, "data_import").used == 0


def test_the_page_of_an_upload_says_how_to_go_on(client: Client) -> None:
    place = announce(client, len(V14))["Location"]
    part(client, place, 0, V14[:3000])
    page = client.get(place.removesuffix("part/")).content.decode()
    assert "choose the same file again" in page
    assert "Arrived: 2.9\u00a0KB of 7.6\u00a0KB" in page


# The disk -------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_says_so_and_what_has_come_stays(alice: User) -> None:
    run = arrivals.begin(owner=alice, file_name="a", size=100_000, modified="1", client_id="form")

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        with pytest.raises(arrivals.NoRoom):
            arrivals.append(run, offset=0, body=io.BytesIO(b"x" * 100_000))

    assert runs.in_child(without_room) == 0
    assert arrivals.arrived(run) == 40_000
    assert arrivals.append(run, offset=40_000, body=io.BytesIO(b"x" * 60_000)) == 100_000
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_a_file_the_disk_would_not_take_is_refused_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SPARE_BYTES", 2**62)
    response = announce(client, 10)
    assert response.status_code == 507
    assert "not enough room" in response.content.decode()
    assert not ImportRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_form_that_finds_no_room_says_so_at_the_file(client: Client) -> None:
    """The kernel refuses to let the uploaded file grow."""

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        file = io.BytesIO(b"x" * 300_000)
        file.name = "export.zip"
        response = client.post("/import/", {"client_id": "form", "file": file})
        assert response.status_code == 422
        assert "not enough room" in response.content.decode()

    assert runs.in_child(without_room) == 0
    assert not ImportRun.objects.exists()
    assert list(Path(current.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


# The line -------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_what_came_before_the_line_broke_is_kept(
    client: Client, alice: User, live_server: LiveServer
) -> None:
    run = arrivals.begin(owner=alice, file_name="a", size=50_000, modified="1", client_id="form")
    address = urlsplit(live_server.url)
    client.get("/import/")  # for the token
    token = client.cookies["csrftoken"].value
    cookies = f"csrftoken={token}; sessionid={client.cookies['sessionid'].value}"
    head = (
        f"PATCH /import/{run.pk}/part/ HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {token}\r\nUpload-Offset: 0\r\nContent-Length: 50000\r\n"
        "Content-Type: application/offset+octet-stream\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(head.encode() + b"x" * 20_000)
    wait_until(lambda: arrivals.arrived(run) == 20_000, "what came is kept")
    run.refresh_from_db()
    assert run.state == State.ARRIVING
