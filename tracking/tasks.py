"""Wake-ups for the worker: what must not be lost is a row."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from tracking import activity_names, entries
from tracking.imports import choices, files, jobs
from tracking.photos import album, store
from tracking.photos import jobs as photo_jobs


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


@shared_task(name="photos.process")
def process_photo(photo_id: str) -> None:
    photo_jobs.process(UUID(photo_id))


@shared_task(name="photos.sweep")
def sweep_photos() -> None:
    photo_jobs.sweep()
    store.forget_accounts()


@shared_task(name="photos.purge")
def purge_photos() -> None:
    album.forget_unused()
    store.forget_orphans()


@shared_task(name="training.apply")
def apply_names(keys: list[str]) -> None:
    activity_names.apply_to_all(keys)


@shared_task(name="entries.purge")
def purge_entries() -> None:
    entries.forget_submissions()
