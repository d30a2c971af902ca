"""Girths of the body by tape measure. One row a day."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from tracking import sentences
from tracking.analysis import body
from tracking.analysis.body import Fat, Unknown
from tracking.journals.base import Computed, Entry, Journal, Point, Series, needs_one_of, per_day
from tracking.measures import Measure, within
from tracking.person import Person


class Circumference(Entry):
    """Eight girths; the waist at its narrowest, the belly at the navel, the others at their widest."""

    waist_cm = Measure(_("Waist"), unit="cm", low=40, high=250, digits=1)
    belly_cm = Measure(_("Belly"), unit="cm", low=40, high=250, digits=1)
    hip_cm = Measure(_("Hip"), unit="cm", low=50, high=250, digits=1)
    neck_cm = Measure(_("Neck"), unit="cm", low=20, high=80, digits=1)
    chest_cm = Measure(_("Chest"), unit="cm", low=50, high=220, digits=1)
    upper_arm_cm = Measure(_("Upper arm"), unit="cm", low=12, high=90, digits=1)
    thigh_cm = Measure(_("Thigh"), unit="cm", low=25, high=150, digits=1)
    calf_cm = Measure(_("Calf"), unit="cm", low=15, high=90, digits=1)

    class Meta(Entry.Meta):
        # Ranges: from the leanest to the heaviest adults measured, with some room.
        constraints = [
            *Entry.Meta.constraints,
            within("circumference", "waist_cm", 40, 250),
            within("circumference", "belly_cm", 40, 250),
            within("circumference", "hip_cm", 50, 250),
            within("circumference", "neck_cm", 20, 80),
            within("circumference", "chest_cm", 50, 220),
            within("circumference", "upper_arm_cm", 12, 90),
            within("circumference", "thigh_cm", 25, 150),
            within("circumference", "calf_cm", 15, 90),
        ]


POINTS = [field.name for field in Circumference._meta.concrete_fields if isinstance(field, Measure)]
FOR_NAVY = ("neck_cm", "waist_cm", "belly_cm", "hip_cm")


def _waist_to_hip(point: Point, person: Person) -> float | None:
    waist, hip = point.values["waist_cm"], point.values["hip_cm"]
    return body.whr(waist, hip) if waist and hip else None


def _waist_to_height(point: Point, person: Person) -> float | None:
    waist, height = point.values["waist_cm"], person.height_cm
    return body.whtr(waist, height) if waist and height else None


def navy(values: Any, person: Person) -> Fat | Unknown:
    """Body fat by the tape (Hodgdon and Beckett 1984), from girths in cm, or what it lacks."""
    return body.navy_fat(values, sex=person.sex, height_cm=person.height_cm)


def _navy_fat(point: Point, person: Person) -> float | None:
    found = navy(point.values, person)
    return found.percent if isinstance(found, Fat) else None


def lacking(entry: Circumference, person: Person) -> str:
    """What the tape's estimate of body fat lacks, once its first girth is there."""
    if entry.neck_cm is None:
        return ""
    found = navy({name: float(v) if (v := getattr(entry, name)) else None for name in FOR_NAVY}, person)
    labels = {name: str(JOURNAL.measure(name).verbose_name) for name in FOR_NAVY}
    return sentences.body_fat_sentence(found, labels) if isinstance(found, Unknown) else ""


JOURNAL = Journal(
    slug="circumference",
    label=_("Circumference"),
    intro=_("The waist says most. Once a week, always in the same place, is enough."),
    model=Circumference,
    slot=per_day,
    icon="ruler",
    quick=["waist_cm", "belly_cm", "hip_cm"],
    series=[Series("waist_cm", kind="line"), Series("belly_cm", kind="line"), Series("hip_cm", kind="line")],
    computed=[
        Computed(
            "waist_to_height",
            _("Waist to height"),
            "",
            2,
            _waist_to_height,
            ["waist_cm"],
            _("waist / height"),
            "NICE 2022",
        ),
        Computed(
            "waist_to_hip",
            _("Waist to hip"),
            "",
            2,
            _waist_to_hip,
            ["waist_cm", "hip_cm"],
            _("waist / hip"),
            "WHO 2008",
        ),
        Computed(
            "body_fat_pct",
            _("Body fat (tape)"),
            "%",
            1,
            _navy_fat,
            FOR_NAVY,
            _("density from neck, waist or belly, hip and height; fat = 495 / density − 450"),
            "Hodgdon, Beckett 1984",
        ),
    ],
    lacking=lacking,
    rules=[needs_one_of(*POINTS, message=_("Please enter at least one girth."))],
    position=100,
)
