"""One run: its stages as they finish, the answers, what was sent."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from insights import runs
from insights.models import Run
from insights.presentation import answers, present
from membership.requests import MemberRequest
from mitai.core.htmx import respond


@login_required
@require_safe
def run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    found = get_object_or_404(
        Run.objects.of(request.user).prefetch_related("stages__prompt_version"), pk=run_id
    )
    stages = present(found)
    return respond(
        request,
        page="insights/run.html",
        partial="insights/_run.html",
        context={"run": found, "stages": stages, "answers": answers(stages)},
    )


@login_required
@require_POST
def delete(request: MemberRequest, run_id: UUID) -> HttpResponse:
    runs.delete(run=get_object_or_404(Run.objects.of(request.user), pk=run_id))
    messages.success(request, _("The evaluation is deleted."))
    return redirect("insights:analysis")
