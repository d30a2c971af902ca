"""`manage.py import_file --email E [--format F] [--dry-run] [--json] PATH`"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from membership.models import User
from tracking.imports.errors import LINE_REASONS, ImportRefused
from tracking.imports.jobs import import_path
from tracking.imports.runs import ImportRun

COUNTS = ("created", "updated", "unchanged", "skipped")


class Command(BaseCommand):
    help = "Import a file into a member's journals. Not subject to the limits of tiers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--email", required=True)
        parser.add_argument("--format", default="")
        parser.add_argument("--dry-run", action="store_true", help="count, but write nothing")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=options["email"]).first()
        if owner is None:
            raise CommandError(f"No account with the address {options['email']}.")
        if not options["path"].is_file():
            raise CommandError(f"No file at {options['path']}.")
        try:
            run = import_path(
                owner=owner, path=options["path"], format_name=options["format"], dry_run=options["dry_run"]
            )
        except ImportRefused as refusal:
            raise CommandError(refusal.message) from None
        report = as_report(run)
        self.stdout.write(json.dumps(report) if options["json"] else _sentence(report))


def as_report(run: ImportRun) -> dict[str, Any]:
    """The report as the public surface states it; rows are counted, not records."""
    skipped: Counter[str] = Counter(run.report.get("skipped", {}))
    journals = run.report.get("journals", {})
    by_journal = {slug: {name: counts.get(name, 0) for name in COUNTS} for slug, counts in journals.items()}
    for label, count in skipped.items():
        by_journal.setdefault(label, dict.fromkeys(COUNTS, 0))["skipped"] = count
    totals = {name: sum(counts[name] for counts in by_journal.values()) for name in COUNTS}
    errors = [
        {"line": e["line"], "reason": f"{e['label']}: {e['value']} {LINE_REASONS[e['reason']]}"}
        for e in run.errors
    ]
    return {
        "format": run.format,
        "read": run.records + skipped.total(),
        **totals,
        "errors": errors,
        "by_journal": by_journal,
    }


def _sentence(report: dict[str, Any]) -> str:
    lines = [
        f"{report['format']}: {report['read']} read, {report['created']} created, {report['updated']} updated, "
        f"{report['unchanged']} unchanged, {report['skipped']} skipped."
    ]
    lines += [f"line {error['line']}: {error['reason']}" for error in report["errors"]]
    return "\n".join(lines)
