"""What the member wants to reach: kinds of goals, the goals themselves, setting and giving them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from membership import access
from mitai.core.ids import uuid7
from tracking.analysis.weight import Target
from tracking.journals.weight import Weight
from tracking.measures import Measure
from tracking.readings import SyncClock

if TYPE_CHECKING:
    from membership.models import User


GOALS = "goals"


class Way(StrEnum):
    """How a goal is met."""

    REACH = "reach"  # a level, from either side
    AT_MOST = "at_most"  # a mean that stays below
    AT_LEAST = "at_least"  # a mean that comes up to it


@dataclass(frozen=True, slots=True)
class GoalKind:
    """What can be a goal: `measure` asks for it, `second` for the other half of a pair; `per` is a period."""

    slug: str
    label: Promise
    icon: str
    way: Way
    measure: Measure
    second: Measure | None = None
    per: Promise | str = ""


def _girth(name: str, label: Promise, low: int, high: int) -> GoalKind:
    return GoalKind(name, label, "ruler", Way.REACH, Measure(label, unit="cm", low=low, high=high, digits=1))


KINDS = {
    kind.slug: kind
    for kind in (
        GoalKind(
            "weight",
            _("Weight"),
            "scale",
            Way.REACH,
            Measure(_("Goal weight"), unit="kg", low=20, high=400, digits=1),
        ),
        GoalKind(
            "body_fat",
            _("Body fat"),
            "user",
            Way.REACH,
            Measure(_("Body fat"), unit="%", low=3, high=60, digits=1),
        ),
        _girth("waist", _("Waist"), 40, 200),
        _girth("belly", _("Belly"), 40, 220),
        _girth("hip", _("Hip"), 50, 220),
        _girth("chest", _("Chest"), 50, 200),
        _girth("thigh", _("Thigh"), 20, 120),
        _girth("calf", _("Calf"), 15, 90),
        _girth("upper_arm", _("Upper arm"), 15, 80),
        _girth("neck", _("Neck"), 20, 70),
        GoalKind(
            "blood_pressure",
            _("Blood pressure"),
            "heart-pulse",
            Way.AT_MOST,
            Measure(_("Systolic at most"), unit="mmHg", low=90, high=180),
            second=Measure(_("Diastolic at most"), unit="mmHg", low=50, high=120),
            per=_("mean of 7 days"),
        ),
        GoalKind(
            "steps",
            _("Steps"),
            "footprints",
            Way.AT_LEAST,
            Measure(_("Steps a day"), low=500, high=60_000),
            per=_("a day"),
        ),
        GoalKind(
            "training",
            _("Trainings"),
            "dumbbell",
            Way.AT_LEAST,
            Measure(_("Trainings a week"), low=1, high=21),
            per=_("a week"),
        ),
        GoalKind(
            "sleep",
            _("Sleep"),
            "moon",
            Way.AT_LEAST,
            Measure(_("Hours of sleep a night"), unit="h", low=4, high=12, digits=1),
            per=_("a night"),
        ),
    )
}


class GoalQuerySet(models.QuerySet["Goal"]):
    def open(self, user: User) -> Self:
        """The member's goals that are neither reached nor given up, oldest first."""
        return self.filter(user=user, closed_at__isnull=True).order_by("created_at")

    def with_start(self, user: User) -> Self:
        """With the weight each began at, `start_kg`: the last up to the day it was set, else the first after.

        So a goal set in the first steps gets its beginning from whatever is recorded or imported later.
        """
        weights = Weight.objects.of(user).filter(weight_kg__isnull=False)
        set_on = OuterRef("created_at__date")
        return self.annotate(
            start_kg=Coalesce(
                Subquery(weights.filter(day__lte=set_on).newest_first().values("weight_kg")[:1]),
                Subquery(weights.filter(day__gt=set_on).oldest_first().values("weight_kg")[:1]),
            )
        )

    def weight_target(self, user: User) -> Target | None:
        """The weight the member wants to reach, and the one they had when they said so."""
        goal = self.open(user).filter(kind="weight").with_start(user).first()
        return None if goal is None else target_of(goal)


def target_of(goal: Any) -> Target:
    """The target of a weight goal that was read `with_start`."""
    return Target(float(goal.target_value), None if goal.start_kg is None else float(goal.start_kg))


def _plausible() -> Q:
    """The ranges of all kinds, for the database."""
    found = Q()
    for kind in KINDS.values():
        low, high = Decimal(str(kind.measure.low)), Decimal(str(kind.measure.high))
        found |= Q(kind=kind.slug, target_value__gte=low, target_value__lte=high)
    return found


class Goal(models.Model):
    """A value to reach, in the stored unit of its kind; at most one open goal of a kind.

    `second_value` is the other half of a pair, `due_on` the day by which it is wanted.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    target_value = models.DecimalField(max_digits=9, decimal_places=3)
    second_value = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    due_on = models.DateField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Goal]] = GoalQuerySet.as_manager()

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(closed_at__isnull=True), name="goal_open_once"
            ),
            models.CheckConstraint(condition=_plausible(), name="goal_target_range"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_value}"

    @property
    def declared(self) -> GoalKind:
        return KINDS[self.kind]


@transaction.atomic
def set_goal(
    *,
    owner: User,
    target: Decimal,
    kind: str = "weight",
    second: Decimal | None = None,
    due_on: date | None = None,
) -> Goal:
    """Set a value to reach, in the stored unit of its kind; an open goal of the kind is replaced by it.

    The one before stays in the history; another day alone changes the goal, and not where it began.

    Raises:
        membership.access.LimitReached: the account may not set a goal.
    """
    SyncClock.advance(owner.pk, 0)
    current = Goal.objects.open(owner).filter(kind=kind).first()
    if current is not None and (current.target_value, current.second_value) == (target, second):
        if current.due_on != due_on:
            current.due_on = due_on
            current.save(update_fields=["due_on"])
        return current
    if current is None:  # changing a goal is no new one
        access.consume(user=owner, feature=GOALS)
    close_goal(owner=owner, kind=kind)
    return Goal.objects.create(user=owner, kind=kind, target_value=target, second_value=second, due_on=due_on)


def close_goal(*, owner: User, kind: str = "weight") -> None:
    """End the open goal of a kind, if there is one."""
    Goal.objects.filter(user=owner, kind=kind, closed_at__isnull=True).update(closed_at=timezone.now())
