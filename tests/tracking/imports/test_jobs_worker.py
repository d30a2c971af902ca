"""Imports through the page, a real broker and a real worker process, also when the worker is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from membership import access
from membership.models import User
from tests.factories import setup_feature, setup_user
from tests.servers import wait_until
from tests.tracking.imports import generate, runs
from tracking.imports import jobs
from tracking.imports.runs import ImportRun
from tracking.journals.blood_pressure import BloodPressure
from tracking.journals.weight import Weight
from tracking.readings import SyncClock

if TYPE_CHECKING:
    from tests.conftest import StartWorker

State = ImportRun.State


def post(client: Client, name: str, content: bytes) -> str:
    """Upload a file through the page; returns the address of its import."""
    file = SimpleUploadedFile(name, content)
    response = client.post("/import/", {"client_id": name, "file": file})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def state_of(run: ImportRun) -> str:
    run.refresh_from_db()
    return run.state


@pytest.fixture
def alice(transactional_db: None) -> User:
    return setup_user("alice", password=None)


@pytest.fixture
def client_of_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_a_real_export_from_the_page_to_the_report_and_back(
    alice: User, client_of_alice: Client, celery_worker_process: StartWorker
) -> None:
    setup_feature("data_import", 3, period="month")
    address = post(client_of_alice, "export.xml", (runs.SAMPLES / "apple_export_v14.xml").read_bytes())
    waiting = client_of_alice.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting

    worker = celery_worker_process()
    run = ImportRun.objects.get()
    wait_until(lambda: state_of(run) == State.DONE, "the import is done", 60)
    report = client_of_alice.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in report
    assert runs.counts(run) == {"weight": {"created": 2}, "blood_pressure": {"created": 1}}
    assert [str(row.weight_kg) for row in Weight.objects.of(alice).oldest_first()] == ["82.400", "82.327"]
    assert BloodPressure.objects.of(alice).count() == 1

    packed = (runs.SAMPLES / "apple_export_de.zip").read_bytes()
    address = post(client_of_alice, "export.zip", packed)
    second = ImportRun.objects.latest("created_at")
    wait_until(lambda: state_of(second) == State.DONE, "the second import is done", 60)
    assert access.check(alice, "data_import").used == 2
    before = runs.digest(alice)
    assert client_of_alice.post(f"/import/{run.pk}/undo/").status_code == 302
    assert client_of_alice.post(f"{address}undo/").status_code == 302
    assert runs.digest(alice) != before
    assert not Weight.objects.of(alice).exists()

    bad = post(client_of_alice, "geheimer-name.xml", b"<HealthData><Record geheim")
    third = ImportRun.objects.latest("created_at")
    wait_until(lambda: state_of(third) == State.FAILED, "the broken file is refused", 60)
    assert third.error_code == "broken_xml"
    assert 'role="alert"' in client_of_alice.get(bad).content.decode()
    assert access.check(alice, "data_import").used == 2
    worker.stop()
    for secret in ("geheim", "82.4", "Traceback", "alice@"):
        assert secret not in worker.output()


def test_a_killed_worker_is_followed_by_another_while_reading_and_while_writing(
    alice: User, celery_worker_process: StartWorker
) -> None:
    setup_feature("data_import", 3, period="month")
    content = generate.export(generate.elements(100, a_day=1200))
    reference = setup_user(password=None)
    expected = runs.bring(reference, content)
    run = runs.upload(alice, content)

    with transaction.atomic():  # held until it is seen: a quick machine is done before anybody looks
        SyncClock.advance(alice.pk, 0)
        worker = celery_worker_process()
        wait_until(lambda: state_of(run) in (State.READING, State.WRITING), "it is reading", 60)
        worker.kill()
    runs.lease_passes(run)

    with transaction.atomic():  # whoever writes for Alice waits for her clock
        SyncClock.advance(alice.pk, 0)
        worker = celery_worker_process()
        jobs.sweep()
        wait_until(lambda: (state_of(run), run.attempt) == (State.WRITING, 2), "it is writing", 60)
        worker.kill()
    runs.lease_passes(run)

    celery_worker_process()
    jobs.sweep()
    wait_until(lambda: state_of(run) == State.DONE, "the import is done", 60)
    assert run.attempt == 3
    assert (runs.counts(run), run.records) == (runs.counts(expected), expected.records)
    assert runs.digest(alice) == runs.digest(reference)
    assert access.check(alice, "data_import").used == 1
