"""Quick entry: everything a member records, each journal one row, one thumb."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from membership import access
from membership.requests import MemberRequest
from mitai.core.htmx import respond, see_other, wants_fragment
from tracking import capture as rows
from tracking import entries
from tracking.forms import EntryForm
from tracking.journals import journal_or_404
from tracking.lists import present
from tracking.times import browser_zone, today_of


@login_required
@require_safe
def capture(request: MemberRequest) -> HttpResponse:
    """The page with one row a journal, open ones first."""
    context = {"rows": rows.rows(request.user, today_of(request), browser_zone(request))}
    return render(request, "tracking/capture.html", context)


@login_required
@require_POST
def capture_entry(request: MemberRequest, slug: str) -> HttpResponse:
    """Save one row of the capture page; the answer is the same row, saved or with what is wrong."""
    journal = journal_or_404(slug)
    zone = browser_zone(request)
    form = EntryForm(request.POST, journal=journal, owner=request.user, zone=zone, only=tuple(journal.quick))
    if not form.is_valid():
        decision = access.check(request.user, journal.feature)
        return _answer(request, {"row": rows.Row(journal, form, decision=decision)}, status=422)
    entry: Any = entries.record(
        owner=request.user,
        journal=journal,
        values=form.sentence,
        when=form.moment,
        client_id=form.cleaned_data["client_id"],
    )
    caution = journal.caution(entry) if journal.caution else ""
    if not wants_fragment(request):
        messages.success(request, _("Saved."))
        if caution:
            messages.error(request, caution)
        return see_other(request, "/capture/")
    fresh = EntryForm(journal=journal, owner=request.user, zone=zone, only=tuple(journal.quick), last=entry)
    context = {
        "row": rows.Row(journal, fresh, done=entry.day == today_of(request), last=entry),
        "saved": True,
        "entry": present(journal, entry),
        "caution": caution,
    }
    return _answer(request, context)


def _answer(request: MemberRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return respond(
        request,
        page="tracking/capture_one.html",
        partial="tracking/_capture_row.html",
        context=context,
        status=status,
    )
