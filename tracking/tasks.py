"""Wake-ups for the worker: what must not be lost is a row."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from tracking import entries
from tracking.imports import choices, files, jobs


@shared_task(name="imports.run")
def run_import(run_id: str) -> None:
    jobs.work(UUID(run_id))


@shared_task(name="imports.sweep")
def sweep_imports() -> None:
    jobs.sweep()
    files.forget_orphans()


@shared_task(name="imports.purge")
def purge_imports() -> None:
    choices.give_up_old()
    files.forget_old()


@shared_task(name="entries.purge")
def purge_entries() -> None:
    entries.forget_submissions()
