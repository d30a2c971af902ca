"""Who an entry is about, as the formulas ask: read from the database when one first needs it."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from django.db.models import Max

from tracking.analysis.session import hr_max_tanaka
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User

WEIGHT_KEPT = timedelta(days=30)  # how long a weight may stand in for that of a later day


class Person:
    """The member behind the entries; everything unknown is None.

    A page that asks for nothing costs nothing; the profile is one query, all weights are another.
    """

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def profile(self) -> Profile:
        return Profile.of(self.user)

    @property
    def sex(self) -> Literal["male", "female"] | None:
        """The sex that formulas know, None where it is another or not stated."""
        sex = self.profile.sex
        if sex == Profile.Sex.MALE:
            return "male"
        return "female" if sex == Profile.Sex.FEMALE else None

    @property
    def height_cm(self) -> float | None:
        height = self.profile.height_cm
        return None if height is None else float(height)

    def age(self, on: date) -> int | None:
        """Full years on a day."""
        return self.profile.age(on)

    def hr_max(self, on: date) -> float | None:
        """The highest heart rate of trainings so far, or the one to expect at the age if that is higher."""
        age = self.age(on)
        expected = None if age is None else hr_max_tanaka(age)
        return max((one for one in (expected, self._measured_hr_max) if one is not None), default=None)

    def hr_max_is_measured(self, on: date) -> bool:
        """Whether `hr_max` comes from a training."""
        return self._measured_hr_max is not None and self.hr_max(on) == self._measured_hr_max

    @cached_property
    def _measured_hr_max(self) -> float | None:
        from tracking.journals.activity import Activity

        highest = Activity.objects.of(self.user).aggregate(highest=Max("hr_max_bpm"))["highest"]
        return None if highest is None else float(highest)

    def weight_on(self, day: date) -> float | None:
        """The weight in kg of that day, or the last one of the thirty days before it."""
        days, values = self._weights
        place = bisect_right(days, day) - 1
        if place < 0 or day - days[place] > WEIGHT_KEPT:
            return None
        return values[place]

    @cached_property
    def _weights(self) -> tuple[list[date], list[float]]:
        from tracking.journals.weight import Weight

        rows = Weight.objects.of(self.user).filter(weight_kg__isnull=False).order_by("day")
        found = list(rows.values_list("day", "weight_kg"))
        return [day for day, _kg in found], [float(kg) for _day, kg in found]
