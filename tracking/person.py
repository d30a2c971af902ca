"""Who an entry is about, as the formulas ask: read from the database when one first needs it."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

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
