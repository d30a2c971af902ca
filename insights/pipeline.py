"""Working a stage: take its lease, ask the evaluator, close it; and taking up what a lost worker left.

What must not be lost is the stage's row. A message in the broker only wakes a worker, so it may be
lost, late or doubled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from insights import consents, prompts, providers, runs
from insights.models import PromptVersion, Run, RunState, Stage, StageName, StageState
from insights.providers import Provider, ProviderError, Request

log = structlog.get_logger(__name__)

RENEW_S = 15
# A message lives as long as the sweeper waits before it sends another, so they never pile up.
RESEND_S = 60
PAUSE_S = 0.5
AWAY = (OperationalError, InterfaceError)  # the database restarts: the lease ends, another attempt follows


@dataclass(frozen=True)
class Work:
    """One attempt at a stage that this worker holds the lease of."""

    run_id: UUID
    number: int
    attempt: int
    provider: Provider
    request: Request


def send(run_id: UUID, *numbers: int) -> None:
    """Wake a worker for each stage; with the broker down they stay queued for the sweeper."""
    from insights.tasks import run_stage

    for number in numbers:
        try:
            run_stage.apply_async(args=(str(run_id), number), expires=RESEND_S, retry=False)
        except BrokerError:
            log.warning("insights.broker_down", run=str(run_id), stage=number)
            return
        Stage.objects.filter(run_id=run_id, number=number).update(sent_at=timezone.now())


def work(run_id: UUID, number: int) -> bool:
    """One attempt at a stage, from lease to result; False when there was nothing to take."""
    held = take(run_id, number)
    if held is None:
        return False
    if isinstance(held, Refused):
        return runs.close_stage(
            run_id=run_id, number=number, attempt=held.attempt, outcome=runs.Outcome(None, held.code)
        )
    try:
        return ask(held)
    except AWAY:
        raise
    except Exception:
        # Our own fault, which would come again, and be paid again, at every attempt.
        outcome = runs.Outcome(None, "internal")
        runs.close_stage(run_id=run_id, number=number, attempt=held.attempt, outcome=outcome)
        raise


def ask(held: Work) -> bool:
    """Ask the evaluator and close the stage."""
    release_connection()
    begun = time.monotonic()
    with lease_renewed(held):
        try:
            answer = held.provider.complete(held.request, deadline_s=settings.LLM_DEADLINE_S)
            outcome = runs.Outcome(answer, ms=since(begun))
        except ProviderError as error:
            outcome = runs.Outcome(None, error.code, since(begun))
    kept = runs.close_stage(run_id=held.run_id, number=held.number, attempt=held.attempt, outcome=outcome)
    log.info(
        "insights.stage_closed",
        run=str(held.run_id),
        stage=held.number,
        attempt=held.attempt,
        ms=outcome.ms,
        error=outcome.error_code,
        kept=kept,
    )
    return True


@dataclass(frozen=True)
class Refused:
    """A stage that was taken and must not be sent."""

    attempt: int
    code: str


@transaction.atomic
def take(run_id: UUID, number: int, *, at: datetime | None = None) -> Work | Refused | None:
    """The lease of a stage with everything it needs, None when it is gone, closed or held by another."""
    now = at or timezone.now()
    run = Run.objects.select_for_update(of=("self",)).select_related("user").filter(pk=run_id).first()
    if run is None:
        return None
    stage = Stage.objects.takeable(now).filter(run=run, number=number).first()
    if stage is None:
        return None
    provider = providers.current()
    stage.attempt += 1
    stage.state = StageState.RUNNING
    stage.lease_until = now + timedelta(seconds=settings.INSIGHT_LEASE_S)
    stage.started_at = stage.started_at or now
    Run.objects.filter(pk=run.pk, state=RunState.QUEUED).update(state=RunState.RUNNING)
    code = objection(run, provider)
    request, version = (None, None) if code else prepared(run, stage)
    stage.prompt_version = version if provider.is_language_model else None
    stage.endpoint, stage.model = run.endpoint, provider.model
    stage.request = provider.body(request) if request else {}
    stage.save(
        update_fields=[
            "attempt",
            "state",
            "lease_until",
            "started_at",
            "prompt_version",
            "endpoint",
            "model",
            "request",
        ]
    )
    return (
        Work(run.pk, number, stage.attempt, provider, request)
        if request
        else Refused(stage.attempt, code or "internal")
    )


def objection(run: Run, provider: Provider) -> str:
    """Why the facts of this run must not be sent now, as an error code; empty when they may."""
    if provider.endpoint != run.endpoint:
        return "changed"
    return "" if consents.holds(run.user, provider.endpoint) else "no_consent"


def prepared(run: Run, stage: Stage) -> tuple[Request, PromptVersion] | tuple[None, None]:
    """What `prepare` makes; nothing where our own code fails, which is logged.

    An exception would undo the attempt that is being taken, so that it would be taken for ever.
    """
    try:
        with transaction.atomic():
            return prepare(run, stage)
    except AWAY:
        raise
    except Exception:
        log.exception("insights.not_prepared", run=str(run.pk), stage=stage.number)
        return None, None


def prepare(run: Run, stage: Stage) -> tuple[Request, PromptVersion]:
    """What a stage asks, with the results it builds on."""
    earlier = {
        before.name: before.answer
        for before in run.stages.filter(number__lt=stage.number)
        if before.state == StageState.DONE
    }
    return request_for(stage.name, run.language, run.known_facts, earlier)


def request_for(
    name: str, language: str, facts: tuple[providers.Fact, ...], earlier: dict[str, str]
) -> tuple[Request, PromptVersion]:
    """The request of one stage over given facts."""
    version = prompts.current(name, language)
    messages = prompts.messages(version, language=language, facts=facts, earlier=earlier)
    return Request(stage=name, language=language, messages=messages, facts=facts, earlier=earlier), version


def preview(language: str, facts: tuple[providers.Fact, ...]) -> Iterator[tuple[StageName, Request]]:
    """What the three stages would send now; results that do not exist yet are named in their place."""
    earlier = {name.value: f"[{name.label}]" for name in (StageName.WEIGHT, StageName.NUTRITION)}
    for name in StageName:
        yield name, request_for(name, language, facts, earlier)[0]


@contextmanager
def lease_renewed(held: Work) -> Iterator[None]:
    """Renews the lease from a thread of its own while the block runs."""
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(held, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(held: Work, over: threading.Event) -> None:
    """Every quarter of the lease, at most every RENEW_S, until it is another's. Holds no connection."""
    lease = timedelta(seconds=settings.INSIGHT_LEASE_S)
    mine = Stage.objects.filter(
        run_id=held.run_id, number=held.number, attempt=held.attempt, state=StageState.RUNNING
    )
    while not over.wait(min(RENEW_S, lease.total_seconds() / 4)):
        try:
            if mine.update(lease_until=timezone.now() + lease) != 1:
                return
        except DatabaseError as error:  # a restart of the database: the next beat may find it again
            log.warning("insights.lease_not_renewed", run=str(held.run_id), error=type(error).__name__)
        finally:
            connection.close()


def sweep(*, at: datetime | None = None) -> int:
    """Take up what was lost: send stages nobody stands for, fail those lost three times."""
    now = at or timezone.now()
    for run_id, number, attempt in Stage.objects.worn_out(now).values_list("run_id", "number", "attempt"):
        runs.close_stage(run_id=run_id, number=number, attempt=attempt, outcome=runs.Outcome(None, "lost"))
    unsent = Stage.objects.unsent(now, now - timedelta(seconds=RESEND_S)).values_list("run_id", "number")
    for run_id, number in unsent:
        send(run_id, number)
    return len(unsent)


def run_to_end(run: Run) -> Run:
    """Work all stages of a run here and now, and return it as it ended."""
    while run.active:
        queued = run.stages.filter(state=StageState.QUEUED).values_list("number", flat=True)
        if not [number for number in queued if work(run.pk, number)]:
            time.sleep(PAUSE_S)  # a worker took a stage: it is its turn
        run.refresh_from_db()
    return run


def release_connection() -> None:
    """Give the connection back while the provider thinks; inside a transaction it is needed."""
    if not connection.in_atomic_block:
        connection.close()


def since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
