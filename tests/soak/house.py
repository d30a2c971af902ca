"""An installation of its own in a temporary folder: two servers, web, workers and beat as real processes.

Imported before Django has settings, because it makes the environment they are read from.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import psycopg

from mitai import embedded
from mitai.embedded import die_with_parent
from mitai.guard import Guard, end
from tests.llm_server import LlmServer
from tests.servers import ROOT, Worker, free_port, wait_until

PATIENCE_S = 180  # for what must happen; a busy machine is no finding
# Long enough for a thread that renews it on a busy machine; what a killed worker held is let go by hand.
LEASE_S = 30


class Server:
    """PostgreSQL or Valkey alone, durable as in production, to be ended in every way and started again."""

    def __init__(self, folder: Path, *, database: bool) -> None:
        self._folder, self._database = folder, database
        self.start()

    def start(self) -> None:
        """Start on the data of before; the address stays the same."""
        pair = embedded.start(self._folder, database=self._database, redis=not self._database)
        url = pair.database_url or pair.redis_url
        assert url == getattr(self, "url", url), "the socket moved: TMPDIR is too deep"
        self._pair, self.url = pair, url

    def stop(self) -> None:
        self._pair.stop()

    def stop_at_once(self) -> None:
        """As if the power failed for it alone: PostgreSQL writes no checkpoint, its sessions just end."""
        pid = int((self._folder / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        self._pair.stop()

    def kill_session(self) -> None:
        """SIGKILL one session of PostgreSQL; it then ends all the others and recovers."""
        with suppress(psycopg.OperationalError), psycopg.connect(self.url) as connection:
            (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
            os.kill(pid, signal.SIGKILL)
            connection.execute("SELECT 1")

    def forget(self) -> None:
        """What a broker without a log has left after its end: nothing."""
        for file in (self._folder / "valkey").rglob("*"):
            if file.is_file():
                file.unlink()


class House:
    """The running installation. `crew` are the workers; `web` answers on `port`."""

    def __init__(self, folder: Path, llm: LlmServer) -> None:
        self.folder, self.llm = folder, llm
        self.port = free_port()
        self.database = Server(_made(folder / "db"), database=True)
        self.broker = Server(_made(folder / "broker"), database=False)
        self.guard = Guard()
        self.crew: list[Worker] = []
        self.others: list[subprocess.Popen[bytes]] = []
        self._numbers = count(1)
        self._set_environment()

    def _set_environment(self) -> None:
        for name in [name for name in os.environ if name.startswith(("OPENAI_", "EMAIL_", "TEST_"))]:
            del os.environ[name]
        data = _made(self.folder / "data")
        for name in ("static", "run", "beat"):
            _made(data / name)
        os.environ |= {
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.broker.url,
            "DATA_DIR": str(data),
            "SECRET_KEY": "only-for-soaking-" + "x" * 40,
            "DATA_ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "testserver",
            "PORT": str(self.port),
            "LLM_BASE_URL": self.llm.url,
            "LLM_API_KEY": "geheim",
            "LLM_MODEL": "test/model",
            "INSIGHT_LEASE_S": str(LEASE_S),
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "mitai.settings",
        }

    # Processes --------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Migrate, seed, and start the web process; Django has its settings by now."""
        from django.core.management import call_command

        from mitai.core import seeding

        call_command("migrate", verbosity=0)
        seeding.run()
        gunicorn = ["gunicorn", "--config", "python:mitai.web", "tests.soak.web"]
        self.web = self._spawn("web", gunicorn)
        wait_until(self._answers, "the web process answers", PATIENCE_S)

    def _answers(self) -> bool:
        import http.client

        with suppress(OSError):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            line.request("GET", "/healthz/live")
            return line.getresponse().status == 200
        return False

    def start_beat(self) -> None:
        """What wakes the sweepers by itself, every thirty seconds."""
        self._spawn("beat", ["mitai.beat", str(self.folder / "data" / "beat" / "schedule")])

    def _spawn(self, name: str, module: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self.guard.watch(process.pid, signal.SIGTERM)
        self.others.append(process)
        return process

    def hire(self) -> Worker:
        """One more worker; whoever needs it waits for what it does, not for it."""
        log = self.folder / f"worker-{next(self._numbers)}.log"
        worker = Worker(self.guard, log, {}, ["--concurrency", "3"])
        self.crew.append(worker)
        return worker

    def staff(self, number: int) -> None:
        """So many workers; those that are there stay."""
        self.tend()
        while len(self.crew) > number:
            self.crew.pop().stop()
        while len(self.crew) < number:
            self.hire()

    def tend(self) -> int:
        """Start workers that ended by themselves again, as the supervisor and containers do; how many."""
        gone = [worker for worker in self.crew if worker.process.poll() is not None]
        for worker in gone:
            worker.stop()
            self.crew.remove(worker)
            self.hire()
        return len(gone)

    def kill_crew(self) -> None:
        """SIGKILL every worker and its children."""
        while self.crew:
            self.crew.pop().kill()

    def kill_children(self) -> None:
        """SIGKILL what works at the moment and leave who sends it to work, as when memory runs out."""
        for worker in self.crew:
            for pid in children_of(worker.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """Web and workers with all their children."""
        leaders = [self.web.pid, *(worker.process.pid for worker in self.crew)]
        return [pid for leader in leaders for pid in (leader, *children_of(leader))]

    def close(self) -> None:
        self.staff(0)
        end({process.pid: int(signal.SIGTERM) for process in self.others}, patience_s=8)
        for process in self.others:
            process.wait()
        self.guard.close()
        for server in (self.broker, self.database):
            with suppress(Exception):
                server.stop()


def children_of(parent: int) -> list[int]:
    """The direct children of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def sleep(seconds: float) -> None:
    """Let the others work; nothing is concluded from how long it took."""
    time.sleep(max(0.0, seconds))
