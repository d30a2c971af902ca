"""A transport with one total deadline for everything it does.

Time-outs of HTTP clients count per read, so a server that drips a byte now and then holds a request
for ever. Here each connect, write and read may last only as long as is left of the total.
Imported when a provider is called, never by the web process.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpcore2
import httpx2

MAX_BYTES = 8 * 2**20
HEADERS_SENT = {
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
}


class Clock:
    """What is left until the deadline, in seconds of the monotonic clock; `idle_s` caps one wait."""

    def __init__(self, *, ends: float, idle_s: float) -> None:
        self.ends = ends
        self.idle_s = idle_s

    def left(self, error: type[httpcore2.TimeoutException]) -> float:
        left = min(self.ends - time.monotonic(), self.idle_s)
        if left <= 0:
            raise error("deadline")
        return left


class DeadlineStream(httpcore2.NetworkStream):
    """A connection that ends at the deadline and after MAX_BYTES, however it is fed."""

    def __init__(self, stream: httpcore2.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._received = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._clock.left(httpcore2.ReadTimeout))
        self._received += len(data)
        if self._received > MAX_BYTES:
            raise httpcore2.ReadError("too large")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._clock.left(httpcore2.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens connections that share one clock. Name resolution is the resolver's own time-out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._clock.left(httpcore2.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        return DeadlineStream(stream, self._clock)


@cache
def trusted() -> ssl.SSLContext:
    """Which certificates are believed: the system's. Reading them takes longer than a whole local request."""
    return httpx2.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx2.HTTPTransport):
    """HTTP/1.1 within one deadline, without proxies, and with no header but those named above.

    The SDK adds headers from OPENAI_* variables of the environment and about this machine; what
    leaves the host is decided here.
    """

    def __init__(self, *, clock: Clock, api_key: str) -> None:
        context = trusted()
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore2.ConnectionPool(ssl_context=context, network_backend=DeadlineBackend(clock))
        self._authorization = f"Bearer {api_key}"

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        for name in set(request.headers.keys()) - HEADERS_SENT:
            del request.headers[name]
        request.headers["Authorization"] = self._authorization
        request.headers["User-Agent"] = "mitai"
        # Packed answers would be unpacked beyond MAX_BYTES: a megabyte of gzip holds a gigabyte.
        request.headers["Accept-Encoding"] = "identity"
        response = super().handle_request(request)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            response.close()
            raise httpx2.DecodingError("packed without being asked to", request=request)
        return response


def client(*, ends: float, idle_s: float, api_key: str) -> httpx2.Client:
    """An HTTP client for one request that is over at `ends` (monotonic clock) and follows no redirect."""
    transport = DeadlineTransport(clock=Clock(ends=ends, idle_s=idle_s), api_key=api_key)
    return httpx2.Client(transport=transport, follow_redirects=False, trust_env=False, timeout=idle_s)
