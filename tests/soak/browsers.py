"""Members' browsers, as far as a server can tell: a session, a token, forms; several at once."""

from __future__ import annotations

import base64
import http.client
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from django.db import connection

if TYPE_CHECKING:
    from membership.models import User

TIMEOUT_S = 180
AWAY = "antwortet gerade nicht"
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str

    @property
    def taken(self) -> bool:
        """Whether the server says that it has what was sent."""
        return self.status in {200, 201, 204, 302}

    @property
    def away(self) -> bool:
        """Whether the server says, in its one sentence, that something behind it does not answer."""
        return self.status == 503 and AWAY in self.text

    def __str__(self) -> str:
        return str(self.status)


class Browser:
    """One member's browser; each request on a line of its own, so that many may go at once."""

    def __init__(self, port: int, user: User | None = None) -> None:
        from django.test import Client

        self.port = port
        self.token = secrets.token_hex(16)
        self.cookies = f"csrftoken={self.token}"
        if user is not None:
            client = Client()
            client.force_login(user)
            self.cookies += f"; sessionid={client.cookies['sessionid'].value}"

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, values: Mapping[str, object]) -> Answer:
        """Send a form."""
        return self.ask(
            "POST", path, urlencode(values).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def upload(self, content: bytes, *, client_id: str, preview: bool = False) -> Answer:
        """Send a file in one form."""
        edge = secrets.token_hex(12)
        fields = {"client_id": client_id} | ({"preview": "on"} if preview else {})
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}' for k, v in fields.items()
        ]
        parts.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="export.xml"\r\n'
            "Content-Type: text/xml\r\n\r\n"
        )
        body = "\r\n".join(parts).encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self.ask("POST", "/import/", body, {"Content-Type": f"multipart/form-data; boundary={edge}"})

    def announce(self, size: int, *, client_id: str, modified: str = "1") -> Answer:
        """Say that a file will come in parts; the answer's location is where they go."""
        told = {"filename": "export.xml", "modified": modified, "client_id": client_id}
        pairs = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in told.items())
        return self.ask("POST", "/import/parts/", b"", {"Upload-Length": str(size), "Upload-Metadata": pairs})

    def part(self, place: str, offset: int, content: bytes) -> Answer:
        """Send the part of a file that begins at `offset`."""
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        return self.ask("PATCH", place, content, kind)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            given = {"Cookie": self.cookies, "X-CSRFToken": self.token, **(headers or {})}
            line.request(method, path, body, given)
            answer = line.getresponse()
            return Answer(
                answer.status, answer.headers.get("Location", ""), answer.read().decode(errors="replace")
            )
        finally:
            line.close()


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of calls that begin together, each in a thread with its own connection to the database."""
    barrier = Barrier(len(calls))

    def one(call: Callable[[], T]) -> T:
        barrier.wait(TIMEOUT_S)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))
