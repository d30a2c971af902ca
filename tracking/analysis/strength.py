"""Strength and endurance records: one-repetition maximum, volume, and the best of each exercise. Kilograms.

A record betters an earlier one of the same exercise or type: the first is none, and neither is a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import fsum

MOST_REPETITIONS, INEXACT_ABOVE = 12, 10
COUNTS = (1, 3, 5, 8, 10, 12)  # repetitions for which the heaviest set is kept
DISTANCES_KM = (1.0, 5.0, 10.0, 21.0975, 42.195)


def epley(kg: float, repetitions: float) -> float | None:
    """One-repetition maximum, kg: kg (1 + r/30), one repetition being itself; None above 12 (Epley 1985)."""
    _require(kg, repetitions)
    if repetitions > MOST_REPETITIONS:
        return None
    return kg if repetitions == 1 else kg * (1 + repetitions / 30)


def brzycki(kg: float, repetitions: float) -> float | None:
    """One-repetition maximum, kg: 36 kg / (37 - r); None above 12 repetitions (Brzycki 1993)."""
    _require(kg, repetitions)
    return 36 * kg / (37 - repetitions) if repetitions <= MOST_REPETITIONS else None


def is_inexact(repetitions: float) -> bool:
    """Whether so many repetitions say little about one: more than ten."""
    return repetitions > INEXACT_ABOVE


def _require(kg: float, repetitions: float) -> None:
    if not (kg >= 0 and repetitions >= 1):
        raise ValueError(f"{kg} kg, {repetitions} repetitions")


def effective_repetitions(repetitions: int, rpe: float | None) -> float:
    """Repetitions that were in it: those done and those in reserve, 10 minus the effort (RPE), if stated."""
    return repetitions if rpe is None else repetitions + (10 - rpe)


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """A set that counts, no warm-up; `kg` is None without added weight."""

    day: date
    exercise: str
    kg: float | None
    repetitions: int


def volume(sets: Iterable[tuple[float, int]]) -> float:
    """Volume load, kg: kilograms times repetitions, over working sets."""
    return fsum(kg * repetitions for kg, repetitions in sets)


class Kind(StrEnum):
    """What a record is in, with the unit of its value."""

    HEAVIEST = "heaviest"  # kg, for a count of repetitions
    ONE_REP_MAX = "one_rep_max"  # kg, by Epley
    VOLUME = "volume"  # kg of an exercise on a day
    FASTEST = "fastest"  # minutes for a distance in km
    LONGEST_DISTANCE = "longest_distance"  # km
    LONGEST_DURATION = "longest_duration"  # minutes


@dataclass(frozen=True, slots=True)
class Record:
    """A best value that betters an earlier one. `over`: repetitions or km it is for, 0 where neither."""

    kind: Kind
    what: str
    over: float
    value: float
    before: float
    day: date


Attempt = tuple[Kind, str, float, float, date]


def strength_records(sets: Sequence[WorkingSet]) -> list[Record]:
    """The standing records of strength: heaviest set by repetitions, best maximum, best volume of a day."""
    attempts: list[Attempt] = []
    volumes: dict[tuple[str, date], list[tuple[float, int]]] = {}
    for one in sets:
        if one.kg is None:
            continue
        volumes.setdefault((one.exercise, one.day), []).append((one.kg, one.repetitions))
        if one.repetitions in COUNTS:
            attempts.append((Kind.HEAVIEST, one.exercise, float(one.repetitions), one.kg, one.day))
        best = epley(one.kg, one.repetitions)
        if best is not None:
            attempts.append((Kind.ONE_REP_MAX, one.exercise, 0.0, best, one.day))
    attempts += [(Kind.VOLUME, exercise, 0.0, volume(done), day) for (exercise, day), done in volumes.items()]
    return _standing(attempts)


@dataclass(frozen=True, slots=True)
class Outing:
    """A session of an endurance type; distance and minutes are None where not recorded."""

    day: date
    what: str
    km: float | None
    minutes: float | None


def endurance_records(outings: Sequence[Outing]) -> list[Record]:
    """The standing records of endurance: longest way, longest time, fastest over the usual distances.

    An outing counts for the distance it covers by at most five per cent more; its time is scaled down to it.
    """
    attempts: list[Attempt] = []
    for one in outings:
        if one.km:
            attempts.append((Kind.LONGEST_DISTANCE, one.what, 0.0, one.km, one.day))
        if one.minutes:
            attempts.append((Kind.LONGEST_DURATION, one.what, 0.0, one.minutes, one.day))
        if one.km and one.minutes:
            attempts += [
                (Kind.FASTEST, one.what, km, one.minutes * km / one.km, one.day)
                for km in DISTANCES_KM
                if km <= one.km <= 1.05 * km
            ]
    return _standing(attempts)


def _standing(attempts: Iterable[Attempt]) -> list[Record]:
    """The last record of each kind; the best of a day stands for it."""
    found: dict[Hashable, Record] = {}
    best: dict[Hashable, float] = {}
    for (kind, what, over, day), value in sorted(_best_of_days(attempts).items(), key=lambda one: one[0][3]):
        place = (kind, what, over)
        better: Callable[[float, float], bool] = _less if kind is Kind.FASTEST else _more
        if place in best and better(value, best[place]):
            found[place] = Record(kind, what, over, value, best[place], day)
        if place not in best or better(value, best[place]):
            best[place] = value
    return list(found.values())


def _best_of_days(attempts: Iterable[Attempt]) -> dict[tuple[Kind, str, float, date], float]:
    best: dict[tuple[Kind, str, float, date], float] = {}
    for kind, what, over, value, day in attempts:
        place = (kind, what, over, day)
        pick = min if kind is Kind.FASTEST else max
        best[place] = pick(best.get(place, value), value)
    return best


def _less(new: float, old: float) -> bool:
    return new < old


def _more(new: float, old: float) -> bool:
    return new > old
