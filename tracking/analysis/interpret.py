"""What a number means: a verdict with the numbers its sentence needs and the thresholds it rests on.

The words are the pages' business (`tracking.sentences`). Every threshold at which a sentence changes has
its name, unit and source here; where a formula itself needs the number, the number stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from math import floor
from statistics import fmean

from tracking.analysis import blood_pressure as pressure
from tracking.analysis import energy, weight
from tracking.analysis.weight import Points, Rate, Target


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit at which a sentence changes, in its unit, and where it comes from."""

    value: float
    unit: str
    source: str


# Values that move ---------------------------------------------------------------------------------------
RATE_WINDOW = Threshold(weight.RATE_DAYS, "days", "own rule: four weeks, so that each weekday counts alike")
RATE_FEWEST = Threshold(weight.FEWEST_VALUES, "values", "own rule: fewer leave no useful interval")
RATE_SPAN = Threshold(weight.SHORTEST_SPAN, "days", "own rule: shorter stretches show water, not weight")
NO_CHANGE = Threshold(0.0, "a week", "95 % t interval of the least-squares slope; zero in it is no direction")
COARSE_RATE = Threshold(1.0, "last digits", "own rule: a smaller change is written with one digit more")
TREND_RESTART = Threshold(weight.RESTART_AFTER_DAYS, "days", "own rule: a longer gap smooths nothing")
GOAL_REACHED = Threshold(weight.REACHED_WITHIN, "kg", "half of the digit a goal is typed with")
FORECAST_HORIZON = Threshold(weight.LONGEST_FORECAST_DAYS, "days", "own rule: no straight line holds longer")

# Energy -------------------------------------------------------------------------------------------------
INTAKE_WINDOW = Threshold(7, "days", "own rule: a whole week, weekdays and weekend")
COMPLETE_DAY = Threshold(energy.COMPLETE_SHARE, "of the median day", "own rule: less is a forgotten meal")
TDEE_DAYS = Threshold(energy.TDEE_FEWEST, "days", "own rule: water and glycogen break shorter balances")
TDEE_COVERAGE = Threshold(
    energy.TDEE_COVERAGE, "of the days", "own rule: gaps of a diary are no average days"
)
TDEE_LEAST = Threshold(energy.PLAUSIBLE_TDEE[0], "kcal", "own rule: no adult uses less in a day")
TDEE_MOST = Threshold(energy.PLAUSIBLE_TDEE[1], "kcal", "own rule: no adult keeps using more")
IN_BALANCE = Threshold(0.0, "kcal beyond", "95 % interval of the expenditure; within it nothing is claimed")

# Blood pressure -----------------------------------------------------------------------------------------
PRESSURE_WINDOW = Threshold(pressure.PROTOCOL_DAYS, "days", "CHEP 2017, ESH 2021: seven days at home")
PROTOCOL_DAYS = Threshold(pressure.PROTOCOL_FEWEST_DAYS, "days", "CHEP 2017, ESH 2021: at least three days")
PROTOCOL_READINGS = Threshold(
    pressure.PROTOCOL_FEWEST, "readings", "ESH 2021: twelve after the first day, which is left out"
)
HOME_SYSTOLIC = Threshold(pressure.HOME_THRESHOLD[0], "mmHg", "CHEP 2017, ESH 2021: mean at home")
HOME_DIASTOLIC = Threshold(pressure.HOME_THRESHOLD[1], "mmHg", "CHEP 2017, ESH 2021: mean at home")
PRACTICE_SYSTOLIC = Threshold(pressure.PRACTICE_THRESHOLD[0], "mmHg", "ESC/ESH 2018: mean at a practice")
PRACTICE_DIASTOLIC = Threshold(pressure.PRACTICE_THRESHOLD[1], "mmHg", "ESC/ESH 2018: mean at a practice")
ISOLATED_SYSTOLIC = Threshold(pressure.ISOLATED[0], "mmHg", "WHO/ISH 1999: isolated systolic hypertension")
ISOLATED_DIASTOLIC = Threshold(pressure.ISOLATED[1], "mmHg", "WHO/ISH 1999: isolated systolic hypertension")
EMERGENCY_SYSTOLIC = Threshold(pressure.Alarm.EMERGENCY.threshold[0], "mmHg", "ESC/ESH 2018: grade 3")
EMERGENCY_DIASTOLIC = Threshold(pressure.Alarm.EMERGENCY.threshold[1], "mmHg", "AHA/ACC 2017: crisis")
SOON_DIASTOLIC = Threshold(pressure.Alarm.SOON.threshold[1], "mmHg", "ESC/ESH 2018: grade 3")
LOW_SYSTOLIC = Threshold(pressure.LOW[0], "mmHg", "usual limit of low blood pressure; with dizziness only")
LOW_DIASTOLIC = Threshold(pressure.LOW[1], "mmHg", "usual limit of low blood pressure; with dizziness only")
RHYTHM_READINGS = Threshold(pressure.RHYTHM_FEWEST, "readings", "own rule: once may be a moved arm")
_WHO_KEYS, _WHO_SYSTOLIC, _WHO_DIASTOLIC = pressure.TABLES[pressure.Table.WHO_ISH_1999]
# For each class of the table but the lowest: where it begins, systolic and diastolic.
GRADES = {
    key: (Threshold(systolic, "mmHg", "WHO/ISH 1999"), Threshold(diastolic, "mmHg", "WHO/ISH 1999"))
    for key, systolic, diastolic in zip(_WHO_KEYS[1:], _WHO_SYSTOLIC, _WHO_DIASTOLIC, strict=True)
}


# Values that move ---------------------------------------------------------------------------------------
class Moves(StrEnum):
    """Where values go, or why nobody can say."""

    NONE = "none"
    STALE = "stale"
    FEW = "few"
    SHORT = "short"
    FALLING = "falling"
    STEADY = "steady"
    RISING = "rising"


@dataclass(frozen=True, slots=True)
class Movement:
    """Where values go.

    `rests_on`: the zero of the rate, or where there is none the fewest values, their span and the window.
    `rate` for the last three kinds alone, in units a week; `have`: days with a value for `FEW`, days they
    span for `SHORT`; `values`: those of the window for these two, the newest for `STALE`; `last`: its day.
    """

    kind: Moves
    rests_on: tuple[Threshold, ...] = ()
    rate: Rate | None = None
    have: int = 0
    values: tuple[float, ...] = ()
    last: date | None = None


def movement(points: Points, today: date) -> Movement:
    """Falling or rising where the 95 % interval of the rate excludes zero, steady where it holds it.

    Raises:
        ValueError: unless days ascend strictly.
    """
    found = weight.rate(points, today)
    return _unclear(points, today) if found is None else direction(found)


def direction(found: Rate) -> Movement:
    """The movement that a rate proves."""
    kind = Moves.STEADY
    if found.high < NO_CHANGE.value:
        kind = Moves.FALLING
    if found.low > NO_CHANGE.value:
        kind = Moves.RISING
    return Movement(kind, (NO_CHANGE,), rate=found, last=found.day)


def _unclear(points: Points, today: date) -> Movement:
    """What is missing for a rate."""
    if not points:
        return Movement(Moves.NONE)
    last, newest = points[-1]
    inside = [(day, value) for day, value in points if 0 <= (today - day).days < RATE_WINDOW.value]
    values = tuple(value for _day, value in inside)
    limits = (RATE_FEWEST, RATE_SPAN, RATE_WINDOW)
    if not inside:
        return Movement(Moves.STALE, limits, values=(newest,), last=last)
    if len(inside) < RATE_FEWEST.value:
        return Movement(Moves.FEW, limits, have=len(inside), values=values, last=last)
    span = (inside[-1][0] - inside[0][0]).days
    return Movement(Moves.SHORT, limits, have=span, values=values, last=last)


def shown_digits(per_week: float, digits: int) -> int:
    """The measure's own decimals, and one more where they would say that something clear is nothing."""
    return digits if abs(per_week) * 10**digits >= COARSE_RATE.value else digits + 1


def daily_means(points: Points) -> list[tuple[date, float]]:
    """One value a day, the mean, of points whose days ascend."""
    return [
        (day, fmean(value for _day, value in of_day))
        for day, of_day in groupby(points, key=lambda point: point[0])
    ]


class Course(StrEnum):
    """How a movement lies to the member's goal."""

    TOWARDS = "towards"
    AWAY = "away"
    REACHED = "reached"
    NEUTRAL = "neutral"


def towards_goal(found: Movement, target: Target | None) -> Course:
    """Whether the weight moves to its target or has reached it; neutral without a target or a clear rate."""
    if target is None or found.rate is None:
        return Course.NEUTRAL
    if target.reached_at(found.rate.level):
        return Course.REACHED
    if found.kind is Moves.STEADY:
        return Course.NEUTRAL
    return (
        Course.TOWARDS if (target.value < found.rate.level) == (found.kind is Moves.FALLING) else Course.AWAY
    )


# Energy -------------------------------------------------------------------------------------------------
class Balance(StrEnum):
    """Intake against expenditure, or what is missing to say so."""

    STALE = "stale"
    NO_DAY = "no_day"
    FEW_DAYS = "few_days"
    GAPS = "gaps"
    NO_RATE = "no_rate"
    IMPLAUSIBLE = "implausible"
    EVEN = "even"
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class EnergyState:
    """Intake against expenditure, kcal a day.

    For the last three kinds: what the body uses, plus or minus `margin_kcal`, and how far the intake is
    from it. `have` of `need` complete days for `FEW_DAYS` and `GAPS`; `last`: the newest day of the diary.
    """

    kind: Balance
    rests_on: tuple[Threshold, ...]
    expenditure_kcal: float = 0.0
    margin_kcal: float = 0.0
    balance_kcal: float = 0.0
    have: int = 0
    need: int = 0
    last: date | None = None


LACKING = {
    energy.Missing.DAYS: (Balance.FEW_DAYS, (TDEE_DAYS,)),
    energy.Missing.COVERAGE: (Balance.GAPS, (TDEE_COVERAGE,)),
    energy.Missing.RATE: (Balance.NO_RATE, (RATE_FEWEST, RATE_SPAN)),
    energy.Missing.IMPLAUSIBLE: (Balance.IMPLAUSIBLE, (TDEE_LEAST, TDEE_MOST)),
}


def recent_days(daily: Mapping[date, float], today: date) -> dict[date, float]:
    """Those of the complete days that the mean intake is made of: the seven before today."""
    return {day: kcal for day, kcal in daily.items() if 1 <= (today - day).days <= INTAKE_WINDOW.value}


def energy_state(
    mean_kcal: float | None, last: date, today: date, expenditure: energy.AdaptiveTdee | energy.NotEnough
) -> EnergyState:
    """What a mean intake means; None where no recent day is complete. `last`: newest day of the diary."""
    if mean_kcal is None:
        kind = Balance.STALE if (today - last).days > INTAKE_WINDOW.value else Balance.NO_DAY
        return EnergyState(kind, (INTAKE_WINDOW,), last=last)
    if isinstance(expenditure, energy.NotEnough):
        kind, rests_on = LACKING[expenditure.reason]
        return EnergyState(kind, rests_on, have=expenditure.have, need=expenditure.need, last=last)
    balance = mean_kcal - expenditure.kcal
    margin = expenditure.high - expenditure.kcal
    kind = Balance.EVEN
    if abs(balance) - margin > IN_BALANCE.value:
        kind = Balance.BELOW if balance < 0 else Balance.ABOVE
    return EnergyState(
        kind,
        (IN_BALANCE,),
        expenditure_kcal=expenditure.kcal,
        margin_kcal=margin,
        balance_kcal=balance,
        last=last,
    )


@dataclass(frozen=True, slots=True)
class Intake:
    """The mean of `days` days that look complete, kcal; no mean without any such day."""

    days: int
    mean_kcal: float
    rests_on: tuple[Threshold, ...] = (COMPLETE_DAY,)


def intake(kcal: Mapping[date, float | None], today: date) -> Intake:
    """What was eaten a day, over the closed days that are not below half of the median."""
    days = energy.complete_days(kcal, today)
    return Intake(len(days), fmean(days.values()) if days else 0.0)


# Blood pressure -----------------------------------------------------------------------------------------
Readings = Sequence[tuple[date, float, float]]
BY_DEFAULT = pressure.Scheme()


@dataclass(frozen=True, slots=True)
class PressureState:
    """The mean of the last seven days.

    `gap`: what the home average still lacks, None where it is one; `raised`: at or above the threshold
    for the mean at the place of `scheme`, in either value.
    """

    mean: pressure.Mean
    grade: pressure.Grade
    raised: bool
    gap: pressure.ProtocolGap | None
    scheme: pressure.Scheme = BY_DEFAULT

    @property
    def rests_on(self) -> tuple[Threshold, Threshold]:
        """The limits of the place."""
        if self.scheme.place is pressure.Place.HOME:
            return HOME_SYSTOLIC, HOME_DIASTOLIC
        return PRACTICE_SYSTOLIC, PRACTICE_DIASTOLIC

    @property
    def digits(self) -> int:
        """None, and one where whole numbers would stand on another side of a limit than the mean does."""
        exact = self.mean.systolic, self.mean.diastolic
        whole = floor(self.mean.systolic + 0.5), floor(self.mean.diastolic + 0.5)
        same_class = self.scheme.classify(*exact).rank == self.scheme.classify(*whole).rank
        return 0 if same_class and _is_raised(exact, self.scheme) == _is_raised(whole, self.scheme) else 1


@dataclass(frozen=True, slots=True)
class StalePressure:
    """No reading in the last seven days; `last`: the day of the newest one."""

    last: date
    rests_on: tuple[Threshold] = (PRESSURE_WINDOW,)


def pressure_state(
    readings: Readings, today: date, scheme: pressure.Scheme = BY_DEFAULT
) -> PressureState | StalePressure | None:
    """The home average of the last seven days, or the plain mean where that takes more; None without any.

    Of (day, systolic, diastolic) readings in order of time.
    """
    recent = [one for one in readings if 0 <= (today - one[0]).days < PRESSURE_WINDOW.value]
    plain = pressure.mean([(systolic, diastolic) for _day, systolic, diastolic in recent])
    if plain is None:
        return StalePressure(readings[-1][0]) if readings else None
    average = pressure.home_average(recent)
    gap = None if isinstance(average, pressure.Mean) else average
    mean = average if isinstance(average, pressure.Mean) else plain
    return PressureState(
        mean=mean,
        grade=scheme.classify(mean.systolic, mean.diastolic),
        raised=_is_raised((mean.systolic, mean.diastolic), scheme),
        gap=gap,
        scheme=scheme,
    )


def _is_raised(mean: tuple[float, float], scheme: pressure.Scheme) -> bool:
    return any(value >= limit for value, limit in zip(mean, scheme.threshold, strict=True))


class Caution(StrEnum):
    """What should be seen by a doctor, the gravest first."""

    EMERGENCY = "emergency"
    SOON = "soon"
    RHYTHM = "rhythm"
    LOW = "low"


def caution_of_reading(systolic: float, diastolic: float) -> Caution | None:
    """What one reading calls for: at once, soon, or only with dizziness."""
    alarm = pressure.warning(systolic, diastolic)
    if alarm is not None:
        return Caution(alarm.value)
    return Caution.LOW if pressure.is_low(systolic, diastolic) else None


def cautions_of_week(readings: Readings, rhythm_flags: Sequence[bool]) -> tuple[Caution, ...]:
    """What a doctor should see of some days' readings, and of the flags their device showed."""
    alarms = {pressure.warning(systolic, diastolic) for _day, systolic, diastolic in readings}
    worst = next((Caution(alarm.value) for alarm in pressure.Alarm if alarm in alarms), None)
    rhythm = Caution.RHYTHM if pressure.rhythm_needs_a_look(rhythm_flags) else None
    return tuple(found for found in (worst, rhythm) if found is not None)
