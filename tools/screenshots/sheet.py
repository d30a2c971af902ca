"""The contact sheet: every picture on one page, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

STYLE = """body { font: 15px system-ui, sans-serif; margin: 1.5rem; background: #ddd; }
section { margin-block-end: 2rem; }
div { display: flex; gap: 0.5rem; overflow-x: auto; align-items: start; }
figure { margin: 0; flex: none; }
img { display: block; width: 180px; max-height: 420px; object-fit: cover; object-position: top; }
figcaption { font-size: 12px; }
"""


def write(folder: Path, *, folders: Sequence[str], names: Iterable[str], findings: Sequence[str]) -> Path:
    """`index.html` beside the folders; a click on a picture shows it whole."""
    said = "".join(f"<li>{escape(line)}</li>" for line in findings) or "<li>Nothing to mend.</li>"
    rows = "".join(_row(name, folders) for name in names)
    path = folder / "index.html"
    path.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Mitai Jinkendo</title>'
        f"<style>{STYLE}</style></head><body><ul>{said}</ul>{rows}</body></html>\n"
    )
    return path


def _row(name: str, folders: Sequence[str]) -> str:
    pictures = "".join(
        f'<figure><a href="{folder}/{name}.png"><img loading="lazy" src="{folder}/{name}.png" alt=""></a>'
        f"<figcaption>{folder}</figcaption></figure>"
        for folder in folders
    )
    return f"<section><h2>{escape(name)}</h2><div>{pictures}</div></section>\n"
