"""Signs of life of what has no port to ask at: a file for each, touched as long as it goes round.

They lie in HEARTBEAT_DIR, which is in memory: a card would wear. Without it none are given.
"""

from __future__ import annotations

import time
from pathlib import Path

STALE_S = 60.0


def _file(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.heartbeat"


def give(folder: str, name: str) -> None:
    """`name` went round just now."""
    if folder:
        _file(folder, name).touch(mode=0o600)


def missing(folder: str, name: str) -> str:
    """What is wrong with the last sign of `name`, empty when it is younger than STALE_S."""
    try:
        age_s = time.time() - _file(folder, name).stat().st_mtime
    except FileNotFoundError:
        return f"{name} has given no sign of life"
    return f"{name} gave its last sign of life {age_s:.0f} s ago" if age_s > STALE_S else ""
