"""What every installation begins with, gathered from the apps: `manage.py seed` calls each of them.

An app registers its part in `AppConfig.ready`. A part makes only rows that are missing, so what an operator
changed stays.
"""

from __future__ import annotations

from collections.abc import Callable

_parts: list[Callable[[], None]] = []


def register(part: Callable[[], None], *, first: bool = False) -> None:
    """Have `part` called by `manage.py seed`; `first` for what the others stand on."""
    _parts.insert(0 if first else len(_parts), part)


def run() -> None:
    """Call every part, in the order of registration."""
    for part in _parts:
        part()
