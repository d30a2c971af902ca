"""A training session: its load, and how it compares with what its training type is meant to be.

Every rule is judged by itself and says what it lacks; the grade is drawn from those that could be judged,
by the table `GRADES`, and from nothing else. Minutes, beats a minute, per cent, RPE of the scale to ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracking.analysis.heart import BIN

HIGH_ZONES_FROM = 80.0  # per cent of the highest heart rate; Edwards' fourth zone
HARDEST = 10.0


def session_load(rpe: float, minutes: float) -> float:
    """Load of a session in arbitrary units: RPE (0 to 10) times minutes (Foster 2001).

    Raises:
        ValueError: for an RPE beyond the scale and for minutes below zero.
    """
    if not (0 <= rpe <= HARDEST and minutes >= 0):
        raise ValueError(f"RPE {rpe}, {minutes} minutes")
    return rpe * minutes


class Rule(StrEnum):
    """What a session is judged by, each with the unit of its value and limits."""

    MINIMUM_DURATION = "minimum_duration"  # minutes; below it the session hardly counts
    IDEAL_DURATION = "ideal_duration"  # minutes; from here on it does what it is meant to do
    AVERAGE_HEART_RATE = "average_heart_rate"  # per cent of the person's highest
    HIGH_ZONES = "high_zones"  # per cent of the recorded time at 80 % of the person's highest or more
    INTENSITY = "intensity"  # RPE, 0 to 10


class Verdict(StrEnum):
    """Whether a value keeps within its limits; the limits themselves are within."""

    MET = "met"
    BELOW = "below"
    ABOVE = "above"
    NOT_ASSESSABLE = "not_assessable"


class Input(StrEnum):
    """What a rule may need; the highest heart rate is the person's, not that of the session."""

    MINUTES = "minutes"
    HR_AVG = "hr_avg"
    HR_HISTOGRAM = "hr_histogram"
    RPE = "rpe"
    PERSON_HR_MAX = "person_hr_max"


class Grade(StrEnum):
    """The share of rules met, in words."""

    VERY_GOOD = "very_good"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    NONE = "none"


# From which share of met rules, of those that could be judged, a grade is given; the best comes first.
# Nothing judged is no grade. Own rule: all, three of four, half.
GRADES: tuple[tuple[float, Grade], ...] = (
    (1.0, Grade.VERY_GOOD),
    (0.75, Grade.GOOD),
    (0.5, Grade.FAIR),
    (0.0, Grade.POOR),
)
_NEEDS: dict[Rule, tuple[Input, ...]] = {
    Rule.MINIMUM_DURATION: (Input.MINUTES,),
    Rule.IDEAL_DURATION: (Input.MINUTES,),
    Rule.AVERAGE_HEART_RATE: (Input.HR_AVG, Input.PERSON_HR_MAX),
    Rule.HIGH_ZONES: (Input.HR_HISTOGRAM, Input.PERSON_HR_MAX),
    Rule.INTENSITY: (Input.RPE,),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What sessions of a type are meant to be, in the units of `Rule`; None sets no limit.

    A session that lasts the minimum and less than the ideal meets one of two rules of duration.

    Raises:
        ValueError: where a lower limit lies above its upper one, or the minimum above the ideal.
    """

    minimum_min: float | None = None
    ideal_min: float | None = None
    hr_share_low: float | None = None
    hr_share_high: float | None = None
    high_zones_low: float | None = None
    high_zones_high: float | None = None
    rpe_low: float | None = None
    rpe_high: float | None = None

    def __post_init__(self) -> None:
        for low, high in [*self.limits.values(), (self.minimum_min, self.ideal_min)]:
            if low is not None and high is not None and low > high:
                raise ValueError(f"{low} lies above {high}")

    @property
    def limits(self) -> dict[Rule, tuple[float | None, float | None]]:
        """The lower and upper limit of each rule that has one."""
        limits: dict[Rule, tuple[float | None, float | None]] = {
            Rule.MINIMUM_DURATION: (self.minimum_min, None),
            Rule.IDEAL_DURATION: (self.ideal_min, None),
            Rule.AVERAGE_HEART_RATE: (self.hr_share_low, self.hr_share_high),
            Rule.HIGH_ZONES: (self.high_zones_low, self.high_zones_high),
            Rule.INTENSITY: (self.rpe_low, self.rpe_high),
        }
        return {rule: bounds for rule, bounds in limits.items() if bounds != (None, None)}


@dataclass(frozen=True, slots=True)
class Session:
    """What was recorded of a session, None where it was not.

    `hr_max`: the highest heart rate of the session; `hr_histogram`: seconds in each bin of five beats a
    minute, by the bin's lowest (120 holds 120 to 124).
    """

    minutes: float | None = None
    hr_avg: float | None = None
    hr_max: float | None = None
    rpe: float | None = None
    hr_histogram: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule: its value between its limits, or the inputs that are missing for it."""

    rule: Rule
    verdict: Verdict
    value: float | None
    low: float | None
    high: float | None
    missing: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The results of all rules of a profile, in the order of `Rule`."""

    results: tuple[RuleResult, ...]

    @property
    def rules(self) -> int:
        """How many rules the profile has."""
        return len(self.results)

    @property
    def assessed(self) -> int:
        """How many of them could be judged."""
        return sum(result.verdict is not Verdict.NOT_ASSESSABLE for result in self.results)

    @property
    def met(self) -> int:
        """How many of those were met."""
        return sum(result.verdict is Verdict.MET for result in self.results)

    @property
    def grade(self) -> Grade:
        """The first grade of `GRADES` whose share of the judged rules was met; none without any."""
        if not self.assessed:
            return Grade.NONE
        return next(grade for share, grade in GRADES if self.met >= share * self.assessed)


def evaluate(session: Session, profile: Profile, hr_max: float | None) -> Evaluation:
    """A session against the profile of its type; `hr_max` is the person's highest heart rate, if known.

    Raises:
        ValueError: for a highest heart rate that is not positive.
    """
    if hr_max is not None and not hr_max > 0:
        raise ValueError(f"highest heart rate {hr_max}")
    values = _values(session, hr_max)
    absent = _absent(session, hr_max)
    return Evaluation(
        tuple(
            _judge(rule, values[rule], limits, tuple(one for one in _NEEDS[rule] if one in absent))
            for rule, limits in profile.limits.items()
        )
    )


def _absent(session: Session, hr_max: float | None) -> set[Input]:
    """The inputs there are not; an empty histogram is none."""
    inputs = {
        Input.MINUTES: session.minutes,
        Input.HR_AVG: session.hr_avg,
        Input.HR_HISTOGRAM: _recorded(session) or None,
        Input.RPE: session.rpe,
        Input.PERSON_HR_MAX: hr_max,
    }
    return {one for one, value in inputs.items() if value is None}


def _recorded(session: Session) -> int:
    """Seconds of the session with a heart rate."""
    return sum((session.hr_histogram or {}).values())


def _values(session: Session, hr_max: float | None) -> dict[Rule, float | None]:
    """The value of each rule, None where an input is missing for it."""
    values = {
        Rule.MINIMUM_DURATION: session.minutes,
        Rule.IDEAL_DURATION: session.minutes,
        Rule.AVERAGE_HEART_RATE: None,
        Rule.HIGH_ZONES: None,
        Rule.INTENSITY: session.rpe,
    }
    if hr_max is not None:
        values[Rule.HIGH_ZONES] = _high_zones(session, hr_max)
        if session.hr_avg is not None:
            values[Rule.AVERAGE_HEART_RATE] = 100 * session.hr_avg / hr_max
    return values


def _high_zones(session: Session, hr_max: float) -> float | None:
    """Per cent of the recorded time in the high zones; a bin they begin within is shared out evenly.

    Without a histogram it is known only of a session that never came there.
    """
    begin = HIGH_ZONES_FROM * hr_max / 100
    recorded = _recorded(session)
    if recorded:
        bins = sorted((session.hr_histogram or {}).items())  # sorted, so that no order of bins matters
        return 100 * sum(seconds * _beyond(lowest, begin) for lowest, seconds in bins) / recorded
    return 0.0 if session.hr_max is not None and session.hr_max < begin else None


def _beyond(lowest: int, begin: float) -> float:
    """The part of a bin from `begin` on, 0 to 1."""
    return min(max((lowest + BIN - begin) / BIN, 0.0), 1.0)


def _judge(
    rule: Rule, value: float | None, limits: tuple[float | None, float | None], missing: tuple[Input, ...]
) -> RuleResult:
    low, high = limits
    if value is None:
        return RuleResult(rule, Verdict.NOT_ASSESSABLE, None, low, high, missing)
    verdict = Verdict.MET
    if low is not None and value < low:
        verdict = Verdict.BELOW
    if high is not None and value > high:
        verdict = Verdict.ABOVE
    return RuleResult(rule, verdict, value, low, high)
