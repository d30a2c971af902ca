"""Skinfolds by caliper, and the body fat that a method makes of them. One row a day and method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking import sentences
from tracking.analysis import body
from tracking.analysis.body import Fat, Method, Unknown
from tracking.journals.base import Computed, Entry, Journal, Point, Series, needs_one_of, per_day_and
from tracking.measures import Measure, within
from tracking.person import Person


class CaliperMethod(models.TextChoices):
    JP3 = Method.JP3.value, _("Jackson-Pollock, 3 folds")
    JP7 = Method.JP7.value, _("Jackson-Pollock, 7 folds")
    DURNIN_WOMERSLEY = Method.DURNIN_WOMERSLEY.value, _("Durnin-Womersley, 4 folds")
    PARRILLO = Method.PARRILLO.value, _("Parrillo, 9 folds")


class Caliper(Entry):
    """The folds of one measurement, each the mean of two or three readings on the right side."""

    method = models.CharField(_("Method"), max_length=20, choices=CaliperMethod, default=CaliperMethod.JP3)
    chest_mm = Measure(_("Chest fold"), unit="mm", low=2, high=80, digits=1)
    midaxillary_mm = Measure(_("Side fold"), unit="mm", low=2, high=80, digits=1)
    biceps_mm = Measure(_("Biceps fold"), unit="mm", low=2, high=80, digits=1)
    triceps_mm = Measure(_("Triceps fold"), unit="mm", low=2, high=80, digits=1)
    subscapular_mm = Measure(_("Shoulder-blade fold"), unit="mm", low=2, high=80, digits=1)
    abdomen_mm = Measure(_("Belly fold"), unit="mm", low=2, high=80, digits=1)
    suprailiac_mm = Measure(_("Iliac-crest fold"), unit="mm", low=2, high=80, digits=1)
    lower_back_mm = Measure(_("Lower-back fold"), unit="mm", low=2, high=80, digits=1)
    thigh_mm = Measure(_("Thigh fold"), unit="mm", low=2, high=80, digits=1)
    calf_mm = Measure(_("Calf fold"), unit="mm", low=2, high=80, digits=1)

    class Meta(Entry.Meta):
        # Range: domain.md A1.1 (plausibility of a fold).
        constraints = [
            *Entry.Meta.constraints,
            *(
                within("caliper", f"{fold}_mm", 2, 80)
                for fold in (
                    "chest",
                    "midaxillary",
                    "biceps",
                    "triceps",
                    "subscapular",
                    "abdomen",
                    "suprailiac",
                    "lower_back",
                    "thigh",
                    "calf",
                )
            ),
            models.CheckConstraint(
                condition=models.Q(method__in=CaliperMethod.values), name="caliper_method_known"
            ),
        ]


FOLDS = [field.name for field in Caliper._meta.concrete_fields if isinstance(field, Measure)]


def asked(values: Mapping[str, Any], person: Person) -> Collection[str]:
    """The method, its folds for the person's sex (for both where the profile says none), and the note."""
    chosen = values.get("method")
    method = Method(chosen) if chosen in CaliperMethod.values else Method.JP3
    return {"method", "note", *body.folds_of(method, person.sex)}


def fat(point: Point, person: Person) -> Fat | Unknown:
    """Body fat by the method of the row, or what it lacks."""
    folds = {name: point.values[name] for name in FOLDS}
    return body.skinfold_fat(
        Method(point.values["method"]),
        folds,
        sex=person.sex,
        age=person.age(point.day),
        weight_kg=person.weight_on(point.day),
    )


def _percent(point: Point, person: Person) -> float | None:
    found = fat(point, person)
    return found.percent if isinstance(found, Fat) else None


def _density(point: Point, person: Person) -> float | None:
    found = fat(point, person)
    return found.density if isinstance(found, Fat) else None


def _fat_mass(point: Point, person: Person) -> float | None:
    percent, weight = _percent(point, person), person.weight_on(point.day)
    return None if percent is None or weight is None else body.fat_mass(weight, percent)


def _lean_mass(point: Point, person: Person) -> float | None:
    percent, weight = _percent(point, person), person.weight_on(point.day)
    return None if percent is None or weight is None else body.lean_mass(weight, percent)


def _ffmi(point: Point, person: Person) -> float | None:
    lean, height = _lean_mass(point, person), person.height_cm
    return None if lean is None or height is None else body.ffmi(lean, height)


def lacking(entry: Caliper, person: Person) -> str:
    """What the body fat of a row lacks: a fold, a fact of the profile, the weight."""
    values = {name: float(v) if (v := getattr(entry, name)) else None for name in FOLDS}
    found = fat(Point(0, entry.day, {**values, "method": entry.method}), person)
    labels = {name: str(JOURNAL.measure(name).verbose_name) for name in FOLDS}
    return sentences.body_fat_sentence(found, labels) if isinstance(found, Unknown) else ""


NEEDS = ["method", *FOLDS]
JOURNAL = Journal(
    slug="caliper",
    label=_("Caliper"),
    intro=_("Three folds are enough. The same hand and the same places make the course true."),
    model=Caliper,
    slot=per_day_and("method"),
    split="method",
    icon="grab",
    quick=NEEDS,
    asks=asked,
    chooser="method",
    headline=["body_fat_pct", "method"],
    series=[Series("body_fat_pct", kind="line")],
    computed=[
        Computed(
            "body_fat_pct",
            _("Body fat (caliper)"),
            "%",
            1,
            _percent,
            NEEDS,
            _("495 / density − 450; Parrillo: 27 · sum of nine folds in mm / weight in pounds"),
            _("Siri 1961; Parrillo"),
        ),
        Computed(
            "density_gcm3",
            _("Body density"),
            "g/cm³",
            4,
            _density,
            NEEDS,
            _("from the sum of the folds, sex and age, by the method"),
            _("Jackson and Pollock 1978, 1980; Durnin and Womersley 1974"),
        ),
        Computed(
            "fat_kg",
            _("Fat mass"),
            "kg",
            1,
            _fat_mass,
            NEEDS,
            _("weight of the day or the month before · body fat"),
            _("definition"),
        ),
        Computed(
            "lean_kg",
            _("Lean mass"),
            "kg",
            1,
            _lean_mass,
            NEEDS,
            _("weight − fat mass"),
            _("definition"),
        ),
        Computed(
            "ffmi",
            _("FFMI"),
            "kg/m²",
            1,
            _ffmi,
            NEEDS,
            _("lean mass / (height in m)²"),
            "Kouri 1995",
        ),
    ],
    lacking=lacking,
    rules=[needs_one_of(*FOLDS, message=_("Please enter at least one fold."))],
    position=110,
)
