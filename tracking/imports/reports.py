"""An import in words: what the pages say about a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.imports import jobs
from tracking.imports.errors import LINE_REASONS, REFUSALS
from tracking.imports.runs import ImportRun
from tracking.journals import registry

# Reasons of ours, beside those a reader gives.
FAILURES: dict[str, str | Promise] = {
    **REFUSALS,
    "disk": gettext_lazy(
        "The disk of the server is full or cannot be written. Nothing was saved; please tell the "
        "people who run this installation."
    ),
    "worker_lost": gettext_lazy("The import was interrupted too often. Nothing was saved; please try again."),
}


@dataclass(frozen=True, slots=True)
class JournalReport:
    """The counts of one journal: rows made, changed, left as they were; lines left out."""

    slug: str
    label: str | Promise
    created: int
    updated: int
    unchanged: int
    skipped: int


@dataclass(frozen=True, slots=True)
class ErrorLine:
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as a page shows it."""

    id: UUID
    file_name: str
    state: str
    state_label: str | Promise
    created_at: datetime
    active: bool
    undoable: bool
    done: int
    total: int
    text: str
    seconds_left: int | None
    failure: str
    journals: tuple[JournalReport, ...]
    errors: tuple[ErrorLine, ...]
    skipped: int


def present(run: ImportRun) -> RunView:
    """The run in words."""
    done, total = _progress(run)
    skipped = run.report.get("skipped", {})
    return RunView(
        id=run.pk,
        file_name=run.file_name,
        state=run.state,
        state_label=ImportRun.State(run.state).label,
        created_at=run.created_at,
        active=run.state in jobs.ACTIVE,
        undoable=jobs.undoable(run),
        done=done,
        total=total,
        text=_stage(run),
        seconds_left=_seconds_left(run, done, total),
        failure=_failure(run),
        journals=_journals(run, skipped),
        errors=tuple(_error(error) for error in run.errors),
        skipped=sum(skipped.values()),
    )


def _progress(run: ImportRun) -> tuple[int, int]:
    """Reading is the first half of the bar, writing the second; in thousandths."""
    if run.state == ImportRun.State.WRITING:
        return 500 + (500 * run.position // run.records if run.records else 0), 1000
    return (500 * run.bytes_done // run.bytes_total if run.bytes_total else 0), 1000


def _stage(run: ImportRun) -> str:
    if run.state == ImportRun.State.WRITING:
        return _("Writing: %(done)s of %(total)s values") % {"done": run.position, "total": run.records}
    if run.state == ImportRun.State.READING:
        return _("Reading the file")
    return _("Waiting for a free worker")


def _seconds_left(run: ImportRun, done: int, total: int) -> int | None:
    if run.started_at is None or done < total // 20 or run.state not in jobs.ACTIVE:
        return None
    elapsed = (timezone.now() - run.started_at).total_seconds()
    return round(elapsed * (total - done) / done)


def _failure(run: ImportRun) -> str:
    if run.state != ImportRun.State.FAILED:
        return ""
    text = str(FAILURES[run.error_code])
    return (
        _("Line %(line)s: %(reason)s") % {"line": run.error_detail, "reason": text}
        if run.error_detail
        else text
    )


def _journals(run: ImportRun, skipped: dict[str, int]) -> tuple[JournalReport, ...]:
    counted: dict[str, dict[str, int]] = run.report.get("journals", {})
    return tuple(
        JournalReport(
            slug,
            registry()[slug].label if slug in registry() else slug,
            *(counted.get(slug, {}).get(name, 0) for name in ("created", "updated", "unchanged")),
            skipped.get(slug, 0),
        )
        for slug in sorted({*counted, *skipped})
    )


def _error(error: dict[str, Any]) -> ErrorLine:
    return ErrorLine(error["line"], f"{error['value']} {LINE_REASONS[error['reason']]}")
