"""Names of trainings that mean a type: which are unknown, what a member says, and the past that follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min
from kombu.exceptions import OperationalError

from tracking import entries, training
from tracking.journals import registry
from tracking.journals.activity import Activity
from tracking.readings import SyncClock
from tracking.training import NameMapping, TrainingType, normalise

if TYPE_CHECKING:
    from membership.models import User


AGAIN_AFTER_S = 900
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name without a type: how many trainings have it, and when."""

    name: str
    count: int
    first: date
    last: date


def unknown(owner: User) -> list[UnknownName]:
    """The names of the member's trainings that mean nothing yet, the most frequent first."""
    rows = _untyped(owner).values("name").annotate(n=Count("pk"), first=Min("day"), last=Max("day"))
    found: dict[str, UnknownName] = {}
    for row in rows:
        one = UnknownName(on_one_line(row["name"]), row["n"], row["first"], row["last"])
        like = found.get(one.name, one)
        if like is not one:
            one = UnknownName(
                one.name, one.count + like.count, min(one.first, like.first), max(one.last, like.last)
            )
        found[one.name] = one
    return sorted(found.values(), key=lambda one: (-one.count, one.name))


def on_one_line(name: str) -> str:
    """A name as forms can send it back: browsers change line breaks."""
    return " ".join(name.split())


def count_unknown(owner: User) -> int:
    """How many names mean nothing yet."""
    return int(_untyped(owner).values("name").distinct().count())


def _untyped(owner: User) -> Any:
    return Activity.objects.of(owner).filter(training_type=None).exclude(name="").order_by()


def names_of(owner: User) -> list[str]:
    """Every name the member's trainings have."""
    named = Activity.objects.of(owner).exclude(name="").order_by("name")
    return list(named.values_list("name", flat=True).distinct())


def learnt(owner: User) -> list[NameMapping]:
    """What the member said names mean, by name."""
    return list(NameMapping.objects.filter(user=owner).select_related("training_type").order_by("key"))


@transaction.atomic
def assign(*, owner: User, names: Collection[str], training_type: TrainingType) -> int:
    """Names mean this type from now on, and did so all along; how many trainings changed.

    Types that were stated by hand stay. Saying it again changes nothing.
    """
    SyncClock.advance(owner.pk, 0)  # whoever writes a training after this sees the new meaning
    training.learn(owner=owner, names=names, training_type=training_type)
    return _follow(owner, names)


@transaction.atomic
def forget(*, owner: User, mapping: NameMapping) -> int:
    """The operators' word counts again for a name, where there is one; how many trainings changed."""
    SyncClock.advance(owner.pk, 0)
    NameMapping.objects.filter(user=owner, pk=mapping.pk).delete()
    return _follow(owner, [mapping.name])


def wake(keys: Sequence[str]) -> None:
    """Send the task that lets every member's past follow; with the broker away it is done here and now."""
    from tracking.tasks import apply_names

    try:
        apply_names.delay(list(keys))
        # What is being written just now is not there yet; a long import has ended by then.
        apply_names.apply_async((list(keys),), countdown=AGAIN_AFTER_S)
    except OperationalError:
        apply_to_all(keys)


def apply_to_all(keys: Sequence[str]) -> None:
    """Let every member's past follow what names, given normalised, mean to everyone now."""
    for owner in _members_with(set(keys)):
        with transaction.atomic():
            SyncClock.advance(owner.pk, 0)
            _follow(owner, keys)


def _members_with(keys: set[str]) -> list[Any]:
    """The members who have trainings of these names, deleted ones too."""
    from membership.models import User as Account

    found: set[UUID] = set()
    named = Activity.objects.exclude(name="").order_by().values_list("user", "name").distinct()
    for user, name in named.iterator(chunk_size=2000):
        if normalise(name) in keys:
            found.add(user)
    return list(Account.objects.filter(pk__in=found).order_by("pk"))


def _follow(owner: User, names: Iterable[str]) -> int:
    """Settle every training whose name is one of these; the caller holds the member's clock."""
    keys = {normalise(name) for name in names}
    rows = Activity.objects.filter(user=owner).exclude(name="").order_by("slot").values_list("slot", "name")
    slots = [slot for slot, name in rows if normalise(name) in keys]
    return entries.derive_anew(owner=owner, journal=registry()["activity"], slots=slots)
