"""Blood pressure: one row a measurement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking import sentences
from tracking.analysis.blood_pressure import mean_arterial, pulse_pressure
from tracking.analysis.interpret import (
    PRESSURE_WINDOW,
    Readings,
    caution_of_reading,
    cautions_of_week,
    pressure_state,
)
from tracking.analysis.weight import Target
from tracking.journals.base import Computed, Entry, Journal, Point, Series, per_instant
from tracking.measures import Measure, within
from tracking.person import Person

FLAGS = ("irregular", "possible_afib")


class Context(models.TextChoices):
    UNSTATED = "", _("not stated")
    WAKING = "waking", _("after waking")
    FASTING = "fasting", _("fasting")
    MEAL = "after_meal", _("after a meal")
    BEFORE_TRAINING = "before_training", _("before training")
    AFTER_TRAINING = "after_training", _("after training")
    EVENING = "evening", _("in the evening")
    STRESS = "stress", _("under stress")
    OTHER = "other", _("other")


class BloodPressure(Entry):
    """One measurement at the upper arm, sitting, at rest."""

    systolic_mmhg = Measure(_("Systolic"), unit="mmHg", low=60, high=300, null=False, blank=False)
    diastolic_mmhg = Measure(_("Diastolic"), unit="mmHg", low=30, high=200, null=False, blank=False)
    pulse_bpm = Measure(_("Pulse"), unit="bpm", low=20, high=250)
    context = models.CharField(_("Context"), max_length=20, choices=Context, blank=True, default="")
    irregular = models.BooleanField(_("Irregular heartbeat shown"), default=False)
    possible_afib = models.BooleanField(_("Possible AFib shown"), default=False)

    class Meta(Entry.Meta):
        # Ranges: domain.md A6 (input range); pulse: physiological limits of a resting adult, generous.
        constraints = [
            *Entry.Meta.constraints,
            within("blood_pressure", "systolic_mmhg", 60, 300),
            within("blood_pressure", "diastolic_mmhg", 30, 200),
            within("blood_pressure", "pulse_bpm", 20, 250),
            models.CheckConstraint(
                condition=models.Q(systolic_mmhg__gt=models.F("diastolic_mmhg")),
                name="blood_pressure_systolic_above",
            ),
            models.CheckConstraint(
                condition=models.Q(context__in=Context.values), name="blood_pressure_context_known"
            ),
        ]


def systolic_above_diastolic(values: Mapping[str, Any]) -> dict[str, Any]:
    """The upper value is above the lower one; typed the other way round it is a slip."""
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        return {"diastolic_mmhg": _("The lower value must be below the upper one.")}
    return {}


def mean_of_the_week(points: Sequence[Point], today: date, target: Target | None, person: Person) -> str:
    """The class of the last seven days' mean."""
    return sentences.pressure_sentence(
        pressure_state(readings(points), today, person.profile.pressure_scheme)
    )


def week_cautions(points: Sequence[Point], today: date) -> list[str]:
    """What a doctor should see of the last seven days, the gravest first."""
    week = [point for point in points if 0 <= (today - point.day).days < PRESSURE_WINDOW.value]
    flags = [any(point.values[name] for name in FLAGS) for point in week]
    return [sentences.caution_sentence(found) for found in cautions_of_week(readings(week), flags)]


def caution(entry: BloodPressure) -> str:
    """What one reading calls for: at once, soon, or only with dizziness."""
    found = caution_of_reading(float(entry.systolic_mmhg or 0), float(entry.diastolic_mmhg or 0))
    return sentences.caution_sentence(found) if found else ""


def readings(points: Sequence[Point]) -> Readings:
    """Day and both values of each point."""
    return [
        (point.day, systolic, diastolic)
        for point in points
        if (systolic := point.values["systolic_mmhg"]) and (diastolic := point.values["diastolic_mmhg"])
    ]


def _from_both(formula: Callable[[float, float], float]) -> Callable[[Point, Person], float | None]:
    def of(point: Point, person: Person) -> float | None:
        systolic, diastolic = point.values["systolic_mmhg"], point.values["diastolic_mmhg"]
        return formula(systolic, diastolic) if systolic and diastolic else None

    return of


BOTH = ("systolic_mmhg", "diastolic_mmhg")
JOURNAL = Journal(
    slug="blood_pressure",
    label=_("Blood pressure"),
    intro=_("Sit for five minutes, then measure twice: the mean of several days counts, not one value."),
    model=BloodPressure,
    slot=per_instant,
    icon="heart-pulse",
    quick=["systolic_mmhg", "diastolic_mmhg", "pulse_bpm"],
    series=[Series("systolic_mmhg"), Series("diastolic_mmhg"), Series("pulse_bpm", kind="line")],
    pair=BOTH,
    computed=[
        Computed(
            "pulse_pressure",
            _("Pulse pressure"),
            "mmHg",
            0,
            _from_both(pulse_pressure),
            BOTH,
            _("systolic − diastolic"),
            _("definition"),
        ),
        Computed(
            "mean_arterial",
            _("Mean arterial pressure"),
            "mmHg",
            0,
            _from_both(mean_arterial),
            BOTH,
            _("diastolic + (systolic − diastolic) / 3"),
            _("rule of thumb"),
        ),
    ],
    meaning=mean_of_the_week,
    reads=FLAGS,
    caution=caution,
    cautions=week_cautions,
    rules=[systolic_above_diastolic],
    position=30,
)
