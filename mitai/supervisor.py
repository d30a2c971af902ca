"""`make run`: the embedded pair, then web, worker and beat, until Ctrl-C.

Children live in process groups of their own, are restarted when they crash, and end with this process however
it ends. Everything written lies under DATA_DIR.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from mitai import embedded
from mitai.guard import Guard, kill_group
from mitai.mail_links import MailFolder

ROOT = Path(__file__).resolve().parent.parent
DEMO_EMAIL = "demo@mitai.example"
DEMO_DAYS = 365
DEMO_SEED = 1
CRASHES = 5
CRASH_WINDOW_S = 60.0
STOP_S = 8.0
PATIENCE_S = 30.0
LOG_BYTES = 5 * 2**20


class StartError(Exception):
    """The site cannot start or go on; the message is one line."""


# Children ---------------------------------------------------------------------------------------------------
class Child:
    """One process of the site, with its log and its memory of crashes."""

    def __init__(self, name: str, command: list[str], guard: Guard, logs: Path) -> None:
        self.name = name
        self.command = command
        self.log = logs / f"{name}.log"
        self._guard = guard
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._again_at = 0.0
        self._begun = 0  # where the log of the present process begins
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            self._begun = out.tell()
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops its children in order
                preexec_fn=embedded.die_with_parent(signal.SIGTERM),
            )
        self._guard.watch(self.process.pid, signal.SIGTERM)

    def tend(self) -> None:
        """Start it again when it crashed, a second later each time; give up when it keeps crashing."""
        if self.process is None:
            if time.monotonic() >= self._again_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.reaped()
        if (line := self._last_line()).startswith("mitai: "):  # one of ours: it would say so for ever
            raise StartError(line)
        now = time.monotonic()
        self._crashes.append(now)
        if len(self._crashes) == CRASHES and now - self._crashes[0] < CRASH_WINDOW_S:
            raise StartError(f"mitai: {self.name} keeps crashing, see {self.log}: {self._last_line()}")
        print(f"{self.name} ended (exit {code}) and is started again; its log is {self.log}", flush=True)
        self._again_at = now + len(self._crashes)

    def reaped(self) -> None:
        """The process has ended: wait for it, and end what it may have left in its group."""
        if self.process is None:
            return
        self.process.wait()
        kill_group(self.process.pid)
        self._guard.forget(self.process.pid)
        self.process = None

    def _last_line(self) -> str:
        """The last words of the process that was started last."""
        with self.log.open("rb") as log:
            log.seek(self._begun)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no output"


def _children(folder: Path, guard: Guard) -> list[Child]:
    worker = "celery --quiet -A mitai worker --pool prefork --without-gossip --without-mingle"
    commands = {
        "web": "gunicorn --config python:mitai.web mitai.wsgi",
        # One child more than evaluations need: a member's import may take minutes, the next one waits for it.
        "worker": f"{worker} --max-tasks-per-child 200 --concurrency 3 --queues insights,imports,default",
        "beat": "mitai.beat",
    }
    children = [Child(name, words.split(), guard, folder / "logs") for name, words in commands.items()]
    children[-1].command.append(str(folder / "beat" / "schedule"))
    return children


def _stop(children: list[Child], guard: Guard) -> None:
    """Ask all at once, then kill those that take too long."""
    processes = [child.process for child in children if child.process is not None]
    for process in processes:
        process.terminate()
    until = time.monotonic() + STOP_S
    while any(process.poll() is None for process in processes) and time.monotonic() < until:
        time.sleep(0.05)
    for process in processes:
        process.kill()
    for child in children:
        child.reaped()
    guard.close()


# Before the first request -----------------------------------------------------------------------------------
def _free_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise StartError(f"mitai: PORT {text!r} is not a number between 1 and 65535")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(f"mitai: port {port}: {error.strerror}; set PORT to another") from error
    return port


def prepare() -> None:
    """Migrations, seed data, static files and, the first time, the demo member; skips what is done.

    Runs in a process of its own, so that the supervisor stays small.
    """
    import django
    from django.core.management import call_command

    from mitai.preparation import prepare_database

    django.setup()
    prepare_database()
    folder = embedded.data_folder()
    _collect_static(folder)
    demo = folder / "demo.json"
    if not demo.exists():
        print(f"Making a demo member with {DEMO_DAYS} days of data", flush=True)
        password = embedded.secret(folder, "demo-password")
        call_command(
            "seed_demo", email=DEMO_EMAIL, days=DEMO_DAYS, seed=DEMO_SEED, password=password, verbosity=0
        )
        demo.write_text(json.dumps({"email": DEMO_EMAIL}) + "\n")


def _collect_static(folder: Path) -> None:
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = folder / "static.stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    print("Collecting static files", flush=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def _state(folder: Path) -> str:
    """A digest of everything `prepare()` looks at; the same digest means there is nothing for it to do."""
    told = f"{os.environ['DATABASE_URL']}\n{os.environ.get('DEFAULT_TIER', '')}\n"
    digest = hashlib.sha256(told.encode())
    places = [
        ROOT / name for name in ("mitai", "membership", "tracking", "insights", "static", "requirements")
    ]
    paths = [path for place in places for path in place.rglob("*") if "__pycache__" not in path.parts]
    for path in [*sorted(paths), folder / "postgres" / "PG_VERSION", folder / "static", folder / "demo.json"]:
        if path.exists():
            digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _missing(address: str) -> str:
    """What the site still lacks, in few words; empty when it is ready."""
    host = urlsplit(os.environ["BASE_URL"]).netloc
    request = urllib.request.Request(f"{address}/healthz/ready", headers={"Host": host})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - loopback
            return ""
    except urllib.error.HTTPError as error:
        try:
            checks = json.load(error)["checks"]
        except (ValueError, KeyError, TypeError):
            return f"it answers {error.code}"
        return ", ".join(f"{name}: {result}" for name, result in checks.items() if result != "ok")
    except OSError as error:
        return f"it does not answer ({error})"


def _introduce(folder: Path, address: str) -> None:
    print(f"\nMitai Jinkendo runs on {address}")
    if (folder / "demo.json").exists():
        print(f"Demo login:  {DEMO_EMAIL}  {embedded.secret(folder, 'demo-password')}")
    if embedded.given("EMAIL_URL"):
        print("Mails go out by SMTP (EMAIL_URL)")
    else:
        print(f"Mails are files in {folder / 'mail'}; their links appear here")
    print(f"Logs are in {folder / 'logs'}. Ctrl-C ends everything.\n", flush=True)


# The run ----------------------------------------------------------------------------------------------------
class Supervisor:
    """Holds the site up until it is told to stop."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.own_database = not embedded.given("DATABASE_URL")
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.stopping = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def prepare(self) -> None:
        """Run `prepare()` in a child unless nothing changed; end it when we are told to stop."""
        stamp = self.folder / "prepared.stamp"
        if self.own_database and stamp.exists() and stamp.read_text() == _state(self.folder):
            return
        child = subprocess.Popen(
            [sys.executable, "-m", "mitai.supervisor", "--prepare"],
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=embedded.die_with_parent(signal.SIGTERM),
        )
        while child.poll() is None:
            if self.stopping:
                child.terminate()
                child.wait()
                return
            time.sleep(0.05)
        if child.returncode:
            raise StartError("mitai: the site could not be prepared, see the line above")
        stamp.write_text(_state(self.folder))

    def run(self, pair: embedded.Pair) -> None:
        self.prepare()
        guard = Guard()
        children = _children(self.folder, guard)
        mail = self.folder / "mail"
        mail.mkdir(mode=0o700, exist_ok=True)
        mails = MailFolder(mail)
        try:
            introduced = False
            patient_until = time.monotonic() + PATIENCE_S
            while not self.stopping:
                if failure := pair.failure():
                    raise StartError(failure)
                # Pages first: worker and beat do not compete with the first request for the processor.
                late = time.monotonic() > patient_until
                for child in children if introduced or late else children[:1]:
                    child.tend()
                missing = "" if introduced else _missing(self.address)
                if not introduced and not missing:
                    _introduce(self.folder, os.environ["BASE_URL"])
                    introduced = True
                elif not introduced and late:
                    print(f"Not ready yet, {self.address}/healthz/ready says: {missing}", flush=True)
                    patient_until = time.monotonic() + PATIENCE_S
                for found in mails.new():
                    print("\n  ".join([f"Mail to {found.to}: {found.subject}", *found.links]), flush=True)
                time.sleep(0.5 if introduced else 0.1)
        finally:
            _stop(children, guard)


def _warnings_for_operators() -> None:
    """Celery warns about root at every start; here root is somebody's own machine."""
    os.environ.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser privileges")


def _main() -> None:
    folder = embedded.data_folder()
    port = _free_port()
    supervisor = Supervisor(folder, port)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.stop)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitai.settings")
    os.environ.setdefault("BASE_URL", supervisor.address)
    os.environ["PORT"] = str(port)
    _warnings_for_operators()
    embedded.complete_secrets(folder)
    database, redis = supervisor.own_database, not embedded.given("REDIS_URL")
    if not (database or redis):
        supervisor.run(embedded.Pair("", "", stop=lambda: None))
        return
    with embedded.start(folder, database=database, redis=redis, patience_s=STOP_S * 2) as pair:
        embedded.complete_urls(pair)
        supervisor.run(pair)
    print("Stopped.")


def _prepare() -> None:
    """`prepare()`, whose expected failures are one line each."""
    from mitai.preparation import failing_in_one_line

    with failing_in_one_line():
        prepare()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mitai.supervisor", description=__doc__)
    parser.add_argument("--end-with-parent", action="store_true", help="stop when make is killed")
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        _prepare()
        return
    if options.end_with_parent:
        embedded.end_with_parent(signal.SIGTERM)
    try:
        _main()
    except (StartError, embedded.EmbeddedError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
