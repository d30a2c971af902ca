"""The membership page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from membership.standing import standing

if TYPE_CHECKING:
    from membership.models import User


@require_safe
@login_required
def membership(request: HttpRequest) -> HttpResponse:
    """Tier, limits and what was used of them."""
    user = cast("User", request.user)
    context = {"standing": standing(user, at=timezone.now())}
    return render(request, "membership/membership.html", context)
