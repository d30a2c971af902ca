"""`manage.py usage_report [--since DAY] [--email E] [--json]`"""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from membership import usage
from membership.models import User
from membership.usage import Counted, Report, Reserved
from mitai.core.zones import EPOCH

RESERVED = ("feature", "period", "reservations", "uses", "accounts")
COUNTED = ("feature", "period", "used", "held", "accounts")


def day(text: str) -> date:
    """A day as it is typed.

    Raises:
        ArgumentTypeError: for anything but YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day like 2026-03-31") from error


class Command(BaseCommand):
    help = "Say what was used of the limits, by feature and period: from the usage log and from the counters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=day, help="leave out what was before this day, like 2026-03-31")
        parser.add_argument("--email", help="of this member alone")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")

    def handle(self, *args: Any, **options: Any) -> None:
        user = None
        if options["email"]:
            user = User.objects.filter(email__iexact=options["email"].strip()).first()
            if user is None:
                raise CommandError("no account with this address")
        report = usage.report(since=options["since"], user=user)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report), default=str))
            return
        self.stdout.write("\n".join(in_words(report)))


def in_words(report: Report) -> list[str]:
    """Two tables under their headings, and how much of the log could not be read."""
    lines = ["Reserved, by the usage log:", *table(RESERVED, report.reserved)]
    lines += ["", "Counted, in the database:", *table(COUNTED, report.counted)]
    if report.unreadable:
        lines += ["", f"{report.unreadable} lines of the usage log could not be read."]
    return lines


def table(columns: Sequence[str], rows: Iterable[Reserved | Counted]) -> list[str]:
    """Rows under their headings: words to the left, numbers to the right."""
    cells = [[str(value) for value in asdict(row).values()] for row in rows]
    if not cells:
        return ["nothing"]
    cells = [
        [feature, "in total" if period == str(EPOCH) else period, *numbers]
        for feature, period, *numbers in cells
    ]
    widths = [max(len(row[index]) for row in [list(columns), *cells]) for index in range(len(columns))]
    return [
        "  ".join(
            text.ljust(width) if index < 2 else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [list(columns), *cells]
    ]
