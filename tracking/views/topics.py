"""What the numbers mean: a page of figures for each topic, and blood pressure as one page for the doctor."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from tracking.journals import registry
from tracking.person import Person
from tracking.records import Records
from tracking.times import browser_zone, today_of
from tracking.topics import TOPICS, pressure

PRINTED_DAYS = 28


@login_required
@require_safe
def topic(request: MemberRequest, slug: str) -> HttpResponse:
    """The figures of a topic, each with its sentence and why it is this number."""
    found = TOPICS.get(slug)
    if found is None:
        raise Http404
    records = Records(Person(request.user), today_of(request))
    now = timezone.now().astimezone(browser_zone(request))
    context = {
        "topic": found,
        "topics": TOPICS.values(),
        "figures": found.figures(records),
        "journals": [registry()[slug] for slug in found.journals],
        "above": found.above(records, now) if found.above else None,
    }
    return render(request, "tracking/topic.html", context)


@login_required
@require_safe
def pressure_print(request: MemberRequest) -> HttpResponse:
    """Mean, class and readings of four weeks on one page."""
    person = Person(request.user)
    records = Records(person, today_of(request))
    context = {
        "person": request.user,
        "born": person.profile.birth_date,
        "today": records.today,
        "printed": PRINTED_DAYS,
        "cautions": pressure.cautions(records, PRINTED_DAYS),
        "figures": [pressure.mean(records), *pressure.classes(records), *pressure.derived(records)],
        "days": pressure.days_of(records, PRINTED_DAYS),
        "sources": records.sources(pressure.rows(records, PRINTED_DAYS)),
    }
    return render(request, "tracking/pressure_print.html", context)
