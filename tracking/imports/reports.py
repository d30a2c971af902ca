"""An import in words: what the pages say about a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mitai.core.numbers import format_number
from tracking.imports import formats, jobs
from tracking.imports.errors import LINE_REASONS, REFUSALS
from tracking.imports.labels import words_of
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


COUNTS = ("created", "updated", "unchanged", "skipped")


COLUMNS = (gettext_lazy("new"), gettext_lazy("changed"), gettext_lazy("unchanged"), gettext_lazy("left out"))


@dataclass(frozen=True, slots=True)
class JournalReport:
    """One journal's line of the report; `counts` stand under the report's columns."""

    slug: str
    label: str | Promise
    counts: tuple[int, ...]


def by_journal(run: ImportRun) -> dict[str, dict[str, int]]:
    """The four counts of each journal the file speaks of, in the order in which pages show journals."""
    counted: dict[str, dict[str, int]] = run.report.get("journals", {})
    skipped: dict[str, int] = run.report.get("skipped", {})
    return {
        slug: {name: counted.get(slug, {}).get(name, 0) for name in COUNTS[:3]}
        | {"skipped": skipped.get(slug, 0)}
        for slug in registry()
        if slug in counted or slug in skipped
    }


def line_text(error: dict[str, Any]) -> str:
    """A line error in words: "Weight: “abc kg” is not a number"."""
    words = {
        "label": words_of(error["label"]),
        "value": error["value"],
        "reason": LINE_REASONS[error["reason"]],
    }
    return _("%(label)s: “%(value)s” %(reason)s") % words


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
    tone: str
    format_label: str | Promise
    created_at: datetime
    active: bool
    undoable: bool
    done: int
    total: int
    text: str
    seconds_left: int | None
    failure: str
    summary: str
    columns: tuple[str | Promise, ...]
    journals: tuple[JournalReport, ...]
    errors: tuple[ErrorLine, ...]
    skipped: int
    errors_left: int


TONES = {"done": "good", "failed": "bad", "undone": ""}


def present(run: ImportRun) -> RunView:
    """The run in words."""
    done, total = _progress(run)
    counts = by_journal(run)
    skipped = sum(counted["skipped"] for counted in counts.values()) or len(run.errors)
    columns, journals = _table(counts)
    return RunView(
        id=run.pk,
        file_name=run.file_name,
        state=run.state,
        state_label=ImportRun.State(run.state).label,
        tone=TONES.get(run.state, "indigo"),
        format_label=next((module.LABEL for module in formats() if run.format == module.NAME), ""),
        created_at=run.created_at,
        active=run.state in jobs.ACTIVE,
        undoable=jobs.undoable(run),
        done=done,
        total=total,
        text=_stage(run),
        seconds_left=_seconds_left(run, done, total),
        failure=_failure(run),
        summary=_summary(counts),
        columns=columns,
        journals=journals,
        errors=tuple(ErrorLine(error["line"], line_text(error)) for error in run.errors),
        skipped=skipped,
        errors_left=max(0, skipped - len(run.errors)),
    )


def _progress(run: ImportRun) -> tuple[int, int]:
    """Reading is the first half of the bar, writing the second; in thousandths."""
    if run.state == ImportRun.State.WRITING:
        return 500 + (500 * run.position // run.records if run.records else 0), 1000
    return (500 * run.bytes_done // run.bytes_total if run.bytes_total else 0), 1000


def _stage(run: ImportRun) -> str:
    if run.state == ImportRun.State.WRITING:
        return _("Writing: %(done)s of %(total)s values") % {
            "done": format_number(run.position, 0),
            "total": format_number(run.records, 0),
        }
    if run.state == ImportRun.State.READING:
        return _("Reading the file")
    return _("Waiting for a free worker")


def _seconds_left(run: ImportRun, done: int, total: int) -> int | None:
    if run.started_at is None or done < total // 20 or run.state not in jobs.ACTIVE:
        return None
    elapsed = (timezone.now() - run.started_at).total_seconds()
    return max(1, round(elapsed * (total - done) / done))


def _failure(run: ImportRun) -> str:
    if run.state != ImportRun.State.FAILED:
        return ""
    text = str(FAILURES[run.error_code])
    return (
        _("Line %(line)s: %(reason)s") % {"line": run.error_detail, "reason": text}
        if run.error_detail
        else text
    )


def _table(
    counts: dict[str, dict[str, int]],
) -> tuple[tuple[str | Promise, ...], tuple[JournalReport, ...]]:
    """Headings and lines of the report, without columns in which nothing happened: phones are narrow."""
    shown = [name for name in COUNTS if any(counted[name] for counted in counts.values())]
    columns = tuple(label for name, label in zip(COUNTS, COLUMNS, strict=True) if name in shown)
    return columns, tuple(
        JournalReport(slug, registry()[slug].label, tuple(counted[name] for name in shown))
        for slug, counted in counts.items()
    )


def _summary(counts: dict[str, dict[str, int]]) -> str:
    """What the import did, in one sentence."""
    created, updated = (sum(counted[name] for counted in counts.values()) for name in ("created", "updated"))
    new = ngettext("%(n)s entry is new", "%(n)s entries are new", created) % {"n": format_number(created, 0)}
    if updated:
        return _("%(new)s, %(updated)s changed.") % {"new": new, "updated": format_number(updated, 0)}
    return f"{new}." if created else _("Nothing changed: all of it was here already.")
