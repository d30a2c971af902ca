"""Photos of one pose side by side, and all of them over time with weight and waist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tracking.journals.photo import Photo, Pose, picture
from tracking.person import Person
from tracking.photos.photo_files import PhotoFile
from tracking.row_views import Picture

if TYPE_CHECKING:
    from membership.models import User


@dataclass(frozen=True, slots=True)
class Shown:
    """One photo with its day, and the weight (kg) and waist (cm) of that time."""

    key: str
    day: date
    picture: Picture
    weight_kg: float | None
    waist_cm: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The photos of a pose, oldest first, and the two that are held against each other."""

    pose: str
    poses: Sequence[tuple[str, str]]
    shown: Sequence[Shown]
    first: Shown | None
    second: Shown | None


def compare(user: User, pose: str, first: str, second: str) -> Comparison:
    """All photos of a pose that are ready; without (readable) keys the oldest and the newest are compared."""
    ready = Photo.objects.of(user).filter(file__state=PhotoFile.State.READY)
    rows = list(ready.order_by("day").select_related("file"))
    known = {row.pose for row in rows}
    poses = [(value, str(label)) for value, label in Pose.choices if value in known]
    pose = pose if pose in known else (poses[0][0] if poses else "")
    person = Person(user)
    shown = [_shown(row, person) for row in rows if row.pose == pose]
    by_key = {one.key: one for one in shown}
    if len(shown) < 2:
        return Comparison(pose, poses, shown, None, None)
    return Comparison(pose, poses, shown, by_key.get(first, shown[0]), by_key.get(second, shown[-1]))


def _shown(row: Photo, person: Person) -> Shown:
    found = picture(row)
    assert found is not None
    return Shown(str(row.pk), row.day, found, person.weight_on(row.day), person.waist_on(row.day))
