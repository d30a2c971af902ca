"""Where the member is signed in, and signing out there."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from membership.requests import MemberRequest
from membership.sessions import end_others, others, sessions_of
from mitai.core.htmx import see_other, wants_fragment


@login_required
@require_safe
def sessions(request: MemberRequest) -> HttpResponse:
    """The page of the list; the settings hold the same list as a card."""
    return render(request, "membership/sessions.html", {"sessions": sessions_of(request)})


@login_required
@require_POST
def session_end(request: MemberRequest, pk: int) -> HttpResponse:
    """Sign out one other browser."""
    get_object_or_404(others(request), pk=pk).end()
    return _answer(request, _("Signed out there."))


@login_required
@require_POST
def sessions_end(request: MemberRequest) -> HttpResponse:
    """Sign out every other browser."""
    end_others(request)
    return _answer(request, _("Signed out everywhere else."))


def _answer(request: MemberRequest, text: str) -> HttpResponse:
    if wants_fragment(request):
        context = {"sessions": sessions_of(request), "text": text}
        return render(request, "membership/_sessions_ended.html", context)
    messages.success(request, text)
    return see_other(request, reverse("membership:sessions"))
