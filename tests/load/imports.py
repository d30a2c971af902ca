"""An Apple Health export through the real worker, against one pass of expat over the same file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from django.db import connection

from mitai.core.ids import uuid7
from tests.factories import setup_user
from tests.load import memory
from tests.load.report import Results
from tests.load.stack import Stack, waited
from tests.servers import Worker
from tests.tracking.imports import generate
from tracking.imports import arrivals, files
from tracking.imports.runs import ACTIVE, ImportRun

if TYPE_CHECKING:
    from membership.models import User

YEAR, DECADE = 365, 3650
KEPT = ("type", "unit", "value", "sourceName", "startDate", "endDate")
CHUNK = 256 * 1024
MIB = 2**20
HEAD = generate.HEAD[generate.HEAD.index("<HealthData ") :].encode()


def parse_floor(path: Path) -> float:
    """F-parse in seconds: one pass of expat that takes six attributes of each record."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = _take
    begun = time.perf_counter()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    return time.perf_counter() - begun


def _take(name: str, attributes: dict[str, str]) -> None:
    if name == "Record":
        get = attributes.get
        _ = tuple(get(key) for key in KEPT)


def written(path: Path, days: int) -> Path:
    """An invented export of someone with a watch; without the document type, which breaks expat alone."""
    with path.open("wb") as file:
        file.write(HEAD)
        for element in generate.elements(days):
            file.write(f" {element}\n".encode())
        file.write(generate.TAIL.encode())
    return path


def measure(results: Results, stack: Stack, name: str, days: int) -> None:
    """Import the file of a new member, then the same file again, in a worker that did nothing before."""
    path = written(stack.folder / f"{name}.xml", days)
    owner = setup_user(f"import-{name}")
    floor = parse_floor(path)
    with stack.worker() as worker:
        idle = _children(worker)
        before = tables_mib()
        first = brought(owner, path)
        grown = tables_mib() - before
        peak = max(memory.peak_mib(pid) - rss for pid, rss in idle.items())
        again = brought(owner, path)
    floor = (floor + parse_floor(path)) / 2
    results.floors[f"F-parse, {days} days, {path.stat().st_size / MIB:.0f} MiB"] = floor * 1000
    results.figures |= {
        f"import.{name}": first / floor,
        f"import.{name}_again": again / floor,
    }
    if memory.measurable():
        results.figures[f"import.{name}_mib"] = peak
    results.figures["database.year_mib"] = grown / (days / YEAR)
    path.unlink()


def compare(results: Results) -> None:
    """Whether ten years take more memory than one."""
    figures = results.figures
    if {"import.year_mib", "import.decade_mib"} <= figures.keys():
        figures["import.growth_mib"] = max(0.0, figures["import.decade_mib"] - figures["import.year_mib"])


def _children(worker: Worker) -> dict[int, float]:
    """The worker's processes with what they hold now; the kernel counts their peaks from here."""
    found = {pid: memory.rss_mib(pid) for pid in memory.descendants(worker.process.pid)}
    for pid in found:
        memory.forget_peak(pid)
    return found


def brought(owner: User, path: Path) -> float:
    """Seconds from the moment the file is whole until the report is there."""
    run = arrivals.begin(
        owner=owner,
        file_name=path.name,
        size=path.stat().st_size,
        modified=uuid7().hex,
        client_id=uuid7().hex,
    )
    target = files.upload_path(run)
    target.unlink()
    os.link(path, target)
    begun = time.monotonic()
    arrivals.complete(run)
    waited(lambda: not ImportRun.objects.filter(pk=run.pk, state__in=ACTIVE).exists())
    spent = time.monotonic() - begun
    run.refresh_from_db()
    assert run.state == ImportRun.State.DONE, f"the import ended as {run.state} {run.error_code}"
    files.remove(run)
    return spent


def tables_mib() -> float:
    """All tables of the database with their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return float(cursor.fetchone()[0]) / MIB
