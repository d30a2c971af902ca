"""Sleep: last night, the mean of the week, efficiency and phases, debt, regularity, usual times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from statistics import fmean

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking.analysis import sleep, sleep_habits
from tracking.analysis.sleep import Phase, Session
from tracking.analysis.sleep_habits import Typical
from tracking.records import Records, once
from tracking.topics.figure import Figure, Given, Why, given, short

COLUMNS = ("bed_at", "occurred_at", "utc_offset_min", "deep_min", "rem_min", "light_min", "awake_min")
DAYS = 28
WEEK_DAYS, WEEK_FEWEST = 7, 3


def figures(records: Records) -> list[Figure]:
    """Everything about sleep that can be said."""
    return [duration(records), *quality(records), *debt(records), *habits(records)]


@dataclass(frozen=True, slots=True)
class Night:
    """The main sleep of a day with its naps: time asleep in all, minutes, and the efficiency of the night."""

    day: date
    main: Session
    asleep_min: float
    naps: int
    efficiency: float | None
    estimated: bool  # whether time in bed stands for time asleep


@once
def nights(records: Records) -> list[Night]:
    """Every day with sleep, oldest first. Without phases what was spent in bed counts as slept."""
    by_day: dict[date, list[Session]] = {}
    for row in records.rows("sleep", COLUMNS, DAYS):
        by_day.setdefault(row.day, []).append(_session(row.values))
    return [_night(day, sessions) for day, sessions in sorted(by_day.items())]


def _session(values: dict[str, object]) -> Session:
    """The session at the clocks of the place where one woke up."""
    bed, wake, offset = (values[name] for name in COLUMNS[:3])
    assert isinstance(bed, datetime)
    assert isinstance(wake, datetime)
    zone = timezone(timedelta(minutes=offset if isinstance(offset, int) else 0))
    parts = [value if isinstance(value, float) else None for value in (values[name] for name in COLUMNS[3:])]
    return Session(bed.astimezone(zone), wake.astimezone(zone), *parts)


def _night(day: date, sessions: list[Session]) -> Night:
    main = sleep.main_session(sessions)
    assert main is not None
    asleep = [sleep.asleep_min(one) for one in sessions]
    return Night(
        day,
        main,
        sum(
            known if known is not None else one.in_bed_min
            for one, known in zip(sessions, asleep, strict=True)
        ),
        len(sessions) - 1,
        sleep.efficiency(main),
        estimated=None in asleep,
    )


def last_night(records: Records) -> Night | None:
    """The night to today; None where today has no sleep yet."""
    return next((night for night in nights(records) if night.day == records.today), None)


def need_h(records: Records) -> float:
    """How many hours a night are needed: what the member set as goal, else eight."""
    goal = records.goals.get("sleep")
    return float(goal.target_value) if goal else sleep_habits.NEED_H


def week(records: Records) -> list[Night]:
    return [night for night in nights(records) if (records.today - night.day).days < WEEK_DAYS]


@once
def duration(records: Records) -> Figure:
    """The mean time asleep of seven days, and what is typical of the age."""
    label = _("Sleep a night")
    found = week(records)
    if not nights(records):
        return Figure("duration", label, _("No sleep in the last weeks."))
    if len(found) < WEEK_FEWEST:
        return Figure(
            "duration",
            label,
            _("A mean needs %(need)d nights in %(days)d days; so far you have %(have)d.")
            % {"need": WEEK_FEWEST, "days": WEEK_DAYS, "have": len(found)},
        )
    hours = fmean(night.asleep_min for night in found) / 60
    age = records.person.age(records.today)
    typical = sleep_habits.duration(round(hours, 1), age) if age is not None else None  # as it is shown
    last = last_night(records)
    rows = [row for row in records.rows("sleep", COLUMNS, DAYS) if row.day >= found[0].day]
    return Figure(
        "duration",
        label,
        _typical_sentence(typical, age),
        value=hours,
        unit="h",
        digits=1,
        tone="watch" if typical is Typical.LESS else "",
        reading=_("last night %(hours)s") % {"hours": format_quantity(last.asleep_min / 60, "h", 1)}
        if last
        else "",
        why=Why(
            formula=_("mean time asleep of the last seven days, naps included"),
            source="NSF 2015",
            given=[given(short(night.day), night.asleep_min / 60, "h", 1) for night in found],
            days=len(found),
            first=found[0].day,
            last=found[-1].day,
            sources=records.sources(rows),
            note=_("Nights without phases count the time in bed.")
            if any(night.estimated for night in found)
            else "",
        ),
    )


def _typical_sentence(typical: Typical | None, age: int | None) -> str:
    limits = sleep_habits.typical_hours(age) if age is not None else None
    if typical is None or limits is None:
        return str(_("Adults usually sleep 7 to 9 hours."))
    words = {"low": format_number(limits[0], 0), "high": format_quantity(limits[1], "h", 0)}
    return str(
        {
            Typical.LESS: _("That is less than the %(low)s to %(high)s that are usual at your age."),
            Typical.WITHIN: _("Within the %(low)s to %(high)s that are usual at your age."),
            Typical.MORE: _("That is more than the %(low)s to %(high)s that are usual at your age."),
        }[typical]
        % words
    )


def quality(records: Records) -> list[Figure]:
    """Efficiency and phases of the week's nights."""
    found = []
    effective = [(night.day, night.efficiency) for night in week(records) if night.efficiency is not None]
    if effective:
        value = fmean(percent for _day, percent in effective)
        good = value >= sleep_habits.EFFICIENCY_GOOD
        found.append(
            Figure(
                "efficiency",
                _("Efficiency"),
                _("From 85 % of the time in bed on it is usually called good."),
                value=value,
                unit="%",
                tone="" if good else "watch",
                why=Why(
                    formula=_("time asleep / time in bed, mean of the week's nights"),
                    source="NSF 2017",
                    given=[given(short(day), percent, "%", 0) for day, percent in effective],
                    days=len(effective),
                ),
            )
        )
    shares = [shares for night in week(records) if (shares := sleep.phase_shares(night.main))]
    if shares:
        words = ((Phase.DEEP, _("deep")), (Phase.REM, _("REM")), (Phase.LIGHT, _("light")))
        lines = [
            Given(word, format_quantity(fmean(one[phase] for one in shares), "%", 0)) for phase, word in words
        ]
        found.append(
            Figure(
                "phases",
                _("Phases"),
                _("Usual for adults: deep 13 to 23 %, REM 20 to 25 %. Watches estimate them."),
                lines=lines,
                why=Why(
                    formula=_("minutes of a phase / time asleep, mean of the week's nights"),
                    source=_("textbook values of sleep medicine"),
                    days=len(shares),
                ),
            )
        )
    return found


def debt(records: Records) -> list[Figure]:
    """What is owed after fourteen nights."""
    by_day = {night.day: night.asleep_min / 60 for night in nights(records)}
    days = [records.today - timedelta(days=back) for back in reversed(range(sleep_habits.DEBT_NIGHTS))]
    need = need_h(records)
    found = sleep_habits.debt([by_day.get(day) for day in days], need)
    if found is None:
        return []
    return [
        Figure(
            "debt",
            _("Sleep debt"),
            ngettext(
                "From one night of 14 against %(need)s a night.",
                "From %(n)d nights of 14 against %(need)s a night.",
                found.nights,
            )
            % {"n": found.nights, "need": format_quantity(need, "h", 1)},
            value=found.hours,
            unit="h",
            digits=1,
            why=Why(
                formula=_("debt + need − slept, night by night, never below zero"),
                source=_("own rule"),
                given=[
                    given(_("Need"), need, "h", 1),
                    *(given(short(day), by_day[day], "h", 1) for day in days if day in by_day),
                ],
                days=found.nights,
                first=days[0],
                last=days[-1],
                note=_("Nights without an entry change nothing."),
            ),
        )
    ]


def habits(records: Records) -> list[Figure]:
    """Regularity, and when one usually goes to bed and wakes up."""
    known = nights(records)
    spans = [
        (one.bed, one.wake) for row in records.rows("sleep", COLUMNS, DAYS) for one in (_session(row.values),)
    ]
    found = []
    index = sleep_habits.regularity(spans)
    if index is not None:
        found.append(
            Figure(
                "regularity",
                _("Regularity"),
                _("100 is every day by the same clock. Regular sleep goes with better health."),
                value=index,
                reading=_("of 100"),
                why=Why(
                    formula=_("minutes in which you sleep or wake as a day before, as −100 to 100"),
                    source="Phillips 2017 (SRI)",
                    days=len(known),
                    first=known[0].day,
                    last=known[-1].day,
                    note=_("From bed to wake counts as sleep, by the clock of the place."),
                ),
            )
        )
    beds = sleep_habits.usual_time([_minute(night.main.bed) for night in known])
    wakes = sleep_habits.usual_time([_minute(night.main.wake) for night in known])
    if beds and wakes:
        found.append(
            Figure(
                "times",
                _("Usual times"),
                _("They vary by %(bed)s minutes in the evening and %(wake)s in the morning.")
                % {"bed": format_number(beds.spread_min, 0), "wake": format_number(wakes.spread_min, 0)},
                text=f"{_clock(beds.minute)} – {_clock(wakes.minute)}",
                why=Why(
                    formula=_("mean on the circle of the clock, and the deviation from it"),
                    source="Mardia 1972",
                    given=[Given(_("Nights"), str(beds.n))],
                    days=beds.n,
                    first=known[0].day,
                    last=known[-1].day,
                ),
            )
        )
    return found


def _minute(moment: datetime) -> float:
    return moment.hour * 60 + moment.minute


def _clock(minute: float) -> str:
    whole = round(minute) % 1440
    return f"{whole // 60:02d}:{whole % 60:02d}"
