"""Body weight, and body fat as the scale tells it. One row a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis.interpret import movement, towards_goal
from tracking.analysis.weight import JUMP_DAYS, Target, bmi, implausible_jump
from tracking.journals.base import Computed, Entry, Journal, Point, Series, When, per_day
from tracking.measures import Measure, within
from tracking.person import Person

if TYPE_CHECKING:
    from membership.models import User


class Weight(Entry):
    """Body weight of one day. One row per user and day; recording again replaces it."""

    weight_kg = Measure(_("Weight"), unit="kg", low=20, high=400, digits=1)
    body_fat_pct = Measure(_("Body fat (scale)"), unit="%", low=2, high=75, digits=1)

    class Meta(Entry.Meta):
        # Ranges: domain.md A2.3 (plausibility of input); body fat: what consumer scales can show.
        constraints = [
            *Entry.Meta.constraints,
            within("weight", "weight_kg", 20, 400),
            within("weight", "body_fat_pct", 2, 75),
        ]


def needs_a_value(values: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without weight and without body fat says nothing."""
    if values.get("weight_kg") is None and values.get("body_fat_pct") is None:
        return {"weight_kg": _("Please enter your weight.")}
    return {}


def jump(owner: User, values: Mapping[str, Any], when: When) -> str | None:
    """A value more than 5 % away from every weight around that day is asked about, and kept if meant.

    Looked at are the day itself, the last one before it and the next one after it, each within a week.
    """
    new = values.get("weight_kg")
    week = timedelta(days=JUMP_DAYS)
    around = (
        Weight.objects.of(owner).between(when.day - week, when.day + week).filter(weight_kg__isnull=False)
    )
    known = dict(around.values_list("day", "weight_kg"))
    before, after = [day for day in known if day < when.day], [day for day in known if day > when.day]
    near = {when.day, max(before, default=when.day), min(after, default=when.day)} & known.keys()
    if new is None or not near:
        return None
    if not all(
        implausible_jump(float(known[day]), float(new), max(1, abs((day - when.day).days))) for day in near
    ):
        return None
    last = known[max(near, key=lambda day: (day <= when.day, day))]
    return _now("That is far from your weight of %(last)s around that day. Is %(new)s right?") % {
        "last": format_quantity(last, "kg", 1),
        "new": format_quantity(new, "kg", 1),
    }


def course(points: Sequence[Point], today: date, target: Target | None, person: Person) -> str:
    """Where the weight goes, measured against the goal where there is one."""
    weights = [(point.day, kg) for point in points if (kg := point.values["weight_kg"]) is not None]
    found = movement(weights, today)
    return sentences.weight_sentence(found, towards_goal(found, target))


def _bmi(point: Point, person: Person) -> float | None:
    kg, height = point.values["weight_kg"], person.height_cm
    return bmi(kg, height) if kg and height else None


JOURNAL = Journal(
    slug="weight",
    label=_("Weight"),
    intro=_("One weight a day is enough: the trend takes the noise out of it."),
    model=Weight,
    slot=per_day,
    icon="scale",
    quick=["weight_kg"],
    series=[Series("weight_kg", trend=True), Series("body_fat_pct", kind="line")],
    computed=[
        Computed(
            "bmi", _("BMI"), "", 1, _bmi, ["weight_kg"], _("weight / height², in kilograms and metres"), "WHO"
        )
    ],
    pick="first",
    goal=True,
    meaning=course,
    rules=[needs_a_value],
    doubt=jump,
    position=10,
)
