"""A journal's page: form, chart, list by month, inline edit, delete with undo, CSV."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership import access
from membership.requests import MemberRequest
from mitai.core.htmx import is_for, respond, see_other, wants_fragment
from tracking import charts, entries, remembered
from tracking.exports.csv import csv_lines
from tracking.forms import EntryForm
from tracking.journals import journal_or_404
from tracking.journals.base import Journal
from tracking.lists import month_of_rows, present_again
from tracking.person import Person
from tracking.photos.refusals import refuse_too_large
from tracking.ranges import range_links
from tracking.reasons import reasons
from tracking.times import browser_zone, today_of


def entry_or_404(request: MemberRequest, journal: Journal, pk: UUID, *, deleted: bool = False) -> Any:
    """The member's own row; a stranger's is not there."""
    rows = (
        journal.model.objects.filter(user=request.user) if deleted else journal.model.objects.of(request.user)
    )
    return get_object_or_404(rows.select_related(*journal.joins), pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def journal(request: MemberRequest, slug: str) -> HttpResponse:
    """The journal's page; a POST records a new entry and answers with the list and an empty form."""
    found = journal_or_404(slug)
    refuse_too_large(request)
    zone, person = browser_zone(request), Person(request.user)
    sent = request.method == "POST" and "show" not in request.POST  # else only other fields are asked for
    form = EntryForm(
        (request.POST or None) if sent else None,
        (request.FILES or None) if sent else None,
        journal=found,
        person=person,
        zone=zone,
        given=request.POST or request.GET,
        last=newest_of(found, request.user),
    )
    if sent and form.is_valid():
        entry = form.record()
        if not wants_fragment(request):
            return back_to_list(request, found, entry)
        form = EntryForm(journal=found, person=person, zone=zone, last=entry)
        context = journal_context(request, found, form) | list_context(request, found, entry)
        context["caution"] = caution_of(found, entry)
        return render(request, "tracking/_journal_saved.html", context)
    context = journal_context(request, found, form)
    of_form = request.method == "POST" or is_for(request, "entry-form")
    month, today = request.GET.get("month", ""), today_of(request)
    if not wants_fragment(request):
        context["entries"] = entries_html(found, person, month, today)
    elif not of_form:
        context["list"] = month_of_rows(found, person, month, today)
    return respond(
        request,
        page="tracking/journal.html",
        partial="tracking/_entry_form.html" if of_form else "tracking/_entries.html",
        context=context,
        status=422 if form.is_bound else 200,
    )


def newest_of(found: Journal, owner: Any) -> Any:
    """The newest entry, where the form begins with what it chose."""
    return found.model.objects.of(owner).newest_first().first() if found.chooser else None


def caution_of(found: Journal, entry: Any) -> str:
    """What the journal has to say at once about an entry just saved."""
    return found.caution(entry) if found.caution else ""


def back_to_list(request: MemberRequest, found: Journal, entry: Any) -> HttpResponse:
    """After a save without htmx: the month of the entry, and what there is to say about it."""
    messages.success(request, _("Saved."))
    if caution := caution_of(found, entry):
        messages.error(request, caution)
    return see_other(request, f"{reverse('tracking:journal', args=[found.slug])}?month={entry.day:%Y-%m}")


def journal_context(request: MemberRequest, found: Journal, form: EntryForm) -> dict[str, Any]:
    """What page and form show beside the rows."""
    name = request.GET.get("range", "")
    current = name if name in charts.RANGES else charts.DEFAULT_RANGE
    ranges = range_links(reverse("tracking:journal", args=[found.slug]), current)
    return {
        "decision": access.check(request.user, found.feature),
        "links": found.links(request.user) if found.links else [],
        "journal": found,
        "form": form,
        "ranges": ranges,
        "range": current,
        "guide": [f"tracking/guides/{found.slug}.html", "tracking/guides/_none.html"],
    }


def entries_html(found: Journal, person: Person, month: str, today: date) -> str:
    """The rows of a month as the page shows them, remembered: they are most of the page's work."""

    def made() -> dict[str, str]:
        context = {"journal": found, "list": month_of_rows(found, person, month, today)}
        return {"html": render_to_string("tracking/_entries.html", context)}

    html: str = json.loads(remembered.answer(person.user, today, f"{found.slug} rows {month}", made))["html"]
    return html


def list_context(request: MemberRequest, found: Journal, entry: Any) -> dict[str, Any]:
    """The list of the month an entry belongs to."""
    return {
        "journal": found,
        "list": month_of_rows(found, Person(request.user), f"{entry.day:%Y-%m}", today_of(request)),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def entry_edit(request: MemberRequest, slug: str, pk: UUID) -> HttpResponse:
    """Edit a row in place."""
    found = journal_or_404(slug)
    entry = entry_or_404(request, found, pk)
    refuse_too_large(request)
    form = EntryForm(
        request.POST or None,
        request.FILES or None,
        journal=found,
        person=Person(request.user),
        zone=browser_zone(request),
        entry=entry,
    )
    if request.method == "POST" and form.is_valid() and (saved := form.save_edit()) is not None:
        if not wants_fragment(request):
            return back_to_list(request, found, saved)
        # The whole list: a row may have moved, and others may count (no longer) because of it.
        context = {**list_context(request, found, saved), "caution": caution_of(found, saved)}
        answer = render(request, "tracking/_entry_saved.html", context)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#entries", "outerHTML"
        return answer
    return respond(
        request,
        page="tracking/entry_edit.html",
        partial="tracking/_entry_edit.html",
        context={"journal": found, "row": present_again(found, request.user, entry), "form": form},
        status=422 if form.is_bound else 200,
    )


@login_required
@require_safe
def entry_row(request: MemberRequest, slug: str, pk: UUID) -> HttpResponse:
    """One row as it stands: what Cancel brings back."""
    found = journal_or_404(slug)
    entry = entry_or_404(request, found, pk)
    if not wants_fragment(request):
        return see_other(request, f"{reverse('tracking:journal', args=[slug])}?month={entry.day:%Y-%m}")
    row = present_again(found, request.user, entry)
    return render(request, "tracking/_entry.html", {"journal": found, "row": row})


@login_required
@require_safe
def entry_why(request: MemberRequest, slug: str, pk: UUID) -> HttpResponse:
    """Why the numbers that follow from a row are what they are."""
    found = journal_or_404(slug)
    entry = entry_or_404(request, found, pk)
    if not found.computed:
        raise Http404(slug)
    context = {"journal": found, "entry": entry, "reasons": reasons(found, entry, Person(request.user))}
    return respond(
        request, page="tracking/entry_why.html", partial="tracking/_entry_why.html", context=context
    )


@login_required
@require_POST
def entry_delete(request: MemberRequest, slug: str, pk: UUID) -> HttpResponse:
    """Delete a row; the answer offers to take it back."""
    found = journal_or_404(slug)
    entry = entry_or_404(request, found, pk, deleted=True)
    entries.delete(owner=request.user, entry=entry)
    if wants_fragment(request):
        context = {**list_context(request, found, entry), "entry": entry}
        return render(request, "tracking/_entry_deleted.html", context)
    return render(request, "tracking/entry_deleted.html", {"journal": found, "entry": entry})


@login_required
@require_POST
def entry_restore(request: MemberRequest, slug: str, pk: UUID) -> HttpResponse:
    """Take a deletion back."""
    found = journal_or_404(slug)
    entry = entries.restore(owner=request.user, entry=entry_or_404(request, found, pk, deleted=True))
    if not wants_fragment(request):
        messages.success(request, _("The entry is back."))
        return see_other(request, f"{reverse('tracking:journal', args=[slug])}?month={entry.day:%Y-%m}")
    return render(request, "tracking/_entries.html", list_context(request, found, entry))


@login_required
@require_safe
def series(request: MemberRequest, slug: str) -> HttpResponse:
    """The numbers of the journal's chart."""
    found, today = journal_or_404(slug), today_of(request)
    name = request.GET.get("range", charts.DEFAULT_RANGE)
    chart = remembered.answer(
        request.user, today, f"{slug} {name}", lambda: charts.series_json(found, request.user, name, today)
    )
    return HttpResponse(chart, content_type="application/json")


@login_required
@require_safe
def table(request: MemberRequest, slug: str) -> HttpResponse:
    """The chart's numbers as a table, for screen readers and everyone who wants to read them."""
    found = journal_or_404(slug)
    name = request.GET.get("range", charts.DEFAULT_RANGE)
    chart = charts.series_json(found, request.user, name, today_of(request))
    context = {
        "title": found.label,
        "back": reverse("tracking:journal", args=[slug]),
        "ranges": range_links(reverse("tracking:table", args=[slug]), chart["range"]),
        "sentence": chart["sentence"],
        "cautions": chart["cautions"],
        "columns": chart["series"],
        "rows": charts.table_rows(chart),
        "moment_format": "SHORT_DATETIME_FORMAT" if found.timed else "SHORT_DATE_FORMAT",
    }
    return render(request, "tracking/table.html", context)


@login_required
@require_safe
def export_csv(request: MemberRequest, slug: str) -> StreamingHttpResponse:
    """All rows of a journal as CSV."""
    found = journal_or_404(slug)
    response = StreamingHttpResponse(csv_lines(found, request.user), content_type="text/csv; charset=utf-8")
    day = today_of(request)
    response["Content-Disposition"] = f'attachment; filename="mitai-{slug}-{day.isoformat()}.csv"'
    return response
