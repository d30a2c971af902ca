"""Blood pressure: the mean that counts, its class by every table, the week of measuring, pulse pressure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from django.utils.translation import gettext_lazy as _

from mitai.core.numbers import format_number
from tracking import sentences
from tracking.analysis import blood_pressure as pressure
from tracking.analysis import interpret
from tracking.analysis.interpret import PressureState
from tracking.journals.blood_pressure import FLAGS
from tracking.records import Records, Row, once
from tracking.topics.figure import Figure, Given, Why, given, short

COLUMNS = ("systolic_mmhg", "diastolic_mmhg", "pulse_bpm", "occurred_at", "utc_offset_min", *FLAGS)
DAYS = pressure.PROTOCOL_DAYS
NOON = 12
A_TIME = 2  # readings in the morning, and again in the evening


def figures(records: Records) -> list[Figure]:
    """Everything about blood pressure that can be said."""
    return [mean(records), *classes(records), *derived(records)]


def rows(records: Records, days: int = DAYS) -> list[Row]:
    return records.rows("blood_pressure", COLUMNS, days)


def readings(records: Records) -> list[tuple[date, float, float]]:
    return [(row.day, row.values["systolic_mmhg"], row.values["diastolic_mmhg"]) for row in rows(records)]


def cautions(records: Records, days: int = DAYS) -> list[str]:
    """What a doctor should see of the last days."""
    found = rows(records, days)
    read = [(row.day, row.values["systolic_mmhg"], row.values["diastolic_mmhg"]) for row in found]
    flags = [any(row.values[flag] for flag in FLAGS) for row in found]
    return [sentences.caution_sentence(one) for one in interpret.cautions_of_week(read, flags)]


@once
def state(records: Records) -> PressureState | None:
    found = interpret.pressure_state(readings(records), records.today, records.person.profile.pressure_scheme)
    return found if isinstance(found, PressureState) else None


def mean(records: Records) -> Figure:
    """The home average, or the plain mean of the week while that takes more."""
    found = state(records)
    label = _("Mean of seven days")
    if found is None:
        return Figure("mean", label, _("No reading in the last seven days."))
    digits = found.digits
    counted = [row for row in rows(records) if found.gap is not None or row.day != rows(records)[0].day]
    return Figure(
        "mean",
        label,
        sentences.pressure_sentence(found),
        text=f"{format_number(found.mean.systolic, digits)}/{format_number(found.mean.diastolic, digits)}",
        unit="mmHg",
        word=sentences.grade_label(found.grade),
        tone="watch" if found.raised else "",
        why=Why(
            formula=_("mean of the readings of seven days, without the first day where there are enough"),
            source="ESH 2021, CHEP 2017",
            given=[
                Given(
                    _when(row), f"{row.values['systolic_mmhg']:.0f}/{row.values['diastolic_mmhg']:.0f} mmHg"
                )
                for row in counted
            ],
            days=len({row.day for row in counted}),
            first=counted[0].day,
            last=counted[-1].day,
            sources=records.sources(counted),
            note=_("Both values are ranked; the higher class counts."),
        ),
    )


def clock(row: Row) -> datetime:
    """When a reading was, at the clock of its place."""
    moment: datetime = row.values["occurred_at"]
    return moment.astimezone(timezone(timedelta(minutes=row.values["utc_offset_min"] or 0)))


def _when(row: Row) -> str:
    return f"{short(row.day)}, {clock(row):%H:%M}"


def classes(records: Records) -> list[Figure]:
    """The class of the mean by each table: they draw their lines in different places."""
    found = state(records)
    if found is None:
        return []
    value = (found.mean.systolic, found.mean.diastolic)
    graded = {table: pressure.classify(*value, table) for table in pressure.Table}
    isolated = any(grade.isolated_systolic for grade in graded.values())
    return [
        Figure(
            "classes",
            _("Class by every table"),
            _("Only the upper value is raised.") if isolated else _("Tables draw their lines differently."),
            lines=[
                Given(
                    sentences.TABLE_LABELS[table],
                    sentences.grade_label(grade),
                    str(_("yours")) if table is found.scheme.applied else "",
                )
                for table, grade in graded.items()
            ],
            why=Why(
                formula=_("systolic and diastolic are ranked by the table, the higher rank counts"),
                source=", ".join(str(label) for label in sentences.TABLE_LABELS.values()),
                given=[
                    given(_("Systolic"), value[0], "mmHg", 1),
                    given(_("Diastolic"), value[1], "mmHg", 1),
                ],
                days=found.mean.n,
                note=_(
                    "Most tables are for readings at a practice; at home 135/85\u202fmmHg is the limit. "
                    "Which table and which place are yours is said in the settings."
                ),
            ),
        )
    ]


def derived(records: Records) -> list[Figure]:
    """Pulse pressure and mean arterial pressure of the mean."""
    found = state(records)
    if found is None:
        return []
    systolic, diastolic = found.mean.systolic, found.mean.diastolic
    inputs = [given(_("Systolic"), systolic, "mmHg", 1), given(_("Diastolic"), diastolic, "mmHg", 1)]
    return [
        Figure(
            "pulse_pressure",
            _("Pulse pressure"),
            _("From 60\u202fmmHg on it is worth mentioning to a doctor."),
            value=pressure.pulse_pressure(systolic, diastolic),
            unit="mmHg",
            why=Why(formula=_("systolic − diastolic"), source=_("definition"), given=inputs),
        ),
        Figure(
            "mean_arterial",
            _("Mean arterial pressure"),
            _("What the organs get on average over a beat."),
            value=pressure.mean_arterial(systolic, diastolic),
            unit="mmHg",
            why=Why(
                formula=_("diastolic + (systolic − diastolic) / 3"), source=_("rule of thumb"), given=inputs
            ),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Day:
    """The readings of a day in words, of its morning and from noon on; `flagged`: a rhythm was."""

    day: date
    morning: str
    evening: str
    flagged: bool


def days_of(records: Records, days: int) -> list[Day]:
    """The last days with readings, newest first, each as one line: "137/85 (62)", the pulse in brackets."""
    by_day: dict[date, list[Row]] = {}
    for row in rows(records, days):
        by_day.setdefault(row.day, []).append(row)
    return [
        Day(
            day,
            " · ".join(_in_short(row) for row in found if clock(row).hour < NOON),
            " · ".join(_in_short(row) for row in found if clock(row).hour >= NOON),
            any(row.values[flag] for row in found for flag in FLAGS),
        )
        for day, found in sorted(by_day.items(), reverse=True)
    ]


def _in_short(row: Row) -> str:
    pulse = row.values["pulse_bpm"]
    text = f"{row.values['systolic_mmhg']:.0f}/{row.values['diastolic_mmhg']:.0f}"
    return text if pulse is None else f"{text} ({pulse:.0f})"


# The week of measuring --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class MeasuringDay:
    """A day of the week of measuring: how many readings its morning and evening have, of two each."""

    day: date
    morning: int
    evening: int
    counts: bool

    @property
    def complete(self) -> bool:
        return self.morning >= A_TIME and self.evening >= A_TIME


@dataclass(frozen=True, slots=True)
class MeasuringWeek:
    """The seven days to today, what is still to do today, and the result so far."""

    days: tuple[MeasuringDay, ...]
    sentence: str
    enough: bool

    @property
    def begun(self) -> bool:
        return any(day.morning or day.evening for day in self.days)


def measuring_week(records: Records, now: datetime) -> MeasuringWeek:
    """Two readings in the morning and two in the evening, for seven days; `now` at the member's clock."""
    by_day: dict[date, tuple[int, int]] = {}
    for row in rows(records):
        morning, evening = by_day.get(row.day, (0, 0))
        late = clock(row).hour >= NOON
        by_day[row.day] = (morning + (not late), evening + late)
    first = min(by_day, default=None)
    days = tuple(
        MeasuringDay(day, *by_day.get(day, (0, 0)), counts=day != first)
        for day in (records.today - timedelta(days=back) for back in reversed(range(DAYS)))
    )
    average = pressure.home_average(readings(records))
    enough = isinstance(average, pressure.Mean)
    return MeasuringWeek(days, _next_step(days[-1], now, enough), enough)


def _next_step(today: MeasuringDay, now: datetime, enough: bool) -> str:
    if now.hour < NOON and today.morning < A_TIME:
        return str(
            _("Now: %(n)d in the morning, before breakfast and medicine.") % {"n": A_TIME - today.morning}
        )
    if now.hour >= NOON and today.evening < A_TIME:
        return str(_("Still to do today: %(n)d in the evening.") % {"n": A_TIME - today.evening})
    if enough:
        return str(_("There are enough readings: the mean above is your home average."))
    return str(_("Done for now. The mean counts from three days and twelve readings after the first day on."))


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above the figures: the week of measuring, and what a doctor should see."""

    template: str
    week: MeasuringWeek
    cautions: list[str]


def above(records: Records, now: datetime) -> Above:
    """The week of measuring as it stands; `now` at the member's clock."""
    return Above("tracking/_measuring_week.html", measuring_week(records, now), cautions(records))
