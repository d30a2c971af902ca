"""An import in words: what the pages say about a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mitai.core.numbers import format_number
from tracking import lists
from tracking.imports import arrivals, choices, formats, previews
from tracking.imports.errors import LINE_REASONS, REFUSALS
from tracking.imports.labels import words_of
from tracking.imports.runs import ACTIVE, OPEN, ImportRun
from tracking.journals import registry
from tracking.journals.base import Journal
from tracking.person import Person
from tracking.row_views import RowView
from tracking.sources import Source

State = ImportRun.State
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
    return _with_skipped(run, counted)


def _with_skipped(run: ImportRun, counted: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    skipped: dict[str, dict[str, int]] = run.report.get("skipped", {})
    return {
        slug: {name: counted.get(slug, {}).get(name, 0) for name in COUNTS[:3]}
        | {"skipped": sum(skipped.get(slug, {}).values())}
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
    cancellable: bool
    undoable: bool
    done: int
    total: int
    text: str
    left: str
    failure: str
    summary: str
    columns: tuple[str | Promise, ...]
    journals: tuple[JournalReport, ...]
    previews: tuple[JournalPreview, ...]
    reasons: tuple[str, ...]
    errors: tuple[ErrorLine, ...]
    skipped: int
    errors_left: int


TONES = {"done": "good", "failed": "bad", "undone": "", "cancelled": "", "preview": "watch"}


def present(run: ImportRun) -> RunView:
    """The run in words."""
    done, total = _progress(run)
    counts = by_journal(run) if run.state != State.PREVIEW else _foreseen_counts(run)
    skipped = sum(counted["skipped"] for counted in counts.values()) or len(run.errors)
    columns, journals = _table(counts)
    return RunView(
        id=run.pk,
        file_name=run.file_name,
        state=run.state,
        state_label=State(run.state).label,
        tone=TONES.get(run.state, "indigo"),
        format_label=next((module.LABEL for module in formats() if run.format == module.NAME), ""),
        created_at=run.created_at,
        active=run.state in (State.ARRIVING, *ACTIVE),
        cancellable=run.state in OPEN,
        undoable=choices.undoable(run),
        done=done,
        total=total,
        text=_stage(run),
        left=_time_left(run),
        failure=_failure(run),
        summary=_summary(counts, ahead=run.state == State.PREVIEW),
        columns=columns,
        journals=journals,
        previews=_previews(run) if run.state == State.PREVIEW else (),
        reasons=_reasons(run),
        errors=tuple(ErrorLine(error["line"], line_text(error)) for error in run.errors),
        skipped=skipped,
        errors_left=max(0, skipped - len(run.errors)),
    )


def _progress(run: ImportRun) -> tuple[int, int]:
    """How far the bar has come, in thousandths: reading is its first half, what follows the second.

    A file that is still arriving, and the writing of what a preview showed, have a bar of their own.
    """
    done, total = _stage_progress(run)
    share = 1000 * done // total if total else 0
    if run.state == State.ARRIVING or (run.state == State.WRITING and run.foreseen):
        return share, 1000
    return share // 2 + (500 if run.records else 0), 1000


def _stage_progress(run: ImportRun) -> tuple[int, int]:
    """What is done of the stage, and the whole of it: in bytes, then in values."""
    if run.state == State.ARRIVING:
        return arrivals.arrived(run), run.size
    if run.records:
        return run.position, run.records
    return run.bytes_done, run.bytes_total


def _stage(run: ImportRun) -> str:
    if run.state == State.ARRIVING:
        return _("Arrived: %(done)s of %(total)s") % {
            "done": filesizeformat(arrivals.arrived(run)),
            "total": filesizeformat(run.size),
        }
    counted = {"done": format_number(run.position, 0), "total": format_number(run.records, 0)}
    if run.state == State.WRITING:
        return _("Writing: %(done)s of %(total)s values") % counted
    if run.state == State.READING and run.records:
        return _("Comparing with what is here: %(done)s of %(total)s values") % counted
    if run.state == State.READING:
        return _("Reading the file")
    return _("Waiting for a free worker")


def _time_left(run: ImportRun) -> str:
    """How long the stage takes from here on, by what it took so far; empty while that says little."""
    done, total = _stage_progress(run)
    come = done - run.stage_from
    if run.state not in (State.READING, State.WRITING) or run.stage_since is None:
        return ""
    if come <= 0 or come * 20 < total:
        return ""
    elapsed = (timezone.now() - run.stage_since).total_seconds()
    seconds = max(1, round(elapsed * (total - done) / come))
    if seconds < 90:
        return ngettext("about %(n)s second left", "about %(n)s seconds left", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}


def _reasons(run: ImportRun) -> tuple[str, ...]:
    """Why values were left out, with how many, by journal: "Weight: 3 × is not a number"."""
    skipped: dict[str, dict[str, int]] = run.report.get("skipped", {})
    return tuple(
        _("%(label)s: %(n)s × %(reason)s")
        % {"label": words_of(slug), "n": format_number(n, 0), "reason": LINE_REASONS[reason]}
        for slug, reasons in sorted(skipped.items())
        for reason, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    )


# The preview ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ConflictView:
    """A slot where the file and somebody else disagree: what it says, what will count, and by whose word."""

    file: RowView
    counts: RowView | None
    verdict: str


@dataclass(frozen=True, slots=True)
class JournalPreview:
    """One journal of a preview."""

    label: str | Promise
    first: date
    last: date
    sources: tuple[str, ...]
    rows: tuple[RowView, ...]
    conflicts: int
    examples: tuple[ConflictView, ...]


def _foreseen_counts(run: ImportRun) -> dict[str, dict[str, int]]:
    return _with_skipped(run, {slug: found["counts"] for slug, found in run.foreseen.items()})


def _previews(run: ImportRun) -> tuple[JournalPreview, ...]:
    named = {example["by"] for found in run.foreseen.values() for example in found["examples"]}
    keys = [key for key in named if key not in ("", previews.FILE)]
    names = {str(source.pk): str(source) for source in Source.objects.filter(pk__in=keys)} if keys else {}
    person = Person(run.user)
    return tuple(
        JournalPreview(
            label=journal.label,
            first=date.fromisoformat(found["first"]),
            last=date.fromisoformat(found["last"]),
            sources=tuple(found["sources"]),
            rows=tuple(_row(journal, row, person) for row in found["rows"]),
            conflicts=found["conflicts"],
            examples=tuple(_conflict(journal, example, names, person) for example in found["examples"]),
        )
        for slug, journal in registry().items()
        if (found := run.foreseen.get(slug))
    )


def _conflict(
    journal: Journal, example: Mapping[str, Any], names: Mapping[str, str], person: Person
) -> ConflictView:
    counts = example["counts"]
    if counts is None:
        verdict = _("you deleted this entry: it stays deleted")
    elif example["by"] == previews.FILE:
        verdict = _("the file counts")
    else:
        verdict = _("%(source)s counts") % {"source": names.get(example["by"], _("another source"))}
    file = _row(journal, example["file"], person)
    return ConflictView(file, counts and _row(journal, counts, person), verdict)


def _row(journal: Journal, found: Mapping[str, Any], person: Person) -> RowView:
    """A row that is not in the database, as lists show it."""
    moment = found["occurred_at"]
    return lists.present(
        journal,
        journal.model(
            day=date.fromisoformat(found["day"]),
            occurred_at=datetime.fromisoformat(moment) if moment else None,
            utc_offset_min=found["utc_offset_min"],
            **journal.to_python(found["values"]),
        ),
        person,
    )


def _failure(run: ImportRun) -> str:
    if run.state != State.FAILED:
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


def _summary(counts: dict[str, dict[str, int]], *, ahead: bool) -> str:
    """What the import did, or would do, in one sentence."""
    created, updated = (sum(counted[name] for counted in counts.values()) for name in ("created", "updated"))
    new = ngettext("%(n)s entry is new", "%(n)s entries are new", created) % {"n": format_number(created, 0)}
    if ahead and not created and not updated:
        return _("Nothing would change: all of it is here already.")
    if updated:
        return _("%(new)s, %(updated)s changed.") % {"new": new, "updated": format_number(updated, 0)}
    return f"{new}." if created else _("Nothing changed: all of it was here already.")
