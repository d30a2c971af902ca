"""A site of its own for the pictures: database and broker in a temporary folder, served as in production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mitai import embedded
from mitai.guard import Guard
from tests import llm_server
from tests.llm_server import LlmServer
from tests.servers import ROOT, free_port
from tools.screenshots.scenes import MODEL

PATIENCE_S = 60


@dataclass(frozen=True)
class Site:
    """The addresses of two web servers on one database: one knows the language model, the other none."""

    plain: str
    with_model: str
    model: LlmServer

    @property
    def origins(self) -> tuple[str, str]:
        return self.plain, self.with_model


@contextmanager
def running() -> Iterator[Site]:
    """The site, empty but for what every installation has. Django is set up for this process too."""
    folder = Path(tempfile.mkdtemp(prefix="mitai-shots-"))
    ports = free_port(), free_port()
    with ExitStack() as stack:
        pair = stack.enter_context(embedded.start(folder, durable=False, temporary=True))
        model = stack.enter_context(llm_server.running())
        guard = Guard()
        stack.callback(guard.close)
        site = Site(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", model)
        set_environment(folder, pair, site)
        prepare()
        knows = {"LLM_BASE_URL": model.url, "LLM_API_KEY": "geheim", "LLM_MODEL": MODEL}
        for address, environment in ((site.plain, {}), (site.with_model, knows)):
            serve(guard, folder, address, environment)
        for address in site.origins:
            wait_until_ready(address)
        yield site


def set_environment(folder: Path, pair: embedded.Pair, site: Site) -> None:
    """Nothing of the caller's settings reaches this site."""
    for name in [name for name in os.environ if name.startswith(("LLM_", "EMAIL_", "DEFAULT_TIER"))]:
        del os.environ[name]
    os.environ |= {
        "DATABASE_URL": pair.database_url,
        "REDIS_URL": pair.redis_url,
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": "only-for-pictures-" + "x" * 40,
        "DATA_ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
        "BASE_URL": site.plain,
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "mitai.settings",
    }
    (folder / "data" / "run").mkdir(mode=0o700, parents=True)


def prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def serve(guard: Guard, folder: Path, address: str, environment: Mapping[str, str]) -> None:
    """Start a web server that ends with this process."""
    port = address.rpartition(":")[2]
    with (folder / f"web-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "python:mitai.web",
                "--workers",
                "1",
                "mitai.wsgi",
            ],
            cwd=ROOT,
            env={**os.environ, "PORT": port, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=embedded.die_with_parent(signal.SIGTERM),
        )
    guard.watch(process.pid, signal.SIGTERM)


def wait_until_ready(address: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(f"{address}/healthz/ready", timeout=5):  # noqa: S310  (loopback)
                return
        except (urllib.error.URLError, ConnectionError) as error:
            if time.monotonic() > until:
                sys.exit(f"screenshots: the site does not answer at {address}: {error}")
            time.sleep(0.1)
