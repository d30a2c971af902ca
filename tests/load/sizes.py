"""What the browser loads as files, and what the project depends on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import brotli

from tests.load.report import Results
from tests.servers import ROOT

KIB = 1024
STATIC = ROOT / "static"
# How docs/decisions.md spells what pyproject.toml names otherwise.
SPELT = {"psycopg": "psycopg 3", "django": "django 5.2"}


def measure(results: Results) -> None:
    own = [*STATIC.glob("js/*.js"), ROOT / "templates" / "sw.js"]
    results.put(
        files__own_js_kib=compressed_kib(own),
        files__js_kib=compressed_kib([*own, *STATIC.glob("vendor/*.js")]),
        files__css_kib=compressed_kib(STATIC.rglob("*.css")),
        files__unargued=len(unargued()),
    )


def compressed_kib(paths: Iterable[Path]) -> float:
    """With brotli, as the site serves them."""
    return sum(len(brotli.compress(path.read_bytes())) for path in paths) / KIB


def unargued() -> list[str]:
    """Direct dependencies without a word in docs/decisions.md."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=~]", line)[0] for line in project["dependencies"]]
    text = (ROOT / "docs" / "decisions.md").read_text().lower()
    return [name for name in names if SPELT.get(name, name) not in text]
