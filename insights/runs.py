"""The one door to runs: start, finish a stage, delete; and the state machine in between.

A run is queued, then running, and ends as done, partial (something is missing), failed or cancelled.
Stages 1 and 2 go out together, the last of them to close sends stage 3. Whoever closes a stage locks
the run first: two finishers that only look at each other's rows would both see the other open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from insights import consents, context, providers
from insights.models import Run, RunKind, RunState, Stage, StageName, StageState
from insights.providers import Answer
from membership import access
from mitai.core.ids import uuid7

if TYPE_CHECKING:
    from membership.models import User

NUMBERS = {1: StageName.WEIGHT, 2: StageName.NUTRITION, 3: StageName.OVERALL}
LAST = 3
STAGES = {RunKind.PIPELINE: (1, 2, 3), RunKind.OVERALL: (LAST,)}
CALL, PIPELINE = "ai_calls", "ai_pipeline"


@dataclass(frozen=True)
class Outcome:
    """How one attempt at a stage ended: with an answer, or with an error code."""

    answer: Answer | None
    error_code: str = ""
    ms: int | None = None


def costs(kind: str) -> dict[str, int]:
    """What a run of this kind reserves when a language model evaluates."""
    calls = len(STAGES[RunKind(kind)])
    return {PIPELINE: 1, CALL: calls} if kind == RunKind.PIPELINE else {CALL: calls}


def start(
    *,
    owner: User,
    client_id: str,
    kind: str = RunKind.PIPELINE,
    charged: bool = True,
    send: bool = True,
    at: datetime | None = None,
) -> Run:
    """A new run with its facts frozen and its use reserved; the run of before for a `client_id` seen before.

    The rule-based evaluator costs nothing. `charged=False` and `send=False` are for the operator's
    command, which works the stages itself.

    Raises:
        ConsentNeeded: the endpoint in use has no consent of the member.
        LimitReached: the use is not left.
    """
    known = Run.objects.of(owner).filter(client_id=client_id).first()
    if known is not None:
        return known
    provider = providers.current()
    if not consents.holds(owner, provider.endpoint):
        raise consents.ConsentNeeded
    now = at or timezone.now()
    facts = [fact.to_json() for fact in context.facts(owner, now=now)]
    run = Run(
        id=uuid7(),
        user=owner,
        kind=kind,
        language=owner.language,
        evaluator=provider.label,
        facts=facts,
        endpoint=provider.endpoint,
        charged=charged and provider.is_language_model,
        client_id=client_id,
    )
    try:
        with transaction.atomic():
            if run.charged:
                access.reserve(user=owner, amounts=costs(kind), subject=run.subject, at=now)
            run.save(force_insert=True)
            _add_stages(run, now=now, send=send)
    except (IntegrityError, access.LimitReached):
        # The other click of two was first, and may have taken the last use there was.
        known = Run.objects.of(owner).filter(client_id=client_id).first()
        if known is None:
            raise
        return known
    return run


def _add_stages(run: Run, *, now: datetime, send: bool) -> None:
    numbers = STAGES[RunKind(run.kind)]
    waiting = {LAST} if len(numbers) > 1 else set()
    # Until sent_at is old, the sweeper leaves a stage to whoever made it.
    Stage.objects.bulk_create(
        Stage(
            run=run,
            number=number,
            name=NUMBERS[number],
            sent_at=None if send else now,
            state=StageState.WAITING if number in waiting else StageState.QUEUED,
        )
        for number in numbers
    )
    if send:
        _send_on_commit(run.pk, *(set(numbers) - waiting))


def _send_on_commit(run_id: UUID, *numbers: int) -> None:
    from insights import pipeline

    transaction.on_commit(partial(pipeline.send, run_id, *numbers))


@transaction.atomic
def close_stage(
    *, run_id: UUID, number: int, attempt: int, outcome: Outcome, at: datetime | None = None
) -> bool:
    """Close one attempt at a stage, book its call, and move the run on.

    False, and nothing changed, when the run is gone or the attempt is no longer the current one:
    the stage was taken up by another worker meanwhile, and only that one's result counts.
    """
    now = at or timezone.now()
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None or not _close(run, number, attempt, outcome, now):
        return False
    if run.charged and outcome.answer is not None:
        access.commit(subject=run.subject, amounts={CALL: 1})
    _advance(run, now)
    return True


def _close(run: Run, number: int, attempt: int, outcome: Outcome, now: datetime) -> bool:
    """Close by compare-and-swap on the attempt."""
    answer = outcome.answer
    values: dict[str, object] = {"state": StageState.FAILED, "error_code": outcome.error_code}
    if answer is not None:
        values = {
            "state": StageState.DONE,
            "answer": answer.text,
            "model": answer.model[:200],
            "tokens_in": answer.tokens_in,
            "tokens_out": answer.tokens_out,
            "cost_micro": answer.cost_micro,
        }
        values |= {"request": answer.sent} if answer.sent else {}
    stage = Stage.objects.filter(run=run, number=number, attempt=attempt, state=StageState.RUNNING)
    return stage.update(lease_until=None, finished_at=now, ms=outcome.ms, **values) == 1


def _advance(run: Run, now: datetime) -> None:
    """Send the last stage when the others are closed; end the run when all are. The run is locked."""
    stages = {stage.number: stage for stage in run.stages.all()}
    last = stages[LAST]
    first = [stage for stage in stages.values() if stage is not last]
    if any(not stage.closed for stage in first):
        return
    if last.state == StageState.WAITING:
        if any(stage.state == StageState.DONE for stage in first):
            Stage.objects.filter(pk=last.pk, state=StageState.WAITING).update(state=StageState.QUEUED)
            _send_on_commit(run.pk, LAST)
            return
        # Nothing to put together: asking a provider that failed twice would only cost.
        Stage.objects.filter(pk=last.pk, state=StageState.WAITING).update(state=StageState.CANCELLED)
        last.state = StageState.CANCELLED
    if last.closed:
        _end(run, list(stages.values()), now)


def _end(run: Run, stages: list[Stage], now: datetime) -> None:
    """The last state; what was not used goes back. A pipeline counts when its last stage is done."""
    done = [stage for stage in stages if stage.state == StageState.DONE]
    state = RunState.DONE if len(done) == len(stages) else RunState.PARTIAL if done else RunState.FAILED
    moved = Run.objects.filter(pk=run.pk, state__in=[RunState.QUEUED, RunState.RUNNING]).update(
        state=state, finished=now
    )
    if moved == 1 and run.charged:
        if run.kind == RunKind.PIPELINE and any(stage.number == LAST for stage in done):
            access.commit(subject=run.subject, amounts={PIPELINE: 1})
        access.release(subject=run.subject)


@transaction.atomic
def delete(*, run: Run) -> None:
    """Remove a run and all it holds; what an unfinished one had reserved goes back."""
    locked = Run.objects.select_for_update().filter(pk=run.pk).first()
    if locked is None:
        return
    if locked.charged and locked.active:
        access.release(subject=locked.subject)
    locked.delete()
