"""The cards of this floor: last evaluation on the overview, consent in settings, cost on the dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from insights import consents, evidence, providers
from insights.models import RunState, Stage, StageState
from membership.dashboard import DAYS, chart
from mitai.core.markdown import render

if TYPE_CHECKING:
    from membership.models import User

WORDS = 45
CONSENTS = 5
MICRO = 1_000_000
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


def consent(request: HttpRequest) -> str:
    """Who may get the member's numbers, since when, by which text; to agree or to withdraw. Two queries."""
    member, provider = cast("User", request.user), providers.current()
    known = consents.newest(member, CONSENTS)
    context = {
        "provider": provider,
        "consents": known,
        "version": consents.TEXT_VERSION,
        "holds": consents.holds(member, provider.endpoint),
        "open": any(one.withdrawn is None for one in known),
    }
    return render_to_string("insights/_consent_panel.html", context, request)


def cost_per_day(request: HttpRequest) -> str:
    """What the language models cost on each day, in the currency of their prices. One query."""
    now = timezone.now()
    rows = Stage.objects.filter(finished_at__gte=now - timedelta(days=DAYS), cost_micro__gt=0).order_by()
    days = rows.annotate(day=TruncDate("finished_at")).values("day").annotate(micro=Sum("cost_micro"))
    values = {row["day"]: row["micro"] / MICRO for row in days}
    shown = chart(_("Cost of language models"), values, timezone.localtime(now).date(), digits=2)
    return render_to_string("admin/membership/_bars.html", {"chart": shown})
