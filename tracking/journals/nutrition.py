"""Meals, and day totals as another application tells them. One source counts per day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Case, F, Max, Q, Sum, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mitai.core.expressions import as_float
from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis.energy import macro_energy, stated_energy_differs
from tracking.analysis.interpret import intake
from tracking.analysis.weight import Target
from tracking.journals.base import WHOLE_DAY, Entry, Journal, Point, Series, per_meal
from tracking.measures import Measure, within
from tracking.person import Person
from tracking.sources import MANUAL


class Meal(models.TextChoices):
    BREAKFAST = "breakfast", _("Breakfast")
    LUNCH = "lunch", _("Lunch")
    DINNER = "dinner", _("Dinner")
    SNACK = "snack", _("Snack")
    TOTAL = WHOLE_DAY, _("Whole day")


class Nutrition(Entry):
    """One meal, or the whole day of one source."""

    meal = models.CharField(_("Meal"), max_length=12, choices=Meal, default=Meal.SNACK)
    energy_kcal = Measure(_("Energy"), unit="kcal", low=0, high=20000)
    protein_g = Measure(_("Protein"), unit="g", low=0, high=2000)
    fat_g = Measure(_("Fat"), unit="g", low=0, high=2000)
    carbs_g = Measure(_("Carbohydrates"), unit="g", low=0, high=3000)
    sugar_g = Measure(_("of which sugar"), unit="g", low=0, high=3000)
    fibre_g = Measure(_("Fibre"), unit="g", low=0, high=500)
    alcohol_g = Measure(_("Alcohol"), unit="g", low=0, high=1000)
    water_ml = Measure(_("Water"), unit="ml", low=0, high=20000)

    class Meta(Entry.Meta):
        # Ranges: far above any day of an adult, low enough to stop a slip of the unit (kJ, mg).
        constraints = [
            *Entry.Meta.constraints,
            within("nutrition", "energy_kcal", 0, 20000),
            within("nutrition", "protein_g", 0, 2000),
            within("nutrition", "fat_g", 0, 2000),
            within("nutrition", "carbs_g", 0, 3000),
            within("nutrition", "sugar_g", 0, 3000),
            within("nutrition", "fibre_g", 0, 500),
            within("nutrition", "alcohol_g", 0, 1000),
            within("nutrition", "water_ml", 0, 20000),
            models.CheckConstraint(condition=Q(meal__in=Meal.values), name="nutrition_meal_known"),
        ]


DOES_NOT_COUNT = _("does not count: another entry stands for this day")
IN_GRAMS = ("protein_g", "carbs_g", "fat_g", "alcohol_g")
AMOUNTS = [field.name for field in Nutrition._meta.concrete_fields if isinstance(field, Measure)]


def needs_a_value(values: Mapping[str, Any]) -> dict[str, Any]:
    """A meal without any amount says nothing."""
    if all(values.get(name) is None for name in AMOUNTS):
        return {"energy_kcal": _("Please enter the energy or at least one amount.")}
    return {}


def day_totals(
    rows: models.QuerySet[Any], names: Sequence[str] = AMOUNTS
) -> dict[date, dict[str, float | None]]:
    """The totals of each day of these amounts, from the one statement that counts: sources never add up.

    Who says how much energy it was comes before who only wrote down a glass of water; then the member's
    own entries before those of an import; a whole day before single meals of the same source, and of two
    whole days by hand the one said last; among imports the one with the most energy, so that the order of
    imports is no matter.
    """
    whole = Case(When(meal=Meal.TOTAL, then=F("id")))
    sums = {f"{name}_sum": as_float(Sum(name)) for name in {"energy_kcal", *names}}
    keys = ["day", "source_id", "source__kind"]
    groups = rows.order_by().values(*keys, whole=whole).annotate(last=Max("changed"), **sums)
    best: dict[date, dict[str, Any]] = {}
    for group in groups:
        if group["day"] not in best or _rank(group) > _rank(best[group["day"]]):
            best[group["day"]] = group
    return {day: {name: group[f"{name}_sum"] for name in names} for day, group in sorted(best.items())}


def _rank(group: Mapping[str, Any]) -> tuple[Any, ...]:
    by_hand = group["source__kind"] == MANUAL
    return (
        group["energy_kcal_sum"] is not None,
        by_hand,
        group["whole"] is not None,
        group["last"] if by_hand and group["whole"] else 0,
        group["energy_kcal_sum"] or 0,
        str(group["source_id"]),
        str(group["whole"]),
    )


def not_counting(rows: Sequence[Any]) -> dict[UUID, Any]:
    """A mark for those of some whole days' rows (with their source) that do not make up the days' totals."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        whole = row.pk if row.meal == Meal.TOTAL else None
        group = groups.setdefault(
            (row.day, row.source_id, whole),
            {
                "source_id": row.source_id,
                "source__kind": row.source.kind,
                "whole": whole,
                "last": 0,
                "energy_kcal_sum": None,
                "rows": set(),
            },
        )
        group["last"] = max(group["last"], row.changed)
        if row.energy_kcal is not None:
            group["energy_kcal_sum"] = (group["energy_kcal_sum"] or 0) + row.energy_kcal
        group["rows"].add(row.pk)
    best: dict[date, dict[str, Any]] = {}
    for (day, _source, _whole), group in groups.items():
        if day not in best or _rank(group) > _rank(best[day]):
            best[day] = group
    counted = {key for group in best.values() for key in group["rows"]}
    return {row.pk: DOES_NOT_COUNT for row in rows if row.pk not in counted}


def unlike(entry: Nutrition, person: Person) -> str:
    """A hint where energy and grams of a row do not fit together."""
    if entry.energy_kcal is None or None in (entry.protein_g, entry.carbs_g, entry.fat_g):
        return ""
    grams = {
        name: float(getattr(entry, name) or 0) for name in ("protein_g", "carbs_g", "fat_g", "alcohol_g")
    }
    included = entry.source.fibre_included if entry.source else None
    apart = grams | {"fibre_g": float(entry.fibre_g or 0)}
    ways = {True: [grams], False: [apart], None: [grams, apart]}[included]  # as its source counts fibre
    if not all(stated_energy_differs(float(entry.energy_kcal), way) for way in ways):
        return ""
    grams = ways[0]
    return gettext("Energy and grams do not fit together: by the grams it is %(kcal)s.") % {
        "kcal": format_quantity(macro_energy(grams), "kcal", 0)
    }


def meal_of_the_hour(moment: datetime) -> dict[str, Any]:
    """The meal people most likely write down at this local time."""
    hours = ((4, 10, Meal.BREAKFAST), (11, 14, Meal.LUNCH), (17, 21, Meal.DINNER))
    return {"meal": next((meal for start, end, meal in hours if start <= moment.hour <= end), Meal.SNACK)}


def mean_intake(points: Sequence[Point], today: date, target: Target | None, person: Person) -> str:
    """The mean of the days that look complete."""
    return sentences.intake_sentence(
        intake({point.day: point.values["energy_kcal"] for point in points}, today)
    )


JOURNAL = Journal(
    slug="nutrition",
    label=_("Nutrition"),
    intro=_("Energy is enough to begin with; protein tells the most after it."),
    model=Nutrition,
    slot=per_meal,
    split="meal",
    icon="utensils",
    quick=["meal", "energy_kcal", "protein_g"],
    series=[Series("energy_kcal", kind="bars"), Series("protein_g", kind="line")],
    rules=[needs_a_value],
    daily=day_totals,
    marks=not_counting,
    lacking=unlike,
    meaning=mean_intake,
    begin=meal_of_the_hour,
    repeats=True,
    position=20,
)
