"""What the member tells about themself: first steps, settings, goals."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership import access
from membership.requests import MemberRequest
from membership.sessions import sessions_of
from mitai.core import panels, units
from mitai.core.htmx import respond, see_other
from mitai.core.zones import cookie_zone
from tracking import progress
from tracking.goals import GOALS, KINDS, GoalKind, close_goal
from tracking.member_forms import FirstSteps, GoalForm, SettingsForms
from tracking.person import Person
from tracking.profile import finish_welcome
from tracking.records import Records
from tracking.times import browser_zone, today_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: MemberRequest) -> HttpResponse:
    """The first steps: one page, one button, every field may stay empty; skipping saves nothing."""
    if request.method == "POST" and "skip" in request.POST:
        finish_welcome(owner=request.user)
        return redirect("tracking:capture")
    chosen = request.GET.get("units", "")
    with units.override(units.SYSTEMS.get(chosen, request.user.unit_system)):
        steps = FirstSteps(request.POST or None, owner=request.user, zone=browser_zone(request))
    if request.method == "POST" and steps.is_valid():
        steps.save()
        return redirect("tracking:capture")
    context = {"steps": steps, "systems": system_links(steps.system)}
    status = 422 if request.method == "POST" else 200
    return render(request, "tracking/welcome.html", context, status=status)


def system_links(current: units.UnitSystem) -> list[dict[str, object]]:
    """One link for each choice of units of the body, for the segmented component."""
    systems = [units.UnitSystem(body, current.energy) for body in units.BODY]
    return [
        {
            "label": f"{system.unit('kg')}, {system.unit('cm')}",
            "url": f"{reverse('tracking:welcome')}?units={system.code}",
            "current": system == current,
        }
        for system in systems
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Everything that can be set: each part saved by itself, sessions and consent beside it."""
    parts = SettingsForms(request.POST, owner=request.user, browser=cookie_zone(request))
    if parts.bound and parts.bound.is_valid():
        parts.bound.save()
        translation.activate(request.user.language)
        messages.success(request, _("Saved."))
        return see_other(request, f"{reverse('tracking:settings')}#{parts.part}")
    context = {
        "parts": parts,
        "sessions": sessions_of(request),
        "panels": panels.render_all(request, panels.Place.SETTINGS),
    }
    return render(request, "tracking/settings.html", context, status=422 if parts.bound else 200)


@login_required
@require_safe
def all_goals(request: MemberRequest) -> HttpResponse:
    """What the member wants to reach, and how far each goal is."""
    views = progress.views(Records(Person(request.user), today_of(request)))
    taken = {one.kind.slug for one in views}
    context = {
        "views": views,
        "kinds": [kind for kind in KINDS.values() if kind.slug not in taken],
        "decision": access.check(request.user, GOALS),
    }
    return render(request, "tracking/goals.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal(request: MemberRequest, slug: str) -> HttpResponse:
    """Set or change a goal of a kind."""
    kind = kind_or_404(slug)
    form = GoalForm(request.POST or None, owner=request.user, kind=kind)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your goal is set."))
        return see_other(request, reverse("tracking:goals"))
    return respond(
        request,
        page="tracking/goal.html",
        partial="tracking/_goal_form.html",
        context={"form": form, "kind": kind},
        status=422 if form.is_bound else 200,
    )


@login_required
@require_POST
def goal_close(request: MemberRequest, slug: str) -> HttpResponse:
    """Give a goal up."""
    close_goal(owner=request.user, kind=kind_or_404(slug).slug)
    messages.success(request, _("Your goal is closed."))
    return see_other(request, reverse("tracking:goals"))


def kind_or_404(slug: str) -> GoalKind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]
