"""Wake-ups for the worker."""

from __future__ import annotations

from celery import shared_task

from membership import subjects


@shared_task(name="usage.sweep")
def sweep_usage() -> None:
    subjects.sweep()
