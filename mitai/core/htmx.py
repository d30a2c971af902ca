"""One URL answers page and fragment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of the page (a history restore wants the whole page)."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request and not htmx.boosted


def respond(
    request: HttpRequest, *, page: str, partial: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Render `partial` for htmx and `page` for everyone else."""
    template = partial if wants_fragment(request) else page
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """After a write: send the browser to `url`, whether it asked through htmx or by itself."""
    if not wants_fragment(request):
        return redirect(url)
    return HttpResponse(status=200, headers={"HX-Redirect": url})


def is_for(request: HttpRequest, element: str) -> bool:
    """Whether the answer goes into the element with this id; htmx 4 names it `form#entry-form`."""
    return request.headers.get("HX-Target", "").partition("#")[2] == element
