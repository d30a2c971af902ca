"""Pages of the house itself: errors, the installable shell."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from mitai.core.htmx import respond

RATELIMIT_WINDOW_S = 60
AWAY_S = 30
AWAY = (OperationalError, InterfaceError, RedisError)  # the database or Redis does not answer


def refusal(
    request: HttpRequest, status: int, message: str | Promise, *, retry_after: int | None = None
) -> HttpResponse:
    """One sentence about what was wrong, as a page or as a fragment that htmx shows in place."""
    context = {"status": status, "message": message}
    response = respond(
        request, page="errors/error.html", partial="errors/_error.html", context=context, status=status
    )
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def ratelimited(request: HttpRequest) -> HttpResponse:
    """The answer of every rate limit."""
    return refusal(
        request,
        429,
        _("Too many attempts in a short time. Please wait a minute and try again."),
        retry_after=RATELIMIT_WINDOW_S,
    )


def away(request: HttpRequest) -> HttpResponse:
    """The answer while something a page cannot do without does not answer."""
    return refusal(
        request,
        503,
        _(
            "A part of this server does not answer at the moment. Please try again soon; nothing is saved "
            "twice by that."
        ),
        retry_after=AWAY_S,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 400, _("The browser sent something this page cannot read."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 403, _("This account may not open this page."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 404, _("There is nothing here (any more)."))


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to what nobody caught. Without the database already the look for the session fails."""
    if isinstance(sys.exc_info()[1], AWAY):
        return away(request)
    return refusal(request, 500, _("Something went wrong on our side. Nothing you typed was half-saved."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return refusal(request, 403, _("This form is out of date. Reload the page and send it again."))


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    return render(request, "manifest.webmanifest", content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    return render(request, "sw.js", content_type="text/javascript")


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")
