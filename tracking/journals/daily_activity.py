"""What a day was made of besides training: steps, active energy, minutes of exercise. One row a day."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tracking.journals.base import Entry, Journal, Series, needs_one_of, per_day
from tracking.measures import Measure, within


class DailyActivity(Entry):
    """The day as a pedometer or a watch counts it."""

    steps = Measure(_("Steps"), low=0, high=200_000)
    active_energy_kcal = Measure(_("Active energy"), unit="kcal", low=0, high=20_000)
    exercise_min = Measure(_("Exercise"), unit="min", low=0, high=1440)
    distance_km = Measure(_("Distance"), unit="km", low=0, high=300, digits=1)

    class Meta(Entry.Meta):
        # Ranges: a run of 24 hours is about 150 km and 200,000 steps; a day has 1440 minutes.
        constraints = [
            *Entry.Meta.constraints,
            within("daily_activity", "steps", 0, 200_000),
            within("daily_activity", "active_energy_kcal", 0, 20_000),
            within("daily_activity", "exercise_min", 0, 1440),
            within("daily_activity", "distance_km", 0, 300),
        ]


JOURNAL = Journal(
    slug="daily_activity",
    label=_("Daily activity"),
    intro=_("Steps are enough: the mean of a week says more than a single day."),
    model=DailyActivity,
    slot=per_day,
    icon="footprints",
    quick=["steps", "active_energy_kcal"],
    series=[Series("steps", kind="bars"), Series("active_energy_kcal", kind="line")],
    rules=[
        needs_one_of(
            "steps",
            "active_energy_kcal",
            "exercise_min",
            "distance_km",
            message=_("Please enter at least one value."),
        )
    ],
    position=60,
)
