"""The figures of a member once more, as plainly as they can be said, from the stored rows alone.

Nothing of `tracking.analysis` is used here: loops over days, means, and the straight line of `statistics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log, sqrt
from statistics import NormalDist, fmean, linear_regression, median, stdev, variance
from typing import Any

from membership.models import User
from tracking.journals import registry

Points = list[tuple[date, float]]


def rows(owner: User, slug: str, *names: str) -> list[dict[str, Any]]:
    """The stored rows that were not deleted, oldest first, numbers as floats."""
    found = registry()[slug].model.objects.filter(user=owner, deleted_at=None).order_by("day", "occurred_at")
    return [
        {name: float(value) if hasattr(value, "quantize") else value for name, value in row.items()}
        for row in found.values("day", "occurred_at", *names)
    ]


def by_day(found: Sequence[Mapping[str, Any]], name: str) -> Points:
    """One value a day."""
    return [(row["day"], row[name]) for row in found if row[name] is not None]


def of_last(points: Points, today: date, days: int) -> Points:
    return [(day, value) for day, value in points if timedelta(0) <= today - day < timedelta(days=days)]


def t_975(freedom: int) -> float:
    """The 97.5 % quantile of Student's t by the expansion of Cornish and Fisher (good from five on)."""
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms))


# Weight -----------------------------------------------------------------------------------------------------
def trend(weights: Points) -> float:
    """A tenth of the way each day; a day without a weight goes towards the next one. Anew after thirty."""
    smooth, last = weights[0][1], weights[0][0]
    for day, kg in weights[1:]:
        gap = (day - last).days
        if gap > 30:
            smooth = kg
        for _day in range(gap if gap <= 30 else 0):
            smooth += 0.1 * (kg - smooth)
        last = day
    return smooth


@dataclass(frozen=True)
class Line:
    """A straight line: change a day, plus or minus at 95 %, standard error, the value on its last day."""

    slope: float
    margin: float
    error: float
    level: float
    last: date


def line(points: Points) -> Line:
    xs, ys = [float(day.toordinal()) for day, _ in points], [value for _, value in points]
    fitted = linear_regression(xs, ys)
    rest = [y - fitted.slope * x - fitted.intercept for x, y in zip(xs, ys, strict=True)]
    scatter = sqrt(sum(one * one for one in rest) / (len(xs) - 2))
    error = scatter / sqrt(sum((x - fmean(xs)) ** 2 for x in xs))
    level = fitted.slope * xs[-1] + fitted.intercept
    return Line(fitted.slope, t_975(len(xs) - 2) * error, error, level, points[-1][0])


# Energy -----------------------------------------------------------------------------------------------------
def diary(owner: User, name: str) -> dict[date, float]:
    """The total of each day: what was typed by hand if there is any, else what a diary told."""
    hand: dict[date, float] = {}
    told: dict[date, float] = {}
    for row in rows(owner, "nutrition", name, "source__kind"):
        if row[name] is not None:
            kept = hand if row["source__kind"] == "manual" else told
            kept[row["day"]] = kept.get(row["day"], 0.0) + row[name]
    return told | hand


def complete(owner: User, today: date) -> dict[date, float]:
    """Days of the last four weeks before today with at least half of their median."""
    found = {day: kcal for day, kcal in diary(owner, "energy_kcal").items() if 0 < (today - day).days < 28}
    return {day: kcal for day, kcal in found.items() if kcal >= median(found.values()) / 2}


@dataclass(frozen=True)
class Expenditure:
    kcal: float
    margin: float


def expenditure(owner: User, weights: Points, today: date) -> Expenditure:
    """Mean intake less 7700 kcal for each kilogram a day, over the longest well-kept stretch."""
    eaten = complete(owner, today)
    first = next(day for day in sorted(eaten) if sum(one >= day for one in eaten) >= 0.8 * (today - day).days)
    kept = [kcal for day, kcal in eaten.items() if day >= first]
    during = [(day, kg) for day, kg in weights if first <= day <= today]
    fitted = line(during)
    error = sqrt(variance(kept) / len(kept) + (7700 * fitted.error) ** 2)
    return Expenditure(fmean(kept) - 7700 * fitted.slope, t_975(len(during) - 2) * error)


# Sleep, training, vitals ------------------------------------------------------------------------------------
def asleep_h(owner: User) -> Points:
    """Hours asleep of each day, naps included: phases where all are known, else the time in bed."""
    found: dict[date, float] = {}
    for row in rows(owner, "sleep", "bed_at", "deep_min", "rem_min", "light_min"):
        phases = [row[name] for name in ("deep_min", "rem_min", "light_min")]
        bed = (row["occurred_at"] - row["bed_at"]).total_seconds() / 60
        minutes = min(sum(phases), bed) if None not in phases else bed
        found[row["day"]] = found.get(row["day"], 0.0) + minutes / 60
    return sorted(found.items())


def loads(owner: User) -> dict[date, float]:
    """Effort times minutes of each day."""
    found: dict[date, float] = {}
    for row in rows(owner, "activity", "rpe", "duration_min"):
        if row["rpe"] is not None and row["duration_min"] is not None:
            found[row["day"]] = found.get(row["day"], 0.0) + row["rpe"] * row["duration_min"]
    return found


def load_of(owner: User, today: date, days: int) -> float:
    found = loads(owner)
    return sum(found.get(today - timedelta(days=back), 0.0) for back in range(days))


def off(points: Points, today: date, *, by_log: bool) -> float:
    """How many standard deviations of sixty days the newest value lies above their mean."""
    values = [log(value) if by_log else value for _day, value in of_last(points, today, 60)]
    return (values[-1] - fmean(values)) / stdev(values)


def recovery(owner: User, today: date) -> float:
    """Forty parts HRV, twenty-five pulse, ten load; the night to today is not there yet."""
    found = rows(owner, "vitals", "resting_hr_bpm", "hrv_sdnn_ms")
    steady = off(by_day(found, "hrv_sdnn_ms"), today, by_log=True)
    beat = off(by_day(found, "resting_hr_bpm"), today, by_log=False)
    ratio = (load_of(owner, today, 7) / 7) / (load_of(owner, today, 28) / 28)
    parts = [(50 + 25 * steady, 40), (50 - 25 * beat, 25), (100 - 100 * (ratio - 1) / 0.5, 10)]
    return sum(weight * min(max(part, 0), 100) for part, weight in parts) / sum(weight for _, weight in parts)


def pressure(owner: User, today: date) -> tuple[float, float]:
    """Mean of the last seven days without the first of them."""
    found = rows(owner, "blood_pressure", "systolic_mmhg", "diastolic_mmhg")
    week = [row for row in found if 0 <= (today - row["day"]).days < 7]
    counted = [row for row in week if row["day"] != week[0]["day"]]
    return fmean(row["systolic_mmhg"] for row in counted), fmean(row["diastolic_mmhg"] for row in counted)
