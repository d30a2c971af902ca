"""Any endpoint that speaks OpenAI's chat completions: OpenRouter, Ollama, llama.cpp, Anthropic, OpenAI.

The SDK is imported inside the call: it weighs tens of megabytes and the web process never calls.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from insights.providers.base import Answer, ProviderError, Request

if TYPE_CHECKING:
    import openai

ATTEMPTS = 3
MAX_CHARS = 20_000  # an evaluation has two or three thousand
PAUSE_S = 0.5
NO_KEY = "none"  # the SDK refuses an empty key; Ollama and llama.cpp ignore any
MODEL_CHARS = 200
MOST_TOKENS, MOST_COST = 2**31 - 1, 1e9  # what the columns hold, and far more than any answer costs
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
THOUGHTS = re.compile(r"\A\s*<(think|thinking)>.*?(?:</\1>|\Z)\s*", re.DOTALL)
# At their debug level these write whole requests, hence health values.
TALKATIVE = ("openai", "httpx2", "httpcore2")


class OpenAICompatible:
    """Streamed chat completions with one total deadline, our own retries and no redirects."""

    is_language_model = True

    def __init__(self, *, base_url: str, api_key: str, model: str) -> None:
        self.base_url = base_url
        self.endpoint = urlsplit(base_url).netloc.rpartition("@")[2] or base_url
        self.model = model
        self.label = f"{model} ({self.endpoint})"
        self._api_key = api_key or NO_KEY

    def complete(self, request: Request, *, deadline_s: float) -> Answer:
        """The answer; up to three attempts on 429, 5xx, time-outs and broken connections.

        One silent wait may take half of the time, so that a second attempt is possible.

        Raises:
            ProviderError: with the code of the last attempt, or `deadline`.
        """
        ends = time.monotonic() + deadline_s
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(request, ends=ends, idle_s=deadline_s / 2)
            except ProviderError as error:
                if time.monotonic() >= ends:
                    raise ProviderError("deadline") from error
                pause = PAUSE_S * 4 ** (attempt - 1) if error.retry_after is None else error.retry_after
                if not error.retryable or attempt == ATTEMPTS or time.monotonic() + pause >= ends:
                    raise
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _attempt(self, request: Request, *, ends: float, idle_s: float) -> Answer:
        """One answer; a server that refuses an optional field is asked again without it."""
        import openai

        from insights.providers import deadline

        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        http = deadline.client(ends=ends, idle_s=idle_s, api_key=self._api_key)
        with openai.OpenAI(
            base_url=self.base_url, api_key=self._api_key, max_retries=0, http_client=http
        ) as client:
            refusal = ProviderError("refused")
            for body in self._bodies(request):
                try:
                    return replace(self._ask(client, body), sent=body)
                except ProviderError as error:
                    if error.code != "refused":
                        raise
                    refusal = error
        raise refusal

    def body(self, request: Request) -> dict[str, Any]:
        """The request as most servers understand it."""
        return {
            "model": self.model,
            "messages": list(request.messages),
            "stream": True,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream_options": {"include_usage": True},
        }

    def _bodies(self, request: Request) -> Iterator[dict[str, Any]]:
        """The request in full, without usage figures, and as reasoning models want it."""
        full = self.body(request)
        yield full
        plain = {name: value for name, value in full.items() if name != "stream_options"}
        yield plain
        bare = {name: plain[name] for name in ("model", "messages", "stream")}
        yield bare | {"max_completion_tokens": request.max_tokens}

    def _ask(self, client: openai.OpenAI, body: Mapping[str, Any]) -> Answer:
        import httpx2
        import openai

        try:
            stream = client.post(
                "/chat/completions", body=body, cast_to=object, stream=True, stream_cls=openai.Stream[object]
            )
            return self._answer(events(stream))
        except openai.APITimeoutError as error:
            raise ProviderError("timeout", retryable=True) from error
        except openai.APIConnectionError as error:
            raise ProviderError(
                connection_code(error), retryable=connection_code(error) != "too_large"
            ) from error
        except openai.APIStatusError as error:
            raise from_status(error.status_code, error.body, error.response.headers) from error
        except openai.APIError as error:
            raise reported(error.body) from error
        except httpx2.TimeoutException as error:
            raise ProviderError("timeout", retryable=True) from error
        except httpx2.HTTPError as error:
            raise ProviderError("cut", retryable=True) from error
        except (ValueError, RecursionError) as error:  # a line or body that is no JSON, or nested without end
            raise ProviderError("unreadable", retryable=True) from error

    def _answer(self, parts: Iterable[object]) -> Answer:
        """The pieces of one answer put together, or the reason why they are none."""
        text: list[str] = []
        model, finish = self.model, ""
        usage: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, dict):
                raise ProviderError("unreadable", retryable=True)
            if part.get("error"):
                raise reported(part["error"])
            model = readable(named(part.get("model")))[:MODEL_CHARS] or model
            usage = mapping(part.get("usage")) or usage
            choice = first(part.get("choices"))
            if choice.get("error"):
                raise reported(choice["error"])
            finish = named(choice.get("finish_reason")) or finish
            text.append(
                named((mapping(choice.get("delta")) or mapping(choice.get("message"))).get("content"))
            )
        answer = THOUGHTS.sub("", readable("".join(text))).strip()
        refuse_unfinished(answer, finish)
        return Answer(
            answer,
            model,
            count(usage.get("prompt_tokens")),
            count(usage.get("completion_tokens")),
            micro(usage.get("cost")),
        )


def events(stream: openai.Stream[object]) -> Iterator[object]:
    """The JSON objects of a streamed answer; of one that came whole despite the request, that one.

    What the answer calls itself is not believed beyond a stream's own name.
    """
    if "event-stream" in stream.response.headers.get("content-type", "").lower():
        yield from stream
        return
    body = stream.response.read().decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if body.startswith(("data:", "event:", ":")):
        lines = (line.removeprefix("data:").strip() for line in body.splitlines() if line.startswith("data:"))
        yield from (json.loads(line) for line in lines if line and line != "[DONE]")
    elif body.startswith("<"):
        raise ProviderError("not_json")
    elif body:
        yield json.loads(body)


def refuse_unfinished(answer: str, finish: str) -> None:
    """Raise unless the answer came to its own end."""
    if finish == "length":
        raise ProviderError("truncated")
    if finish == "content_filter":
        raise ProviderError("filtered")
    if finish == "error":
        raise ProviderError("reported", retryable=True)
    if not answer:
        raise ProviderError("empty", retryable=True)
    if not finish:
        raise ProviderError("cut", retryable=True)
    if len(answer) > MAX_CHARS:
        raise ProviderError("too_large")


def from_status(status: int, body: object, headers: Mapping[str, str]) -> ProviderError:
    """The error that an HTTP status stands for, with the pause the server asked for."""
    if status == 429 and mapping(body).get("code") == "insufficient_quota":
        return ProviderError("no_credit")
    if status in {408, 409, 429}:
        return ProviderError("rate_limited", retryable=True, retry_after=pause_asked(headers))
    if status >= 500:
        return ProviderError("server_error", retryable=True, retry_after=pause_asked(headers))
    if 300 <= status < 400:
        return ProviderError("redirected")
    return ProviderError(
        {401: "unauthorized", 402: "no_credit", 403: "unauthorized", 404: "not_found"}.get(status, "refused")
    )


def reported(error: object) -> ProviderError:
    """An error object inside an answer of status 200, or in the middle of a stream."""
    code = mapping(error).get("code")
    if isinstance(code, int) and 400 <= code < 600:
        known = from_status(code, error, {})
        return known if known.code != "refused" else ProviderError("reported")
    return ProviderError("reported", retryable=True)


def connection_code(error: openai.APIConnectionError) -> str:
    """Whether the connection never was, broke while answering, or was ended by us."""
    import httpx2

    cause = error.__cause__
    if isinstance(cause, httpx2.DecodingError):
        return "unreadable"
    if isinstance(cause, httpx2.ReadError) and str(cause) == "too large":
        return "too_large"
    return "cut" if isinstance(cause, (httpx2.ReadError, httpx2.RemoteProtocolError)) else "unreachable"


def pause_asked(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, from its two forms; None when absent or odd."""
    asked = headers.get("retry-after", "")
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return None


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def first(value: object) -> dict[str, Any]:
    return mapping(value[0]) if isinstance(value, list) and value else {}


def named(value: object) -> str:
    return value if isinstance(value, str) else ""


def readable(text: str) -> str:
    """Text that can be stored: halves of a character that came apart joined, control characters dropped."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return CONTROL.sub("", whole)


def count(value: object) -> int | None:
    """A number of tokens, None for anything that cannot be one."""
    return (
        value
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
        else None
    )


def micro(cost: object) -> int | None:
    """A cost in the provider's unit as millionths of it, None for anything that cannot be one."""
    if not isinstance(cost, (int, float)) or isinstance(cost, bool) or not 0 <= cost <= MOST_COST:
        return None
    return round(cost * 1e6)
