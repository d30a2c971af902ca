"""The analysis page: who evaluates, what is left, the start button, past runs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_ratelimit.decorators import ratelimit

from insights import consents, providers, runs
from insights.forms import StartForm
from insights.models import Run
from membership import access
from membership.requests import MemberRequest
from mitai.core.errors import Invalid
from mitai.core.htmx import see_other

PAGE_SIZE = 20


@login_required
@require_safe
def analysis(request: MemberRequest) -> HttpResponse:
    provider = providers.current()
    costs = runs.costs("pipeline") if provider.is_language_model else {}
    decisions = list(access.check_amounts(request.user, costs).values()) if costs else []
    price = sum(decision.price or 0 for decision in decisions)
    paid = all(decision.credits >= price for decision in decisions)
    shown = Run.objects.of(request.user).newest_first().defer("facts")
    context = {
        "provider": provider,
        "decisions": decisions,
        "allowed": all(decision.allowed for decision in decisions) and paid,
        "price": price,
        "switched_off": any(decision.limit == 0 and not decision.allowed for decision in decisions),
        "consented": consents.holds(request.user, provider.endpoint),
        "form": StartForm(),
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "insights/analysis.html", context)


@login_required
@require_POST
@ratelimit(key="user", rate="6/m", block=True)
def start(request: MemberRequest) -> HttpResponse:
    form = StartForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("This form is out of date. Reload the page and send it again."))
    try:
        run = runs.start(owner=request.user, client_id=form.cleaned_data["client_id"])
    except consents.ConsentNeeded:
        return redirect("insights:consent")
    return see_other(request, run.get_absolute_url())
