"""What the member wants to reach."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
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


class GoalQuerySet(models.QuerySet["Goal"]):
    def open(self, user: User) -> Self:
        """The member's goals that are neither reached nor given up."""
        return self.filter(user=user, closed_at__isnull=True)

    def weight_target(self, user: User) -> Target | None:
        """The weight the member wants to reach, and the one they had when they said so.

        That is the last weight up to that day, else the first after it: a goal set in the first steps
        gets its beginning from whatever is recorded or imported later.
        """
        weights = Weight.objects.of(user).filter(weight_kg__isnull=False)
        set_on = OuterRef("created_at__date")
        goal = (
            self.open(user)
            .filter(kind=Goal.Kind.WEIGHT)
            .values_list(
                "target_value",
                Coalesce(
                    Subquery(weights.filter(day__lte=set_on).newest_first().values("weight_kg")[:1]),
                    Subquery(weights.filter(day__gt=set_on).oldest_first().values("weight_kg")[:1]),
                ),
            )
            .first()
        )
        if goal is None:
            return None
        target, start = goal
        return Target(float(target), None if start is None else float(start))


class Goal(models.Model):
    """A value to reach; at most one open goal of a kind."""

    class Kind(models.TextChoices):
        WEIGHT = "weight", _("Weight")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.WEIGHT)
    target_value = Measure(_("Goal weight"), unit="kg", low=20, high=400, digits=1, null=False, blank=False)
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
            models.CheckConstraint(
                condition=Q(target_value__gte=Decimal(20), target_value__lte=Decimal(400)),
                name="goal_target_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_value}"


@transaction.atomic
def set_goal(*, owner: User, target: Decimal) -> Goal:
    """Set the weight to reach, in kilograms; an open goal is replaced by it and stays in the history.

    Raises:
        membership.access.LimitReached: the account may not set a goal.
    """
    SyncClock.advance(owner.pk, 0)
    current = Goal.objects.open(owner).filter(kind=Goal.Kind.WEIGHT).first()
    if current is not None and current.target_value == target:
        return current
    if current is None:  # changing a goal is no new one
        access.consume(user=owner, feature=GOALS)
    close_goal(owner=owner)
    return Goal.objects.create(user=owner, kind=Goal.Kind.WEIGHT, target_value=target)


def close_goal(*, owner: User) -> None:
    """End the open weight goal, if there is one."""
    Goal.objects.open(owner).filter(kind=Goal.Kind.WEIGHT).update(closed_at=timezone.now())
