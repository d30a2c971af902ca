"""The embedded PostgreSQL and Valkey: start, stop, sharing, and what is left when the parent is killed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from mitai import embedded
from tests.servers import ROOT, wait_until

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: the one of pytest may be too deep for a socket."""
    with tempfile.TemporaryDirectory(prefix="mitai-rt-", ignore_cleanup_errors=True) as name:
        yield Path(name) / "data"


@pytest.fixture
def path_without_unshare(tmp_path: Path) -> str:
    """A PATH on which root finds no way to open a user namespace."""
    for name in ("setpriv", "sh"):
        program = shutil.which(name)
        assert program is not None
        (tmp_path / name).symlink_to(program)
    return str(tmp_path)


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that mention the folder or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = str((process / "cwd").readlink())
        except OSError:
            continue
        if (str(folder) in command or place.startswith(str(folder))) and process.name != str(os.getpid()):
            found.append(command)
    return found


def answer(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT lower('ÄÖ')").fetchone()
    assert row is not None
    return str(row[0])


def test_starts_answers_and_leaves_no_process(folder: Path) -> None:
    with embedded.start(folder, durable=False) as pair:
        assert answer(pair.database_url) == "äö"
        assert redis.from_url(pair.redis_url).ping()
        assert embedded.running(folder) == (pair.database_url, pair.redis_url)
        assert processes_of(folder)
    assert processes_of(folder) == []
    assert embedded.running(folder) is None
    assert not list((folder / "run").glob("*.sock")) + list((folder / "run").glob(".s.*"))


def test_nobody_else_may_enter_the_sockets_or_the_data(folder: Path) -> None:
    with embedded.start(folder, durable=False):
        for name in ("run", "postgres", "valkey", "logs"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o700, name


def test_keeps_what_was_written_when_durable(folder: Path) -> None:
    with embedded.start(folder) as pair:
        with psycopg.connect(pair.database_url) as connection:
            connection.execute("CREATE TABLE kept (value int)")
        redis.from_url(pair.redis_url).set("kept", "1")
    with embedded.start(folder) as pair:
        with psycopg.connect(pair.database_url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert redis.from_url(pair.redis_url).get("kept") == b"1"


def test_refuses_to_run_twice_on_one_folder(folder: Path) -> None:
    with embedded.start(folder, durable=False), pytest.raises(embedded.Busy, match="another process"):
        embedded.start(folder)


def test_starts_only_what_is_wanted(folder: Path) -> None:
    with embedded.start(folder, database=False) as pair:
        assert pair.database_url == ""
        assert redis.from_url(pair.redis_url).ping()
        assert not (folder / "postgres").exists()


def test_deep_or_odd_folder_gets_short_sockets_that_vanish(folder: Path) -> None:
    deep = folder / ("deep" * 30) / "mit Umlaut ä"
    with embedded.start(deep, durable=False) as pair:
        sockets = Path(pair.redis_url.removeprefix("unix://").partition("?")[0]).parent
        assert len(str(sockets / embedded.POSTGRES_SOCKET)) <= embedded.SOCKET_PATH_BYTES
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert answer(pair.database_url) == "äö"
    assert not sockets.exists()


def test_a_command_borrows_the_pair_that_is_up(folder: Path) -> None:
    with embedded.start(folder) as pair, embedded.ensure(folder) as borrowed:
        assert borrowed.database_url == pair.database_url


def test_two_commands_at_once_share_one_pair_until_the_last_has_ended(folder: Path) -> None:
    command = (
        "import sys, time, psycopg; from pathlib import Path; from mitai import embedded\n"
        "pair = embedded.ensure(Path(sys.argv[1])); time.sleep(float(sys.argv[2]))\n"
        "print(psycopg.connect(pair.database_url).execute('select pg_postmaster_start_time()').fetchone())\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", command, str(folder), seconds], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for seconds in ("0.2", "1.5")
    ]
    answers = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert answers[0] == answers[1] != ""
    assert processes_of(folder) == []


@pytest.mark.parametrize(("deep", "namespaces"), [(True, True), (False, False)])
def test_everything_ends_when_the_parent_is_killed(
    folder: Path, deep: bool, namespaces: bool, path_without_unshare: str
) -> None:
    place = folder / ("x" * 120) if deep else folder
    command = (
        "import sys, time; from pathlib import Path; from mitai import embedded\n"
        "pair = embedded.start(Path(sys.argv[1])); print(pair.redis_url, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", command, str(place)],
        cwd=ROOT,
        env=os.environ if namespaces else os.environ | {"PATH": path_without_unshare},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    sockets = Path(parent.stdout.readline().removeprefix("unix://").partition("?")[0]).parent
    assert processes_of(place)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    wait_until(lambda: not processes_of(place), "every process has ended", 10)
    if deep:
        wait_until(lambda: not sockets.exists(), "the temporary folder is gone", 10)
    with embedded.start(place, patience_s=10) as pair:
        assert answer(pair.database_url) == "äö"


def test_a_secret_is_made_once_and_is_private(folder: Path) -> None:
    first = embedded.secret(folder, "SECRET_KEY")
    assert len(first) >= 32
    assert embedded.secret(folder, "SECRET_KEY") == first
    assert embedded.secret(folder, "DATA_ENCRYPTION_KEY") != first
    path = folder / "secrets" / "SECRET_KEY"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if "." in file.name] == []


def test_without_wheel_one_line_says_what_to_set(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(embedded.EmbeddedError, match="set DATABASE_URL and REDIS_URL") as caught:
        embedded.start(folder, database=False)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_as_root_without_user_namespaces_it_runs_as_nobody_in_a_private_folder(
    folder: Path, path_without_unshare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded.start(folder) as pair:
        assert answer(pair.database_url) == "äö"
    with monkeypatch.context() as patch:
        patch.setenv("PATH", path_without_unshare)
        with embedded.start(folder) as pair:  # what root's namespace wrote is handed over
            assert answer(pair.database_url) == "äö"
            assert (folder / "postgres").stat().st_uid == NOBODY
    with embedded.start(folder) as pair:
        assert answer(pair.database_url) == "äö"
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert processes_of(folder) == []
