"""The course of things: several series together, two periods beside each other, connections, reports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from tracking import charts, exploring, remembered
from tracking import history as course
from tracking import report as reports
from tracking.capture import chosen_journals
from tracking.exports.csv import BOM
from tracking.history import BEFORE, YEAR, Line, Wanted
from tracking.journals.base import Journal
from tracking.person import Person
from tracking.times import today_of
from tracking.topics import TOPICS

FIRST_DAY = date(1900, 1, 1)


@login_required
@require_safe
def history(request: MemberRequest) -> HttpResponse:
    """One chart of what the member chooses, over one range, if wanted beside another period."""
    want, person = course.wanted(request.GET), Person(request.user)
    context = {
        "want": want,
        "most": course.MOST_LINES,
        "groups": _groups(person, list(course.lines().values())),
        "ranges": range_choices(want),
        "besides": beside_choices(want),
        "topics": TOPICS.values(),
    }
    return render(request, "tracking/history.html", context)


def _groups(person: Person, offered: Sequence[Line]) -> list[tuple[Journal, list[Line]]]:
    """The lines of the journals the member records."""
    groups = [
        (journal, [line for line in offered if line.journal is journal])
        for journal in chosen_journals(person.profile)
    ]
    return [(journal, group) for journal, group in groups if group]


def _address(want: Wanted, **changed: str) -> str:
    asked = Wanted(want.lines, changed.get("range", want.range), changed.get("beside", want.beside))
    return f"{reverse('tracking:history')}?{asked.query}"


def range_choices(want: Wanted) -> list[dict[str, object]]:
    """One link a range, for the segmented component."""
    return [
        {
            "label": _("All") if days is None else str(days),
            "url": _address(want, range=name),
            "current": name == want.range,
        }
        for name, days in charts.RANGES.items()
    ]


def beside_choices(want: Wanted) -> list[dict[str, object]]:
    """One link a period beside; none where all time is shown."""
    if want.days is None:
        return []
    labels = {"": _("alone"), BEFORE: _("period before"), YEAR: _("year before")}
    return [
        {"label": label, "url": _address(want, beside=name), "current": name == want.beside}
        for name, label in labels.items()
    ]


@login_required
@require_safe
def history_series(request: MemberRequest) -> HttpResponse:
    """The numbers of the chart."""
    want, today = course.wanted(request.GET), today_of(request)
    chart = remembered.answer(
        request.user, today, want.query, lambda: course.chart_json(Person(request.user), want, today)
    )
    return HttpResponse(chart, content_type="application/json")


@login_required
@require_safe
def history_table(request: MemberRequest) -> HttpResponse:
    """The same as a table."""
    want = course.wanted(request.GET)
    chart = course.chart_json(Person(request.user), want, today_of(request), whole=True)
    context = {
        "title": _("History"),
        "back": _address(want),
        "columns": chart["series"],
        "rows": charts.table_rows(chart),
        "sentence": chart["sentence"],
        "moment_format": "SHORT_DATE_FORMAT",
    }
    return render(request, "tracking/table.html", context)


@login_required
@require_safe
def history_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Every day with a value, nothing thinned: stored units, decimal point, keys as header; another
    period lies over the first.
    """
    want, today = course.wanted(request.GET), today_of(request)
    seen = course.picture(Person(request.user), want, today)
    by = timedelta(days=seen.shift)
    values = dict(seen.now)
    for key, series in seen.beside.items():
        values[f"{key}.beside"] = {day + by: value for day, value in series.items()}
    response = StreamingHttpResponse(_csv_lines(values), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="history.csv"'
    return response


def _csv_lines(values: dict[str, dict[date, float]]) -> Iterator[str]:
    yield BOM + _csv_line(["day", *values])
    for day in sorted({day for series in values.values() for day in series}):
        numbers = (series.get(day) for series in values.values())
        yield _csv_line([day.isoformat(), *("" if one is None else f"{one:.3f}" for one in numbers)])


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


@login_required
@require_safe
def connections(request: MemberRequest) -> HttpResponse:
    """Which series go together, over all questions at once."""
    person = Person(request.user)
    found = exploring.exploration(person, request.GET, today_of(request))
    context = {
        "found": found,
        "days": [
            {"label": name, "url": f"?days={name}{_keys(found)}", "current": name == found.days}
            for name in exploring.DAYS
        ],
        "groups": _groups(person, [line for line in course.lines().values() if not line.trend]),
        "most": exploring.MOST_SERIES,
        "topics": TOPICS.values(),
    }
    return render(request, "tracking/connections.html", context)


def _keys(found: exploring.Exploration) -> str:
    return "".join(f"&s={line.key}" for line in found.lines)


@login_required
@require_safe
def report(request: MemberRequest) -> HttpResponse:
    """The report of a week or a month, fit to be printed."""
    today = today_of(request)
    kind: reports.Kind = "month" if request.GET.get("period") == "month" else "week"
    found = reports.report(Person(request.user), kind, _day(request.GET.get("of", ""), today), today)
    address = reverse("tracking:report")
    kinds = [("week", _("Week")), ("month", _("Month"))]
    context = {
        "report": found,
        "address": f"{address}?period={kind}&of=",
        "kinds": [
            {"label": label, "url": f"{address}?period={name}&of={found.period.end}", "current": name == kind}
            for name, label in kinds
        ],
        "topics": TOPICS.values(),
    }
    return render(request, "tracking/report.html", context)


def _day(text: str, today: date) -> date:
    """The day an address names, today for anything else; nothing was recorded before 1900."""
    try:
        return max(date.fromisoformat(text), FIRST_DAY)
    except ValueError:
        return today
