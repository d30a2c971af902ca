"""Today's state in one look. Every number comes from tracking.analysis, every query is bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from django.db.models import Subquery
from django.utils.translation import gettext as _

from tracking import sentences
from tracking.analysis import interpret, weight
from tracking.analysis.interpret import Course, Moves
from tracking.capture import Open, chosen_journals, used_journals
from tracking.journals import registry
from tracking.journals.base import Point
from tracking.journals.blood_pressure import readings, week_cautions
from tracking.journals.nutrition import day_totals
from tracking.latest import Latest, latest_of
from tracking.person import Person
from tracking.profile import Profile
from tracking.records import Records
from tracking.topics import TOPICS, Topic, energy, pressure, recovery, sleep, training, vitals, weighing
from tracking.topics.figure import Figure, Why, given

if TYPE_CHECKING:
    from membership.models import User

SPARK_DAYS = 30
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 240, 64, 6


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
    why: Why | None


@dataclass(frozen=True, slots=True)
class GoalTile:
    """The weight to reach, and how far the trend is from it."""

    goal_kg: float
    missing_kg: float
    sentence: str
    why: Why | None


@dataclass(frozen=True, slots=True)
class EnergyTile:
    """Today's intake so far, None without any, and the mean of the last complete days, None without one."""

    today_kcal: float | None
    mean_kcal: float | None
    days: int
    protein_g: float | None
    sentence: str
    why: Why | None


@dataclass(frozen=True, slots=True)
class PressureTile:
    """The mean of the week, or the last reading with its day where the week has none."""

    systolic: float
    diastolic: float
    digits: int
    sentence: str
    cautions: tuple[str, ...]
    why: Why | None


@dataclass(frozen=True, slots=True)
class FigureTile:
    """The figure that stands for a topic."""

    topic: Topic
    figure: Figure


@dataclass(frozen=True, slots=True)
class Overview:
    """The tiles of the start page; None where nothing was recorded."""

    open: tuple[Open, ...]
    weight: WeightTile | None
    goal: GoalTile | None
    energy: EnergyTile | None
    sleep: FigureTile | None
    recovery: FigureTile | None
    load: FigureTile | None
    pressure: PressureTile | None
    recorded: bool
    welcomed: bool

    @property
    def tiles(self) -> bool:
        """Whether there is anything of late to show."""
        return bool(self.weight or self.energy or self.pressure or self.figures)

    @property
    def figures(self) -> list[FigureTile]:
        """Sleep, recovery and load, as far as there is anything to say."""
        return [tile for tile in (self.sleep, self.recovery, self.load) if tile is not None]


def overview(user: User, today: date) -> Overview:
    """Everything the start page says, in at most twelve queries however long the history is."""
    journals = registry()
    records = Records(Person(user), today)
    profile, target = records.person.profile, records.target
    latest = latest_of(user, list(journals.values()), today)
    weights = weighing.weights(records) or _last_weight(latest["weight"])
    return Overview(
        open=_open(profile, today, latest),
        weight=_weight(records, weights, target),
        goal=_goal(records, weights, target),
        energy=_energy(records, weights),
        sleep=_figure("sleep", sleep.duration(records), bool(sleep.nights(records))),
        recovery=_figure("recovery", recovery.recovery(records), bool(vitals.of_late(records, vitals.PULSE))),
        load=_figure("training", training.week_load(records), bool(training.sessions(records))),
        pressure=_pressure(records, latest["blood_pressure"]),
        recorded=any(one.entry is not None for one in latest.values()),
        welcomed=profile.welcomed_at is not None,
    )


def _last_weight(latest: Latest) -> list[tuple[date, float]]:
    """The last weight, for where there is none of late."""
    entry = latest.entry
    return [] if entry is None or entry.weight_kg is None else [(entry.day, float(entry.weight_kg))]


def _last_meals(records: Records) -> dict[date, dict[str, float | None]]:
    """The totals of the last day with a meal, for where there is none of late."""
    journal = registry()["nutrition"]
    entries = journal.model.objects.of(records.user).between(None, records.today)
    last = Subquery(entries.newest_first().values("day")[:1])
    return day_totals(entries.filter(day=last), energy.AMOUNTS)


def _figure(topic: str, figure: Figure, recorded: bool) -> FigureTile | None:
    """A topic that was never recorded takes no place."""
    return FigureTile(TOPICS[topic], figure) if recorded else None


def _open(profile: Profile, today: date, latest: Mapping[str, Latest]) -> tuple[Open, ...]:
    """What is still to record today, of what the member chose or has recorded of late."""
    chosen = chosen_journals(profile)
    wanted = chosen if profile.journals else used_journals(chosen, latest)
    found = [Open(journal, latest[journal.slug].done(today)) for journal in wanted]
    return tuple(sorted(found, key=lambda one: one.done))


def _weight(records: Records, points: weight.Points, target: weight.Target | None) -> WeightTile | None:
    if not points:
        return None
    today, trend = records.today, weight.trend(points)
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
        sparkline=sparkline(trend, today, target.value if target else None),
        why=weighing.trend(records).why,
    )


def _goal(records: Records, points: weight.Points, target: weight.Target | None) -> GoalTile | None:
    if target is None or not points:
        return None
    figure = weighing.forecast_day(records, target)
    return GoalTile(
        goal_kg=target.value,
        missing_kg=target.value - weight.trend(points)[-1].trend,
        sentence=str(figure.sentence),
        why=figure.why,
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


def _energy(records: Records, weights: weight.Points) -> EnergyTile | None:
    today, rows = records.today, energy.diary(records) or _last_meals(records)
    if not rows:
        return None
    recent = energy.recent(records)
    protein = [value for day in recent if (value := rows[day]["protein_g"]) is not None]
    why = energy.intake(records).why if recent else None
    if why is not None and protein:
        why = replace(why, given=[*why.given, given(_("Mean protein"), fmean(protein), "g", 0)])
    mean = fmean(recent.values()) if recent else None
    state = interpret.energy_state(mean, max(rows), today, energy.adaptive(records))
    return EnergyTile(
        today_kcal=rows[today]["energy_kcal"] if today in rows else None,
        mean_kcal=mean,
        days=len(recent),
        protein_g=fmean(protein) if protein else None,
        sentence=sentences.energy_sentence(state),
        why=why,
    )


def _pressure(records: Records, latest: Latest) -> PressureTile | None:
    today, points = records.today, [row.point for row in pressure.rows(records)]
    if not points and latest.entry is not None:
        names = ("systolic_mmhg", "diastolic_mmhg")
        points = [Point(0, latest.entry.day, {name: float(getattr(latest.entry, name)) for name in names})]
    if not points:
        return None
    state = interpret.pressure_state(readings(points), today, records.person.profile.pressure_scheme)
    sentence = sentences.pressure_sentence(state)
    if isinstance(state, interpret.PressureState):
        mean, cautions = state.mean, tuple(week_cautions(points, today))
        why = pressure.mean(records).why
        return PressureTile(mean.systolic, mean.diastolic, state.digits, sentence, cautions, why)
    values = [points[-1].values[name] or 0.0 for name in ("systolic_mmhg", "diastolic_mmhg")]
    return PressureTile(values[0], values[1], 0, sentence, (), None)
