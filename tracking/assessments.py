"""A training held against the profile of its type, in words: every rule, and what could not be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _

from mitai.core.numbers import format_number
from tracking.analysis.session import (
    Evaluation,
    Grade,
    Input,
    Profile,
    Rule,
    RuleResult,
    Session,
    Verdict,
    evaluate,
)
from tracking.row_views import Assessment, Rating

if TYPE_CHECKING:
    from tracking.person import Person
    from tracking.training import TrainingType

Tone = Literal["good", "watch", ""]
GRADE_TONES: dict[Grade, Tone] = {Grade.VERY_GOOD: "good", Grade.GOOD: "good", Grade.POOR: "watch"}
VERDICT_TONES: dict[Verdict, Tone] = {
    Verdict.MET: "good",
    Verdict.BELOW: "watch",
    Verdict.ABOVE: "watch",
}


def assess(entry: Any, person: Person) -> Assessment | None:
    """The session of an activity against its type's profile; None where it has no type or that no rules."""
    kind: TrainingType | None = entry.training_type
    if kind is None:
        return None
    session = Session(
        minutes=_float(entry.duration_min),
        hr_avg=_float(entry.hr_avg_bpm),
        hr_max=_float(entry.hr_max_bpm),
        rpe=_float(entry.rpe),
        hr_histogram={int(lowest): seconds for lowest, seconds in entry.hr_histogram.items()},
    )
    found = evaluate(session, profile_of(kind), person.hr_max(entry.day))
    if not found.rules:
        return None
    return Assessment(
        grade=_grade(found.grade),
        tone=GRADE_TONES.get(found.grade, ""),
        basis=_basis(found),
        ratings=[_rating(result) for result in found.results],
        note=_note(found, person, entry),
    )


def profile_of(kind: TrainingType) -> Profile:
    """The profile of a type, as the analysis reads it."""
    return Profile(
        minimum_min=kind.minimum_min,
        ideal_min=kind.ideal_min,
        hr_share_low=kind.hr_share_low,
        hr_share_high=kind.hr_share_high,
        high_zones_low=kind.hard_share_low,
        high_zones_high=kind.hard_share_high,
        rpe_low=kind.rpe_low,
        rpe_high=kind.rpe_high,
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _grade(grade: Grade) -> str:
    return {
        Grade.VERY_GOOD: _("very good"),
        Grade.GOOD: _("good"),
        Grade.FAIR: _("fair"),
        Grade.POOR: _("not as meant"),
        Grade.NONE: _("not assessable"),
    }[grade]


def _basis(found: Evaluation) -> str:
    words = {"met": found.met, "assessed": found.assessed, "rules": found.rules}
    if found.assessed == found.rules:
        return _("%(met)d of %(rules)d rules met") % words
    return _("%(met)d of %(assessed)d rules met, %(rules)d there are") % words


def _rating(result: RuleResult) -> Rating:
    return Rating(
        label=_rule(result.rule),
        wanted=_wanted(result),
        actual=_missing(result) if result.value is None else _amount(result.rule, result.value),
        verdict=_verdict(result.verdict),
        tone=VERDICT_TONES.get(result.verdict, ""),
    )


def _rule(rule: Rule) -> str:
    return {
        Rule.MINIMUM_DURATION: _("Minimum duration"),
        Rule.IDEAL_DURATION: _("Ideal duration"),
        Rule.AVERAGE_HEART_RATE: _("Mean heart rate"),
        Rule.HIGH_ZONES: _("Hard share"),
        Rule.INTENSITY: _("How hard it felt"),
    }[rule]


def _verdict(verdict: Verdict) -> str:
    return {
        Verdict.MET: _("met"),
        Verdict.BELOW: _("below"),
        Verdict.ABOVE: _("above"),
        Verdict.NOT_ASSESSABLE: _("not assessable"),
    }[verdict]


def _wanted(result: RuleResult) -> str:
    low, high = (None if end is None else _amount(result.rule, end) for end in (result.low, result.high))
    if low is not None and high is not None:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    if low is not None:
        return _("from %(low)s") % {"low": low}
    return _("up to %(high)s") % {"high": high}


def _amount(rule: Rule, value: float) -> str:
    if rule in {Rule.MINIMUM_DURATION, Rule.IDEAL_DURATION}:
        return f"{format_number(value, 0)}\u202fmin"
    if rule is Rule.INTENSITY:
        return format_number(value, 0 if value == round(value) else 1)
    return f"{format_number(value, 0)}\u202f%"


def _missing(result: RuleResult) -> str:
    names = {
        Input.MINUTES: _("duration"),
        Input.HR_AVG: _("mean heart rate"),
        Input.HR_HISTOGRAM: _("course of the heart rate"),
        Input.RPE: _("how hard it felt"),
        Input.PERSON_HR_MAX: _("your highest heart rate (date of birth)"),
    }
    return _("unknown, %(inputs)s is missing") % {"inputs": ", ".join(names[one] for one in result.missing)}


def _note(found: Evaluation, person: Person, entry: Any) -> str:
    """Which highest heart rate the shares rest on, where there are any."""
    shares = {Rule.AVERAGE_HEART_RATE, Rule.HIGH_ZONES}
    if not any(result.rule in shares and result.value is not None for result in found.results):
        return ""
    highest = {"bpm": format_number(person.hr_max(entry.day) or 0, 0)}
    if person.hr_max_is_measured(entry.day):
        return _("Per cent of your highest heart rate so far, %(bpm)s bpm.") % highest
    return _("Per cent of the highest heart rate to expect at your age, %(bpm)s bpm (Tanaka 2001).") % highest
