"""Starts and finishes at the same time, on real connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

import pytest
from django.db import connection, transaction

from insights import pipeline, runs
from insights.models import Run, StageState
from insights.providers import Answer
from membership import access
from membership.models import User
from tests.llm_server import LlmServer

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def at_once(*calls: Callable[[], T]) -> list[T | type[Exception]]:
    """The results of calls that begin together, each on a connection of its own; refusals as their class."""
    barrier = Barrier(len(calls))

    def one(call: Callable[[], T]) -> T | type[Exception]:
        try:
            connection.ensure_connection()
            barrier.wait(20)
            return call()
        except access.LimitReached as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def start(owner: User, client_id: str) -> Run:
    return runs.start(owner=owner, client_id=client_id, send=False)


def test_twenty_starts_with_one_use_left_start_exactly_one(agreed: User, llm: LlmServer) -> None:
    results = at_once(*(lambda number=number: start(agreed, f"n{number}") for number in range(20)))
    assert Counter(type(result).__name__ for result in results) == {"Run": 1, "type": 19}
    assert Run.objects.of(agreed).count() == 1
    assert access.check(agreed, "ai_calls").used == 3


def test_double_click_on_two_connections_is_one_run(agreed: User, llm: LlmServer) -> None:
    results = at_once(*(lambda: start(agreed, "klick") for _ in range(6)))
    assert len(set(results)) == 1
    assert access.check(agreed, "ai_pipeline").used == 1


def test_stages_that_finish_together_send_the_last_one_once(agreed: User, llm: LlmServer) -> None:
    run = start(agreed, "eins")
    for number in (1, 2):
        pipeline.take(run.pk, number)

    def close(number: int) -> bool:
        outcome = runs.Outcome(Answer("Gut.", "m"))
        return runs.close_stage(run_id=run.pk, number=number, attempt=1, outcome=outcome)

    assert at_once(*(lambda number=number: close(number) for number in (1, 2, 1, 2))).count(True) == 2
    assert run.stages.get(number=3).state == StageState.QUEUED
    assert access.check(agreed, "ai_calls").used == 3


def test_second_finisher_waits_for_the_first_and_sends_the_last_stage(alice: User) -> None:
    """The first holds its transaction open: one that only looked at rows would not see the other closed."""
    run = start(alice, "eins")
    for number in (1, 2):
        pipeline.take(run.pk, number)
    outcome = runs.Outcome(Answer("Gut.", "m"))
    closed, over = Event(), Event()

    def first() -> None:
        with transaction.atomic():
            runs.close_stage(run_id=run.pk, number=1, attempt=1, outcome=outcome)
            closed.set()
            assert not over.wait(0.5), "the second finisher did not wait"

    def second() -> None:
        closed.wait(20)
        runs.close_stage(run_id=run.pk, number=2, attempt=1, outcome=outcome)
        over.set()

    at_once(first, second)
    assert run.stages.get(number=3).state == StageState.QUEUED


def test_a_stage_is_taken_by_one_of_many_workers(agreed: User, llm: LlmServer) -> None:
    run = start(agreed, "eins")
    taken = at_once(*(lambda: pipeline.take(run.pk, 1) for _ in range(8)))
    assert sum(isinstance(work, pipeline.Work) for work in taken) == 1
    assert run.stages.get(number=1).attempt == 1
