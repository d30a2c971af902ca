"""The pages that read across journals: overview, more."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from mitai.core import panels
from tracking.journals import registry
from tracking.overview import overview as read_overview
from tracking.times import today_of


@login_required
@require_safe
def overview(request: MemberRequest) -> HttpResponse:
    """Today's state in one look."""
    state = read_overview(request.user, today_of(request))
    if not (state.recorded or state.welcomed):
        return redirect("tracking:welcome")
    cards = panels.render_all(request, panels.Place.OVERVIEW)
    return render(request, "tracking/overview.html", {"overview": state, "panels": cards})


@login_required
@require_safe
def more(request: MemberRequest) -> HttpResponse:
    """Everything that has no place in the bottom bar."""
    return render(request, "tracking/more.html", {"journals": registry().values()})
