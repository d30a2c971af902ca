"""What the numbers mean: a page of figures for each topic, and blood pressure as one page for the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from tracking.journals import registry
from tracking.journals.blood_pressure import FLAGS
from tracking.person import Person
from tracking.records import Records, Row
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


@dataclass(frozen=True, slots=True)
class Reading:
    """A line of the page for the doctor."""

    day: date
    clock: datetime
    systolic: float
    diastolic: float
    pulse: float | None
    flagged: bool
    source: str


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
        "days": PRINTED_DAYS,
        "cautions": pressure.cautions(records),
        "figures": [pressure.mean(records), *pressure.derived(records)],
        "readings": [_reading(records, row) for row in reversed(pressure.rows(records, PRINTED_DAYS))],
    }
    return render(request, "tracking/pressure_print.html", context)


def _reading(records: Records, row: Row) -> Reading:
    values = row.values
    return Reading(
        row.day,
        pressure.clock(row),
        values["systolic_mmhg"],
        values["diastolic_mmhg"],
        values["pulse_bpm"],
        any(values[flag] for flag in FLAGS),
        records.source(row),
    )
