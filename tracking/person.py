"""Who an entry is about, as the formulas ask: read from the database when one first needs it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import Max

from tracking.analysis import heart
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User

KEPT = timedelta(days=30)  # how long a value may stand in for that of a later day


@dataclass(frozen=True, slots=True)
class Course:
    """All values of a measure by their days, ascending."""

    days: list[date]
    values: list[float]

    @classmethod
    def of(cls, rows: Any, name: str) -> Course:
        """Those of a journal of days, in one query."""
        found = list(rows.filter(**{f"{name}__isnull": False}).order_by("day").values_list("day", name))
        return cls([day for day, _value in found], [float(value) for _day, value in found])

    def last(self, day: date) -> tuple[date, float] | None:
        """The value of that day, or the last one before it that may stand for it, with its day."""
        place = bisect_right(self.days, day) - 1
        if place < 0 or day - self.days[place] > KEPT:
            return None
        return self.days[place], self.values[place]

    def on(self, day: date) -> float | None:
        """The value that stands for a day."""
        found = self.last(day)
        return found[1] if found else None


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
        expected = None if age is None else heart.highest(age)
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
        return self._weights.on(day)

    def waist_on(self, day: date) -> float | None:
        """The waist in cm of that day, or the last one of the thirty days before it."""
        return self._waists.on(day)

    @cached_property
    def _weights(self) -> Course:
        from tracking.journals.weight import Weight

        return Course.of(Weight.objects.of(self.user), "weight_kg")

    @cached_property
    def _waists(self) -> Course:
        from tracking.journals.circumference import Circumference

        return Course.of(Circumference.objects.of(self.user), "waist_cm")
