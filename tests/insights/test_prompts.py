"""Prompts: checked when saved, versioned, an operator's words stay."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from insights import pipeline, prompts, runs
from insights.models import Prompt, PromptVersion, Run
from membership.models import User
from tests.llm_server import LlmServer


@pytest.fixture
def prompt(db: None) -> Prompt:
    prompts.seed()
    return Prompt.objects.get(stage="weight", language="de")


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "ein langes Kennwort"))
    return client


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{facts} {weight}", id="unknown"),
        pytest.param("{facts} {weight_result}", id="of-another-stage"),
        pytest.param("{facts.__class__}", id="attribute"),
        pytest.param("{facts[0]}", id="index"),
        pytest.param("{facts!r}", id="conversion"),
        pytest.param("{facts:>10}", id="format"),
        pytest.param("{facts} {", id="lone-brace"),
        pytest.param("{facts} {}", id="nameless"),
        pytest.param("Nur Text", id="without-facts"),
    ],
)
def test_text_that_cannot_be_filled_is_refused(prompt: Prompt, text: str) -> None:
    with pytest.raises(prompts.PromptError):
        prompts.add_version(prompt=prompt, role="r", text=text)
    assert prompt.versions.count() == 1


def test_doubled_braces_stay_as_one(prompt: Prompt) -> None:
    version = prompts.add_version(prompt=prompt, role="r", text="{{so}} {facts}")
    assert prompts.messages(version, language="de", facts=(), earlier={})[1]["content"] == "{so} "


@pytest.mark.parametrize("stage", ["weight", "nutrition", "overall"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_shipped_prompt_passes_its_own_check(stage: str, language: str) -> None:
    _role, text = prompts.shipped(stage, language)
    prompts.check(stage, text)


def test_seeding_again_changes_nothing(prompt: Prompt) -> None:
    prompts.seed()
    assert PromptVersion.objects.count() == 6


def test_new_shipped_text_replaces_a_shipped_one_but_not_an_operator_s(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts.add_version(prompt=prompt, role="r", text="Meins: {facts}")
    monkeypatch.setattr(prompts, "shipped", lambda stage, language: ("neu", "Neu: {facts}"))
    prompts.seed()
    assert prompts.current("weight", "de").text == "Meins: {facts}"
    assert prompts.current("nutrition", "de").text == "Neu: {facts}"


def test_version_is_never_changed(prompt: Prompt) -> None:
    version = prompts.current("weight", "de")
    version.text = "anders {facts}"
    with pytest.raises(TypeError):
        version.save()


def test_operator_edits_make_a_new_version_and_results_keep_theirs(
    agreed: User, llm: LlmServer, operator: Client
) -> None:
    before = pipeline.run_to_end(runs.start(owner=agreed, client_id="eins", send=False)).stages.get(number=1)
    prompt = Prompt.objects.get(stage="weight", language="de")
    url = reverse("admin:insights_prompt_change", args=[prompt.pk])
    assert operator.get(url).status_code == 200
    answer = operator.post(
        url,
        {
            "role": "Kurz.",
            "text": "Nur dies: {facts}",
            "versions-TOTAL_FORMS": 0,
            "versions-INITIAL_FORMS": 0,
        },
    )
    assert answer.status_code == 302
    assert prompts.current("weight", "de").number == 2
    before.refresh_from_db()
    assert before.prompt_version is not None
    assert before.prompt_version.number == 1


def test_operator_sees_what_is_wrong_with_a_prompt(prompt: Prompt, operator: Client) -> None:
    url = reverse("admin:insights_prompt_change", args=[prompt.pk])
    answer = operator.post(
        url, {"role": "Kurz.", "text": "{nichts}", "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0}
    )
    assert answer.status_code == 200
    assert "{nichts}" in answer.content.decode()
    assert prompt.versions.count() == 1


@pytest.mark.parametrize("name", ["prompt", "run", "consent"])
def test_operator_s_lists_open(alice: User, operator: Client, name: str) -> None:
    runs.start(owner=alice, client_id="eins", send=False)
    assert operator.get(reverse(f"admin:insights_{name}_changelist")).status_code == 200


def test_operator_sees_a_run_without_its_health_values(alice: User, operator: Client) -> None:
    run = pipeline.run_to_end(runs.start(owner=alice, client_id="eins", send=False))
    page = operator.get(reverse("admin:insights_run_change", args=[run.pk])).content.decode()
    assert "83,7" not in page
    assert "rules-1" in page
    assert (
        operator.post(reverse("admin:insights_run_delete", args=[run.pk]), {"post": "yes"}).status_code == 403
    )
    assert Run.objects.exists()
