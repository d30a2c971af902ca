"""Sleep of one night: time in bed, time asleep, phases, efficiency. Minutes, per cent. Watches estimate
phases; none of these numbers is more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from math import fsum

ROUNDING_MIN = 1.5  # three phases, each rounded to a whole minute


class Phase(StrEnum):
    """A phase of sleep; light is what devices also call core."""

    DEEP = "deep"
    REM = "rem"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Session:
    """From bed to wake, and the minutes of each phase and awake in between, None where not known.

    Raises:
        ValueError: for a time without zone, a wake that does not come after bed, and minutes below zero.
    """

    bed: datetime
    wake: datetime
    deep_min: float | None = None
    rem_min: float | None = None
    light_min: float | None = None
    awake_min: float | None = None

    def __post_init__(self) -> None:
        if self.bed.utcoffset() is None or self.wake.utcoffset() is None:
            raise ValueError(f"{self.bed} to {self.wake} lacks a time zone")
        if self.in_bed_min <= 0:
            raise ValueError(f"wake {self.wake} does not come after bed {self.bed}")
        parts = (self.deep_min, self.rem_min, self.light_min, self.awake_min)
        if any(part is not None and not part >= 0 for part in parts):
            raise ValueError(f"minutes {parts}")

    @property
    def day(self) -> date:
        """The day the session belongs to: that of waking up, by the clock `wake` is given in."""
        return self.wake.date()

    @property
    def in_bed_min(self) -> float:
        """Minutes that passed from bed to wake, whatever the clocks did in between."""
        # Two times of one zone would be subtracted, and compared, as the clock shows them.
        return (self.wake.astimezone(UTC) - self.bed.astimezone(UTC)).total_seconds() / 60

    @property
    def phases(self) -> dict[Phase, float]:
        """Minutes of each phase; empty unless all three are known."""
        deep, rem, light = self.deep_min, self.rem_min, self.light_min
        if deep is None or rem is None or light is None:
            return {}
        return {Phase.DEEP: deep, Phase.REM: rem, Phase.LIGHT: light}


def asleep_min(session: Session) -> float | None:
    """Time asleep, minutes: the sum of the phases, else what was not awake of the time in bed.

    None where neither is known, and where the parts are longer than the time in bed by more than their
    rounding: then one of the two is wrong.
    """
    if session.phases:
        asleep = fsum(session.phases.values())
        return None if asleep > session.in_bed_min + ROUNDING_MIN else min(asleep, session.in_bed_min)
    if session.awake_min is None or session.awake_min > session.in_bed_min:
        return None
    return session.in_bed_min - session.awake_min


def efficiency(session: Session) -> float | None:
    """Time asleep in per cent of the time in bed; from 85 on it is usually called good. None without it."""
    asleep = asleep_min(session)
    return None if asleep is None else 100 * asleep / session.in_bed_min


def phase_shares(session: Session) -> dict[Phase, float]:
    """Each phase in per cent of the time asleep; empty unless all are known and fit into the time in bed."""
    asleep = fsum(session.phases.values())
    if not asleep or asleep_min(session) is None:
        return {}
    return {phase: minutes / asleep * 100 for phase, minutes in session.phases.items()}


def main_session(sessions: Sequence[Session]) -> Session | None:
    """The longest session in bed of those of one day, of two equally long the earlier; None without any."""
    return max(_by_bed(sessions), key=lambda session: session.in_bed_min, default=None)


def naps(sessions: Sequence[Session]) -> list[Session]:
    """What is left beside the main session, by the time of going to bed."""
    left = _by_bed(sessions)
    main = main_session(left)
    if main is not None:
        left.remove(main)
    return left


def _by_bed(sessions: Sequence[Session]) -> list[Session]:
    return sorted(sessions, key=lambda session: session.bed.astimezone(UTC))
