"""A run as its page shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights import evidence
from insights.models import Run, Stage, StageState
from insights.runs import LAST
from mitai.core.markdown import render
from mitai.core.numbers import NARROW_SPACE, format_number

# The words of the stages component.
SHOWN_STATES = {
    StageState.WAITING: "waiting",
    StageState.QUEUED: "waiting",
    StageState.RUNNING: "running",
    StageState.DONE: "done",
    StageState.FAILED: "failed",
    StageState.CANCELLED: "failed",
}


@dataclass(frozen=True)
class StageView:
    """One stage: its line in the list of stages, its answer with unproven figures marked."""

    number: int
    label: str
    state: str
    time: str
    detail: str
    answer: SafeString | None
    unproven: int
    error: str
    model: str
    tokens: str
    prompt: str
    request: str


def present(run: Run) -> list[StageView]:
    """The stages of a run in their order."""
    return [_stage(run, stage) for stage in run.stages.all()]


def answers(stages: list[StageView]) -> list[StageView]:
    """The stages that have something to read, the overall evaluation first once it is there."""
    return sorted(
        (stage for stage in stages if stage.answer or stage.error),
        key=lambda stage: (stage.number != LAST, stage.number),
    )


def _stage(run: Run, stage: Stage) -> StageView:
    facts = run.known_facts
    marked = evidence.mark(render(stage.answer), facts, run.language) if stage.answer else None
    return StageView(
        number=stage.number,
        label=stage.get_name_display(),
        state=SHOWN_STATES[StageState(stage.state)],
        time=seconds(stage.ms),
        detail=detail(stage),
        answer=evidence.link(marked, facts) if marked else None,
        unproven=marked.count('<mark class="unproven"') if marked else 0,
        error=stage.error,
        model=stage.model,
        tokens=tokens(stage),
        prompt=str(stage.prompt_version or ""),
        request=as_json(stage.request),
    )


def detail(stage: Stage) -> str:
    """What a waiting, lost or failed stage has to say in its line."""
    if stage.state == StageState.WAITING:
        return _("needs the results of the others")
    if stage.state == StageState.RUNNING and stage.attempt > 1:
        return _("attempt %(number)d") % {"number": stage.attempt}
    if stage.state == StageState.CANCELLED:
        return _("not started")
    return tokens(stage)


def seconds(ms: int | None) -> str:
    return "" if ms is None else f"{format_number(ms / 1000, 1)}{NARROW_SPACE}s"


def tokens(stage: Stage) -> str:
    if stage.tokens_in is None or stage.tokens_out is None:
        return ""
    total = stage.tokens_in + stage.tokens_out
    return ngettext("%(count)s token", "%(count)s tokens", total) % {"count": format_number(total, 0)}


def as_json(value: dict[str, Any]) -> str:
    """Indented for people, letters as they are."""
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


def as_text(run: Run) -> str:
    """All answers of a run as one Markdown text, the overall evaluation last."""
    with translation.override(run.language):
        parts = [
            f"## {stage.get_name_display()}\n\n{stage.answer}" for stage in run.stages.all() if stage.answer
        ]
    return "\n\n".join(parts)
