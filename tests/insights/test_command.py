"""`manage.py run_insight`: to the end, outside the worker."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from insights.models import Run
from membership import access
from membership.models import User
from tests import llm_server
from tests.llm_server import LlmServer


def run_insight(*options: str) -> str:
    out = StringIO()
    call_command("run_insight", *options, stdout=out)
    return out.getvalue()


def test_pipeline_as_json(agreed: User, llm: LlmServer) -> None:
    report = json.loads(run_insight("--email", "Alice@example.org", "--pipeline", "--json"))
    assert set(report) == {"run", "state", "evaluator", "stages", "text"}
    assert (report["state"], len(report["stages"])) == ("done", 3)
    assert set(report["stages"][0]) == {"number", "state", "model", "tokens_in", "tokens_out", "ms"}
    assert report["text"].count(llm_server.ANSWER) == 3
    assert Run.objects.filter(pk=report["run"]).exists()
    assert access.check(agreed, "ai_pipeline").used == 0  # the operator's commands are not counted


def test_without_pipeline_the_overall_evaluation_alone(alice: User) -> None:
    report = json.loads(run_insight("--email", "alice@example.org", "--json"))
    assert [stage["number"] for stage in report["stages"]] == [3]
    assert report["state"] == "done"


def test_text_is_printed_without_json(alice: User) -> None:
    assert run_insight("--email", "alice@example.org", "--pipeline").count("\n## ") == 2


def test_unknown_address_missing_consent_and_failure_end_in_one_line(
    alice: User, llm: LlmServer, db: None
) -> None:
    with pytest.raises(CommandError, match=r"^[^\n]+$"):
        run_insight("--email", "nobody@example.org")
    with pytest.raises(CommandError, match=r"^[^\n]+$"):
        run_insight("--email", "alice@example.org")
    assert llm.seen == []


def test_failed_evaluation_is_an_error(agreed: User, llm: LlmServer) -> None:
    llm.script(llm_server.error(401))
    with pytest.raises(CommandError):
        run_insight("--email", "alice@example.org", "--pipeline", "--json")
