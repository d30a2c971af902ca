"""What a container does from its start to its probe, as processes on real servers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from mitai import heartbeat, probe
from mitai.embedded import die_with_parent
from mitai.guard import end
from mitai.preparation import ALONE
from tests.deployment.files import image_command, words
from tests.servers import ROOT, free_port, wait_until

BIN = Path(sys.executable).parent


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database nobody has prepared."""
    name = sql.Identifier("entry")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield str(urlsplit(os.environ["DATABASE_URL"])._replace(path="/entry").geturl())
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mitai-entry-", ignore_cleanup_errors=True) as name:
        yield Path(name)


class Container:
    """One service as its container starts it: entry point, command, environment."""

    def __init__(self, folder: Path, name: str, command: list[str], **environment: str) -> None:
        self.log = folder / f"{name}.log"
        self.signs = folder / f"{name}-signs"
        self.signs.mkdir()
        given = {
            "DATA_DIR": str(folder / "data"),
            "HEARTBEAT_DIR": str(self.signs),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mitai.entry", *command],
                cwd=ROOT,
                env={**os.environ, **given, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """Ask it to end as Docker does."""
        if self.process.poll() is None:
            end({self.process.pid: int(signal.SIGTERM)}, patience_s=20)
        return self.process.wait()


@pytest.fixture
def containers() -> Iterator[list[Container]]:
    started: list[Container] = []
    yield started
    for container in started:
        container.stop()


def test_containers_that_start_at_once_prepare_the_database_once(
    folder: Path, empty_database: str, containers: list[Container]
) -> None:
    hello = [sys.executable, "-c", "import sys; print('became', *sys.argv[1:])", "the command"]
    for number in range(3):
        containers.append(Container(folder, f"c{number}", hello, DATABASE_URL=empty_database))
    assert [one.process.wait(120) for one in containers] == [0, 0, 0]
    said = [one.output() for one in containers]
    assert sum("Preparing the database" in text for text in said) == 1
    assert all(text.endswith("became the command\n") for text in said)
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM membership_tier").fetchone() == (True,)


def test_the_lock_is_waited_for_until_its_holder_is_gone(
    folder: Path, empty_database: str, containers: list[Container]
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [ALONE])
        containers.append(
            Container(folder, "c", [sys.executable, "-c", "print('up')"], DATABASE_URL=empty_database)
        )
        tries = set()

        def asks_again() -> bool:
            query = "SELECT query_start FROM pg_stat_activity WHERE query LIKE %s AND pid <> pg_backend_pid()"
            tries.update(holder.execute(query, ["SELECT pg_try_advisory_lock%"]).fetchall())
            return len(tries) > 1

        wait_until(asks_again, "it asks for the lock again")
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert holder.execute(tables).fetchone() == (0,)
    assert containers[0].process.wait(120) == 0
    assert containers[0].output() == "Preparing the database\nup\n"


def wait_once(**environment: str) -> subprocess.CompletedProcess[str]:
    code = "import django; django.setup(); from mitai.entry import wait; wait(patience_s=0)"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        text=True,
        capture_output=True,
        check=False,
    )


def test_a_server_that_does_not_come_is_named_in_a_line_without_its_password() -> None:
    port = free_port()
    ended = wait_once(DATABASE_URL=f"postgresql://mitai:geheim@127.0.0.1:{port}/mitai")
    assert re.fullmatch(r"mitai: not ready after 0 s, database: .*refused.*\n", ended.stderr)
    ended = wait_once(REDIS_URL=f"redis://127.0.0.1:{port}/0", REDIS_PASSWORD="geheim")
    assert re.fullmatch(r"mitai: not ready after 0 s, broker: .*refused.*\n", ended.stderr)
    assert ended.returncode == 1
    assert "geheim" not in ended.stderr + ended.stdout


def test_what_is_waited_for_is_said_once(folder: Path, containers: list[Container]) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    containers.append(Container(folder, "c", ["true"], REDIS_URL=url))
    wait_until(lambda: "Waiting for the broker" in containers[0].output(), "it says what it waits for")
    time.sleep(1.5)  # several tries
    assert containers[0].output().count("Waiting for") == 1
    containers[0].stop()


def test_a_command_that_does_not_exist_is_one_line(
    folder: Path, empty_database: str, containers: list[Container]
) -> None:
    containers.append(Container(folder, "c", ["gunicron"], DATABASE_URL=empty_database))
    assert containers[0].process.wait(120) == 1
    assert containers[0].output().splitlines()[-1] == "mitai: no such command: gunicron"


# The commands of the files, asked by their probes -----------------------------------------------------------
def test_each_service_starts_with_its_command_and_answers_its_probe(
    folder: Path, empty_database: str, containers: list[Container], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = str(free_port())
    elsewhere = {"0.0.0.0:8000": f"127.0.0.1:{port}", "/dev/shm": str(folder)}  # noqa: S108 - of the image
    commands = {
        "web": [elsewhere.get(word, word) for word in image_command()],
        **{name: words(name) for name in ("worker", "housekeeping", "beat")},
    }
    commands["beat"][-1] = commands["beat"][-1].replace("/data", str(folder / "data"))
    for name, command in commands.items():
        containers.append(Container(folder, name, command, DATABASE_URL=empty_database, DEBUG="true"))

    monkeypatch.setenv("PORT", port)
    for container, name in zip(containers, ("web", "worker", "worker", "beat"), strict=True):
        monkeypatch.setenv("HEARTBEAT_DIR", str(container.signs))
        wait_until(lambda name=name: probe.ask(name) == "", f"{name} is well", 120)  # type: ignore[misc]
        assert container.process.poll() is None, container.output()
    assert [container.stop() for container in containers] == [0, 0, 0, 0]
    assert probe.ask("web").startswith("web does not answer")


def test_the_probe_is_small_and_says_what_is_wrong(folder: Path) -> None:
    code = "import sys; sys.argv[1:] = ['worker']; from mitai.probe import main; main()"
    environment = {"PATH": os.environ["PATH"], "HEARTBEAT_DIR": str(folder)}

    def ask() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code],
            cwd=ROOT,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )

    silent = ask()
    assert silent.returncode == 1
    assert silent.stderr.splitlines()[-1] == "mitai: worker has given no sign of life"
    assert not re.search(r"\| +(django|celery|redis)\b", silent.stderr)
    heartbeat.give(str(folder), "worker")
    assert ask().returncode == 0
    late = time.time() - heartbeat.STALE_S - 5
    os.utime(folder / "worker.heartbeat", (late, late))
    assert re.fullmatch(r"mitai: worker gave its last sign of life 6\d s ago", ask().stderr.splitlines()[-1])
