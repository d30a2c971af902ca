"""Wake-ups for the worker."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from membership import credits, subjects, trials


@shared_task(name="usage.sweep")
def sweep_usage() -> None:
    subjects.sweep()


@shared_task(name="trials.remind")
def remind_of_trials() -> None:
    trials.remind_everyone(at=timezone.now())


@shared_task(name="credits.allow")
def allow_credits() -> None:
    credits.allow_everyone(at=timezone.now())
