"""What a formula asked about the member: the inputs of a number that stand in no entry."""

from __future__ import annotations

from datetime import date
from typing import Literal

from django.utils.translation import gettext as _

from tracking.person import Course, Person
from tracking.topics.figure import Given, given, short


class Asked(Person):
    """A person who remembers what was asked of them, as a drawer lists it."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.user)
        self.__dict__.update(person.__dict__)  # what was read already is not read again
        self._answers: dict[str, Given] = {}

    def begin(self) -> Asked:
        """Forget what was asked so far: another number comes."""
        self._answers.clear()
        return self

    @property
    def answers(self) -> list[Given]:
        """Each input once, in the order in which it was first asked for."""
        return list(self._answers.values())

    @property
    def sex(self) -> Literal["male", "female"] | None:
        self._note("sex", Given(_("Sex"), str(self.profile.get_sex_display()), _("Profile")))
        return super().sex

    @property
    def height_cm(self) -> float | None:
        height, since = super().height_cm, self.profile.height_on
        origin = f"{_('Profile')}, {short(since)}" if since else _("Profile")
        self._note("height", given(_("Height"), height, "cm", 1, origin=origin))
        return height

    def age(self, on: date) -> int | None:
        age = super().age(on)
        self._note("age", Given(_("Age"), "–" if age is None else str(age), _("Profile")))
        return age

    def weight_on(self, day: date) -> float | None:
        return self._measured("weight", _("Weight"), "kg", self._weights, day)

    def waist_on(self, day: date) -> float | None:
        return self._measured("waist", _("Waist"), "cm", self._waists, day)

    def _measured(self, name: str, label: str, unit: str, course: Course, day: date) -> float | None:
        found = course.last(day)
        if found is not None:
            self._note(name, given(label, found[1], unit, 1, day=found[0]))
        return found[1] if found else None

    def _note(self, name: str, answer: Given) -> None:
        self._answers.setdefault(name, answer)
