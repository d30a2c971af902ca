"""Today's state in one look. Every number comes from tracking.analysis, every query is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tracking import sentences
from tracking.analysis import blood_pressure as pressure
from tracking.analysis import energy, weight
from tracking.analysis.interpret import towards_goal, weight_direction
from tracking.capture import Open, chosen_journals
from tracking.charts import WARM_UP, Row, rows_of
from tracking.goals import Goal
from tracking.journals import registry
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User

SPARK_DAYS = 30
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 240, 64, 6
MEAN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Coordinates in a box of 240 by 64, ready for the SVG component."""

    line: str
    dots: tuple[tuple[str, str], ...]
    end: tuple[str, str]
    goal_y: str


@dataclass(frozen=True, slots=True)
class WeightTile:
    trend: float
    reading: float
    day: date
    rate: weight.Rate | None
    direction: str
    tone: str
    word: str
    sentence: str
    sparkline: Sparkline
    goal_kg: float | None
    forecast: str


@dataclass(frozen=True, slots=True)
class EnergyTile:
    mean_kcal: float
    days: int
    protein_g: float | None
    expenditure: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class PressureTile:
    systolic: float
    diastolic: float
    readings: int
    grade: str
    sentence: str
    warning: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The tiles of the start page; None where nothing was recorded."""

    open: tuple[Open, ...]
    weight: WeightTile | None
    energy: EnergyTile | None
    pressure: PressureTile | None

    @property
    def empty(self) -> bool:
        return not (self.weight or self.energy or self.pressure)


def overview(user: User, today: date) -> Overview:
    """Everything the start page says, in at most seven queries however long the history is."""
    journals = registry()
    profile = Profile.of(user)
    goal = Goal.objects.open(user).filter(kind=Goal.Kind.WEIGHT).first()
    weights = rows_of(journals["weight"], user, today - WARM_UP - timedelta(days=SPARK_DAYS), ["weight_kg"])
    meals = rows_of(journals["nutrition"], user, today - timedelta(days=27), ["energy_kcal", "protein_g"])
    pressures = rows_of(journals["blood_pressure"], user, today - timedelta(days=MEAN_DAYS - 1),
                        ["systolic_mmhg", "diastolic_mmhg"])
    loaded = {"weight": weights, "nutrition": meals, "blood_pressure": pressures}
    return Overview(
        open=_open(user, profile, today, loaded),
        weight=_weight(weights, goal, today),
        energy=_energy(meals, weights, today),
        pressure=_pressure(pressures),
    )
