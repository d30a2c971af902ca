"""Training: one row a session, held against the profile of its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tracking import sets, training
from tracking.analysis import met
from tracking.analysis.session import session_load
from tracking.assessments import assess
from tracking.journals.base import Computed, Entry, Journal, Point, Series, needs_one_of, per_instant
from tracking.measures import Measure, Sets, within
from tracking.person import Person
from tracking.row_views import Link

if TYPE_CHECKING:
    from membership.models import User


class Activity(Entry):
    """One session from its start on; `name` is what a device or the member called it."""

    training_type = models.ForeignKey(
        training.TrainingType,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Type of training"),
    )
    duration_min = Measure(_("Duration"), unit="min", low=1, high=1440)
    rpe = Measure(_("Effort (0 to 10)"), low=0, high=10, digits=1)
    name = models.CharField(_("Name"), max_length=training.NAME_LONGEST, blank=True, default="")
    distance_km = Measure(_("Distance"), unit="km", low=0, high=1000, digits=2)
    energy_kcal = Measure(_("Active energy"), unit="kcal", low=0, high=20_000)
    resting_energy_kcal = Measure(_("Resting energy"), unit="kcal", low=0, high=5000)
    hr_avg_bpm = Measure(_("Mean heart rate"), unit="bpm", low=30, high=240)
    hr_max_bpm = Measure(_("Highest heart rate"), unit="bpm", low=30, high=250)
    hr_min_bpm = Measure(_("Lowest heart rate"), unit="bpm", low=25, high=240)
    sets = Sets(_("Sets"))
    hr_histogram = models.JSONField(default=dict, editable=False)  # seconds by the lowest of five beats

    class Meta(Entry.Meta):
        # Ranges: a session is shorter than a day; heart rates a human heart reaches; RPE: CR-10 (Foster).
        constraints = [
            *Entry.Meta.constraints,
            within("activity", "duration_min", 1, 1440),
            within("activity", "rpe", 0, 10),
            within("activity", "distance_km", 0, 1000),
            within("activity", "energy_kcal", 0, 20_000),
            within("activity", "resting_energy_kcal", 0, 5000),
            within("activity", "hr_avg_bpm", 30, 240),
            within("activity", "hr_max_bpm", 30, 250),
            within("activity", "hr_min_bpm", 25, 240),
        ]


def pulses_in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    """The mean lies between the lowest and the highest."""
    lowest, mean, highest = (values.get(f"hr_{name}_bpm") for name in ("min", "avg", "max"))
    if mean is not None and highest is not None and mean > highest:
        return {"hr_max_bpm": _("The highest heart rate is below the mean.")}
    if lowest is not None and any(other is not None and lowest > other for other in (mean, highest)):
        return {"hr_min_bpm": _("The lowest heart rate is above another one.")}
    return {}


def types_of_names(owner: User, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each row the type its name means to the member, where no type was stated; one query for all."""
    names = {str(one["name"]) for one in values if one.get("name") and not one.get("training_type")}
    known = training.types_for(owner, names) if names else {}
    return [
        {"training_type": known[name]} if (name := str(one.get("name") or "")) in known else {}
        for one in values
    ]


def links(owner: User) -> list[Link]:
    """The page of names, with how many of them mean nothing yet."""
    from tracking.activity_names import count_unknown

    n = count_unknown(owner)
    urgent = (
        ngettext("%(n)d name has no type yet.", "%(n)d names have no type yet.", n) % {"n": n} if n else ""
    )
    return [Link(_("Names of trainings"), "tracking:training_names", "book-open", urgent)]


def _load(point: Point, person: Person) -> float | None:
    rpe, minutes = point.values["rpe"], point.values["duration_min"]
    return None if rpe is None or minutes is None else session_load(rpe, minutes)


def _volume(point: Point, person: Person) -> float | None:
    return sets.volume_kg(sets.taken(point.values["sets"]))


MULTIPLE = "training_type__met"  # the energy of the type as a multiple of that at rest


def by_met(point: Point, person: Person) -> float | None:
    """What a training took beyond rest, kcal, by the MET of its type; None where its energy was recorded."""
    if point.values["energy_kcal"] is not None:
        return None
    minutes, multiple = point.values["duration_min"], point.values[MULTIPLE]
    if minutes is None or multiple is None or (kg := person.weight_on(point.day)) is None:
        return None
    return met.net_kcal(float(multiple), kg, minutes / 60)


JOURNAL = Journal(
    slug="activity",
    label=_("Training"),
    intro=_("Type, minutes and how hard it was: from these the load of your weeks follows."),
    model=Activity,
    slot=per_instant,
    icon="dumbbell",
    quick=["training_type", "duration_min", "rpe"],
    headline=["training_type", "duration_min"],
    time_label=_("Start"),
    choices={"training_type": training.choices},
    derived=["training_type"],
    derive=types_of_names,
    computed=[
        Computed(
            "load",
            _("Load"),
            "",
            0,
            _load,
            ["rpe", "duration_min"],
            _("effort (RPE, 0 to 10) · minutes"),
            "Foster 2001",
        ),
        Computed(
            "volume_kg",
            _("Volume"),
            "kg",
            0,
            _volume,
            ["sets"],
            _("kilograms · repetitions of all working sets"),
            _("definition"),
        ),
        Computed(
            "met_kcal",
            _("Energy, estimated"),
            "kcal",
            0,
            by_met,
            ["duration_min", MULTIPLE, "energy_kcal"],
            _("(MET of the type − 1) · kilograms · hours, where no energy was recorded"),
            _("Compendium of Physical Activities, edition of the type"),
        ),
    ],
    series=[Series("duration_min", kind="bars"), Series("load")],
    adds=[
        "duration_min",
        "load",
        "met_kcal",
        "volume_kg",
        "distance_km",
        "energy_kcal",
        "resting_energy_kcal",
    ],
    assess=assess,
    links=links,
    rules=[
        needs_one_of("duration_min", "distance_km", message=_("Please enter how long it was.")),
        pulses_in_order,
    ],
    position=50,
)
