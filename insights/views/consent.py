"""Who gets what: the exact payload, agreeing, withdrawing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from insights import consents, context, pipeline, providers
from insights.presentation import as_json
from membership.requests import MemberRequest
from mitai.core.errors import Conflict


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: MemberRequest) -> HttpResponse:
    provider = providers.current()
    if not provider.endpoint:
        return redirect("insights:analysis")
    if request.method == "POST":
        shown = request.POST.get("endpoint"), request.POST.get("version")
        if shown != (provider.endpoint, str(consents.TEXT_VERSION)):
            raise Conflict(_("The recipient or the text has changed since. Please read the page again."))
        consents.give(user=request.user, endpoint=provider.endpoint)
        messages.success(request, _("Your consent is recorded."))
        return redirect(_origin(request.POST))
    facts = context.facts(request.user, now=timezone.now())
    payloads = [
        (name.label, as_json(provider.body(asked)))
        for name, asked in pipeline.preview(request.user.language, facts)
    ]
    return render(
        request,
        "insights/consent.html",
        {
            "provider": provider,
            "version": consents.TEXT_VERSION,
            "facts": facts,
            "payloads": payloads,
            "consented": consents.holds(request.user, provider.endpoint),
            "back": request.GET.get("back", ""),
            "origin": _origin(request.GET),
        },
    )


@login_required
@require_POST
def withdraw(request: MemberRequest) -> HttpResponse:
    consents.withdraw(user=request.user)
    messages.success(request, _("Your consent is withdrawn. Nothing more is sent."))
    return redirect(_origin(request.POST))


def _origin(sent: QueryDict) -> str:
    """Where the member came from: the settings, or else the analysis page."""
    if sent.get("back") == "settings":
        return f"{reverse('tracking:settings')}#consent"
    return reverse("insights:analysis")
