"""Every threshold of `interpret`, and what is said just below it, at it and just above it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests.tracking.analysis.series import daily, day, on_days
from tracking.analysis import energy, interpret, weight
from tracking.analysis.blood_pressure import Place, ProtocolGap, Scheme
from tracking.analysis.interpret import (
    Balance,
    Caution,
    Course,
    EnergyState,
    Intake,
    Movement,
    Moves,
    PressureState,
    StalePressure,
    Threshold,
)
from tracking.analysis.weight import Forecast, NoForecast, Rate, Target

Verdict = Any  # of whatever kind; a caution or a goal's course as a tuple, a restart as a bool
LEVEL = (80.0, 80.4) * 14  # noise without a direction
TODAY = day(28)


@dataclass(frozen=True)
class Row:
    """A number that meets a threshold: what it is judged to be, `step` below it, at it and above it."""

    name: str
    step: float
    judge: Callable[[float], Verdict]
    kind: Callable[[Verdict], object]
    below: object
    at: object
    above: object

    @property
    def threshold(self) -> Threshold:
        return thresholds()[self.name]

    def verdicts(self) -> list[Verdict]:
        value = self.threshold.value
        return [self.judge(value - self.step), self.judge(value), self.judge(value + self.step)]


def thresholds() -> dict[str, Threshold]:
    """All of them by name; the bounds of the classes of blood pressure by class and value."""
    found = {name: value for name, value in vars(interpret).items() if isinstance(value, Threshold)}
    for key, (systolic, diastolic) in interpret.GRADES.items():
        found |= {f"{key} systolic": systolic, f"{key} diastolic": diastolic}
    return found


# Values that move -----------------------------------------------------------------------------------------
def rated(**changes: Any) -> Rate:
    found = weight.rate(daily(LEVEL), day(27))
    assert found is not None
    return replace(found, **changes)


def newest(age: float) -> Movement:
    return interpret.movement([(TODAY - timedelta(days=age), 80.0)], TODAY)


def of_values(count: float) -> Movement:
    """So many values, the last twelve days after the first."""
    days = [*range(int(count) - 1), 12]
    return interpret.movement(on_days(zip(days, LEVEL, strict=False)), day(12))


def over_days(span: float) -> Movement:
    days = [*range(7), int(span)]
    return interpret.movement(on_days(zip(days, LEVEL, strict=False)), day(int(span)))


def goal_from(distance: float) -> tuple[Movement, Course]:
    """A falling line that stands `distance` above its goal; the goal is zero, so that nothing is rounded."""
    found = interpret.direction(rated(low=-0.5, high=-0.1, level=distance))
    return found, interpret.towards_goal(found, Target(0.0))


def goal_in(days: float) -> Forecast | NoForecast:
    line = rated(slope=-0.125, margin=0.0625, level=200.0)
    return weight.forecast(line, Target(200.0 - 0.125 * days))


def restarted(gap: float) -> bool:
    return weight.trend([(day(0), 80.0), (day(int(gap)), 81.0)])[-1].restarted


# Energy ---------------------------------------------------------------------------------------------------
USED = energy.AdaptiveTdee(2500.0, 2300.0, 2700.0, 14, 2500.0, 28)


def diary(days: int, kcal: float = 2500.0, *, until: int, kilograms: float = 80.0) -> EnergyState:
    """A diary of so many days from day 0 and a weight that does not change, judged on day `until`."""
    expenditure = energy.adaptive_tdee(
        dict(daily([kcal] * days)), daily([kilograms] * (until + 1)), day(until)
    )
    return interpret.energy_state(kcal, day(days - 1), day(until), expenditure)


def last_entry(age: float) -> EnergyState:
    return interpret.energy_state(None, TODAY - timedelta(days=age), TODAY, USED)


def eaten(kcal: float) -> EnergyState:
    return interpret.energy_state(kcal, TODAY, TODAY, USED)


def with_a_day_of(share: float) -> Intake:
    """Four days of 2000 kcal, and one of a share of it."""
    return interpret.intake(dict(daily([2000.0] * 4 + [share * 2000.0])), day(5))


def counted_day(age: float) -> Intake:
    """One complete day, so long ago, in the mean of the last days."""
    kept = interpret.recent_days({TODAY - timedelta(days=age): 2000.0}, TODAY)
    return Intake(len(kept), 2000.0)


# Blood pressure -------------------------------------------------------------------------------------------
def measured(systolic: float, diastolic: float) -> PressureState | StalePressure | None:
    return interpret.pressure_state([(TODAY, systolic, diastolic)], TODAY)


def at_practice(systolic: float, diastolic: float) -> PressureState | StalePressure | None:
    return interpret.pressure_state([(TODAY, systolic, diastolic)], TODAY, Scheme(place=Place.PRACTICE))


def measured_ago(age: float) -> PressureState | StalePressure | None:
    return interpret.pressure_state([(TODAY - timedelta(days=age), 118.0, 76.0)], TODAY)


def measured_on_days(count: float) -> PressureState | StalePressure | None:
    """Twelve readings on each of so many days."""
    return interpret.pressure_state(
        [(day(number), 118.0, 76.0) for number in range(int(count)) for _ in range(12)], day(int(count) - 1)
    )


def measured_after_the_first(count: float) -> PressureState | StalePressure | None:
    """One reading on the first of three days, so many on the others."""
    days = [0, *sorted(1 + number % 2 for number in range(int(count)))]
    return interpret.pressure_state([(day(number), 118.0, 76.0) for number in days], day(2))


def cautioned(systolic: float, diastolic: float) -> tuple[Caution, ...]:
    found = interpret.caution_of_reading(systolic, diastolic)
    return (found,) if found else ()


def irregular(count: float) -> tuple[Caution, ...]:
    return interpret.cautions_of_week([(TODAY, 118.0, 76.0)] * int(count), [True] * int(count))


# The table ------------------------------------------------------------------------------------------------
def kind(verdict: Verdict) -> object:
    return verdict.kind


def same(verdict: Verdict) -> object:
    return verdict


def course(verdict: Verdict) -> object:
    return verdict[1]


def raised(verdict: Verdict) -> object:
    return verdict.raised


def isolated(verdict: Verdict) -> object:
    return verdict.grade.isolated_systolic


def grade(verdict: Verdict) -> object:
    return verdict.grade.key


def gap(verdict: Verdict) -> object:
    return verdict.gap


def days(verdict: Verdict) -> object:
    return verdict.days


def digits(verdict: Verdict) -> object:
    return interpret.shown_digits(verdict.rate.kg_per_week, 1)


WHO = ["optimal", *interpret.GRADES]
NONE: tuple[Caution, ...] = ()
ROWS = [
    Row("RATE_WINDOW", 1, newest, kind, Moves.FEW, Moves.STALE, Moves.STALE),
    Row("RATE_FEWEST", 1, of_values, kind, Moves.FEW, Moves.STEADY, Moves.STEADY),
    Row("RATE_SPAN", 1, over_days, kind, Moves.SHORT, Moves.STEADY, Moves.STEADY),
    Row(
        "NO_CHANGE",
        0.01,
        lambda low: interpret.direction(rated(low=low, high=low + 1, kg_per_week=low + 0.5)),
        kind,
        Moves.STEADY,
        Moves.STEADY,
        Moves.RISING,
    ),
    Row(
        "NO_CHANGE",
        0.01,
        lambda high: interpret.direction(rated(low=high - 1, high=high, kg_per_week=high - 0.5)),
        kind,
        Moves.FALLING,
        Moves.STEADY,
        Moves.STEADY,
    ),
    Row(
        "COARSE_RATE",
        0.01,
        lambda steps: interpret.direction(rated(low=0.04, high=0.16, kg_per_week=steps / 10)),
        digits,
        2,
        1,
        1,
    ),
    Row("TREND_RESTART", 1, restarted, same, False, False, True),
    Row("GOAL_REACHED", 0.001, goal_from, course, Course.REACHED, Course.TOWARDS, Course.TOWARDS),
    Row(
        "FORECAST_HORIZON",
        1,
        goal_in,
        lambda verdict: verdict is NoForecast.TOO_FAR,
        False,
        False,
        True,
    ),
    Row("INTAKE_WINDOW", 1, last_entry, kind, Balance.NO_DAY, Balance.NO_DAY, Balance.STALE),
    Row("INTAKE_WINDOW", 1, counted_day, days, 1, 1, 0),
    Row("COMPLETE_DAY", 0.001, with_a_day_of, days, 4, 5, 5),
    Row(
        "TDEE_DAYS",
        1,
        lambda count: diary(int(count), until=int(count)),
        kind,
        Balance.FEW_DAYS,
        Balance.EVEN,
        Balance.EVEN,
    ),
    Row(
        "TDEE_COVERAGE",
        0.05,  # one day of twenty
        lambda share: diary(round(20 * share), until=20),
        kind,
        Balance.GAPS,
        Balance.EVEN,
        Balance.EVEN,
    ),
    Row(
        "TDEE_LEAST",
        1,
        lambda kcal: diary(20, kcal, until=20),
        kind,
        Balance.IMPLAUSIBLE,
        Balance.EVEN,
        Balance.EVEN,
    ),
    Row(
        "TDEE_MOST",
        1,
        lambda kcal: diary(20, kcal, until=20),
        kind,
        Balance.EVEN,
        Balance.EVEN,
        Balance.IMPLAUSIBLE,
    ),
    Row(
        "IN_BALANCE",
        1,
        lambda beyond: eaten(USED.high + beyond),
        kind,
        Balance.EVEN,
        Balance.EVEN,
        Balance.ABOVE,
    ),
    Row(
        "IN_BALANCE",
        1,
        lambda beyond: eaten(USED.low - beyond),
        kind,
        Balance.EVEN,
        Balance.EVEN,
        Balance.BELOW,
    ),
    Row("PRESSURE_WINDOW", 1, measured_ago, type, PressureState, StalePressure, StalePressure),
    Row("PROTOCOL_DAYS", 1, measured_on_days, gap, ProtocolGap.DAYS, None, None),
    Row("PROTOCOL_READINGS", 1, measured_after_the_first, gap, ProtocolGap.READINGS, None, None),
    Row("HOME_SYSTOLIC", 0.1, lambda value: measured(value, 70), raised, False, True, True),
    Row("HOME_DIASTOLIC", 0.1, lambda value: measured(110, value), raised, False, True, True),
    Row("PRACTICE_SYSTOLIC", 0.1, lambda value: at_practice(value, 70), raised, False, True, True),
    Row("PRACTICE_DIASTOLIC", 0.1, lambda value: at_practice(110, value), raised, False, True, True),
    Row("ISOLATED_SYSTOLIC", 0.1, lambda value: measured(value, 70), isolated, False, True, True),
    Row("ISOLATED_DIASTOLIC", 0.1, lambda value: measured(150, value), isolated, True, False, False),
    Row(
        "EMERGENCY_SYSTOLIC",
        0.1,
        lambda value: cautioned(value, 80),
        same,
        NONE,
        (Caution.EMERGENCY,),
        (Caution.EMERGENCY,),
    ),
    Row(
        "EMERGENCY_DIASTOLIC",
        0.1,
        lambda value: cautioned(150, value),
        same,
        (Caution.SOON,),
        (Caution.EMERGENCY,),
        (Caution.EMERGENCY,),
    ),
    Row(
        "SOON_DIASTOLIC",
        0.1,
        lambda value: cautioned(150, value),
        same,
        NONE,
        (Caution.SOON,),
        (Caution.SOON,),
    ),
    Row("LOW_SYSTOLIC", 0.1, lambda value: cautioned(value, 70), same, (Caution.LOW,), NONE, NONE),
    Row("LOW_DIASTOLIC", 0.1, lambda value: cautioned(110, value), same, (Caution.LOW,), NONE, NONE),
    Row("RHYTHM_READINGS", 1, irregular, same, NONE, (Caution.RHYTHM,), (Caution.RHYTHM,)),
    *(
        Row(f"{key} systolic", 0.1, lambda value: measured(value, 60), grade, before, key, key)
        for before, key in pairwise(WHO)
    ),
    *(
        Row(f"{key} diastolic", 0.1, lambda value: measured(115, value), grade, before, key, key)
        for before, key in pairwise(WHO)
    ),
]
