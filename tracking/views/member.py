"""What the member tells about themself: first steps, settings, goals."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from membership.requests import MemberRequest
from mitai.core.htmx import respond, see_other
from tracking import charts, goals, sentences
from tracking.analysis import weight
from tracking.journals import registry
from tracking.member_forms import AccountForm, FirstSteps, GoalForm, JournalsForm, ProfileForm
from tracking.profile import Profile, finish_welcome
from tracking.times import browser_zone, today_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: MemberRequest) -> HttpResponse:
    """The first steps: one page, one button, every field may stay empty; skipping saves nothing."""
    if request.method == "POST" and "skip" in request.POST:
        finish_welcome(owner=request.user)
        return redirect("tracking:capture")
    steps = FirstSteps(request.POST or None, owner=request.user, zone=browser_zone(request))
    if request.method == "POST" and steps.is_valid():
        steps.save()
        return redirect("tracking:capture")
    status = 422 if request.method == "POST" else 200
    return render(request, "tracking/welcome.html", {"steps": steps}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Account, profile and journals, each form saved by itself."""
    profile = Profile.of(request.user)
    part = request.POST.get("part", "")
    account = AccountForm(request.POST if part == "account" else None, instance=request.user)
    body = ProfileForm(request.POST if part == "profile" else None, instance=profile)
    kept = JournalsForm(request.POST if part == "journals" else None, instance=profile)
    for name, form in (("account", account), ("profile", body), ("journals", kept)):
        if part == name and form.is_valid():
            form.save()
            translation.activate(request.user.language)
            messages.success(request, _("Saved."))
            return see_other(request, f"{reverse('tracking:settings')}#{name}")
    context = {"account_form": account, "profile_form": body, "journals_form": kept}
    status = 422 if account.errors or body.errors or kept.errors else 200
    return render(request, "tracking/settings.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal(request: MemberRequest) -> HttpResponse:
    """The weight goal: where the member stands, when it is reached, and the form."""
    form = GoalForm(request.POST or None, owner=request.user)
    if request.method == "POST" and form.is_valid():
        goals.set_goal(owner=request.user, target=form.cleaned_data["target_value"])
        messages.success(request, _("Your goal is set."))
        return see_other(request, reverse("tracking:goals"))
    return respond(
        request,
        page="tracking/goals.html",
        partial="tracking/_goal_form.html",
        context=goal_context(request, form),
        status=422 if form.is_bound else 200,
    )


def goal_context(request: MemberRequest, form: GoalForm) -> dict[str, object]:
    target = goals.Goal.objects.weight_target(request.user)
    if target is None:
        return {"form": form, "goal_kg": None}
    today = today_of(request)
    rows = charts.rows_of(registry()["weight"], request.user, today - charts.WARM_UP, today, ["weight_kg"])
    points = [(row.day, value) for row in rows if (value := row.values["weight_kg"]) is not None]
    rate = weight.rate(points, today)
    trend = weight.trend(points)
    return {
        "form": form,
        "goal_kg": target.kg,
        "trend": trend[-1].trend if trend else None,
        "trend_day": trend[-1].day if trend else None,
        "missing": target.kg - trend[-1].trend if trend else None,
        "sentence": sentences.forecast_sentence(weight.forecast(rate, target)),
    }


@login_required
@require_POST
def goal_close(request: MemberRequest) -> HttpResponse:
    """Give the goal up."""
    goals.close_goal(owner=request.user)
    messages.success(request, _("Your goal is closed."))
    return see_other(request, reverse("tracking:goals"))
