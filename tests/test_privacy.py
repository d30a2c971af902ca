"""What leaves the server besides the page: logs, headers, health. Nothing of it says who did what."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django import Settings
from structlog.stdlib import ProcessorFormatter

from mitai import urls as house
from tests import factories
from tests.servers import free_port
from tests.test_routes import World, browser, world
from tests.tracking.imports.runs import bring, upload
from tracking.journals import registry
from tracking.journals.weight import Weight
from tracking.tasks import run_import

__all__ = ["world"]
pytestmark = pytest.mark.django_db
EMAIL, SECRET, NOTE = "nora.klarname@example.org", "mein geheimes Wort", "Termin bei Frau Doktor"
TYPED, STORED, OUTSIDE = "83,217", "83.217", "917.25"
OWN_CACHING = {"manifest", "service_worker", "offline"}  # the same for everyone
KEPT_BY_ITS_OWNER = {"tracking:photo_file"}  # it never changes, and weighs more than a page


def breaks(request: HttpRequest) -> HttpResponse:
    """A page that stores what the database refuses."""
    with transaction.atomic():
        Weight.objects.bulk_create([unlikely(request.user)])
    return HttpResponse()


def unlikely(user: Any) -> Weight:
    now = timezone.now()
    row = {"slot": "x", "day": now.date(), "changed": 1, "created_at": now, "updated_at": now, "note": NOTE}
    return Weight(user=user, weight_kg=Decimal(OUTSIDE), **row)


urlpatterns = [path("breaks/", breaks), *house.urlpatterns]
handler500 = house.handler500


# Logs -------------------------------------------------------------------------------------------------------
@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What the process logged so far, which is a JSON object a line."""
    root = logging.getLogger()
    (handler,) = [one for one in root.handlers if isinstance(one.formatter, ProcessorFormatter)]
    assert isinstance(handler, logging.StreamHandler)
    kept, level, written = handler.stream, root.level, io.StringIO()
    handler.setStream(written)
    root.setLevel("INFO")

    def read() -> str:
        assert all(isinstance(json.loads(line), dict) for line in written.getvalue().splitlines())
        return written.getvalue()

    yield read
    root.setLevel(level)
    handler.setStream(kept)


def nothing_private(written: str, *others: str) -> None:
    secrets = [EMAIL, "nora", "klarname", SECRET, NOTE, TYPED, STORED, OUTSIDE, *others]
    assert [secret for secret in secrets if secret.lower() in written.lower()] == []


def test_signing_up_and_in_is_logged_without_address_password_or_token(logged: Callable[[], str]) -> None:
    client = Client(raise_request_exception=False)
    client.post("/accounts/signup/", {"email": EMAIL, "password1": SECRET})
    (confirm,) = re.findall(r"/accounts/confirm-email/([^/\s]+)/", str(mail.outbox[0].body))
    client.get(f"/accounts/confirm-email/{confirm}/")
    client.post("/accounts/login/", {"login": EMAIL, "password": f"{SECRET}, falsch"})
    client.post(f"/accounts/confirm-email/{confirm}/")
    client.post("/accounts/password/reset/", {"email": EMAIL})
    (user, key) = re.findall(r"/password/reset/key/([0-9a-z]+)-([^/\s]+)/", str(mail.outbox[-1].body))[0]
    client.get(f"/accounts/password/reset/key/{user}-{key}/")
    client.get(f"/accounts/password/reset/key/{user}-{key}x/")
    client.get(f"/nothing/?email={EMAIL}&password={SECRET}")
    strict = Client(enforce_csrf_checks=True)
    strict.post("/accounts/login/", {"login": EMAIL, "password": SECRET})
    written = logged()
    assert "django.security.csrf" in written
    nothing_private(written, confirm, key)


def test_recording_is_logged_without_values(logged: Callable[[], str]) -> None:
    client = browser(factories.setup_user("nora", email=EMAIL, password=None))
    fields = {"client_id": "c", "day": "2026-03-02", "note": NOTE}
    assert client.post("/journal/weight/", {**fields, "weight_kg": TYPED}).status_code == 302
    assert client.post("/journal/weight/", {**fields, "weight_kg": OUTSIDE}).status_code == 422
    written = logged()
    assert "request answered 422" in written
    nothing_private(written)


def test_a_failing_import_is_logged_without_what_is_in_the_file(logged: Callable[[], str]) -> None:
    nora = factories.setup_user("nora", email=EMAIL, password=None)
    record = f'<Record type="HKQuantityTypeIdentifierBodyMass" sourceName="{NOTE}" value="{STORED}" unit="kg"'
    assert bring(nora, f"<HealthData>{record}/><<<".encode()).state == "failed"
    written = logged()
    assert "import refused" in written
    nothing_private(written)


def test_what_the_database_refuses_is_logged_without_the_row(
    logged: Callable[[], str], settings: Settings
) -> None:
    settings.ROOT_URLCONF = __name__
    client = browser(factories.setup_user("nora", email=EMAIL, password=None))
    client.raise_request_exception = False
    answer = client.get("/breaks/", headers={"x-request-id": "asked-by-a-proxy"})
    assert answer.status_code == 500
    assert OUTSIDE not in answer.content.decode()
    written = logged()
    (line,) = [json.loads(line) for line in written.splitlines() if "IntegrityError" in line]
    assert line["request_id"] == answer["X-Request-ID"] == "asked-by-a-proxy"
    assert any("test_privacy.py" in frame for frame in line["trace"])
    nothing_private(written)


def test_a_failing_task_is_logged_without_what_the_database_refused(logged: Callable[[], str]) -> None:
    nora = factories.setup_user("nora", email=EMAIL, password=None)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE tracking_weight ADD CHECK (weight_kg <> {STORED})")
    moment = "2026-03-02 07:00:00 +0100"
    record = f'<Record type="HKQuantityTypeIdentifierBodyMass" sourceName="{NOTE}" value="{STORED}" unit="kg"'
    content = f'<HealthData>{record} startDate="{moment}" endDate="{moment}"/></HealthData>'
    run = upload(nora, content.encode())
    with transaction.atomic():
        run_import.apply((str(run.pk),))
        transaction.set_rollback(True)
    written = logged()
    assert "task imports.run raised unexpected" in written
    assert "IntegrityError" in written
    nothing_private(written)


def test_what_is_bound_to_an_event_is_logged_with_the_request(logged: Callable[[], str]) -> None:
    """The tests above look at what the log really holds."""
    structlog.get_logger("tests").info("seen", value=STORED)
    with pytest.raises(AssertionError):
        nothing_private(logged())


# Headers ----------------------------------------------------------------------------------------------------
def guarded(answer: HttpResponseBase) -> None:
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])


def uncached(answer: HttpResponseBase) -> None:
    assert {"no-store", "private"} <= set(re.split(r",\s*", answer["Cache-Control"]))


@pytest.mark.parametrize("visitor", ["stranger", "alice"])
def test_every_answer_is_guarded_and_what_is_private_stays_out_of_caches(world: World, visitor: str) -> None:
    for route, address in world.addresses().items():
        client = browser(world.alice if visitor == "alice" else None)
        for headers in ({}, {"HX-Request": "true"}):
            for method in ("GET", "POST"):
                answer = client.generic(method, address, headers=headers)
                guarded(answer)
                assert "HX-Request" in answer["Vary"]
                if route.name in KEPT_BY_ITS_OWNER and answer["Content-Type"] == "image/jpeg":
                    assert {"private", "immutable"} <= set(re.split(r",\s*", answer["Cache-Control"]))
                elif route.name not in OWN_CACHING:
                    uncached(answer)


def test_errors_are_guarded_too(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    client = browser(factories.alice(password=None))
    client.raise_request_exception = False
    strict = Client(enforce_csrf_checks=True)
    many = [("x", str(number)) for number in range(1100)]
    answers = [
        client.get("/nothing-here/"),
        client.get("/breaks/"),
        client.delete("/capture/"),
        strict.post("/accounts/login/"),
        client.post("/settings/", data="&".join("=".join(pair) for pair in many), content_type=FORM),
    ]
    assert [answer.status_code for answer in answers] == [404, 500, 405, 403, 400]
    for answer in answers:
        guarded(answer)
        uncached(answer)


FORM = "application/x-www-form-urlencoded"


def test_a_request_id_that_is_none_is_replaced(client: Client) -> None:
    for given in ("short", "x" * 65, "with space and more", 'quote"quote"'):
        answer = client.get("/healthz/live", headers={"x-request-id": given})
        assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"])


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client) -> None:
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": factories.alice().email, "password": factories.PASSWORD})
    for name in ("sessionid", "csrftoken"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_static_files_are_kept_for_ever_under_the_name_of_what_is_in_them(
    settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    page = Client().get("/offline/").content.decode()
    files = set(re.findall(r'"(/static/[^"#]+)[#"]', page))
    assert len(files) > 5
    for file in files:
        with closing(Client().get(file, headers={"accept-encoding": "br"})) as answer:
            assert answer.status_code == 200, file
            assert {"public", "immutable"} <= set(re.split(r",\s*", answer["Cache-Control"])), file
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert file.endswith(".png") or answer["Content-Encoding"] == "br", file


# Health -----------------------------------------------------------------------------------------------------
def test_ready_says_that_all_is_well(client: Client) -> None:
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["checks"].values()) == {"ok"}


def test_ready_is_503_without_redis_and_says_no_address(client: Client, settings: Settings) -> None:
    port = free_port()
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{port}/1"}}
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["checks"]["cache"] == "ConnectionError"
    assert answer.json()["checks"]["database"] == "ok"
    assert str(port) not in answer.content.decode()
    assert client.get("/healthz/live").status_code == 200


def test_every_journal_logs_its_rows_by_key_alone() -> None:
    """A row's name in a traceback or the admin holds no value."""
    for journal in registry().values():
        assert re.fullmatch(r"\w+ 2026-03-02", str(journal.model(day="2026-03-02", note=NOTE)))


def test_the_database_quotes_no_row_it_refused(db: None) -> None:
    """Its log is a file beside ours; a refused row would stand there with all its values."""
    alice = factories.setup_user("nora", email=EMAIL, password=None)
    for _ in range(2):
        with suppress(DatabaseError), transaction.atomic():
            Weight.objects.bulk_create([unlikely(alice)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name LIKE 'log_%'")
        told = dict(cursor.fetchall())
    if os.environ.get("TEST_DATABASE_URL"):
        return  # a server of somebody else's making
    assert (told["log_error_verbosity"], told["log_min_error_statement"]) == ("terse", "panic")
    (log,) = (Path(settings.DATA_DIR).parent / "logs").glob("postgres.log")
    written = log.read_text()
    assert "violates check constraint" in written
    nothing_private(written)
