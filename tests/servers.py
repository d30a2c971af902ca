"""Real servers on loopback for tests: an SMTP sink, a Celery worker process, free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from typing import TYPE_CHECKING, cast

from aiosmtpd.controller import Controller

from mitai.embedded import die_with_parent
from mitai.guard import Guard, end

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Poll until the condition holds; fails with `what` when it does not within the time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)


def running_in_group(leader: int) -> list[int]:
    """The processes of a process group; what has ended and only waits to be reaped is left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


class SmtpSink:
    """An SMTP server that keeps what it receives, parsed, in the order of arrival."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    @property
    def url(self) -> str:
        """As EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = cast("bytes", envelope.content)
        self.messages.append(message_from_bytes(content, policy=default_policy))
        return "250 OK"

    def wait_for(self, count: int = 1) -> list[EmailMessage]:
        """The messages, once at least `count` have arrived."""
        wait_until(lambda: len(self.messages) >= count, f"{count} mails, got {len(self.messages)}")
        return self.messages

    def stop(self) -> None:
        self._controller.stop()


class Worker:
    """A real `celery -A mitai worker` (prefork, two children) on the test database and broker."""

    def __init__(
        self, guard: Guard, log: Path, environment: Mapping[str, str], options: Sequence[str]
    ) -> None:
        self.log = log
        self.name = f"{log.stem}@test"
        self._guard = guard
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "celery",
                    "-A",
                    "mitai",
                    "worker",
                    "--pool",
                    "prefork",
                    "--concurrency",
                    "2",
                    "--queues",
                    "insights,imports,default",
                    "--hostname",
                    self.name,
                    "--without-gossip",
                    "--without-mingle",
                    *options,
                ],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        guard.watch(self.process.pid, signal.SIGTERM)

    def wait_until_ready(self) -> Worker:
        from mitai.celery import app

        def answers() -> bool:
            assert self.process.poll() is None, f"the worker ended:\n{self.output()}"
            return bool(app.control.ping(destination=[self.name], timeout=0.5))

        wait_until(answers, "the worker answers", 60)
        return self

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL the worker and its children, as the kernel does when memory runs out."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self._reaped()
        wait_until(lambda: not running_in_group(self.process.pid), "the killed worker's children are gone")

    def stop(self) -> None:
        """Ask it to end, kill what is still there after five seconds; harmless when it has ended."""
        if self.process.poll() is None:
            end({self.process.pid: int(signal.SIGTERM)}, patience_s=5)
        self._reaped()

    def _reaped(self) -> None:
        self.process.wait()
        self._guard.forget(self.process.pid)
