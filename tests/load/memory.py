"""Memory of processes as the kernel counts it (Linux): PSS shares what is shared, RSS does not."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

MIB = 1024
PROC = Path("/proc")
# The first words that fit a command line name its process; the rest is the supervisor's own household.
ROLES = (
    ("gunicorn", "web"),
    ("celery", "worker"),
    ("mitai.beat", "beat"),
    ("postgres", "PostgreSQL"),
    ("valkey", "Valkey"),
)
HOUSEHOLD = "supervisor and guards"


def descendants(pid: int) -> list[int]:
    """All processes below one, and itself."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in PROC.glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children[parent].append(int(status.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children[found[-1]]
    return found


def command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def role(pid: int) -> str:
    line = command(pid)
    return next((name for word, name in ROLES if word in line), HOUSEHOLD)


def pss_mib(pid: int) -> float:
    """Proportional set size in MiB, 0 for a process that has ended."""
    return _field(pid, "smaps_rollup", "Pss:")


def rss_mib(pid: int) -> float:
    return _field(pid, "status", "VmRSS:")


def peak_mib(pid: int) -> float:
    """The highest RSS since `forget_peak`."""
    return _field(pid, "status", "VmHWM:")


def forget_peak(pid: int) -> None:
    """Let the kernel count the highest RSS anew."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def by_role(pid: int) -> dict[str, float]:
    """PSS in MiB of a process and all below it, added up by what they are."""
    found: dict[str, float] = defaultdict(float)
    for one in descendants(pid):
        found[role(one)] += pss_mib(one)
    return dict(found)


def measurable() -> bool:
    """Whether this system tells: Linux does."""
    return (PROC / str(os.getpid()) / "smaps_rollup").exists()


def _field(pid: int, file: str, name: str) -> float:
    try:
        lines = (PROC / str(pid) / file).read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / MIB for line in lines if line.startswith(name)), 0.0)
