"""The names of the capture page: all rows are one form, each with its journal's slug before its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHARED = ("day", "time", "browser_zone", "units")  # said once for the whole page


def as_row(slug: str, fields: Mapping[str, Any], *, own: tuple[str, ...] = ()) -> dict[str, Any]:
    """Fields of a journal's form as the capture page names them; `own` are those of SHARED the row has."""
    return {
        name if name in SHARED and name not in own else f"{slug}-{name}": value
        for name, value in fields.items()
    }
