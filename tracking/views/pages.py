"""The pages that read across journals: overview, more."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from mitai.core import panels
from tracking import remembered
from tracking.journals import registry
from tracking.overview import Overview
from tracking.overview import overview as read_overview
from tracking.times import today_of


@login_required
@require_safe
def overview(request: MemberRequest) -> HttpResponse:
    """Today's state in one look."""
    today = today_of(request)
    state = json.loads(
        remembered.answer(request.user, today, "overview", lambda: _tiles(read_overview(request.user, today)))
    )
    if not (state["recorded"] or state["welcomed"]):
        return redirect("tracking:welcome")
    cards = panels.render_all(request, panels.Place.OVERVIEW)
    return render(request, "tracking/overview.html", {"overview": state, "panels": cards})


def _tiles(state: Overview) -> dict[str, Any]:
    """The overview as it is remembered: rendered, because rendering is the greater part of its time."""
    return {
        "recorded": state.recorded,
        "welcomed": state.welcomed,
        "open": render_to_string("tracking/_open.html", {"overview": state}),
        "tiles": render_to_string("tracking/_tiles.html", {"overview": state}) if state.tiles else "",
    }


@login_required
@require_safe
def more(request: MemberRequest) -> HttpResponse:
    """Everything that has no place in the bottom bar."""
    return render(request, "tracking/more.html", {"journals": registry().values()})
