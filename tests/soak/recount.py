"""Counting everything again, from the stored readings and rows alone, in plain SQL and Python.

Nothing of the application takes part: what it shows as totals is compared with what follows from its facts.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.soak.report import Report

TABLES = {
    "weight": "tracking_weight",
    "nutrition": "tracking_nutrition",
    "blood_pressure": "tracking_bloodpressure",
}
HOUSEKEEPING = {"id", "user_id", "slot", "day", "occurred_at", "utc_offset_min", "source_id", "chosen"}
HOUSEKEEPING |= {"deleted_at", "changed", "created_at", "updated_at"}
UNSAID = {"note": "", "meal": "snack", "context": "", "irregular": False, "possible_afib": False}
ENDED = {"done", "undone", "failed", "cancelled"}
Row = dict[str, Any]


def recount(report: Report, database_url: str, data: Path) -> None:
    """Compare entries, imports, evaluations, usage and files with a plain recount; nothing may be open."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:

        def rows(sql: str) -> list[Row]:
            return connection.execute(sql.encode()).fetchall()

        imports, runs = rows("SELECT * FROM tracking_importrun"), rows("SELECT * FROM insights_run")
        stages = rows("SELECT * FROM insights_stage")
        report.same("imports still open", _names(imports, "state", ENDED | {"arriving", "preview"}), [])
        report.same(
            "evaluations still open", [str(r["id"]) for r in runs if r["state"] in {"queued", "running"}], []
        )
        _entries(report, rows)
        _imports(report, imports, rows)
        _stages(report, runs, stages)
        _usage(report, imports, runs, stages, rows, data)
        _files(report, imports, data)


def _names(found: Iterable[Row], column: str, allowed: set[str]) -> list[str]:
    return [f"{row['id']} {row[column]}" for row in found if row[column] not in allowed]


# Entries ----------------------------------------------------------------------------------------------------
def _entries(report: Report, rows: Any) -> None:
    readings: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows(
        "SELECT r.*, s.kind, concat(s.kind, ' ', s.name, ' ', s.device) AS origin "
        "FROM tracking_reading r JOIN tracking_source s ON s.id = r.source_id"
    ):
        readings[row["user_id"], row["journal"], row["slot"]].append(row)
    clocks = {row["user_id"]: row["value"] for row in rows("SELECT user_id, value FROM tracking_syncclock")}
    numbers: Counter[tuple[Any, int]] = Counter()
    live = 0
    for journal, table in TABLES.items():
        for row in rows(f"SELECT * FROM {table}"):  # noqa: S608
            numbers[row["user_id"], row["changed"]] += 1
            report.holds(
                f"change of {journal} {row['slot']} is counted", row["changed"] <= clocks[row["user_id"]]
            )
            expected = what_counts(journal, readings.pop((row["user_id"], journal, row["slot"]), []))
            shown = None if row["deleted_at"] else _values(row)
            live += shown is not None
            report.same(f"{journal} {row['slot']} of {row['user_id']}", shown, _stored(expected, row))
    unseen = [key for key, said in readings.items() if what_counts(key[1], said)]
    report.same("readings without a row", unseen, [])
    report.same("changes with the same number", [key for key, times in numbers.items() if times > 1], [])
    report.did("rows recounted", live)


def what_counts(journal: str, said: list[Row]) -> dict[str, Any]:
    """The values of a slot, measure by measure, from everything that was said about it; empty: no row."""
    hand = sorted((r for r in said if r["kind"] == "manual"), key=lambda r: (r["as_of"], r["id"]))
    imported = [r for r in said if r["kind"] != "manual"]
    while any(r["suppressed"] for r in hand):  # a deletion ends what was said before and silences imports
        imported = []
        hand = hand[1:]
    if journal == "blood_pressure" and imported:  # one device speaks for all of a measurement
        imported = [min(imported, key=lambda r: _order(journal, r, "diastolic_mmhg"))]
    values = {}
    for name in {name for row in imported for name in row["values"]}:
        speaking = [row for row in imported if name in row["values"]]
        values[name] = min(speaking, key=lambda row: _order(journal, row, name))["values"][name]
    for row in hand:
        values |= row["values"]
    return values


def _order(journal: str, row: Row, name: str) -> tuple[Any, ...]:
    """The first weighing of the day counts; of everything else the latest and fullest statement."""
    moment = row["as_of"].timestamp()
    words = (row["origin"], row["external_id"], row["id"])
    if journal == "weight":
        return (moment, *words)
    return (-moment, -row["count"], -_number(row["values"].get(name)), *words)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _values(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in HOUSEKEEPING}


def _stored(values: Mapping[str, Any], row: Row) -> Row | None:
    """Said values as the row's columns would hold them; None where nothing counts."""
    if not values:
        return None
    return {name: _as_column(name, values.get(name)) for name in _values(row)}


def _as_column(name: str, said: Any) -> Any:
    if said in (None, ""):
        return UNSAID.get(name)
    return said if name in UNSAID else Decimal(str(said))


# Imports ----------------------------------------------------------------------------------------------------
def _imports(report: Report, imports: list[Row], rows: Any) -> None:
    stored = {
        row["run_id"]: row
        for row in rows(
            "SELECT run_id, count(*) AS n, count(DISTINCT (journal, slot)) AS slots FROM tracking_reading "
            "WHERE run_id IS NOT NULL GROUP BY run_id"
        )
    }
    for run in imports:
        found = stored.get(run["id"], {"n": 0, "slots": 0})
        name = f"import {run['id']} ({run['state']})"
        report.same(f"readings of {name}", found["n"], run["records"] if run["state"] == "done" else 0)
        if run["state"] == "done":
            counted = sum(sum(counts.values()) for counts in run["report"].get("journals", {}).values())
            report.same(f"rows in the report of {name}", counted, found["slots"])
            report.same(f"position of {name}", run["position"], run["records"])


# Evaluations ------------------------------------------------------------------------------------------------
def _stages(report: Report, runs: list[Row], stages: list[Row]) -> None:
    by_run: dict[Any, list[Row]] = defaultdict(list)
    for stage in stages:
        by_run[stage["run_id"]].append(stage)
    for run in runs:
        found = sorted(by_run[run["id"]], key=lambda stage: stage["number"])
        states = [stage["state"] for stage in found]
        report.same(f"stages of {run['id']}", [stage["number"] for stage in found], [1, 2, 3])
        done = states.count("done")
        report.same(
            f"state of {run['id']} ({states})", run["state"], ["failed", "partial", "partial", "done"][done]
        )
        report.holds(
            f"done stages of {run['id']} have an answer",
            all(s["answer"] for s in found if s["state"] == "done"),
        )


# Usage ------------------------------------------------------------------------------------------------------
def _usage(
    report: Report, imports: list[Row], runs: list[Row], stages: list[Row], rows: Any, data: Path
) -> None:
    """What was used is what was done; what is held is what is open; what was logged is both and the rest."""
    used: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    logged: Counter[tuple[str, str]] = Counter()
    for run in imports:
        if run["client_id"].startswith("command:"):
            continue
        owner = str(run["user_id"])
        used[owner, "data_import"] += run["state"] in {"done", "undone"}
        held[owner, "data_import"] += run["state"] not in ENDED
        logged[owner, "data_import"] += 1
    owners = {run["id"]: str(run["user_id"]) for run in runs if run["charged"]}
    for owner in owners.values():
        logged[owner, "ai_pipeline"] += 1
        logged[owner, "ai_calls"] += 3
    for stage in stages:
        if stage["run_id"] in owners and stage["state"] == "done":
            used[owners[stage["run_id"]], "ai_calls"] += 1
            used[owners[stage["run_id"]], "ai_pipeline"] += stage["number"] == 3
    in_log = logged_uses(data)
    for key, times in in_log.items():
        if key[1] not in {"data_import", "ai_calls", "ai_pipeline"}:  # counted at once, never given back
            used[key] = logged[key] = times
    counters = rows(
        "SELECT c.user_id, f.slug, sum(c.used) AS used, sum(c.reserved) AS reserved "
        "FROM membership_usagecounter c JOIN membership_feature f ON f.id = c.feature_id GROUP BY 1, 2"
    )
    known = {(str(row["user_id"]), row["slug"]): row for row in counters}
    report.same("used", {key: int(row["used"]) for key, row in known.items() if row["used"]}, +used)
    report.same("held", {key: int(row["reserved"]) for key, row in known.items() if row["reserved"]}, +held)
    report.same("uses in the log", in_log, +logged)
    reservations = rows(
        "SELECT user_id, f.slug, sum(amount) AS n FROM membership_reservation r "
        "JOIN membership_feature f ON f.id = r.feature_id GROUP BY 1, 2"
    )
    report.same("reservations", {(str(r["user_id"]), r["slug"]): int(r["n"]) for r in reservations}, +held)


def logged_uses(data: Path) -> Counter[tuple[str, str]]:
    """Uses by account and feature, as the usage log has them."""
    found: Counter[tuple[str, str]] = Counter()
    path = data / "logs" / "feature-usage.log"
    for line in path.read_text().splitlines() if path.exists() else []:
        use = json.loads(line)
        found[use["user"], use["feature"]] += use["n"]
    return found


# Files ------------------------------------------------------------------------------------------------------
def _files(report: Report, imports: list[Row], data: Path) -> None:
    """On disk lies the upload of every import that was not cancelled, and the spool of a preview."""
    from tracking.imports import files

    past = time.time() - 300
    for file in (data / "imports").iterdir():
        os.utime(file, (past, past))
    files.forget_orphans()
    mine = [run for run in imports if not run["client_id"].startswith("command:")]
    expected = {f"{run['id']}.upload" for run in mine if run["state"] != "cancelled"}
    expected |= {f"{run['id']}.spool" for run in mine if run["state"] == "preview"}
    report.same("files of imports", sorted(_listed(data / "imports")), sorted(expected))
    report.same("parts of forms", sorted(_listed(data / "uploads")), [])


def _listed(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]
