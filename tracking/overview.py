"""Today's state in one look. Every number comes from tracking.analysis, every query is bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from django.db.models import Subquery

from tracking import sentences
from tracking.analysis import energy, interpret, weight
from tracking.analysis.blood_pressure import PROTOCOL_DAYS
from tracking.analysis.interpret import Course, Moves
from tracking.capture import Open, chosen_journals, used_journals
from tracking.charts import WARM_UP, points_of, rows_of
from tracking.goals import Goal
from tracking.journals import registry
from tracking.journals.base import Journal, Point
from tracking.journals.blood_pressure import FLAGS, readings, week_cautions
from tracking.latest import Latest, latest_of
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User

SPARK_DAYS = 30
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 240, 64, 6
DIARY_DAYS = weight.RATE_DAYS  # the window of the expenditure


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a sparkline, its coordinates as SVG reads them."""

    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Coordinates in a box of 240 by 64, ready for the SVG component."""

    line: str
    dots: tuple[Dot, ...]
    end: Dot
    goal_y: str


@dataclass(frozen=True, slots=True)
class WeightTile:
    trend: float
    reading: float
    day: date
    direction: str
    tone: str
    word: str
    sentence: str
    note: str
    sparkline: Sparkline


@dataclass(frozen=True, slots=True)
class GoalTile:
    """The weight to reach, and how far the trend is from it."""

    goal_kg: float
    missing_kg: float
    sentence: str


@dataclass(frozen=True, slots=True)
class EnergyTile:
    """Today's intake so far, None without any, and the mean of the last complete days, None without one."""

    today_kcal: float | None
    mean_kcal: float | None
    days: int
    protein_g: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class PressureTile:
    """The mean of the week, or the last reading with its day where the week has none."""

    systolic: float
    diastolic: float
    digits: int
    sentence: str
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The tiles of the start page; None where nothing was recorded."""

    open: tuple[Open, ...]
    weight: WeightTile | None
    goal: GoalTile | None
    energy: EnergyTile | None
    pressure: PressureTile | None
    recorded: bool
    welcomed: bool

    @property
    def tiles(self) -> bool:
        """Whether there is anything of late to show."""
        return bool(self.weight or self.energy or self.pressure)


def overview(user: User, today: date) -> Overview:
    """Everything the start page says, in at most ten queries however long the history is."""
    journals = registry()
    profile = Profile.of(user)
    target = Goal.objects.weight_target(user)
    weights = of_late(journals["weight"], user, today, WARM_UP.days + SPARK_DAYS, ["weight_kg"])
    meals = of_late(journals["nutrition"], user, today, DIARY_DAYS, ["energy_kcal", "protein_g"])
    pressures = of_late(
        journals["blood_pressure"], user, today, PROTOCOL_DAYS, ["systolic_mmhg", "diastolic_mmhg", *FLAGS]
    )
    points = [(row.day, value) for row in weights if (value := row.values["weight_kg"]) is not None]
    latest = latest_of(user, list(journals.values()), today)
    return Overview(
        open=_open(profile, today, latest),
        weight=_weight(points, target, today),
        goal=_goal(points, target, today),
        energy=_energy(meals, points, today),
        pressure=_pressure(pressures, today),
        recorded=any(one.entry is not None for one in latest.values()),
        welcomed=profile.welcomed_at is not None,
    )


def of_late(journal: Journal, user: User, today: date, days: int, names: Sequence[str]) -> list[Point]:
    """A journal's values of the last days, or where there are none the last before them."""
    found = rows_of(journal, user, today - timedelta(days=days - 1), today, names)
    if found:
        return found
    entries = journal.model.objects.of(user).between(None, today)
    last = Subquery(entries.newest_first().values("day")[:1])
    return points_of(journal, entries.filter(day=last), names)[-1:]


def _open(profile: Profile, today: date, latest: Mapping[str, Latest]) -> tuple[Open, ...]:
    """What is still to record today, of what the member chose or has recorded of late."""
    chosen = chosen_journals(profile)
    wanted = chosen if profile.journals else used_journals(chosen, latest)
    found = [Open(journal, latest[journal.slug].done(today)) for journal in wanted]
    return tuple(sorted(found, key=lambda one: one.done))


def _weight(points: weight.Points, target: weight.Target | None, today: date) -> WeightTile | None:
    if not points:
        return None
    trend = weight.trend(points)
    moves = interpret.movement(points, today)
    course = interpret.towards_goal(moves, target)
    return WeightTile(
        trend=trend[-1].trend,
        reading=points[-1][1],
        day=points[-1][0],
        direction={Moves.FALLING: "down", Moves.RISING: "up"}.get(moves.kind, "flat"),
        tone={Course.TOWARDS: "good", Course.REACHED: "good", Course.AWAY: "watch"}.get(course, ""),
        word=sentences.movement_word(moves),
        sentence=sentences.weight_sentence(moves, course),
        note=sentences.restart_note() if began_anew(trend, today) else "",
        sparkline=sparkline(trend, today, target.kg if target else None),
    )


def _goal(points: weight.Points, target: weight.Target | None, today: date) -> GoalTile | None:
    if target is None or not points:
        return None
    return GoalTile(
        goal_kg=target.kg,
        missing_kg=target.kg - weight.trend(points)[-1].trend,
        sentence=sentences.forecast_sentence(weight.forecast(weight.rate(points, today), target)),
    )


def began_anew(trend: Sequence[weight.TrendPoint], today: date) -> bool:
    """Whether the trend restarted after a pause within the days that are shown."""
    return any(point.restarted and (today - point.day).days < SPARK_DAYS for point in trend)


def sparkline(trend: Sequence[weight.TrendPoint], today: date, goal: float | None) -> Sparkline:
    """The last thirty days as coordinates: the trend as a line, the readings as faint dots."""
    shown = [point for point in trend if (today - point.day).days < SPARK_DAYS] or list(trend[-1:])
    values = [point.value for point in shown] + [point.trend for point in shown]
    low, high = min(values), max(values)
    if goal is not None and low - 1 <= goal <= high + 1:  # a far goal would flatten everything else
        low, high = min(low, goal), max(high, goal)
    first = today - timedelta(days=SPARK_DAYS - 1)

    def x(day: date) -> str:
        share = max(0, (day - first).days) / (SPARK_DAYS - 1)
        return f"{SPARK_MARGIN + share * (SPARK_WIDTH - 2 * SPARK_MARGIN):.1f}"

    def y(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return f"{SPARK_HEIGHT - SPARK_MARGIN - share * (SPARK_HEIGHT - 2 * SPARK_MARGIN):.1f}"

    line = " ".join(f"{'M' if i == 0 else 'L'}{x(p.day)} {y(p.trend)}" for i, p in enumerate(shown))
    return Sparkline(
        line,
        tuple(Dot(x(p.day), y(p.value)) for p in shown),
        Dot(x(shown[-1].day), y(shown[-1].trend)),
        y(goal) if goal is not None and low <= goal <= high else "",
    )


def _energy(rows: Sequence[Point], weights: weight.Points, today: date) -> EnergyTile | None:
    if not rows:
        return None
    daily = energy.complete_days({row.day: row.values["energy_kcal"] for row in rows}, today)
    recent = interpret.recent_days(daily, today)
    protein = [value for row in rows if row.day in recent and (value := row.values["protein_g"]) is not None]
    mean = fmean(recent.values()) if recent else None
    expenditure = energy.adaptive_tdee(daily, weights, today)
    return EnergyTile(
        today_kcal=next((row.values["energy_kcal"] for row in rows if row.day == today), None),
        mean_kcal=mean,
        days=len(recent),
        protein_g=fmean(protein) if protein else None,
        sentence=sentences.energy_sentence(interpret.energy_state(mean, rows[-1].day, today, expenditure)),
    )


def _pressure(points: Sequence[Point], today: date) -> PressureTile | None:
    if not points:
        return None
    state = interpret.pressure_state(readings(points), today)
    sentence = sentences.pressure_sentence(state)
    if isinstance(state, interpret.PressureState):
        mean, cautions = state.mean, tuple(week_cautions(points, today))
        digits = interpret.pressure_digits(mean)
        return PressureTile(mean.systolic, mean.diastolic, digits, sentence, cautions)
    values = [points[-1].values[name] or 0.0 for name in ("systolic_mmhg", "diastolic_mmhg")]
    return PressureTile(values[0], values[1], 0, sentence, ())
