"""A run from start to end in this process: states, charging, consent, faults of the provider."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone
from kombu import Connection
from kombu.pools import producers

from insights import consents, pipeline, runs
from insights.models import PromptVersion, Run, RunState, Stage, StageState
from membership import access
from membership.models import User
from tests import llm_server
from tests.insights.members import endpoint, record
from tests.llm_server import LlmServer

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insights.providers.openai_compatible.PAUSE_S", 0.01)


def used(user: User) -> dict[str, int]:
    return {
        name: decision.used for name, decision in access.check_many(user, ["ai_pipeline", "ai_calls"]).items()
    }


def finished(user: User, client_id: str = "eins") -> Run:
    return pipeline.run_to_end(runs.start(owner=user, client_id=client_id, send=False))


def states(run: Run) -> list[str]:
    return list(run.stages.values_list("state", flat=True))


def test_pipeline_runs_to_its_end_and_counts_once(agreed: User, llm: LlmServer) -> None:
    run = finished(agreed)
    assert (run.state, states(run)) == (RunState.DONE, ["done", "done", "done"])
    assert used(agreed) == {"ai_pipeline": 1, "ai_calls": 3}
    stage = run.stages.get(number=1)
    assert (stage.answer, stage.model, stage.tokens_in, stage.cost_micro) == (
        llm_server.ANSWER,
        "test-model",
        321,
        1200,
    )
    assert stage.request == llm.seen[0].body
    assert stage.prompt_version is not None
    assert run.finished is not None


def test_last_stage_gets_the_results_of_the_first_two(agreed: User, llm: LlmServer) -> None:
    llm.script(
        llm_server.ok("Das Gewicht fällt."), llm_server.ok("Das Essen passt."), llm_server.ok("Beides passt.")
    )
    finished(agreed)
    sent = llm.seen[2].body["messages"][1]["content"]
    assert "Das Gewicht fällt." in sent
    assert "Das Essen passt." in sent


def test_reserved_use_is_visible_while_it_runs(agreed: User, llm: LlmServer) -> None:
    runs.start(owner=agreed, client_id="eins", send=False)
    assert used(agreed) == {"ai_pipeline": 1, "ai_calls": 3}


def test_rules_cost_nothing_and_need_no_consent(alice: User) -> None:
    run = finished(alice)
    assert (run.state, run.endpoint, used(alice)) == (RunState.DONE, "", {"ai_pipeline": 0, "ai_calls": 0})
    assert all(stage.request == {} and stage.prompt_version is None for stage in run.stages.all())


def test_same_click_twice_is_one_run(agreed: User, llm: LlmServer) -> None:
    first = runs.start(owner=agreed, client_id="klick", send=False)
    assert runs.start(owner=agreed, client_id="klick", send=False) == first
    assert used(agreed) == {"ai_pipeline": 1, "ai_calls": 3}


def test_client_id_of_another_member_is_no_obstacle(alice: User, charlie: User) -> None:
    assert runs.start(owner=alice, client_id="klick") != runs.start(owner=charlie, client_id="klick")


def test_start_beyond_the_limit_is_refused_and_leaves_nothing(agreed: User, llm: LlmServer) -> None:
    finished(agreed)
    with pytest.raises(access.LimitReached):
        runs.start(owner=agreed, client_id="zwei")
    assert Run.objects.of(agreed).count() == 1
    assert used(agreed) == {"ai_pipeline": 1, "ai_calls": 3}


def test_nothing_starts_without_consent(alice: User, llm: LlmServer) -> None:
    with pytest.raises(consents.ConsentNeeded):
        runs.start(owner=alice, client_id="eins")
    assert not Run.objects.exists()


def test_consent_to_another_endpoint_or_an_older_text_does_not_count(
    alice: User, llm: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    consents.give(user=alice, endpoint="elsewhere.example")
    assert not consents.holds(alice, endpoint(llm))
    consents.give(user=alice, endpoint=endpoint(llm))
    monkeypatch.setattr(consents, "TEXT_VERSION", 2)
    assert not consents.holds(alice, endpoint(llm))
    consents.give(user=alice, endpoint=endpoint(llm))
    assert consents.holds(alice, endpoint(llm))


def test_consent_withdrawn_after_the_start_stops_what_is_not_sent_yet(agreed: User, llm: LlmServer) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    pipeline.work(run.pk, 1)
    consents.withdraw(user=agreed)
    run = pipeline.run_to_end(run)
    assert (run.state, states(run)) == (RunState.PARTIAL, ["done", "failed", "failed"])
    assert [stage.error_code for stage in run.stages.all()] == ["", "no_consent", "no_consent"]
    assert len(llm.seen) == 1
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 1}


def test_endpoint_changed_after_the_start_gets_nothing(
    agreed: User, llm: LlmServer, settings: Settings
) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    with llm_server.running() as other:
        settings.LLM_BASE_URL = other.url
        assert pipeline.run_to_end(run).state == RunState.FAILED
        assert other.seen == []
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 0}


def test_failing_provider_costs_nothing_and_says_why(agreed: User, llm: LlmServer) -> None:
    llm.script(llm_server.error(500))
    run = finished(agreed)
    assert (run.state, states(run)) == (RunState.FAILED, ["failed", "failed", "cancelled"])
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 0}
    assert {stage.error_code for stage in run.stages.all()} == {"server_error", ""}


def test_one_failed_stage_leaves_a_partial_result_that_says_so(agreed: User, llm: LlmServer) -> None:
    llm.script(llm_server.error(401), llm_server.ok("Das Essen passt."), llm_server.ok("Soweit."))
    run = finished(agreed)
    assert (run.state, states(run)) == (RunState.PARTIAL, ["failed", "done", "done"])
    assert "„Gewichtstrend“ fehlt" in llm.seen[2].body["messages"][1]["content"]
    assert used(agreed) == {"ai_pipeline": 1, "ai_calls": 2}


def test_failed_last_stage_gives_the_pipeline_back_and_keeps_the_answers(
    agreed: User, llm: LlmServer
) -> None:
    llm.script(llm_server.ok(), llm_server.ok(), llm_server.error(401))
    run = finished(agreed)
    assert (run.state, states(run)) == (RunState.PARTIAL, ["done", "done", "failed"])
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 2}


def test_facts_stay_as_they_were_at_the_start(agreed: User, llm: LlmServer) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    before = [fact["text"] for fact in run.facts]
    record(
        agreed,
        "blood_pressure",
        timezone.now().date() - timedelta(days=1),
        systolic_mmhg=200,
        diastolic_mmhg=99,
    )
    run = pipeline.run_to_end(run)
    assert [fact["text"] for fact in run.facts] == before
    assert "200" not in llm.seen[0].body["messages"][1]["content"]


def test_lost_worker_is_followed_by_another_and_charged_once(agreed: User, llm: LlmServer) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    now = timezone.now()
    lost = pipeline.take(run.pk, 1, at=now)
    assert isinstance(lost, pipeline.Work)
    assert pipeline.take(run.pk, 1, at=now + timedelta(seconds=1)) is None
    later = now + timedelta(seconds=100)
    taken = pipeline.take(run.pk, 1, at=later)
    assert isinstance(taken, pipeline.Work)
    assert taken.attempt == 2
    answer = lost.provider.complete(lost.request, deadline_s=5)
    assert not runs.close_stage(run_id=run.pk, number=1, attempt=1, outcome=runs.Outcome(answer))
    assert runs.close_stage(run_id=run.pk, number=1, attempt=2, outcome=runs.Outcome(answer))
    assert not runs.close_stage(run_id=run.pk, number=1, attempt=2, outcome=runs.Outcome(answer))
    pipeline.run_to_end(run)
    assert used(agreed) == {"ai_pipeline": 1, "ai_calls": 3}


def test_stage_lost_three_times_fails_and_the_run_goes_on(agreed: User, llm: LlmServer) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    now = timezone.now()
    for attempt in range(3):
        assert pipeline.take(run.pk, 1, at=now + timedelta(seconds=100 * attempt)) is not None
    later = now + timedelta(seconds=300)
    assert pipeline.take(run.pk, 1, at=later) is None
    pipeline.sweep(at=later)
    assert run.stages.get(number=1).error_code == "lost"
    run = pipeline.run_to_end(run)
    assert (run.state, states(run)) == (RunState.PARTIAL, ["failed", "done", "done"])


def test_fault_of_our_own_ends_the_stage_at_once_and_costs_nothing(
    agreed: User, llm: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked once, not once an attempt; the fault itself still reaches the worker's log."""
    llm.script(llm_server.ok("Ein Satz."))
    monkeypatch.setattr("insights.providers.openai_compatible.readable", lambda text: f"{text}\0")
    run = runs.start(owner=agreed, client_id="eins", send=False)
    for number in (1, 2):
        with pytest.raises((DataError, ValueError)):
            pipeline.work(run.pk, number)
    run.refresh_from_db()
    assert (run.state, states(run)) == (RunState.FAILED, ["failed", "failed", "cancelled"])
    assert [stage.attempt for stage in run.stages.all()] == [1, 1, 0]
    assert run.stages.get(number=1).error
    assert len(llm.seen) == 2
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 0}


def test_stage_that_cannot_be_prepared_fails_instead_of_waiting_for_ever(
    agreed: User, llm: LlmServer
) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    PromptVersion.objects.all().delete()
    run = pipeline.run_to_end(run)
    assert (run.state, states(run)) == (RunState.FAILED, ["failed", "failed", "cancelled"])
    assert llm.seen == []
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 0}


def test_database_away_leaves_the_stage_to_its_next_attempt(
    agreed: User, llm: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**closing: object) -> bool:
        raise OperationalError

    run = runs.start(owner=agreed, client_id="eins", send=False)
    monkeypatch.setattr(runs, "close_stage", away)
    with pytest.raises(OperationalError):
        pipeline.work(run.pk, 1)
    assert run.stages.get(number=1).state == StageState.RUNNING
    assert pipeline.take(run.pk, 1, at=timezone.now() + timedelta(seconds=100)) is not None


def test_lease_and_sweep_together_stay_under_two_minutes(settings: Settings) -> None:
    """Also for a worker killed between its message and the lease: then the next message is the remedy."""
    period = settings.CELERY_BEAT_SCHEDULE["insights-sweep"]["schedule"]
    assert settings.INSIGHT_LEASE_S + period < 120
    assert pipeline.RESEND_S + period < 120
    assert settings.CELERY_BEAT_SCHEDULE["insights-sweep"]["options"]["expires"] < period
    assert settings.INSIGHT_LEASE_S > 2 * pipeline.RENEW_S


def test_stage_whose_message_was_lost_is_sent_again_but_not_twice(alice: User) -> None:
    run = runs.start(owner=alice, client_id="eins", send=False)
    now = timezone.now()
    assert pipeline.sweep(at=now) == 0  # its maker has it in hand
    Stage.objects.filter(run=run).update(sent_at=None)
    assert pipeline.sweep(at=now) == 2
    assert pipeline.sweep(at=now) == 0
    assert pipeline.sweep(at=now + timedelta(seconds=pipeline.RESEND_S + 10)) == 2


def test_broker_that_is_down_leaves_the_run_queued(
    alice: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    from mitai.celery import app

    monkeypatch.setattr(app.amqp, "_producer_pool", producers[Connection("redis://127.0.0.1:1/0")])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        run = runs.start(owner=alice, client_id="eins")
    assert states(run) == ["queued", "queued", "waiting"]
    assert set(run.stages.values_list("sent_at", flat=True)) == {None}


def test_deleted_run_gives_back_what_it_held_and_takes_no_late_result(agreed: User, llm: LlmServer) -> None:
    run = runs.start(owner=agreed, client_id="eins", send=False)
    held = pipeline.take(run.pk, 1)
    assert isinstance(held, pipeline.Work)
    runs.delete(run=run)
    answer = held.provider.complete(held.request, deadline_s=5)
    assert not runs.close_stage(run_id=run.pk, number=1, attempt=1, outcome=runs.Outcome(answer))
    assert used(agreed) == {"ai_pipeline": 0, "ai_calls": 0}


def test_closed_stage_is_not_taken_again(agreed: User, llm: LlmServer) -> None:
    run = finished(agreed)
    assert [pipeline.work(run.pk, number) for number in (1, 2, 3)] == [False, False, False]
    assert len(llm.seen) == 3
    assert run.stages.filter(state=StageState.DONE).count() == 3
