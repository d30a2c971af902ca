"""The membership page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from membership.standing import standing


@require_safe
@login_required
def membership(request: MemberRequest) -> HttpResponse:
    """Tier, limits and what was used of them."""
    context = {"standing": standing(request.user, at=timezone.now())}
    return render(request, "membership/membership.html", context)
