"""What is measured: the site as `make run` starts it, and its single processes on one pair of servers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from mitai import embedded
from mitai.embedded import die_with_parent
from mitai.guard import Guard, end
from mitai.supervisor import DEMO_EMAIL
from tests.servers import ROOT, Worker, free_port

GIVEN = re.compile(
    r"DATABASE_URL|REDIS_URL|SECRET_KEY|DATA_ENCRYPTION_KEY|BASE_URL|ALLOWED_HOSTS|TRUSTED_PROXY_COUNT"
    r"|DEFAULT_TIER|DEBUG|LLM_.*|EMAIL_URL|OPENAI_.*"
)
LOGIN = "/accounts/login/"
PATIENCE_S = 120.0
POLL_S = 0.01


def forget_surroundings() -> None:
    """Whatever the operator's environment says about an installation of theirs does not count here."""
    for name in [name for name in os.environ if GIVEN.fullmatch(name.removesuffix("_FILE"))]:
        del os.environ[name]


def answered(port: int, process: subprocess.Popen[bytes], begun: float) -> float:
    """Seconds from `begun` (monotonic) until the first request is answered with a page.

    Raises:
        RuntimeError: the process ended, or did not answer within two minutes.
    """
    while time.monotonic() - begun < PATIENCE_S:
        if process.poll() is not None:
            raise RuntimeError(f"the site ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{LOGIN}", timeout=30) as answer:
                answer.read()
                return time.monotonic() - begun
        except (OSError, urllib.error.HTTPError):
            time.sleep(POLL_S)
    raise RuntimeError("the site does not answer")


# The whole site ------------------------------------------------------------------------------------------
class Site:
    """`make run` on a data folder, as somebody types it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            ["make", "run"],  # noqa: S607 - as it is typed
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(folder), "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    def answered(self) -> float:
        """Seconds until the first page."""
        return answered(self.port, self.process, self.begun)

    def demo_cookie(self) -> str:
        """The Cookie header of the demo member, who logs in by the form."""
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        address = f"http://127.0.0.1:{self.port}{LOGIN}"
        page = opener.open(address, timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        password = embedded.secret(self.folder, "demo-password")
        form = {"csrfmiddlewaretoken": token[1], "login": DEMO_EMAIL, "password": password}
        opener.open(address, urlencode(form).encode(), timeout=30).read()
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    def stop(self) -> None:
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    running = Site(folder)
    try:
        yield running
    finally:
        running.stop()


# Single processes ----------------------------------------------------------------------------------------
class Web:
    """gunicorn as the site has it: gthread, two workers, preloaded."""

    def __init__(self, guard: Guard, folder: Path, application: str = "mitai.wsgi") -> None:
        self._guard = guard
        self.port = free_port()
        self.begun = time.monotonic()
        with (folder / "logs" / "bench-web.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "python:mitai.web", application],
                cwd=ROOT,
                env={**os.environ, "PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        guard.watch(self.process.pid, signal.SIGTERM)

    def answered(self) -> float:
        """Seconds until the first page."""
        return answered(self.port, self.process, self.begun)

    def stop(self) -> None:
        end({self.process.pid: int(signal.SIGTERM)})
        self.process.wait()
        self._guard.forget(self.process.pid)


class Stack:
    """One pair of servers with the environment of this process pointed to it."""

    def __init__(self, folder: Path, llm_url: str) -> None:
        self.folder = folder
        self.guard = Guard()
        self.pair = embedded.start(folder)
        embedded.complete_secrets(folder)
        embedded.complete_urls(self.pair)
        os.environ |= {
            "BASE_URL": "http://127.0.0.1:8000",
            "DJANGO_SETTINGS_MODULE": "mitai.settings",
            "LLM_BASE_URL": llm_url,
            "LLM_MODEL": "bench",
            "LOG_LEVEL": "WARNING",
        }

    @contextmanager
    def web(self, application: str = "mitai.wsgi") -> Iterator[Web]:
        running = Web(self.guard, self.folder, application)
        try:
            running.answered()
            yield running
        finally:
            running.stop()

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A Celery worker that has done nothing yet."""
        running = Worker(self.guard, self.folder / "logs" / "bench-worker.log", {}, ["--concurrency", "3"])
        try:
            yield running.wait_until_ready()
        finally:
            running.stop()

    def stop(self) -> None:
        self.guard.close()
        self.pair.stop()


def waited(condition: Callable[[], bool], seconds: float = 600) -> float:
    """Seconds until the condition holds.

    Raises:
        RuntimeError: it does not within the time.
    """
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise RuntimeError(f"not within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - begun
