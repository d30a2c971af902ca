"""The pages that read across journals: overview, history, more."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from mitai.core import panels
from tracking import charts
from tracking.capture import chosen_journals
from tracking.journals import registry
from tracking.overview import overview as read_overview
from tracking.profile import Profile
from tracking.ranges import range_links
from tracking.times import today_of
from tracking.topics import TOPICS


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
def history(request: MemberRequest) -> HttpResponse:
    """The charts of all journals that have one, over one range."""
    name = request.GET.get("range", charts.DEFAULT_RANGE)
    current = name if name in charts.RANGES else charts.DEFAULT_RANGE
    ranges = range_links(reverse("tracking:history"), current)
    drawn = [journal for journal in chosen_journals(Profile.of(request.user)) if journal.series]
    context = {"journals": drawn, "ranges": ranges, "range": current, "topics": TOPICS.values()}
    return render(request, "tracking/history.html", context)


@login_required
@require_safe
def more(request: MemberRequest) -> HttpResponse:
    """Everything that has no place in the bottom bar."""
    return render(request, "tracking/more.html", {"journals": registry().values()})
