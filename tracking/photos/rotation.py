"""Change the key photos are encrypted with, file by file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mitai.core import vault
from tracking.photos import store


@dataclass(frozen=True)
class Rotation:
    """How many files were encrypted anew, how many were under the current key, and which are damaged."""

    changed: int
    current: int
    damaged: list[Path]


class KeysMissing(Exception):
    """Files need keys that are not configured; `key_ids` names them."""

    def __init__(self, key_ids: list[str]) -> None:
        super().__init__(*key_ids)
        self.key_ids = key_ids


def rotate() -> Rotation:
    """Put every file under the current key. Broken off anywhere, it goes on when called again.

    Raises:
        KeysMissing: before anything is changed.
    """
    keys = dict(_keys())
    missing = set(keys.values()) - vault.known_key_ids() - {""}
    if missing:
        raise KeysMissing(sorted(missing))
    current = vault.current_key_id()
    damaged = [path for path, key_id in keys.items() if not key_id]
    changed = 0
    for path in (path for path, key_id in keys.items() if key_id not in {"", current}):
        try:
            store.write_at(path, store.read_at(path))
            changed += 1
        except FileNotFoundError:  # it was removed meanwhile
            continue
        except vault.Damaged:
            damaged.append(path)
    return Rotation(changed, sum(key_id == current for key_id in keys.values()), damaged)


def _keys() -> Iterator[tuple[Path, str]]:
    """Each file with the name of its key, "" where it is none of ours."""
    for path in store.files():
        with suppress(FileNotFoundError):
            try:
                yield path, store.key_id_at(path)
            except vault.Damaged:
                yield path, ""
