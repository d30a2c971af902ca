"""Wake-ups. The rows hold the state; a second run of any of these changes nothing."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.conf import settings

from insights import pipeline


# The deadline is enforced inside; the limit ends a worker that hangs where nothing can be enforced, as in
# a resolver. Its lease then runs out and another takes the stage up.
@shared_task(name="insights.run_stage", acks_late=True, time_limit=settings.LLM_DEADLINE_S + 60)
def run_stage(run_id: str, number: int) -> None:
    """Work one stage, unless it is gone, done or held by another worker."""
    pipeline.work(UUID(run_id), number)


@shared_task(name="insights.sweep")
def sweep() -> None:
    """Take up stages whose worker or message was lost."""
    pipeline.sweep()
