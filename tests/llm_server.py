"""An OpenAI-protocol server on loopback whose behaviour a test scripts request by request."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "Dein Trendgewicht steht im Bericht. **Weiter so.**"
USAGE = {"prompt_tokens": 321, "completion_tokens": 45, "total_tokens": 366, "cost": 0.0012}


@dataclass
class Seen:
    """One request as it arrived; `started` and `ended` are seconds of the monotonic clock."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    started: float
    ended: float = 0.0


Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LlmServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        seen = Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, body, time.monotonic())
        behave = self.server.take(seen)
        self.body = body
        with suppress(ConnectionError):
            behave(self)
        seen.ended = time.monotonic()

    def send(self, status: int, content: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def open_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def chunk(self, data: object) -> None:
        self.wfile.write(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *args: object) -> None:
        return


class LlmServer(ThreadingHTTPServer):
    """Answers each request with the next scripted behaviour, the last one for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._script: list[Behaviour] = [ok()]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def script(self, *behaviours: Behaviour) -> None:
        with self._lock:
            self._script = list(behaviours)

    def take(self, seen: Seen) -> Behaviour:
        with self._lock:
            self.seen.append(seen)
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def handle_error(self, request: object, client_address: object) -> None:
        return


@contextmanager
def running() -> Iterator[LlmServer]:
    """A started server; it is down when the block ends."""
    server = LlmServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def delta(text: str | None = None, finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": "test-model",
        "choices": [
            {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
        ],
    }


def completion(text: str | None, finish: str | None = "stop") -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion",
        "model": "test-model",
        "usage": USAGE,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
    }


def ok(text: str = ANSWER, *, delay: float = 0.0, finish: str = "stop") -> Behaviour:
    """A streamed answer with keep-alive comments and usage, after `delay` seconds."""

    def behave(handler: Handler) -> None:
        handler.server.closing.wait(delay)
        handler.open_stream()
        handler.wfile.write(b": OPENROUTER PROCESSING\n\n")
        for start in range(0, len(text), 20):
            handler.chunk(delta(text[start : start + 20]))
        handler.chunk(delta(finish=finish))
        if (handler.body.get("stream_options") or {}).get("include_usage"):
            handler.chunk({"id": "c", "model": "test-model", "choices": [], "usage": USAGE})
        handler.chunk("[DONE]")

    return behave


def whole(text: str | None = ANSWER, *, finish: str | None = "stop") -> Behaviour:
    """Plain JSON although a stream was asked for."""
    return lambda handler: handler.send(200, json.dumps(completion(text, finish)).encode())


def reply(status: int, content: object, kind: str = "application/json", **headers: str) -> Behaviour:
    raw = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return lambda handler: handler.send(status, raw, kind, **headers)


def error(status: int, **headers: str) -> Behaviour:
    return reply(status, {"error": {"message": "as scripted", "code": status}}, **headers)


def strict(*, refuses: str) -> Behaviour:
    """400 while the body holds the field `refuses`, an answer without it."""

    def behave(handler: Handler) -> None:
        (error(400) if refuses in handler.body else ok())(handler)

    return behave


def drip(where: str, *, pause: float = 0.2) -> Behaviour:
    """A byte now and then that never makes a whole `head`, `line` or `comment`, or `chunks` without end."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        if where == "head":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            handler.open_stream()
            handler.wfile.write({"line": b"data: ", "comment": b": ", "chunks": b""}[where])
        while not handler.server.closing.wait(pause):
            if where == "chunks":
                handler.chunk(delta("x"))
            else:
                handler.wfile.write(b"x")
                handler.wfile.flush()

    return behave


def silent() -> Behaviour:
    """Accepts the request and says nothing."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        handler.server.closing.wait(60)

    return behave


def cut(text: str = "Dein Trend") -> Behaviour:
    """A stream that ends in the middle, without a finish reason."""

    def behave(handler: Handler) -> None:
        handler.open_stream()
        handler.chunk(delta(text))

    return behave


def pieces(*chunks: dict[str, Any]) -> Behaviour:
    """A stream of exactly these chunks."""

    def behave(handler: Handler) -> None:
        handler.open_stream()
        for chunk in chunks:
            handler.chunk(chunk)
        handler.chunk("[DONE]")

    return behave


def broken_stream(payload: object) -> Behaviour:
    """A stream with `payload` in its middle: an error object, or a line that is no JSON."""

    def behave(handler: Handler) -> None:
        handler.open_stream()
        handler.chunk(delta("Dein Trend"))
        handler.chunk(payload)

    return behave


def flood() -> Behaviour:
    """A stream without end, as fast as it goes."""

    def behave(handler: Handler) -> None:
        handler.open_stream()
        while not handler.server.closing.is_set():
            handler.wfile.write(b": " + b"x" * 65536 + b"\n\n")

    return behave


def packed() -> Behaviour:
    """Sixty-four megabytes in one, although nothing packed was asked for."""

    def behave(handler: Handler) -> None:
        content = gzip.compress(b"x" * 2**26)
        handler.send(200, content, "text/event-stream", Content_Encoding="gzip")

    return behave
