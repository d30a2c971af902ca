"""The card of the last evaluation on the overview."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.text import Truncator

from insights import evidence
from insights.models import RunState, Stage, StageState
from mitai.core.markdown import render

WORDS = 45
FINISHED = (RunState.DONE, RunState.PARTIAL)


def last_evaluation(request: HttpRequest) -> str:
    """The first lines of the newest finished evaluation; empty before the first one. One query."""
    stages = Stage.objects.filter(run__user=request.user.pk, run__state__in=FINISHED, state=StageState.DONE)
    stage = stages.select_related("run").order_by("-run__created", "-number").first()
    if stage is None:
        return ""
    excerpt = Truncator(render(stage.answer)).words(WORDS, html=True)
    marked = evidence.mark(excerpt, stage.run.known_facts, stage.run.language)
    return render_to_string("insights/_panel.html", {"run": stage.run, "excerpt": marked}, request)
