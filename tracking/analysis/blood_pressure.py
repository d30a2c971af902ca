"""Blood pressure, mmHg: classes, means, the seven-day protocol, warnings. Orientation, no diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import fmean


class Table(StrEnum):
    """The tables of classes a member can choose."""

    WHO_ISH_1999 = "who_ish_1999"
    ESC_ESH_2018 = "esc_esh_2018"
    ESC_2024 = "esc_2024"
    AHA_ACC_2017 = "aha_acc_2017"
    ISH_2020 = "ish_2020"


_SIX = ("optimal", "normal", "high_normal", "grade_1", "grade_2", "grade_3")
# For each table: the classes, and the lower bounds (included) of each class but the first.
TABLES: dict[Table, tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]] = {
    Table.WHO_ISH_1999: (_SIX, (120, 130, 140, 160, 180), (80, 85, 90, 100, 110)),
    Table.ESC_ESH_2018: (_SIX, (120, 130, 140, 160, 180), (80, 85, 90, 100, 110)),
    Table.ESC_2024: (("not_elevated", "elevated", "hypertension"), (120, 140), (70, 90)),
    Table.ISH_2020: (("normal", "high_normal", "grade_1", "grade_2"), (130, 140, 160), (85, 90, 100)),
}
_AHA = ("normal", "elevated", "stage_1", "stage_2")
HOME_THRESHOLD = (135.0, 85.0)
URGENT, EMERGENCY = (180.0, 110.0), (180.0, 120.0)
PROTOCOL_DAYS, PROTOCOL_FEWEST = 3, 12


@dataclass(frozen=True, slots=True)
class Grade:
    """A class: its key within the table, its rank from 0, and the flag of isolated systolic hypertension."""

    table: Table
    key: str
    rank: int
    isolated_systolic: bool


def classify(systolic: float, diastolic: float, table: Table = Table.WHO_ISH_1999) -> Grade:
    """The class of a (mean) blood pressure: both values are ranked, the higher rank counts.

    Values are compared unrounded. Sources: WHO/ISH 1999, ESC/ESH 2018, ESC 2024, AHA/ACC 2017, ISH 2020.
    """
    if table is Table.AHA_ACC_2017:
        return _aha(systolic, diastolic)
    keys, by_systolic, by_diastolic = TABLES[table]
    rank = max(_rank(systolic, by_systolic), _rank(diastolic, by_diastolic))
    return Grade(table, keys[rank], rank, isolated_systolic=systolic >= 140 and diastolic < 90)


def _aha(systolic: float, diastolic: float) -> Grade:
    """AHA/ACC 2017: 120 to 129 is "elevated" only with a diastolic value below 80."""
    rank = max(_rank(systolic, (120, 130, 140)), (0, 2, 3)[_rank(diastolic, (80, 90))])
    return Grade(Table.AHA_ACC_2017, _AHA[rank], rank, isolated_systolic=systolic >= 140 and diastolic < 90)


def _rank(value: float, bounds: Sequence[float]) -> int:
    return sum(value >= bound for bound in bounds)


def pulse_pressure(systolic: float, diastolic: float) -> float:
    """Systolic minus diastolic, mmHg."""
    return systolic - diastolic


def mean_arterial(systolic: float, diastolic: float) -> float:
    """Mean arterial pressure, mmHg: diastolic plus a third of the pulse pressure."""
    return diastolic + (systolic - diastolic) / 3


@dataclass(frozen=True, slots=True)
class Mean:
    """Means of both values over `n` readings."""

    systolic: float
    diastolic: float
    n: int


def mean(readings: Sequence[tuple[float, float]]) -> Mean | None:
    """The mean of (systolic, diastolic) readings; None without any."""
    if not readings:
        return None
    return Mean(fmean(s for s, _d in readings), fmean(d for _s, d in readings), len(readings))


class ProtocolGap(StrEnum):
    """What the seven-day protocol still lacks."""

    DAYS = "days"
    READINGS = "readings"


def home_average(readings: Sequence[tuple[date, float, float]]) -> Mean | ProtocolGap:
    """The home average: the first day is dropped, the rest is averaged.

    Needs at least three days and, after the first day, twelve readings. Sources: ESH 2021 consensus,
    CHEP 2017.
    """
    days = sorted({day for day, _s, _d in readings})
    if len(days) < PROTOCOL_DAYS:
        return ProtocolGap.DAYS
    kept = [(systolic, diastolic) for day, systolic, diastolic in readings if day != days[0]]
    average = mean(kept)
    if average is None or average.n < PROTOCOL_FEWEST:
        return ProtocolGap.READINGS
    return average


class Alarm(StrEnum):
    """How soon a reading should be seen by a doctor."""

    EMERGENCY = "emergency"
    SOON = "soon"


def warning(systolic: float, diastolic: float) -> Alarm | None:
    """The warning a single reading calls for: from 180 or 120 repeat and call; from 180 or 110 soon.

    Source: limits of AHA/ACC 2017 (crisis) and ESC 2018 (grade 3).
    """
    if systolic >= EMERGENCY[0] or diastolic >= EMERGENCY[1]:
        return Alarm.EMERGENCY
    if diastolic >= URGENT[1]:
        return Alarm.SOON
    return None


def rhythm_needs_a_look(flags: Sequence[bool]) -> bool:
    """Whether the device showed an irregular heartbeat or possible AFib in at least two readings."""
    return sum(flags) >= 2
