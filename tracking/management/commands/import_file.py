"""`manage.py import_file --email E [--format F] [--dry-run] [--json] PATH`"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from membership.models import User
from tracking.imports import formats
from tracking.imports.direct import import_path
from tracking.imports.errors import ImportRefused
from tracking.imports.reports import COUNTS, by_journal, line_text
from tracking.imports.runs import ImportRun


class Command(BaseCommand):
    help = "Import a file into a member's journals. Not subject to the limits of tiers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--email", required=True)
        parser.add_argument("--format", default="")
        parser.add_argument("--dry-run", action="store_true", help="count, but write nothing")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=options["email"].strip()).first()
        if owner is None:
            raise CommandError(f"No account with the address {options['email']}.")
        names = [module.NAME for module in formats()]
        if options["format"] and options["format"] not in names:
            raise CommandError(f"No format {options['format']}; known are: {', '.join(names)}.")
        try:
            if not options["path"].is_file():
                raise CommandError(f"No file at {options['path']}.")
            run = import_path(
                owner=owner, path=options["path"], format_name=options["format"], dry_run=options["dry_run"]
            )
        except ImportRefused as refusal:
            lines = [f"line {error['line']}: {line_text(error)}" for error in refusal.left_out]
            raise CommandError("\n".join([refusal.message, *lines])) from None
        except (OSError, sqlite3.DatabaseError) as error:
            raise CommandError(f"Cannot read the file or write beside DATA_DIR: {error}") from None
        report = as_report(run)
        self.stdout.write(json.dumps(report) if options["json"] else _sentence(report))


def as_report(run: ImportRun) -> dict[str, Any]:
    """The report as the public surface states it.

    Counted are rows of the journals, and values left out: what was read is the sum of the four.
    """
    counts = by_journal(run)
    totals = {name: sum(counted[name] for counted in counts.values()) for name in COUNTS}
    return {
        "format": run.format,
        "read": sum(totals.values()),
        **totals,
        "errors": [{"line": error["line"], "reason": line_text(error)} for error in run.errors],
        "by_journal": counts,
    }


def _sentence(report: dict[str, Any]) -> str:
    lines = [
        f"{report['format']}: {report['read']} read, {report['created']} created, "
        f"{report['updated']} updated, {report['unchanged']} unchanged, {report['skipped']} skipped."
    ]
    lines += [f"line {error['line']}: {error['reason']}" for error in report["errors"]]
    return "\n".join(lines)
