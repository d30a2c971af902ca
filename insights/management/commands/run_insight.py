"""Evaluates a member's numbers from the command line, outside the worker."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insights import pipeline, runs
from insights.models import Run, RunKind, RunState
from insights.presentation import as_text
from membership.models import User
from mitai.core.errors import Refusal
from mitai.core.ids import uuid7


class Command(BaseCommand):
    help = "Runs an evaluation to its end, without the worker and without counting it against the limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="the member's address")
        parser.add_argument(
            "--pipeline", action="store_true", help="all three stages instead of the last alone"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=options["email"].strip()).first()
        if owner is None:
            raise CommandError("no account with this address")
        kind = RunKind.PIPELINE if options["pipeline"] else RunKind.OVERALL
        try:
            run = runs.start(
                owner=owner, client_id=f"command-{uuid7().hex}", kind=kind, charged=False, send=False
            )
        except Refusal as refusal:
            raise CommandError(str(refusal.message)) from refusal
        run = pipeline.run_to_end(run)
        self.stdout.write(json.dumps(report(run), ensure_ascii=False) if options["json"] else as_text(run))
        if run.state not in {RunState.DONE, RunState.PARTIAL}:
            errors = {stage.error for stage in run.stages.all() if stage.error}
            raise CommandError(" ".join(sorted(errors)))


def report(run: Run) -> dict[str, Any]:
    """A finished run as the public surface describes it."""
    return {
        "run": str(run.pk),
        "state": run.state,
        "evaluator": run.evaluator,
        "stages": [
            {
                "number": stage.number,
                "state": stage.state,
                "model": stage.model,
                "tokens_in": stage.tokens_in,
                "tokens_out": stage.tokens_out,
                "ms": stage.ms,
            }
            for stage in run.stages.all()
        ],
        "text": as_text(run),
    }
