"""`make run` from the outside: starts, answers, prints links of mails, ends everything, starts again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mitai.embedded import die_with_parent
from tests.runtime.test_embedded import processes_of
from tests.servers import ROOT, free_port, wait_until

NOT_INHERITED = {
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "DATA_ENCRYPTION_KEY",
    "BASE_URL",
    "ALLOWED_HOSTS",
}


class Site:
    """The supervisor as `make run` starts it, on a data folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        with (folder.parent / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mitai.supervisor", "--end-with-parent"],
                cwd=ROOT,
                env={**kept, "DATA_DIR": str(folder), "PORT": str(self.port), **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def output(self) -> str:
        return (self.folder.parent / "out").read_text()

    def says(self, text: str) -> bool:
        assert self.process.poll() is None, self.output()
        return text in self.output()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_until_ready(self) -> Site:
        wait_until(lambda: self.says("Mitai Jinkendo runs on"), "the site answers", 90)
        return self

    def children(self) -> list[int]:
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/status")
            if f"\nPPid:\t{self.process.pid}\n" in path.read_text()
        ]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mitai-rt-", ignore_cleanup_errors=True) as name:
        yield Path(name) / "data"


def test_the_site_starts_answers_restarts_what_crashed_and_leaves_nothing(folder: Path) -> None:
    site = Site(folder).wait_until_ready()
    status, body = site.get("/healthz/ready")
    assert status == 200
    assert set(json.loads(body)["checks"].values()) == {"ok"}
    first = re.search(r"Demo login: +(\S+) +(\S+)", site.output())
    assert first is not None

    send = (
        "import django; django.setup(); from django.core.mail import send_mail\n"
        "send_mail('Bestätigen', 'Öffne http://127.0.0.1/confirm/?k=' + 'x' * 90, None, ['a@mitai.example'])"
    )
    environment = {**os.environ, "DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", send], cwd=ROOT, env=environment, check=True)
    wait_until(lambda: site.says("http://127.0.0.1/confirm/?k=" + "x" * 90), "the link is printed")
    assert site.says("Mail to a@mitai.example: Bestätigen")

    beat = next(pid for pid in site.children() if b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(beat, signal.SIGKILL)
    wait_until(lambda: site.says("beat ended"), "the crash is noticed")
    wait_until(
        lambda: any(b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in site.children()),
        "beat runs again",
    )

    site.process.terminate()
    assert site.process.wait(30) == 0
    assert processes_of(folder) == []

    again = Site(folder).wait_until_ready()
    second = re.search(r"Demo login: +(\S+) +(\S+)", again.output())
    assert second is not None
    assert second.groups() == first.groups()
    assert "Making a demo member" not in again.output()
    children = again.children()
    again.process.kill()
    again.process.wait()
    wait_until(lambda: processes_of(folder) == [], "everything has ended with the supervisor", 15)
    wait_until(lambda: not any(map(runs, children)), "its children too", 15)

    # A second start prepares nothing, and still says at once what it cannot do with.
    odd = Site(folder, LLM_DEADLINE_S="abc")
    assert odd.process.wait(30) == 1
    assert "is started again" not in odd.output()
    assert odd.output().splitlines()[-1].startswith("mitai: environment variable LLM_DEADLINE_S")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"DEFAULT_TIER": "selfhostet"}, "mitai: DEFAULT_TIER='selfhostet' is no tier"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "mitai: DATABASE_URL: connection failed"),
    ],
)
def test_what_cannot_be_prepared_is_said_in_a_line(folder: Path, given: dict[str, str], says: str) -> None:
    site = Site(folder, **given)
    assert site.process.wait(60) == 1
    assert says in site.output()
    assert "Traceback" not in site.output()


def test_a_data_folder_that_cannot_be_is_one_line(folder: Path) -> None:
    folder.write_text("a file")
    site = Site(folder)
    assert site.process.wait(30) == 1
    assert re.fullmatch(r"mitai: environment variable DATA_DIR: \S+: Not a directory\n", site.output())


def test_a_port_in_use_is_one_line(folder: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        site = Site(folder, PORT=str(taken.getsockname()[1]))
        assert site.process.wait(30) == 1
    assert re.fullmatch(r"mitai: port \d+: .*; set PORT to another\n", site.output())
