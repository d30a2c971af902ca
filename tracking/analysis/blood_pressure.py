"""Blood pressure, mmHg: classes, means, the seven-day protocol, warnings. Orientation, no diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import fmean


class Table(StrEnum):
    """Tables of classes; all are made for readings at a practice but that for readings at home."""

    WHO_ISH_1999 = "who_ish_1999"
    ESC_ESH_2018 = "esc_esh_2018"
    ESC_2024 = "esc_2024"
    ESC_2024_HOME = "esc_2024_home"
    AHA_ACC_2017 = "aha_acc_2017"
    ISH_2020 = "ish_2020"


_SIX = ("optimal", "normal", "high_normal", "grade_1", "grade_2", "grade_3")
# For each table: the classes, and the lower bounds (included) of each class but the first.
TABLES: dict[Table, tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]] = {
    Table.WHO_ISH_1999: (_SIX, (120, 130, 140, 160, 180), (80, 85, 90, 100, 110)),
    Table.ESC_ESH_2018: (_SIX, (120, 130, 140, 160, 180), (80, 85, 90, 100, 110)),
    Table.ESC_2024: (("not_elevated", "elevated", "hypertension"), (120, 140), (70, 90)),
    Table.ESC_2024_HOME: (("not_elevated", "elevated", "hypertension"), (120, 135), (70, 85)),
    Table.ISH_2020: (("normal", "high_normal", "grade_1", "grade_2"), (130, 140, 160), (85, 90, 100)),
}
_AHA = ("normal", "elevated", "stage_1", "stage_2")
HOME_THRESHOLD = (135.0, 85.0)  # CHEP 2017, ESH 2021
PRACTICE_THRESHOLD = (140.0, 90.0)  # WHO/ISH 1999, ESC/ESH 2018
LOW = (90.0, 60.0)
ISOLATED = (140.0, 90.0)  # systolic from, diastolic below
RHYTHM_FEWEST = 2
PROTOCOL_DAYS, PROTOCOL_FEWEST_DAYS, PROTOCOL_FEWEST = 7, 3, 12


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
    return Grade(table, keys[rank], rank, isolated_systolic=_is_isolated(systolic, diastolic))


def _aha(systolic: float, diastolic: float) -> Grade:
    """AHA/ACC 2017: 120 to 129 is "elevated" only with a diastolic value below 80."""
    rank = max(_rank(systolic, (120, 130, 140)), (0, 2, 3)[_rank(diastolic, (80, 90))])
    return Grade(Table.AHA_ACC_2017, _AHA[rank], rank, isolated_systolic=_is_isolated(systolic, diastolic))


def _is_isolated(systolic: float, diastolic: float) -> bool:
    return systolic >= ISOLATED[0] and diastolic < ISOLATED[1]


def _rank(value: float, bounds: Sequence[float]) -> int:
    return sum(value >= bound for bound in bounds)


def pulse_pressure(systolic: float, diastolic: float) -> float:
    """Systolic minus diastolic, mmHg."""
    return systolic - diastolic


def mean_arterial(systolic: float, diastolic: float) -> float:
    """Mean arterial pressure, mmHg: diastolic plus a third of the pulse pressure."""
    return diastolic + (systolic - diastolic) / 3


class Place(StrEnum):
    """Where a member measures: at home readings are lower, and so are their limits."""

    HOME = "home"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True)
class Scheme:
    """By which table, and for readings of which place, means are judged."""

    table: Table = Table.WHO_ISH_1999
    place: Place = Place.HOME

    @property
    def threshold(self) -> tuple[float, float]:
        """Systolic and diastolic value, mmHg, from which on a mean is raised."""
        return HOME_THRESHOLD if self.place is Place.HOME else PRACTICE_THRESHOLD

    @property
    def applied(self) -> Table:
        """The table that holds at the place: of ESC 2024 there is one for readings at home."""
        at_home = self.place is Place.HOME and self.table is Table.ESC_2024
        return Table.ESC_2024_HOME if at_home else self.table

    def classify(self, systolic: float, diastolic: float) -> Grade:
        """The class of a mean."""
        return classify(systolic, diastolic, self.applied)


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
    """The home average of a run of at most seven days: its first day is dropped, the rest is averaged.

    Of (day, systolic, diastolic) readings those of the last seven days up to the newest count, in any
    order. Needs at least three days and, after the first day, twelve readings. Sources: ESH 2021
    consensus, CHEP 2017.
    """
    newest = max((day for day, _s, _d in readings), default=None)
    run = [one for one in readings if newest is not None and (newest - one[0]).days < PROTOCOL_DAYS]
    days = {day for day, _s, _d in run}
    if len(days) < PROTOCOL_FEWEST_DAYS:
        return ProtocolGap.DAYS
    average = mean([(systolic, diastolic) for day, systolic, diastolic in run if day != min(days)])
    if average is None or average.n < PROTOCOL_FEWEST:
        return ProtocolGap.READINGS
    return average


def mean_of_days(readings: Sequence[tuple[date, float, float]], today: date, days: int) -> Mean | None:
    """The mean of the (day, systolic, diastolic) readings of the last `days` days, today included."""
    return mean([(s, d) for day, s, d in readings if 0 <= (today - day).days < days])


class Alarm(StrEnum):
    """How soon a reading should be seen by a doctor; `threshold` is what it reached, in either value."""

    EMERGENCY = "emergency"
    SOON = "soon"

    @property
    def threshold(self) -> tuple[float, float]:
        """Systolic and diastolic limit, mmHg, both included."""
        return (180.0, 120.0) if self is Alarm.EMERGENCY else (180.0, 110.0)


def warning(systolic: float, diastolic: float) -> Alarm | None:
    """The gravest warning a single reading calls for: from 180 or 120 repeat and call, from 110 soon.

    Source: limits of AHA/ACC 2017 (crisis) and ESC/ESH 2018 (grade 3). The systolic limit is the same for
    both, so it always gives the graver one.
    """
    for alarm in Alarm:  # the gravest stands first
        if systolic >= alarm.threshold[0] or diastolic >= alarm.threshold[1]:
            return alarm
    return None


def is_low(systolic: float, diastolic: float) -> bool:
    """Whether a reading is below 90 or 60 mmHg; worth a hint only together with dizziness."""
    return systolic < LOW[0] or diastolic < LOW[1]


def rhythm_needs_a_look(flags: Sequence[bool]) -> bool:
    """Whether the device showed an irregular heartbeat or possible AFib in at least two readings."""
    return sum(flags) >= RHYTHM_FEWEST
