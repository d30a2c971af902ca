"""Quick entry: everything a member records, one row a journal, one thumb, one request."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from membership.requests import MemberRequest
from mitai.core.htmx import see_other, wants_fragment
from tracking import capture as capturing
from tracking.person import Person
from tracking.photos.refusals import refuse_too_large
from tracking.times import browser_zone, today_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def capture(request: MemberRequest) -> HttpResponse:
    """The page with one row a journal; a POST saves every row that was filled in, or none of them."""
    if request.method == "POST" and "show" not in request.POST:
        return _save(request)
    return _page(request)


def _page(request: MemberRequest) -> HttpResponse:
    """The page as its address has it; without scripts a choice of fields is posted, so that no value that was
    typed stands in an address.
    """
    given = request.POST or request.GET
    page = capturing.page(
        Person(request.user),
        day=today_of(request),
        zone=browser_zone(request),
        wanted=given.get("show") or given.get("with") or "",
        given=given,
    )
    return render(request, "tracking/capture.html", {"page": page})


def _save(request: MemberRequest) -> HttpResponse:
    refuse_too_large(request)
    attempt = capturing.save(
        Person(request.user),
        data=request.POST,
        files=request.FILES,
        today=today_of(request),
        zone=browser_zone(request),
    )
    context = {"page": capturing.Page(today_of(request), attempt.rows), "saved": attempt.saved}
    status = 200 if attempt.saved or not attempt.rows else 422
    if wants_fragment(request):
        return render(request, "tracking/_capture_rows.html", context, status=status)
    if status == 422:
        return render(request, "tracking/capture.html", context, status=status)
    if not attempt.rows:
        messages.info(request, _("There is nothing to save yet: please fill in a field."))
    for row in attempt.rows:
        messages.success(request, _("Saved: %(journal)s") % {"journal": row.journal.label})
        if row.caution:
            messages.error(request, row.caution)
    return see_other(request, reverse("tracking:capture"))
