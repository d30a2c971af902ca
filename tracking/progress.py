"""How far a goal is: where it began, where it stands, when it is reached, and what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis import composition, sleep_habits, weight
from tracking.analysis.weight import Forecast, NoForecast, Rate, Target
from tracking.goals import Goal, GoalKind, Way
from tracking.journals.circumference import POINTS
from tracking.measures import Text
from tracking.records import Records, points
from tracking.topics import fat, pressure, sleep, weighing
from tracking.topics.figure import Figure, Given, Why, given, short

if TYPE_CHECKING:
    from tracking.analysis.weight import Points

WEEK_DAYS, WEEK_FEWEST = 7, 3
REACH_DAYS = 400  # how far back the beginning of a goal is looked for
BEGUN_WITHIN_DAYS = 30
SELDOM = (composition.CHANGE_DAYS, composition.CHANGE_FEWEST)
OFTEN = (weight.RATE_DAYS, weight.FEWEST_VALUES)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the measure of a goal stands: its value, what it rests on, of levels the values behind it."""

    value: float | None
    why: Why
    points: Points = ()
    second: float | None = None
    window: tuple[int, int] = SELDOM


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal as its card shows it; `share` is the way gone in per cent, None where nobody can say."""

    goal: Goal
    kind: GoalKind
    target: str
    figure: Figure
    begun: str
    share: float | None
    sentence: str
    warnings: Sequence[str]
    due: date | None

    @property
    def percent(self) -> int | None:
        """The share in whole per cent; what is not all of it is never shown as all."""
        return None if self.share is None else int(self.share)


def view(goal: Goal, records: Records) -> GoalView:
    """How far a goal is on the day of the records."""
    kind = goal.declared
    standing = STANDINGS[kind.slug](records)
    reach = kind.way is Way.REACH
    begun = _begun(goal, standing.points, records) if reach else None
    target = Target(float(goal.target_value), begun)
    line = weight.rate(standing.points, records.today, *standing.window) if reach else None
    level = line.level if line else standing.value
    share, aim = _share(goal, standing, begun), written(kind, goal.target_value, goal.second_value)
    start = "" if begun is None else _amount(kind, begun)
    return GoalView(
        goal=goal,
        kind=kind,
        target=aim,
        figure=_with_share(_figure(kind, standing), goal, share, aim, start),
        begun=start,
        share=share,
        sentence=_reach_sentence(goal, kind, target, line, level, records)
        if reach
        else _mean_sentence(goal, kind, standing),
        warnings=_warnings(goal, records, line, level),
        due=goal.due_on,
    )


def views(records: Records) -> list[GoalView]:
    """All open goals of the member."""
    return [view(goal, records) for goal in records.goals.values()]


def written(kind: GoalKind, target: object, second: object) -> str:
    """The value to reach in words: "78,0 kg", "130/80 mmHg"."""
    text = _amount(kind, float(target))  # type: ignore[arg-type]
    if second is None:
        return text
    return f"{float(target):.0f}/{float(second):.0f}\u202fmmHg"  # type: ignore[arg-type]


def _amount(kind: GoalKind, value: float) -> str:
    return format_quantity(value, kind.measure.unit, kind.measure.digits)


def _figure(kind: GoalKind, standing: Standing) -> Figure:
    label = _("Now")
    if standing.value is None:
        return Figure("now", label, _("Nothing recorded of late."))
    if standing.second is not None:
        text = f"{standing.value:.0f}/{standing.second:.0f}"
        return Figure("now", label, "", text=text, unit="mmHg", reading=kind.per, why=standing.why)
    return Figure(
        "now",
        label,
        "",
        value=standing.value,
        unit=kind.measure.unit,
        digits=kind.measure.digits or (1 if kind.slug == "training" else 0),
        reading=kind.per or (short(standing.why.last) if standing.why.last else ""),
        why=standing.why,
    )


SHARES: dict[Way, Text] = {
    Way.REACH: _("(begun at − now) / (begun at − goal)"),
    Way.AT_LEAST: _("now / goal, 100\u202f% at most"),
    Way.AT_MOST: _("100\u202f% while no value is above its goal"),
}


def _with_share(figure: Figure, goal: Goal, share: float | None, aim: str, begun: str) -> Figure:
    """The figure whose drawer tells of the way gone as well."""
    if share is None or figure.why is None:
        return figure
    start = [Given(_("Begun at"), begun)] if begun else []
    gone = Given(_("Way gone"), format_quantity(share, "%", 1), str(SHARES[goal.declared.way]))
    return replace(
        figure, why=replace(figure.why, given=[*figure.why.given, Given(_("Goal"), aim), *start, gone])
    )


def _begun(goal: Goal, values: Points, records: Records) -> float | None:
    """The last value up to the day the goal was set, else the first of the month after it."""
    if goal.kind == "weight":
        return None if records.target is None else records.target.start
    day = goal.created_at.astimezone(records.user.zone).date()
    before = [value for on, value in values if on <= day]
    after = [value for on, value in values if 0 < (on - day).days <= BEGUN_WITHIN_DAYS]
    return before[-1] if before else after[0] if after else None


def _share(goal: Goal, standing: Standing, begun: float | None) -> float | None:
    """The way gone, 0 to 100."""
    value, target = standing.value, float(goal.target_value)
    if value is None:
        return None
    way = goal.declared.way
    if way is Way.AT_LEAST:
        return min(100.0, 100 * value / target)
    if way is Way.AT_MOST:
        return 100.0 if _held(goal, standing) else None
    if begun is None:
        return None
    if begun == target:  # to be held
        return 100.0 if Target(target).reached_at(value) else 0.0
    return min(100.0, max(0.0, 100 * (begun - value) / (begun - target)))


def _held(goal: Goal, standing: Standing) -> bool:
    """Whether both values of a pair stay below their goals."""
    second = goal.second_value is None or round(standing.second or 0) <= goal.second_value
    return standing.value is not None and round(standing.value) <= goal.target_value and second


# Sentences --------------------------------------------------------------------------------------------------
def _reach_sentence(
    goal: Goal, kind: GoalKind, target: Target, line: Rate | None, level: float | None, records: Records
) -> str:
    outcome = weight.forecast(line, target)
    if (
        outcome is NoForecast.REACHED
        and kind.slug == "weight"
        and not weighing.trend_reached(records, target)
    ):
        return weighing.almost_reached()
    if outcome is NoForecast.NO_TREND and level is not None and target.reached_at(level):
        outcome = NoForecast.REACHED
    due = goal.due_on
    if due is None or level is None or outcome is NoForecast.REACHED:
        return sentences.forecast_sentence(outcome)
    needed = weight.needed_rate(level, target.value, records.today, due)
    if needed is None:
        if due == records.today:
            return str(_("Today is the day, and the goal is not reached yet."))
        return str(_("The day you wanted it by is over, and the goal is not reached yet."))
    if isinstance(outcome, Forecast) and outcome.day <= due:
        return sentences.forecast_sentence(outcome)
    if line is None or _might_do(line, needed):
        words = {"due": short(due), "needed": format_quantity(needed, kind.measure.unit, 2, signed=True)}
        return str(_("By %(due)s it takes %(needed)s a week; whether that works cannot be said yet.") % words)
    words = {
        "due": short(due),
        "needed": format_quantity(needed, kind.measure.unit, 2, signed=True),
        "now": format_quantity(7 * line.slope, kind.measure.unit, 2, signed=True),
    }
    return str(
        _("Not like this by %(due)s: it takes %(needed)s a week, at the moment it is %(now)s.") % words
    )


def _might_do(line: Rate, needed: float) -> bool:
    """Whether the needed rate lies within what the present one may be, or is less."""
    return line.high >= needed if needed > 0 else line.low <= needed


def _mean_sentence(goal: Goal, kind: GoalKind, standing: Standing) -> str:
    if standing.value is None and kind.way is Way.AT_MOST:
        return str(_("No reading in the last seven days."))
    if standing.value is None:
        return str(_("A mean needs %(need)d days of the last seven.") % {"need": WEEK_FEWEST})
    if kind.way is Way.AT_MOST:
        if _held(goal, standing):
            return str(_("Both values stay at or below your goal."))
        return str(_("At least one of the two values is above your goal."))
    digits = 0 if kind.slug == "steps" else 1
    missing = round(float(goal.target_value) - standing.value, digits)
    if missing <= 0:
        return str(_("You are at or above your goal."))
    words = {"missing": format_quantity(missing, kind.measure.unit, digits), "per": kind.per}
    if kind.slug == "training":
        return str(_("%(missing)s trainings a week are missing.") % words)
    return str(_("%(missing)s %(per)s are missing.") % words)


def _warnings(goal: Goal, records: Records, line: Rate | None, level: float | None) -> list[str]:
    """What speaks against a goal: too low a weight or body fat, too fast a way."""
    sex = records.person.sex
    if goal.kind == "body_fat" and sex and float(goal.target_value) < composition.FAT_BOUNDS[sex][1]:
        return [
            str(_("This goal is at or below the fat a body cannot do without. Please choose a higher one."))
        ]
    if goal.kind == "sleep" and float(goal.target_value) < sleep_habits.LEAST_H:
        words = {"least": format_quantity(sleep_habits.LEAST_H, "h", 0)}
        return [str(_("Adults need %(least)s or more (NSF 2015). Please choose a longer night.") % words)]
    if goal.kind != "weight":
        return []
    found: list[Promise | str] = []
    height, target = records.person.height_cm, float(goal.target_value)
    if height is not None and weight.bmi(target, height) < weight.LEAST_BMI:
        found.append(
            _("This goal is underweight for your height (BMI below %(bmi)s, WHO).")
            % {"bmi": format_quantity(weight.LEAST_BMI, "", 1)}
        )
    if level is None:
        return [str(one) for one in found]
    most = format_quantity(weight.FASTEST_LOSS_SHARE * level, "kg", 1)
    needed = weight.needed_rate(level, target, records.today, goal.due_on) if goal.due_on else None
    if needed is not None and weight.loses_too_fast(needed, level):
        found.append(
            _("The day is too close: more than %(most)s a week, a hundredth of your weight, is not healthy.")
            % {"most": most}
        )
    gain = {"gain": format_quantity(weight.FASTEST_GAIN_SHARE * level, "kg", 1)}
    thin = height is not None and weight.bmi(level, height) < weight.LEAST_BMI  # they may have to
    if needed is not None and weight.gains_too_fast(needed, level) and not thin:
        found.append(_("The day is too close: of more than %(gain)s a week most is fat (Iraki 2019).") % gain)
    if line is not None and weight.gains_too_fast(7 * line.slope, level) and not thin:
        found.append(
            _("You are gaining more than %(gain)s a week: beyond it most is fat (Iraki 2019).") % gain
        )
    if line is not None and weight.loses_too_fast(7 * line.slope, level):
        found.append(
            _("You are losing more than %(most)s a week, a hundredth of your weight. Please eat more.")
            % {"most": most}
        )
    return [str(one) for one in found]


# Where each kind stands -------------------------------------------------------------------------------------
def _weight(records: Records) -> Standing:
    values = points(records.rows("weight", ("weight_kg",), REACH_DAYS), "weight_kg")
    figure = weighing.trend(records)
    return Standing(figure.value, figure.why or Why("", ""), values, window=OFTEN)


def _fat(records: Records) -> Standing:
    """Body fat by the way it was measured last, folds before tape before scale."""
    newest = fat.newest_fat(records)
    if newest is None:
        return Standing(None, Why("", ""))
    day, value, way = newest
    why = Why(
        formula=_("as measured last"),
        source=fat.SOURCES[way],
        given=[given(fat.WAY_WORDS[way], value, "%", 1, day=day)],
        last=day,
    )
    window = OFTEN if way is composition.Way.SCALE else SELDOM
    return Standing(value, why, fat.fat_points(records, way, REACH_DAYS), window=window)


def _girth(column: str) -> Callable[[Records], Standing]:
    def standing(records: Records) -> Standing:
        rows = [
            row for row in records.rows("circumference", POINTS, REACH_DAYS) if row.values[column] is not None
        ]
        values = points(rows, column)
        if not values or (records.today - values[-1][0]).days >= composition.CHANGE_DAYS:
            return Standing(None, Why("", ""), values)
        day, value = values[-1]
        why = Why(
            formula=_("as measured last"),
            source=_("the tape"),
            given=[given(_("Girth"), value, "cm", 1, day=day, origin=records.source(rows[-1]))],
            days=len(values),
            first=values[0][0],
            last=day,
            sources=records.sources(rows),
        )
        return Standing(value, why, values)

    return standing


def _pressure(records: Records) -> Standing:
    state, figure = pressure.state(records), pressure.mean(records)
    if state is None:
        return Standing(None, Why("", ""))
    return Standing(state.mean.systolic, figure.why or Why("", ""), second=state.mean.diastolic)


def _steps(records: Records) -> Standing:
    """The mean of the last seven days before today that have steps: today is not over."""
    rows = [
        row
        for row in records.rows("daily_activity", ("steps",), WEEK_DAYS + 1)
        if row.values["steps"] is not None and row.day < records.today
    ]
    values = points(rows, "steps")
    why = Why(
        formula=_("mean of the last seven days before today that have steps"),
        source=_("own rule"),
        given=[given(short(day), value, "", 0) for day, value in values],
        days=len(values),
        sources=records.sources(rows),
    )
    mean = fmean(value for _day, value in values) if len(values) >= WEEK_FEWEST else None
    return Standing(mean, why)


def _trainings(records: Records) -> Standing:
    """Trainings a week: those of the last four whole weeks of seven days up to today."""
    start = records.today - timedelta(days=4 * WEEK_DAYS - 1)
    rows = [row for row in records.rows("activity", ("duration_min",), 4 * WEEK_DAYS) if row.day >= start]
    why = Why(
        formula=_("trainings of the last 28 days / 4"),
        source=_("own rule"),
        given=[Given(_("Trainings"), str(len(rows)))],
        days=len({row.day for row in rows}),
        first=start,
        last=records.today,
        sources=records.sources(rows),
    )
    return Standing(len(rows) / 4, why)


def _sleep(records: Records) -> Standing:
    figure = sleep.duration(records)
    return Standing(figure.value, figure.why or Why("", ""))


STANDINGS: dict[str, Callable[[Records], Standing]] = {
    "weight": _weight,
    "body_fat": _fat,
    **{
        name: _girth(f"{name}_cm")
        for name in ("waist", "belly", "hip", "chest", "thigh", "calf", "upper_arm", "neck")
    },
    "blood_pressure": _pressure,
    "steps": _steps,
    "training": _trainings,
    "sleep": _sleep,
}
