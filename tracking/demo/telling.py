"""The days of a life as journals keep them: by which device, and what was typed by hand.

A scale, a cuff, a diary, a watch and a phone bring their values as an import does. Ratings, rest days,
girths, folds and how hard a training was come by hand, beside and on top of what the devices say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mitai.core.zones import offset_minutes
from tracking.demo.life import NOW_KG, Day, Night, Training
from tracking.imports.records import Origin, Record
from tracking.photos.photo_files import PhotoFile
from tracking.sets import Set, kept
from tracking.sources import MANUAL

SCALE = Origin("demo", "Waage")
DIARY = Origin("demo", "Ernährungstagebuch")
CUFF = Origin("demo", "Blutdruckmessgerät")
WATCH = Origin("demo", "Uhr")
PHONE = Origin("demo", "Telefon")
BY_HAND = Origin(MANUAL, "")
PRESSURE_EVERY, PRESSURE_DAYS = 90, 7
TAPE_WEEKDAY, FOLDS_EVERY = 6, 14
MORNING, EVENING, NIGHT = 7 * 60 + 10, 20 * 60 + 30, 22 * 60
# Centimetres at NOW_KG, and how much each follows a kilogram.
GIRTHS = {
    "neck_cm": (38.2, 0.18),
    "chest_cm": (101.0, 0.45),
    "waist_cm": (86.5, 0.95),
    "belly_cm": (89.0, 1.05),
    "hip_cm": (98.5, 0.55),
    "thigh_cm": (57.5, 0.30),
    "calf_cm": (38.0, 0.12),
    "upper_arm_cm": (34.5, 0.15),
}
# Millimetres of the three folds of a man by Jackson and Pollock, and how much each follows a kilogram.
FOLDS = {"chest_mm": (9.0, 0.55), "abdomen_mm": (18.0, 1.25), "thigh_mm": (13.0, 0.55)}
# Kilograms that are lifted now in the trainings of these types.
EXERCISES = {
    "hypertrophy": {"Bankdrücken": 80.0, "Kniebeuge": 105.0, "Rudern": 67.5},
    "strength_endurance": {"Kreuzheben": 90.0, "Schulterdrücken": 42.5},
}
MEALS = (("breakfast", 0.22), ("lunch", 0.34), ("dinner", 0.33), ("snack", 0.11))
MEALS_BY_HAND = 21  # days up to the last one of which single meals were typed


class Teller:
    """Tells days in the zone of their owner; each part draws the same for a day, whatever else is told."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def records(self, lived: Day) -> Iterator[Record]:
        """Everything that was recorded of a day, each with its moment."""
        for tell in (
            self._weight,
            self._meals,
            self._pressure,
            self._nights,
            self._trainings,
            self._moves,
            self._vitals,
            self._feeling,
            self._rest,
            self._girths,
            self._folds,
        ):
            yield from tell(lived)

    def _weight(self, lived: Day) -> Iterator[Record]:
        if lived.chance.random() < 0.12 and lived.back > 1:
            return
        values = {
            "weight_kg": _number(lived.body.weight_kg, 1),
            "body_fat_pct": _number(lived.body.fat_pct, 1),
        }
        yield self._total("weight", SCALE, lived.day, lived.night.wake + 8, values)

    def _meals(self, lived: Day) -> Iterator[Record]:
        """Of late every meal by hand, before that the day's total from a diary."""
        if lived.chance.random() < 0.06 and lived.back > 1:
            return
        food = lived.food
        amounts = {
            "energy_kcal": food.kcal,
            "protein_g": food.protein_g,
            "fat_g": food.fat_g,
            "carbs_g": food.carbs_g,
            "fibre_g": 18 + food.carbs_g / 25,
            "water_ml": 1900 + 3 * food.protein_g,
        }
        if lived.back > MEALS_BY_HAND:
            yield self._meal(lived, DIARY, "total", amounts)
            return
        for meal, share in MEALS:
            yield self._meal(lived, BY_HAND, meal, {name: share * value for name, value in amounts.items()})

    def _meal(self, lived: Day, origin: Origin, meal: str, amounts: dict[str, float]) -> Record:
        values = {"meal": meal, **{name: _number(value, 0) for name, value in amounts.items()}}
        return self._total("nutrition", origin, lived.day, NIGHT, values, name=meal)

    def _pressure(self, lived: Day) -> Iterator[Record]:
        """A week of measurements each quarter, the last one now, twice in the morning and in the evening."""
        if lived.back % PRESSURE_EVERY > PRESSURE_DAYS:
            return
        for number, (systolic, diastolic, pulse) in enumerate(lived.pressures):
            minute, context = (MORNING, "waking") if number < 2 else (EVENING, "evening")
            values = {
                "systolic_mmhg": _number(systolic, 0),
                "diastolic_mmhg": _number(min(diastolic, systolic - 20), 0),
                "pulse_bpm": _number(pulse, 0),
                "context": context,
            }
            yield self._instant("blood_pressure", CUFF, lived.day, minute + number % 2, values)

    def _nights(self, lived: Day) -> Iterator[Record]:
        for night in (lived.night, lived.nap):
            if night is not None:
                values = self._phases(lived.day, night)
                yield self._instant("sleep", WATCH, lived.day, night.wake, values)

    def _phases(self, day: date, night: Night) -> dict[str, Any]:
        phases = {"deep_min": night.deep, "rem_min": night.rem, "light_min": night.light}
        minutes = {name: Decimal(value) for name, value in {**phases, "awake_min": night.awake}.items()}
        return {"bed_at": self._moment(day, night.bed), **minutes}

    def _trainings(self, lived: Day) -> Iterator[Record]:
        for training in lived.trainings:
            yield self._instant("activity", WATCH, lived.day, training.start, _watched(training))
            if lived.chance.random() < 0.8:
                felt = {"rpe": Decimal(str(training.rpe)), "sets": _lifted(lived, training)}
                yield self._instant("activity", BY_HAND, lived.day, training.start, felt)

    def _moves(self, lived: Day) -> Iterator[Record]:
        """The phone counts too, and misses what happens without it; the watch counts."""
        moves = lived.moves
        watched = {
            "steps": Decimal(moves.steps),
            "active_energy_kcal": _number(moves.active_kcal, 0),
            "exercise_min": Decimal(moves.exercise_min),
            "distance_km": _number(moves.steps * 0.00074, 2),
        }
        carried = {"steps": _number(moves.steps * lived.chance.uniform(0.62, 0.93), 0)}
        yield self._total("daily_activity", PHONE, lived.day, NIGHT, carried)
        yield self._total("daily_activity", WATCH, lived.day, NIGHT + 5, watched)

    def _vitals(self, lived: Day) -> Iterator[Record]:
        if lived.chance.random() < 0.05 and lived.back > 1:
            return  # the watch was charging
        morning = lived.morning
        values = {
            "resting_hr_bpm": _number(morning.resting_bpm, 0),
            "hrv_sdnn_ms": _number(morning.hrv_ms, 0),
            "spo2_pct": _number(morning.spo2, 0),
            "respiratory_rate": _number(morning.respiratory, 1),
        }
        if lived.day.weekday() == 1:
            values["vo2max"] = _number(morning.vo2max, 1)
        yield self._total("vitals", WATCH, lived.day, lived.night.wake, values)
        if lived.ill:
            taken = {"temperature_c": _number(morning.temperature_c, 1)}
            yield self._total("vitals", BY_HAND, lived.day, lived.night.wake + 20, taken)

    def _feeling(self, lived: Day) -> Iterator[Record]:
        if lived.chance.random() < 0.2 and lived.back > 1:
            return
        feeling = lived.feeling
        names = ("mood", "energy", "stress", "soreness", "meditation_min")
        values = {name: Decimal(getattr(feeling, name)) for name in names}
        yield self._total("wellbeing", BY_HAND, lived.day, EVENING + 45, values)

    def _rest(self, lived: Day) -> Iterator[Record]:
        """Days without a training are days of rest: whole ones when ill, else without strength and cardio.

        The last day has one in any case, as it has girths and folds: one day fills every journal.
        """
        if lived.trainings and lived.back > 1:
            return
        rested = not lived.trainings
        values = {"strength": rested, "cardio": rested, "relaxation": lived.ill or not rested}
        yield self._total("rest_day", BY_HAND, lived.day, EVENING, values)

    def _girths(self, lived: Day) -> Iterator[Record]:
        if lived.day.weekday() == TAPE_WEEKDAY or lived.back == 1:
            values = _following(lived, GIRTHS, noise=0.4)
            yield self._total("circumference", BY_HAND, lived.day, MORNING, values)

    def _folds(self, lived: Day) -> Iterator[Record]:
        if lived.day.toordinal() % FOLDS_EVERY == 0 or lived.back == 1:
            values = {"method": "jp3", **_following(lived, FOLDS, noise=0.5)}
            yield self._total("caliper", BY_HAND, lived.day, MORNING, values)

    def photo(self, lived: Day, pose: str, file: PhotoFile) -> Record:
        """A photo of the morning, by hand."""
        values = {"pose": pose, "file": file}
        return self._total("photo", BY_HAND, lived.day, MORNING, values, name=pose)

    def _total(
        self, journal: str, origin: Origin, day: date, minute: int, values: dict[str, Any], *, name: str = ""
    ) -> Record:
        """What a journal keeps of a day as a whole."""
        return self._record(journal, origin, day, minute, values, instant=False, name=name)

    def _instant(
        self, journal: str, origin: Origin, day: date, minute: int, values: dict[str, Any]
    ) -> Record:
        """What a journal keeps with its moment."""
        return self._record(journal, origin, day, minute, values, instant=True)

    def _record(
        self,
        journal: str,
        origin: Origin,
        day: date,
        minute: int,
        values: dict[str, Any],
        *,
        instant: bool,
        name: str = "",
    ) -> Record:
        moment = self._moment(day, minute)
        return Record(
            journal=journal,
            origin=origin,
            external_id=f"demo {journal} {name} {moment:%Y%m%d%H%M}",
            day=day,
            occurred_at=moment if instant else None,
            utc_offset_min=offset_minutes(moment, self.zone) if instant else None,
            as_of=moment,
            values=values,
            originals={},
            line=0,
        )

    def _moment(self, day: date, minute: int) -> datetime:
        """The UTC instant of a minute of a local day; before midnight where it is negative."""
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def _watched(training: Training) -> dict[str, Any]:
    values = {
        "name": training.name,
        "duration_min": Decimal(training.minutes),
        "energy_kcal": Decimal(training.kcal),
        "hr_avg_bpm": Decimal(training.hr_avg),
        "hr_max_bpm": Decimal(training.hr_max),
        "hr_histogram": _beats(training),
    }
    return values | ({"distance_km": _number(training.km, 2)} if training.km else {})


def _beats(training: Training) -> dict[str, int]:
    """Seconds by five beats a minute: most around the mean, fewer towards the highest and as far below."""
    reach = max(5, training.hr_max - training.hr_avg)
    bins = range(5 * ((training.hr_avg - reach) // 5), training.hr_max + 1, 5)
    shares = {low: max(0.0, 1 - abs(low + 2.5 - training.hr_avg) / reach) for low in bins}
    whole = sum(shares.values())
    found = {str(low): round(60 * training.minutes * share / whole) for low, share in shares.items()}
    return {low: seconds for low, seconds in found.items() if seconds}


def _lifted(lived: Day, training: Training) -> list[dict[str, Any]]:
    """The sets of a strength training; a year adds a tenth to the weight."""
    sets = []
    for exercise, now_kg in EXERCISES.get(training.code, {}).items():
        kg = 2.5 * round(now_kg * (1 - lived.back / 3650) / 2.5)
        sets.append(Set(exercise, _number(kg / 2, 3), 10, warm_up=True))
        sets += [Set(exercise, _number(kg, 3), lived.chance.choice((7, 8, 8, 9))) for _ in range(3)]
    return kept(sets)


def _following(lived: Day, measures: dict[str, tuple[float, float]], *, noise: float) -> dict[str, Decimal]:
    """Measures that follow the course of the weight, each as well as a hand can read it."""
    heavier = lived.body.course_kg - NOW_KG
    return {
        name: _number(value + slope * heavier + lived.chance.gauss(0, noise), 1)
        for name, (value, slope) in measures.items()
    }


def _number(value: float, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits}f}")
