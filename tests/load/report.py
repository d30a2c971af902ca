"""What was measured beside its budget, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.load.budgets import ROWS, Check, Row


@dataclass
class Results:
    """Figures by the key of their check, the floors, remarks that explain figures, and parts that broke."""

    figures: dict[str, float] = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def put(self, **figures: float) -> None:
        """Take figures over; `__` stands for the point of a key."""
        self.figures |= {key.replace("__", "."): value for key, value in figures.items()}


def verdict(check: Check, figures: Mapping[str, float]) -> str:
    """`pass`, `FAIL`, or `left out` where this run did not measure it."""
    if check.key not in figures:
        return "left out"
    return "pass" if figures[check.key] <= check.budget else "FAIL"


def failures(results: Results) -> list[str]:
    """The checks over their budget, in words."""
    return [
        f"{row.what}: {check.label}"
        for row in ROWS
        for check in row.checks
        if verdict(check, results.figures) == "FAIL"
    ]


def number(value: float) -> str:
    """Three significant digits, whole numbers as they are."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def with_unit(value: float, unit: str) -> str:
    return f"{number(value)} {unit}".strip()


def markdown(results: Results) -> str:
    """The whole report."""
    told = [f"{name}: {value}" for name, value in results.about.items()]
    floors = [f"| {name} | {number(value)} ms |" for name, value in results.floors.items()]
    lines = [
        "# Benchmark",
        "",
        *(f"- {line}" for line in told),
        "",
        "| floor | p50, or best |",
        "| --- | ---: |",
        *floors,
    ]
    for section in dict.fromkeys(row.section for row in ROWS):
        lines += [
            "",
            f"## {section}",
            "",
            "| what | | figure | budget | |",
            "| --- | --- | ---: | ---: | --- |",
        ]
        lines += [line for row in ROWS if row.section == section for line in _lines(row, results.figures)]
    absent = [f"{row.what} ({row.absent})" for row in ROWS if not row.checks]
    lines += ["", f"Not there yet: {'; '.join(absent)}."]
    if missing := [text for row in ROWS if (text := left_out(row, results.figures))]:
        lines += ["", f"Left out of this run: {'; '.join(missing)}."]
    if results.remarks:
        lines += ["", *(f"- {remark}" for remark in results.remarks)]
    lines += [f"- BROKEN: {what}" for what in results.broken]
    failed = failures(results)
    lines += ["", f"{len(failed)} over budget." if failed else "Nothing over budget."]
    return "\n".join(lines) + "\n"


def left_out(row: Row, figures: Mapping[str, float]) -> str:
    """What this run did not measure of a row: nothing, some checks, or all of it."""
    missing = [check.label for check in row.checks if check.key not in figures]
    if len(missing) == len(row.checks):
        return row.what if missing else ""
    return f"{row.what} ({', '.join(missing)})" if missing else ""


def _lines(row: Row, figures: Mapping[str, float]) -> list[str]:
    measured = [check for check in row.checks if check.key in figures]
    return [
        f"| {row.what if check is measured[0] else ''} | {check.label} | "
        f"{with_unit(figures[check.key], check.unit)} | {with_unit(check.budget, check.unit)} | "
        f"{verdict(check, figures)} |"
        for check in measured
    ]


def as_json(results: Results) -> dict[str, Any]:
    """The same for machines: every check, also what is left out or not there."""
    return {
        "about": results.about,
        "floors_ms": results.floors,
        "rows": [_row_json(row, results.figures) for row in ROWS],
        "remarks": results.remarks,
        "broken": results.broken,
        "failed": failures(results),
    }


def _row_json(row: Row, figures: Mapping[str, float]) -> dict[str, Any]:
    checks: Sequence[dict[str, Any]] = [
        {
            "key": check.key,
            "label": check.label,
            "figure": figures.get(check.key),
            "budget": check.budget,
            "unit": check.unit,
            "verdict": verdict(check, figures),
        }
        for check in row.checks
    ]
    return {"section": row.section, "what": row.what, "checks": checks, "absent": row.absent}


def write(results: Results, folder: Path, name: str) -> None:
    """Both files, `<name>.md` and `<name>.json`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(markdown(results))
    (folder / f"{name}.json").write_text(json.dumps(as_json(results), indent=2, ensure_ascii=False) + "\n")
