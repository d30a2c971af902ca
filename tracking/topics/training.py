"""Training: load of the week, monotony, strain, load ratio, form, impulse, zones and records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import fsum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking.analysis import heart, load
from tracking.analysis.load import Span
from tracking.analysis.session import session_load
from tracking.records import Records, Row, once
from tracking.topics.bests import best, strongest
from tracking.topics.figure import Figure, Given, Why, given, short
from tracking.topics.vitals import resting_pulse
from tracking.training import Category

LOAD = ("rpe", "duration_min", "hr_avg_bpm", "hr_histogram")
LOAD_DAYS = 5 * load.FITNESS_DAYS  # what came before has faded to less than a hundredth
MOST_UNKNOWN = 0.25  # own rule: with more trainings of unknown load their days would look like rest


def figures(records: Records) -> list[Figure]:
    """Everything about training that can be said."""
    return [
        week_load(records),
        *ratio(records),
        *habits(records),
        *rest(records),
        *by_heart(records),
        *strongest(records),
        *best(records),
    ]


def sessions(records: Records) -> list[Row]:
    return records.rows("activity", LOAD, LOAD_DAYS)


@once
def loaded(records: Records) -> list[tuple[Row, float]]:
    """The sessions whose load is known: effort and minutes were recorded."""
    return [
        (row, session_load(row.values["rpe"], row.values["duration_min"]))
        for row in sessions(records)
        if row.values["rpe"] is not None and row.values["duration_min"] is not None
    ]


@once
def ratio_of(records: Records) -> load.LoadRatio | None:
    """The load ratio; None where more than a quarter of the month's trainings have no known load."""
    month = [row for row in sessions(records) if (records.today - row.day).days < load.MONTH_DAYS]
    known = sum((records.today - row.day).days < load.MONTH_DAYS for row, _value in loaded(records))
    if len(month) - known > MOST_UNKNOWN * len(month):
        return None
    return load.load_ratio(daily(records))


@once
def daily(records: Records) -> list[float]:
    """The load of every day from the first with a session in the window to today; empty without one."""
    found = [(row.day, value) for row, value in loaded(records)]
    return load.daily_loads(found, found[0][0], records.today) if found else []


def last_week(records: Records) -> list[float]:
    """The load of the last seven days."""
    first = records.today - timedelta(days=load.WEEK_DAYS - 1)
    return load.daily_loads(
        [(row.day, value) for row, value in loaded(records) if row.day >= first], first, records.today
    )


def _product(rpe: float, minutes: float, value: float) -> str:
    return f"{format_number(rpe, 1)} · {format_number(minutes, 0)} = {format_number(value, 0)}"


SPAN_WORDS = {
    Span.LESS: _("less than usual"),
    Span.USUAL: _("as usual"),
    Span.MORE: _("more than usual"),
    Span.MUCH_MORE: _("much more than usual"),
}


def week_load(records: Records) -> Figure:
    """The load of the last seven days, and where it lies to the month."""
    label = _("Load of seven days")
    if not sessions(records):
        return Figure("week_load", label, _("No training in the last weeks."))
    if not loaded(records):
        return Figure("week_load", label, _("The load needs minutes and effort (RPE)."))
    loads = last_week(records)
    total = fsum(loads)
    found = ratio_of(records)
    first = records.today - timedelta(days=load.WEEK_DAYS - 1)
    rows = [(row, value) for row, value in loaded(records) if row.day >= first]
    if not rows and any(row.day >= first for row in sessions(records)):
        return Figure("week_load", label, _("These trainings have no effort (RPE): no load is known."))
    return Figure(
        "week_load",
        label,
        ratio_sentence(found),
        value=total,
        word=SPAN_WORDS[found.span] if found else "",
        reading=ngettext("%(n)d training", "%(n)d trainings", len(rows)) % {"n": len(rows)},
        why=Why(
            formula=_("effort (RPE, 0 to 10) · minutes, summed over the last seven days"),
            source="Foster 2001",
            given=[
                Given(
                    short(row.day),
                    _product(row.values["rpe"], row.values["duration_min"], value),
                    records.source(row),
                )
                for row, value in rows
            ],
            days=len({row.day for row, _value in rows}),
            first=first,
            last=records.today,
            note=_("Trainings without effort or minutes are not counted: %(n)d.")
            % {"n": sum(row.day >= first for row in sessions(records)) - len(rows)},
        ),
    )


def ratio_sentence(found: load.LoadRatio | None) -> str:
    if found is None:
        return str(_("A comparison needs four weeks with some training and its effort (RPE)."))
    words = {"ratio": format_number(found.coupled, 2), "word": SPAN_WORDS[found.span]}
    return str(_("A day of this week is %(ratio)s times a day of the last four weeks: %(word)s.") % words)


def ratio(records: Records) -> list[Figure]:
    """The week against the month, in its three usual forms."""
    found = ratio_of(records)
    if found is None:
        return []
    uncoupled = "–" if found.uncoupled is None else format_number(found.uncoupled, 2)
    return [
        Figure(
            "load_ratio",
            _("Load ratio"),
            ratio_sentence(found),
            value=found.coupled,
            digits=2,
            word=SPAN_WORDS[found.span],
            why=Why(
                formula=_("mean load of 7 days / mean load of 28 days"),
                source="Gabbett 2016; Williams 2017",
                given=[
                    given(_("Mean of 7 days"), found.acute, "", 1),
                    given(_("Mean of 28 days"), found.chronic, "", 1),
                    Given(_("Against the three weeks before"), uncoupled),
                    given(_("Exponentially weighted"), found.smoothed, "", 2),
                ],
                days=load.MONTH_DAYS,
                last=records.today,
                note=_(
                    "It compares your weeks. What it says about injuries is disputed, so nothing is said."
                ),
            ),
        )
    ]


def habits(records: Records) -> list[Figure]:
    """Monotony and strain of the week, fitness and fatigue."""
    return [*_of_the_week(records), _form(records)] if loaded(records) else []


def _of_the_week(records: Records) -> list[Figure]:
    loads = last_week(records)
    week = load.week(loads)
    if week.monotony is None or week.strain is None:
        return []
    high = week.monotony > load.MONOTONY_HIGH
    inputs = [
        Given(short(records.today - timedelta(days=back)), format_number(loads[-1 - back], 0))
        for back in range(load.WEEK_DAYS)
    ]
    return [
        Figure(
            "monotony",
            _("Monotony"),
            _("Hard and easy days in turn keep it below %(good)s; above %(high)s days are much alike.")
            % {
                "good": format_number(load.MONOTONY_GOOD, 1),
                "high": format_number(load.MONOTONY_HIGH, 1),
            },
            value=week.monotony,
            digits=2,
            word=_("high") if high else "",
            tone="watch" if high else "",
            why=Why(
                formula=_("mean of the seven daily loads / their standard deviation, 10 at most"),
                source="Foster 1998",
                given=inputs,
                days=load.WEEK_DAYS,
            ),
        ),
        Figure(
            "strain",
            _("Strain"),
            _("Much load on days that are alike strains the most."),
            value=week.strain,
            why=Why(
                formula=_("load of the week · monotony"),
                source="Foster 1998",
                given=[given(_("Load"), week.total, "", 0), given(_("Monotony"), week.monotony, "", 2)],
                days=load.WEEK_DAYS,
            ),
        ),
    ]


def _form(records: Records) -> Figure:
    form = load.form(daily(records))
    return Figure(
        "form",
        _("Form"),
        _("Fitness %(fitness)s, fatigue %(fatigue)s: below zero after hard days, above after easy ones.")
        % {"fitness": format_number(form.fitness, 0), "fatigue": format_number(form.fatigue, 0)},
        value=form.balance,
        signed=True,
        why=Why(
            formula=_("fitness (mean over 42 days) − fatigue (mean over 7 days), exponentially weighted"),
            source="Banister 1975",
            given=[given(_("Fitness"), form.fitness, "", 1), given(_("Fatigue"), form.fatigue, "", 1)],
            days=len(daily(records)),
            last=records.today,
            note=_("It begins at nothing 210 days ago."),
        ),
    )


# Which kind of training a category is, of those that days of rest name.
KINDS = {
    Category.STRENGTH: "strength",
    Category.CARDIO: "cardio",
    Category.HIIT: "cardio",
    Category.MARTIAL_ARTS: "cardio",
}


KIND_LABELS = {"strength": Category.STRENGTH.label, "cardio": Category.CARDIO.label}


def rest(records: Records) -> list[Figure]:
    """How many of the days of rest of four weeks were kept."""
    rows = records.rows("rest_day", ("strength", "cardio"), load.MONTH_DAYS)
    if not rows:
        return []
    trained = records.rows("activity", ("training_type__category",), load.MONTH_DAYS)
    kinds = [(row.day, KINDS.get(row.values["training_type__category"], "")) for row in trained]
    rested = {row.day: [name for name in ("strength", "cardio") if row.values[name]] for row in rows}
    found = load.rest_kept(rested, kinds)
    return [
        Figure(
            "rest",
            _("Days of rest kept"),
            _("A day of rest is kept without a training of what it rests from."),
            text=f"{found.kept}/{found.days}",
            reading=_("in 28 days"),
            why=Why(
                formula=_("days of rest without such a training / days of rest"),
                source=_("own rule"),
                given=[
                    Given(
                        short(row.day), ", ".join(str(KIND_LABELS[name]) for name in rested[row.day]) or "–"
                    )
                    for row in rows
                ],
                days=found.days,
                first=rows[0].day,
                last=rows[-1].day,
                sources=records.sources(rows),
            ),
        )
    ]


# By heart rate ----------------------------------------------------------------------------------------------
def by_heart(records: Records) -> list[Figure]:
    """Minutes in the zones and impulse of the last seven days."""
    first = records.today - timedelta(days=load.WEEK_DAYS - 1)
    rows = [row for row in sessions(records) if row.day >= first]
    highest = records.person.hr_max(records.today)
    if highest is None or not rows:
        return []
    return [*_zones(records, rows, highest), *_impulse(records, rows, highest)]


def _zones(records: Records, rows: Sequence[Row], highest: float) -> list[Figure]:
    bounds = heart.zones(highest)
    measured = [row for row in rows if row.values["hr_histogram"]]
    if not measured:
        return []
    minutes = [0.0] * (heart.ZONES + 1)
    for row in measured:
        histogram = {int(low): seconds for low, seconds in row.values["hr_histogram"].items()}
        minutes = [sum(pair) for pair in zip(minutes, heart.minutes_in_zones(histogram, bounds), strict=True)]
    lines = [
        Given(_("Zone %(n)d") % {"n": zone}, format_quantity(value, "min", 0))
        for zone, value in enumerate(minutes[1:], start=1)
    ]
    limits = ", ".join(format_number(bound, 0) for bound in bounds)
    return [
        Figure(
            "zones",
            _("Minutes in zones"),
            _("Impulse after Edwards: %(impulse)s.")
            % {"impulse": format_number(heart.trimp_edwards(minutes[1:]), 0)},
            lines=lines,
            why=Why(
                formula=_("zones from 50, 60, 70, 80 and 90 % of the highest heart rate"),
                source="Edwards 1993",
                given=[
                    given(_("Highest heart rate"), highest, "bpm", 0),
                    Given(_("Limits"), limits),
                    given(_("Below the zones"), minutes[0], "min", 0),
                ],
                days=len({row.day for row in measured}),
            ),
        )
    ]


def _impulse(records: Records, rows: Sequence[Row], highest: float) -> list[Figure]:
    sex, rest = records.person.sex, resting_pulse(records)
    measured = [
        row for row in rows if row.values["hr_avg_bpm"] is not None and row.values["duration_min"] is not None
    ]
    if sex is None or rest is None or not measured or rest >= highest:
        return []
    impulses = [
        heart.trimp_banister(row.values["duration_min"], row.values["hr_avg_bpm"], rest, highest, sex)
        for row in measured
    ]
    return [
        Figure(
            "trimp",
            _("Impulse of seven days (TRIMP)"),
            _("From the mean heart rate of each training between rest and highest."),
            value=fsum(impulses),
            why=Why(
                formula=_("minutes · x · a · e^(b·x), x the share of the heart rate reserve"),
                source="Banister 1991",
                given=[
                    given(_("Resting heart rate"), rest, "bpm", 0),
                    given(_("Highest heart rate"), highest, "bpm", 0),
                    *(
                        Given(short(row.day), format_number(impulse, 0), records.source(row))
                        for row, impulse in zip(measured, impulses, strict=True)
                    ),
                ],
                days=len({row.day for row in measured}),
            ),
        )
    ]
