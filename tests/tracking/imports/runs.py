"""Imports as tests make them: upload, let work, digest what stands."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from membership.models import User
from mitai.core.ids import uuid7
from tests.tracking.imports import generate
from tracking.imports import arrivals, files, jobs
from tracking.imports.runs import ImportRun
from tracking.journals import registry

SAMPLES = Path(__file__).parent / "samples"
KILLED = 9


def small_export(days: int, *, seed: int = 7, start: int = 0) -> bytes:
    """A diary of so many days, with a few samples of a watch."""
    found = list(generate.elements(start + days, seed=seed, a_day=3))
    return generate.export(found[len(found) * start // (start + days) :])


def upload(
    owner: User, content: bytes, *, client_id: str = "", name: str = "export.xml", preview: bool = False
) -> ImportRun:
    """Receive a file; nothing works on it yet."""
    file = SimpleUploadedFile(name, content)
    return arrivals.receive(owner=owner, upload=file, client_id=client_id or uuid7().hex, preview=preview)


def bring(owner: User, content: bytes) -> ImportRun:
    """Receive a file and import it to its end, in this process."""
    run = upload(owner, content)
    jobs.work(run.pk)
    run.refresh_from_db()
    return run


def digest(owner: User) -> str:
    """Of all that counts for a member: each live entry with its values, moment and source, but no key."""
    rows = []
    for journal in registry().values():
        for entry in journal.model.objects.of(owner).order_by("slot").select_related("source"):
            values = journal.to_json({field.name: getattr(entry, field.name) for field in journal.fields})
            moment = [entry.day, entry.occurred_at, entry.utc_offset_min]
            rows.append([journal.slug, entry.slot, *moment, values, entry.source.kind, entry.source.name])
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()


def counts(run: ImportRun) -> dict[str, dict[str, int]]:
    """Rows created, updated and unchanged, by journal."""
    journals: dict[str, dict[str, int]] = run.report["journals"]
    return journals


def lease_passes(run: ImportRun) -> None:
    """As if the time of the lease, and that before the sweeper looks, were over."""
    past = timezone.now() - timedelta(minutes=2)
    ImportRun.objects.filter(pk=run.pk).update(lease_until=past, created_at=past)


def minutes_pass() -> None:
    """As if the files of imports lay there for a while: the sweeper leaves young ones alone."""
    past = time.time() - 300
    for file in files.folder().iterdir():
        os.utime(file, (past, past))


def in_child(work: Callable[[], None]) -> int:
    """Do the work in a forked process; returns how it ended: 0, the signal that killed it, or -1."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1


def dies_at(statement: int) -> Callable[..., object]:
    """A wrapper of statements that kills this process, unasked and at once, before the given one."""
    seen = 0

    def wrapper(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    return wrapper
