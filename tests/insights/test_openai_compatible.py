"""The language-model client against a real server on loopback that misbehaves in every known way."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from insights.providers.base import ProviderError, Request
from insights.providers.openai_compatible import OpenAICompatible, pause_asked
from tests import llm_server
from tests.llm_server import ANSWER, LlmServer

ASK = Request(
    stage="weight",
    language="de",
    facts=(),
    messages=({"role": "system", "content": "Du bist sachlich."}, {"role": "user", "content": "F1 82,4 kg"}),
)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insights.providers.openai_compatible.PAUSE_S", 0.01)


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server.running() as started:
        yield started


def provider(server: LlmServer, api_key: str = "geheim") -> OpenAICompatible:
    return OpenAICompatible(base_url=server.url, api_key=api_key, model="some/model")


def failure(server: LlmServer, deadline_s: float = 5) -> str:
    with pytest.raises(ProviderError) as caught:
        provider(server).complete(ASK, deadline_s=deadline_s)
    return caught.value.code


def test_streamed_answer_comes_with_tokens_and_cost(server: LlmServer) -> None:
    answer = provider(server).complete(ASK, deadline_s=5)
    assert (answer.text, answer.model) == (ANSWER, "test-model")
    assert (answer.tokens_in, answer.tokens_out, answer.cost_micro) == (321, 45, 1200)
    assert server.seen[0].path == "/v1/chat/completions"
    assert server.seen[0].body["messages"] == list(ASK.messages)
    assert server.seen[0].body["model"] == "some/model"


def test_answer_that_comes_whole_is_understood(server: LlmServer) -> None:
    server.script(llm_server.whole())
    answer = provider(server).complete(ASK, deadline_s=5)
    assert (answer.text, answer.tokens_in) == (ANSWER, 321)


def test_a_character_that_comes_in_two_halves_is_whole_and_control_characters_are_gone(
    server: LlmServer,
) -> None:
    halves = [llm_server.delta("Gut \ud83d"), llm_server.delta("\ude00\x00.", "stop")]
    server.script(llm_server.pieces(*halves))
    assert provider(server).complete(ASK, deadline_s=5).text == "Gut \U0001f600."


@pytest.mark.parametrize(
    ("tokens", "cost"), [(99_999_999_999, 1e30), (-1, -0.1), (1.5, "x"), (True, True), (None, None)]
)
def test_figures_that_cannot_be_are_left_out(server: LlmServer, tokens: object, cost: object) -> None:
    answer = llm_server.completion(ANSWER) | {
        "model": "m\x00" + "x" * 300,
        "usage": {"prompt_tokens": tokens, "completion_tokens": tokens, "cost": cost},
    }
    server.script(llm_server.reply(200, answer))
    told = provider(server).complete(ASK, deadline_s=5)
    assert (told.text, told.tokens_in, told.tokens_out, told.cost_micro) == (ANSWER, None, None, None)
    assert len(told.model) <= 200
    assert "\x00" not in told.model


def test_thoughts_of_a_reasoning_model_are_left_out(server: LlmServer) -> None:
    server.script(llm_server.ok("<think>\nhm, 99 kg?\n</think>\n\nDein Trend fällt."))
    assert provider(server).complete(ASK, deadline_s=5).text == "Dein Trend fällt."


@pytest.mark.parametrize("field", ["stream_options", "max_tokens", "temperature"])
def test_server_that_refuses_an_optional_field_is_asked_without_it(server: LlmServer, field: str) -> None:
    server.script(llm_server.strict(refuses=field))
    assert provider(server).complete(ASK, deadline_s=5).text == ANSWER


def test_busy_server_is_asked_again_after_the_pause_it_names(server: LlmServer) -> None:
    server.script(llm_server.error(429, Retry_After="1"), llm_server.ok())
    assert provider(server).complete(ASK, deadline_s=10).text == ANSWER
    assert server.seen[1].started - server.seen[0].started >= 1


def test_pause_longer_than_the_deadline_is_not_waited_for(server: LlmServer) -> None:
    server.script(llm_server.error(429, Retry_After="3600"))
    assert failure(server) == "rate_limited"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(llm_server.error(500), id="status-500"),
        pytest.param(llm_server.cut(), id="cut-stream"),
        pytest.param(llm_server.ok(""), id="empty-answer"),
        pytest.param(llm_server.broken_stream("{no json"), id="unreadable-line"),
        pytest.param(
            llm_server.broken_stream({"error": {"message": "upstream", "code": 502}}), id="error-in-stream"
        ),
    ],
)
def test_passing_fault_is_retried(server: LlmServer, fault: llm_server.Behaviour) -> None:
    server.script(fault, llm_server.ok())
    assert provider(server).complete(ASK, deadline_s=10).text == ANSWER
    assert len(server.seen) == 2


def test_silence_is_retried_within_the_deadline(server: LlmServer) -> None:
    server.script(llm_server.silent(), llm_server.ok())
    assert provider(server).complete(ASK, deadline_s=4).text == ANSWER


@pytest.mark.parametrize(
    ("behaviour", "code", "requests"),
    [
        pytest.param(llm_server.error(500), "server_error", 3, id="status-500"),
        pytest.param(llm_server.cut(), "cut", 3, id="cut-stream"),
        pytest.param(
            llm_server.reply(200, "<html>Login</html>", "text/html"), "not_json", 1, id="html-with-200"
        ),
        pytest.param(
            llm_server.reply(200, {"error": {"message": "no"}}), "reported", 3, id="error-object-with-200"
        ),
        pytest.param(
            llm_server.reply(200, {"error": {"code": 401}}), "unauthorized", 1, id="401-object-with-200"
        ),
        pytest.param(llm_server.reply(200, {"choices": []}), "empty", 3, id="no-choice"),
        pytest.param(llm_server.reply(200, {"choices": None}), "empty", 3, id="null-choices"),
        pytest.param(llm_server.reply(200, ["odd"]), "unreadable", 3, id="json-that-is-no-object"),
        pytest.param(llm_server.reply(200, "{broken"), "unreadable", 3, id="broken-json"),
        pytest.param(llm_server.whole(None), "empty", 3, id="null-content"),
        pytest.param(llm_server.whole("x", finish=None), "cut", 3, id="whole-without-finish"),
        pytest.param(llm_server.ok(finish="length"), "truncated", 1, id="length"),
        pytest.param(llm_server.ok(finish="content_filter"), "filtered", 1, id="content-filter"),
        pytest.param(llm_server.error(401), "unauthorized", 1, id="401"),
        pytest.param(llm_server.error(402), "no_credit", 1, id="402"),
        pytest.param(llm_server.error(404), "not_found", 1, id="404"),
        pytest.param(llm_server.error(400), "refused", 3, id="400"),
        pytest.param(
            llm_server.reply(429, {"error": {"code": "insufficient_quota"}}), "no_credit", 1, id="quota"
        ),
        pytest.param(llm_server.whole("x" * 50_001), "too_large", 1, id="answer-without-end"),
        pytest.param(llm_server.flood(), "too_large", 1, id="flood"),
        pytest.param(llm_server.ok(finish="error"), "reported", 3, id="finish-error"),
        pytest.param(
            llm_server.pieces({"choices": [{"delta": {"content": "Dein"}, "error": {"code": 502}}]}),
            "server_error",
            3,
            id="error-in-a-choice",
        ),
        pytest.param(
            llm_server.reply(200, "<html>Login</html>", "text/plain"), "not_json", 1, id="html-called-text"
        ),
        pytest.param(llm_server.reply(200, "[" * 100_000), "unreadable", 3, id="nested-without-end"),
        pytest.param(llm_server.packed(), "unreadable", 3, id="packed"),
        pytest.param(llm_server.ok("<think>hm"), "empty", 3, id="thoughts-alone"),
    ],
)
def test_fault_that_stays_is_named(
    server: LlmServer, behaviour: llm_server.Behaviour, code: str, requests: int
) -> None:
    server.script(behaviour)
    assert failure(server, deadline_s=20) == code
    assert len(server.seen) == requests


def test_redirect_is_not_followed(server: LlmServer) -> None:
    with llm_server.running() as elsewhere:
        server.script(llm_server.reply(307, {}, Location=f"{elsewhere.url}/chat/completions"))
        assert failure(server) == "redirected"
        assert elsewhere.seen == []


def test_nothing_listening_is_unreachable() -> None:
    with llm_server.running() as gone:
        address = gone
    assert failure(address) == "unreachable"


@pytest.mark.parametrize("where", ["head", "line", "comment", "chunks"])
def test_drip_ends_at_the_total_deadline(server: LlmServer, where: str) -> None:
    server.script(llm_server.drip(where))
    begun = time.monotonic()
    assert failure(server, deadline_s=2) == "deadline"
    assert 1.9 < time.monotonic() - begun < 4  # the deadline, not a speed: without it this never ends


def test_environment_of_the_sdk_does_not_leak(server: LlmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_API_KEY": "fremd",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "proj",
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
        "OPENAI_ADMIN_KEY": "adm",
        "OPENAI_CUSTOM_HEADERS": "X-Leak: yes\nAuthorization: Bearer fremd",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    provider(server).complete(ASK, deadline_s=5)
    sent = server.seen[0].headers
    assert sent["authorization"] == "Bearer geheim"
    assert set(sent) <= {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("https://openrouter.ai/api/v1", "openrouter.ai"),
        ("http://user:secret@llm.lan:8080/v1", "llm.lan:8080"),
        ("llm.lan/v1", "llm.lan/v1"),
    ],
)
def test_endpoint_names_who_gets_the_data_and_is_never_empty(address: str, endpoint: str) -> None:
    assert OpenAICompatible(base_url=address, api_key="", model="m").endpoint == endpoint


def test_local_server_needs_no_key(server: LlmServer) -> None:
    assert provider(server, api_key="").complete(ASK, deadline_s=5).text == ANSWER


def test_logs_hold_neither_key_nor_answer_nor_facts(
    server: LlmServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        provider(server).complete(ASK, deadline_s=5)
        server.script(llm_server.error(500))
        failure(server)
    assert not any(secret in caplog.text for secret in ("geheim", "Trendgewicht", "82,4"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2.5", 2.5), ("-4", 0.0), ("soon", None), ("", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_pause_is_read_in_every_form(header: str, seconds: float | None) -> None:
    assert pause_asked({"retry-after": header}) == seconds


def test_web_process_does_not_load_the_sdk() -> None:
    code = "import sys, insights.providers.openai_compatible; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PIECES = (llm_server.delta(ANSWER), llm_server.delta(finish="stop"))


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", ""])
def test_what_an_answer_calls_itself_is_not_believed(server: LlmServer, kind: str) -> None:
    stream = "".join(f"data: {json.dumps(one)}\n\n" for one in PIECES)
    for content in (llm_server.completion(ANSWER), stream + "data: [DONE]\n\n"):
        server.script(llm_server.reply(200, content, kind))
        assert provider(server).complete(ASK, deadline_s=4).text == ANSWER


def test_thoughts_are_left_out_whatever_they_are_called(server: LlmServer) -> None:
    server.script(llm_server.ok(f"<thinking>82 oder 83?</thinking>\n{ANSWER}"))
    assert provider(server).complete(ASK, deadline_s=4).text == ANSWER
