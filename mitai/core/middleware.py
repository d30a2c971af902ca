"""What every request passes: an id, the right address, the member's language, errors as pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_ratelimit.exceptions import Ratelimited

from mitai.core import units
from mitai.core.errors import Refusal, TooMany
from mitai.core.htmx import see_other, wants_fragment
from mitai.core.ids import uuid7
from mitai.core.views import AWAY, away, ratelimited, refusal
from mitai.core.zones import cookie_zone

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Give each request an id, take over a well-formed one, bind it to every log line and answer with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid7().hex
        request.META["REQUEST_ID"] = request_id
        # Not unbound at the end: Django logs an answer of 4xx and 5xx after the last middleware.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class TrustedProxyMiddleware:
    """Set REMOTE_ADDR to the client's address behind TRUSTED_PROXY_COUNT proxies, and drop the rest.

    Each trusted proxy appends the address it was called from, so the client is that many entries
    from the right. What a client wrote there itself stands further left and is never believed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        count = settings.TRUSTED_PROXY_COUNT
        if count and forwarded:
            hops = [hop.strip() for hop in forwarded.split(",")]
            request.META["REMOTE_ADDR"] = hops[-min(count, len(hops))]
        return self.get_response(request)


class CachingMiddleware:
    """No cache keeps what says nothing about caching, and none takes a fragment for its page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        patch_vary_headers(response, ["HX-Request"])
        return response


class MemberLocaleMiddleware:
    """A signed-in member reads in the account's language and units, in the time of where they are."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language()
        zone = cookie_zone(request) or ZoneInfo(user.time_zone)
        with timezone.override(zone), units.override(user.unit_system):
            return self.get_response(request)


class SignedOutMiddleware:
    """A part of a page that asks without a session gets no login page into its place.

    What only reads goes to the login and comes back; a form stays as it is, with what was typed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.headers.get("Location", "")
        if not target or not wants_fragment(request):
            return response
        login = resolve_url(settings.LOGIN_URL)
        if not target.startswith(f"{login}?"):
            return response
        if request.method == "POST":
            return refusal(
                request, 403, _("You are signed out. What you typed is still here; please log in again.")
            )
        page = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        return see_other(request, f"{login}?{urlencode({REDIRECT_FIELD_NAME: page})}")


class RefusalMiddleware:
    """Turn what the rooms raise for a person into a page, or a fragment for htmx."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Ratelimited):
            return ratelimited(request)
        if isinstance(exception, Refusal):
            retry_after = exception.retry_after if isinstance(exception, TooMany) else None
            return refusal(request, exception.status, exception.message, retry_after=retry_after)
        if isinstance(exception, AWAY):  # of Redis only the rate limits ask; pages and entries do without
            log.error("server away", error=type(exception).__name__)
            return away(request)
        return None
