"""Imports: one module a format, known by being here.

A format module offers NAME, LABEL, `detect(path)` and `read(path, context)`; it reads a file as a stream and
never writes. A file is recognised by its content, never by its name.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

from tracking.imports.errors import ImportRefused

if TYPE_CHECKING:
    from tracking.imports.records import Format

_OFFERS = ("NAME", "LABEL", "detect", "read")


@cache
def formats() -> tuple[Format, ...]:
    """All formats, by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found = [cast("Format", module) for module in modules if all(hasattr(module, name) for name in _OFFERS)]
    return tuple(sorted(found, key=lambda module: module.NAME))


def detect(path: Path) -> Format | None:
    """The format of the file, or None when no format knows it.

    Raises:
        ImportRefused: when the file is empty or a ZIP that cannot be opened.
    """
    if path.stat().st_size == 0:
        raise ImportRefused("empty_file")
    return next((module for module in formats() if module.detect(path)), None)


def recognise(path: Path) -> Format:
    """The format of the file.

    Raises:
        ImportRefused: also when no format knows the file.
    """
    from tracking.imports.archive import is_zip

    found = detect(path)
    if found is None:
        raise ImportRefused("no_export_inside" if is_zip(path) else "not_recognised")
    return found
