"""Runs in a real worker process on a real broker, also when the worker is killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from insights import pipeline, runs
from insights.models import Run, RunState, Stage
from membership import access
from membership.models import User
from tests import llm_server
from tests.insights.stages import by_stage
from tests.llm_server import LlmServer
from tests.servers import wait_until

if TYPE_CHECKING:
    from tests.conftest import StartWorker


def environment(llm: LlmServer) -> dict[str, str]:
    return {
        "LLM_BASE_URL": llm.url,
        "LLM_API_KEY": "geheim",
        "LLM_MODEL": "test/model",
        "INSIGHT_LEASE_S": "2",
    }


def ended(run: Run, *, sweep: bool = False) -> Callable[[], bool]:
    """Whether the run has ended; with `sweep` asks what beat would ask meanwhile."""

    def condition() -> bool:
        if sweep:
            pipeline.sweep()
        run.refresh_from_db()
        return not run.active

    return condition


def charged(user: User) -> dict[str, int]:
    return {name: access.check(user, name).used for name in ("ai_pipeline", "ai_calls")}


def test_worker_takes_stages_one_and_two_at_the_same_time_and_keeps_them(
    agreed: User, llm: LlmServer, celery_worker_process: StartWorker
) -> None:
    """The provider takes longer than the lease, and the run was started before there was a worker."""
    llm.script(llm_server.ok(delay=3))
    run = runs.start(owner=agreed, client_id="eins", send=False)
    Stage.objects.filter(run=run).update(sent_at=None)
    celery_worker_process(**environment(llm))
    wait_until(ended(run, sweep=True), "the run ends", 60)
    assert run.state == RunState.DONE
    stages = list(run.stages.all())
    begun = {stage.number: stage.started_at.timestamp() for stage in stages if stage.started_at}
    over = {stage.number: stage.finished_at.timestamp() for stage in stages if stage.finished_at}
    assert max(begun[1], begun[2]) < min(over[1], over[2])
    assert begun[3] >= max(over[1], over[2])
    assert [stage.attempt for stage in stages] == [1, 1, 1]
    assert len(llm.seen) == 3
    assert charged(agreed) == {"ai_pipeline": 1, "ai_calls": 3}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_killed_worker_is_followed_within_two_minutes_and_charged_once(
    agreed: User, llm: LlmServer, celery_worker_process: StartWorker, number: int
) -> None:
    llm.script(by_stage(number, llm_server.silent()))
    worker = celery_worker_process(**environment(llm))
    run = runs.start(owner=agreed, client_id="eins")
    others = {1, 2, 3} - {number} - ({3} if number < 3 else set())
    closed = Stage.objects.filter(run=run, number__in=others, state="done")
    wait_until(lambda: closed.count() == len(others), "the other stages are done", 60)
    wait_until(lambda: run.stages.get(number=number).attempt == 1, "the stage is taken", 60)
    wait_until(lambda: len(llm.seen) == len(others) + 1, "the provider is asked", 60)
    worker.kill()
    killed = timezone.now()

    llm.script(llm_server.ok())
    celery_worker_process(**environment(llm))
    wait_until(ended(run, sweep=True), "the run ends", 110)
    assert run.state == RunState.DONE
    assert run.finished is not None
    assert run.finished - killed < timedelta(minutes=2)
    assert [stage.attempt for stage in run.stages.all()] == [
        2 if stage == number else 1 for stage in (1, 2, 3)
    ]
    assert charged(agreed) == {"ai_pipeline": 1, "ai_calls": 3}
