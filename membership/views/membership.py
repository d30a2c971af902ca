"""The membership page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
@login_required
def membership(request: HttpRequest) -> HttpResponse:
    """Tier, limits and what was used of them."""
    return render(request, "membership/membership.html", {})
