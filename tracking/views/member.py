"""What the member tells about themself: first steps, settings, goals."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from membership.requests import MemberRequest
from mitai.core.htmx import respond, see_other
from tracking import charts, goals, sentences
from tracking.analysis import weight
from tracking.journals import registry
from tracking.member_forms import AccountForm, GoalForm, JournalsForm, ProfileForm
from tracking.profile import Profile, finish_welcome
from tracking.times import browser_zone, today_of


@login_required
@require_GET
def welcome(request: MemberRequest) -> HttpResponse:
    """The first steps on one page; every step has its own form and can be skipped."""
    profile = Profile.of(request.user)
    account = AccountForm(instance=request.user, initial={"time_zone": browser_zone(request).key})
    context = {
        "profile_form": ProfileForm(instance=profile),
        "journals_form": JournalsForm(instance=profile),
        "goal_form": GoalForm(owner=request.user),
        "account_form": account,
    }
    return render(request, "tracking/welcome.html", context)


@login_required
@require_POST
def welcome_finish(request: MemberRequest) -> HttpResponse:
    """Done or skipped: from now on the start page is the overview."""
    finish_welcome(owner=request.user)
    return redirect("tracking:capture")


@login_required
@require_http_methods(["GET", "POST"])
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
            address = request.POST.get("next", "")
            onward = reverse("tracking:welcome") if address == "welcome" else reverse("tracking:settings")
            return see_other(request, f"{onward}#{name}")
    context = {"account_form": account, "profile_form": body, "journals_form": kept}
    status = 422 if account.errors or body.errors or kept.errors else 200
    return render(request, "tracking/settings.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def goal(request: MemberRequest) -> HttpResponse:
    """The weight goal: where the member stands, when it is reached, and the form."""
    form = GoalForm(request.POST or None, owner=request.user)
    if request.method == "POST" and form.is_valid():
        goals.set_goal(owner=request.user, target=form.cleaned_data["target_value"])
        messages.success(request, _("Your goal is set."))
        onward = "tracking:welcome" if request.POST.get("next") == "welcome" else "tracking:goals"
        return see_other(request, reverse(onward))
    return respond(
        request,
        page="tracking/goals.html",
        partial="tracking/_goal_form.html",
        context=goal_context(request, form),
        status=422 if form.is_bound else 200,
    )


def goal_context(request: MemberRequest, form: GoalForm) -> dict[str, object]:
    current = goals.Goal.objects.open(request.user).first()
    if current is None:
        return {"form": form, "goal": None}
    target = float(current.target_value or 0)
    today = today_of(request)
    rows = charts.rows_of(registry()["weight"], request.user, today - charts.WARM_UP, ["weight_kg"])
    points = [(row.day, value) for row in rows if (value := row.values["weight_kg"]) is not None]
    rate = weight.rate(points, today)
    trend = weight.trend(points)
    return {
        "form": form,
        "goal": current,
        "trend": trend[-1].trend if trend else None,
        "missing": target - trend[-1].trend if trend else None,
        "sentence": sentences.forecast_sentence(weight.forecast(rate, target)),
    }


@login_required
@require_POST
def goal_close(request: MemberRequest) -> HttpResponse:
    """Give the goal up."""
    goals.close_goal(owner=request.user)
    messages.success(request, _("Your goal is closed."))
    return see_other(request, reverse("tracking:goals"))
