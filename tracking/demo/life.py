"""A plausible life, one day after the other: what one thing does to the next, in plain numbers.

Hard training tires the next morning, late nights lower the heart-rate variability, a slow cut lowers the
weight and with it the waist, the folds and the blood pressure. Each day draws from a generator of its own,
named by seed and date, so that the same seed tells the same days however many there are before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, sin, tau
from random import Random

NOW_KG, LOSS_KG_PER_DAY, CUT_DAYS, WAVE_KG = 81.5, 0.05, 160, 1.5
EXPENDITURE_KCAL, BURNT_KCAL, KCAL_PER_KG = 2560, 290, 7700  # BURNT is the mean of a day's training
HRV_MS, RESTING_BPM, VO2MAX = 52.0, 55.0, 43.0
HR_MAX = 182
BEDTIME_MIN, WEEKEND_LATER_MIN, LATE_MIN = -70, 25, 85  # minutes from midnight
NEED_MIN = 465
OWN_NAME = "Hunderunde"  # what the member calls some walks: nobody knows yet what it means
CYCLE = (0.85, 1.0, 1.15, 0.7)  # three weeks up, one easy
# By weekday: type, its name, minutes, RPE, share of the highest heart rate, kcal and metres a minute
PLAN = {
    0: ("hypertrophy", "Traditionelles Krafttraining", 62, 7.0, 0.64, 6.2, 0),
    1: ("running", "Laufen", 42, 5.5, 0.76, 11.5, 165),
    3: ("strength_endurance", "Funktionelles Krafttraining", 48, 6.5, 0.68, 6.8, 0),
    5: ("cycling", "Radfahren", 78, 5.0, 0.70, 9.0, 395),
    6: ("walking", "Gehen", 55, 2.5, 0.54, 4.6, 92),
}


@dataclass(frozen=True, slots=True)
class Night:
    """Time in bed: minutes from the midnight before waking, negative in the evening, and its phases."""

    bed: int
    wake: int
    deep: int
    rem: int
    light: int
    awake: int

    @property
    def asleep(self) -> int:
        return self.deep + self.rem + self.light


@dataclass(frozen=True, slots=True)
class Training:
    """One training of the day; `start` in minutes from midnight."""

    code: str
    name: str
    start: int
    minutes: int
    rpe: float
    hr_avg: int
    hr_max: int
    kcal: int
    km: float

    @property
    def load(self) -> float:
        return self.rpe * self.minutes


@dataclass(frozen=True, slots=True)
class Body:
    """The weight's course, the weight of the morning, and what a scale takes for fat."""

    course_kg: float
    weight_kg: float
    fat_pct: float


@dataclass(frozen=True, slots=True)
class Food:
    """What was eaten."""

    kcal: float
    protein_g: float
    fat_g: float

    @property
    def carbs_g(self) -> float:
        """What is left of the energy; a gram is 4 kcal, of fat 9."""
        return max(60.0, (self.kcal - 4 * self.protein_g - 9 * self.fat_g) / 4)


@dataclass(frozen=True, slots=True)
class Morning:
    """What a watch measured over night, and a thermometer."""

    resting_bpm: float
    hrv_ms: float
    respiratory: float
    spo2: float
    temperature_c: float
    vo2max: float


@dataclass(frozen=True, slots=True)
class Moves:
    """The day as a pedometer has it."""

    steps: int
    active_kcal: float
    exercise_min: int


@dataclass(frozen=True, slots=True)
class Feeling:
    """How it felt, each from 1 to 5, and minutes of meditation."""

    mood: int
    energy: int
    stress: int
    soreness: int
    meditation_min: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day as it was lived; `back` counts the days to the last one, `chance` draws what else it needs."""

    day: date
    back: int
    ill: bool
    body: Body
    food: Food
    night: Night
    nap: Night | None
    morning: Morning
    trainings: tuple[Training, ...]
    moves: Moves
    feeling: Feeling
    pressures: tuple[tuple[float, float, float], ...]
    chance: Random

    @property
    def load(self) -> float:
        return sum(training.load for training in self.trainings)


def days(seed: int, first: date, count: int) -> Iterator[Day]:
    """`count` days from `first` on, each knowing the load of the one before it."""
    load = 0.0
    for number in range(count):
        lived = _day(seed, first + timedelta(days=number), count - number, load)
        load = lived.load
        yield lived


def _day(seed: int, day: date, back: int, load: float) -> Day:
    chance = Random(f"{seed} {day}")  # noqa: S311  (plausible noise, no secret)
    weekend, ill = day.weekday() >= 5, _ill(day)
    late = chance.random() < (0.45 if weekend else 0.12)
    night = _night(chance, weekend, late)
    short = max(0.0, NEED_MIN - night.asleep) / 120
    strain = load / 400 + (0.9 if late else 0) + (2.5 if ill else 0) + short
    trainings = _trainings(chance, day, ill, strain)
    body = _body(chance, back, weekend, load)
    return Day(
        day=day,
        back=back,
        ill=ill,
        body=body,
        food=_food(chance, back, weekend, trainings),
        night=night,
        nap=_nap(chance) if weekend and night.asleep < NEED_MIN - 70 else None,
        morning=_morning(chance, back, ill, strain),
        trainings=trainings,
        moves=_moves(chance, trainings),
        feeling=_feeling(chance, weekend, strain, load),
        pressures=_pressures(chance, body.course_kg, late),
        chance=chance,
    )


def _body(chance: Random, back: int, weekend: bool, load: float) -> Body:
    """A slow cut to the last day, a yearly wave before it; training and the weekend hold water."""
    wave = WAVE_KG * sin(max(0, back - CUT_DAYS) / 365 * tau)
    course = NOW_KG + LOSS_KG_PER_DAY * min(back, CUT_DAYS) + wave
    water = chance.gauss(0, 0.42) + (0.2 if weekend else 0) + load / 3000
    return Body(course, course + water, 19 + 0.55 * (course - NOW_KG) + water / 4)


def _food(chance: Random, back: int, weekend: bool, trainings: tuple[Training, ...]) -> Food:
    balance = KCAL_PER_KG * LOSS_KG_PER_DAY if back <= CUT_DAYS else 0
    hunger = 0.2 * (sum(training.kcal for training in trainings) - BURNT_KCAL)
    kcal = chance.gauss(EXPENDITURE_KCAL - balance + (210 if weekend else -84), 150) + hunger
    return Food(kcal, chance.gauss(142, 18) + (14 if trainings else 0), chance.gauss(78, 12))


def _morning(chance: Random, back: int, ill: bool, strain: float) -> Morning:
    form = sin(back / 90)
    return Morning(
        resting_bpm=RESTING_BPM - 1.5 * form + 1.8 * strain + chance.gauss(0, 1.1),
        hrv_ms=HRV_MS * exp(0.05 * form - 0.11 * strain + chance.gauss(0, 0.07)),
        respiratory=14.2 + 0.3 * strain + chance.gauss(0, 0.4),
        spo2=min(100.0, 96.8 - (1.2 if ill else 0) + chance.gauss(0, 0.6)),
        temperature_c=36.5 + (1.1 if ill else 0) + chance.gauss(0, 0.12),
        vo2max=VO2MAX + 1.4 * sin(back / 200) - 0.012 * min(back, CUT_DAYS) + chance.gauss(0, 0.15),
    )


def _moves(chance: Random, trainings: tuple[Training, ...]) -> Moves:
    minutes, burnt = sum(t.minutes for t in trainings), sum(t.kcal for t in trainings)
    afoot = sum(1150 * t.km for t in trainings if t.code in {"running", "walking"})
    steps = round(max(900, chance.gauss(6900, 1500) + afoot))
    return Moves(steps, 0.042 * steps + burnt, round(minutes + max(0.0, chance.gauss(9, 6))))


def _feeling(chance: Random, weekend: bool, strain: float, load: float) -> Feeling:
    stress = chance.gauss(2.2 + (0 if weekend else 0.5) + 0.2 * strain, 0.6)
    return Feeling(
        mood=_rating(4.1 - 0.3 * strain - 0.25 * (stress - 2.4) + chance.gauss(0, 0.5)),
        energy=_rating(4.2 - 0.5 * strain + chance.gauss(0, 0.45)),
        stress=_rating(stress),
        soreness=_rating(1.3 + load / 260 + chance.gauss(0, 0.4)),
        meditation_min=_meditation(chance, stress),
    )


def _ill(day: date) -> bool:
    """A cold of five days each February and November."""
    return day.month in {2, 11} and 8 <= day.day <= 12


def _night(chance: Random, weekend: bool, late: bool) -> Night:
    bed = BEDTIME_MIN + (WEEKEND_LATER_MIN if weekend else 0) + (LATE_MIN if late else 0)
    bed = round(bed + chance.gauss(0, 22))
    wake = (455 + (35 if late else 0) if weekend else 400) + round(chance.gauss(0, 20 if weekend else 9))
    stay = wake - bed
    awake = round(max(4.0, chance.gauss(24, 9)))
    deep = round((stay - awake) * max(0.06, chance.gauss(0.17 - (0.03 if late else 0), 0.02)))
    rem = round((stay - awake) * max(0.1, chance.gauss(0.22, 0.025)))
    return Night(bed, wake, deep, rem, stay - awake - deep - rem, awake)


def _nap(chance: Random) -> Night:
    start = 13 * 60 + chance.randrange(150)
    length = 20 + chance.randrange(25)
    return Night(start, start + length, 0, 0, length - 4, 4)


def _trainings(chance: Random, day: date, ill: bool, strain: float) -> tuple[Training, ...]:
    """The plan of the weekday in its cycle of four weeks, skipped when ill, tired or by chance."""
    skipped, shape = chance.random() < 0.1 + 0.04 * max(0.0, strain - 1.5), chance.gauss(0, 1)
    start = (9 * 60 + 30 if day.weekday() >= 5 else 17 * 60 + 40) + chance.randrange(50)
    plan = PLAN.get(day.weekday())
    if plan is None or skipped or ill:
        return ()
    code, name, minutes, rpe, share, kcal, metres = plan
    if code == "walking" and shape > 1:
        name = OWN_NAME
    factor = CYCLE[day.toordinal() // 7 % len(CYCLE)]
    length = max(15, round(minutes * factor * (1 + 0.08 * shape)))
    heart = HR_MAX * (share + 0.02 * shape)
    return (
        Training(
            code=code,
            name=name,
            start=start,
            minutes=length,
            rpe=round(2 * min(9.5, max(1.0, rpe * (0.8 + 0.2 * factor) + 0.5 * shape))) / 2,
            hr_avg=round(heart),
            hr_max=round(min(HR_MAX, heart * 1.14)),
            kcal=round(length * kcal),
            km=length * metres * (1 + 0.03 * shape) / 1000,
        ),
    )


def _meditation(chance: Random, stress: float) -> int:
    return chance.choice((0, 0, 0, 5, 10, 10, 15)) if stress > 2 else chance.choice((0, 0, 0, 0, 10))


def _pressures(chance: Random, course: float, late: bool) -> tuple[tuple[float, float, float], ...]:
    """Two readings in the morning and two in the evening; heavier and short of sleep they are higher."""
    high = 0.9 * (course - NOW_KG) + (2 if late else 0)
    return tuple(
        (chance.gauss(129 + high, 5), chance.gauss(82 + high / 2, 3.5), chance.gauss(62, 4)) for _ in range(4)
    )


def _rating(value: float) -> int:
    return min(5, max(1, round(value)))
