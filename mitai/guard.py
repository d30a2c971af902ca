"""A small process that outlives its parent just long enough to end what the parent started.

However the parent goes (also by SIGKILL), the pipe to the guard closes; the guard then ends the watched
processes and removes the temporary folders it was told of. Standard library only, also run as a script.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE_S = 8.0


class Guard:
    """The parent's end. `keep` are open file descriptors (locks) to hold until everything has ended."""

    def __init__(self, keep: Iterable[int] = ()) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own file, run by our own interpreter
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=tuple(keep),
            start_new_session=True,
            cwd="/",
            text=True,
        )

    def watch(self, pid: int, number: signal.Signals) -> None:
        """End `pid` (a leader of its process group) with this signal should we die."""
        self._tell(f"watch {pid} {int(number)}")

    def forget(self, pid: int) -> None:
        """`pid` has ended and was waited for."""
        self._tell(f"forget {pid}")

    def remove(self, folder: Path) -> None:
        """Delete this folder at the end."""
        self._tell(f"remove {folder}")

    def close(self) -> None:
        """Let the guard clean up now and wait for it."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A zombie whose new parent does not wait for it is as good as gone.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:
        return not Path("/proc/self").exists()


def kill_group(leader: int) -> None:
    """SIGKILL what is left of a process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def end(watched: dict[int, int], patience_s: float = PATIENCE_S) -> None:
    """Ask each process with its own signal, then kill the groups that are still there."""
    for pid, number in watched.items():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
    until = time.monotonic() + patience_s
    while any(map(_alive, watched)) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in watched:
        kill_group(pid)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "watch":
            pid, _, number_text = rest.partition(" ")
            watched[int(pid)] = int(number_text)
        elif verb == "forget":
            watched.pop(int(rest), None)
        elif verb == "remove":
            folders.append(rest)
    end(watched)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
