"""The fields of a journal that are more than a column: quantities, ratings, moments before another one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

if TYPE_CHECKING:
    DecimalField = models.DecimalField[Decimal | None, Decimal | None]
    MomentField = models.DateTimeField[datetime | None, datetime | None]
else:
    DecimalField = models.DecimalField
    MomentField = models.DateTimeField

Text = str | Promise
DECIMALS = 3
GROUPED_FROM = 10_000


class Measure(DecimalField):
    """A measured quantity in one unit, stored to three decimals, typed and shown to `digits`.

    Args:
        verbose_name: what is measured, translated.
        unit: the stored unit, shown behind the number.
        low, high: the plausible range, both ends allowed; see `within` for the database's own check.
        digits: decimals shown and the typed step.
    """

    def __init__(
        self,
        verbose_name: Text | None = None,
        *,
        unit: str = "",
        low: float = 0,
        high: float = 0,
        digits: int = 0,
        **kwargs: Any,
    ) -> None:
        self.unit, self.low, self.high, self.digits = unit, low, high, digits
        kwargs |= {"max_digits": 9, "decimal_places": DECIMALS}
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(verbose_name, **kwargs)  # type: ignore[arg-type]  # the stubs name another lazy class

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs

    @property
    def grouped(self) -> bool:
        """Whether people write its thousands with a mark: `2.300` kcal, but never 82.400 kg."""
        return self.digits == 0 and self.high >= GROUPED_FROM

    def clone(self) -> Any:
        """A copy, for migrations. What `deconstruct` leaves out is Django's default, not the one here."""
        _name, _path, args, kwargs = self.deconstruct()
        return Measure(*args, **{"null": False, "blank": False} | kwargs)

    @property
    def bounds(self) -> tuple[MinValueValidator, MaxValueValidator]:
        """The range as validators for forms."""
        return MinValueValidator(Decimal(str(self.low))), MaxValueValidator(Decimal(str(self.high)))


class Scale(Measure):
    """A rating in whole steps from 1 to 5, asked for with one tap; `ends` says what the two ends mean."""

    def __init__(
        self, verbose_name: Text | None = None, *, ends: tuple[Text, Text] = ("", ""), **kwargs: Any
    ):
        self.ends = ends
        super().__init__(verbose_name, low=1, high=5, **kwargs)

    def clone(self) -> Any:
        return Measure.clone(self)


class EarlierMoment(MomentField):
    """A moment before the entry's own, typed as a clock: bed time is the last 23:10 before waking."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


class Sets(models.JSONField):
    """Sets of strength training, kept as `tracking.sets` has them and typed as lines of text."""

    def __init__(self, verbose_name: Text | None = None, **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"default": list, "blank": True} | kwargs)  # type: ignore[arg-type]  # as above

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


def within(journal: str, name: str, low: float, high: float) -> models.CheckConstraint:
    """The database's last line: a value of `name` outside low..high is never stored."""
    inside = Q(**{f"{name}__gte": Decimal(str(low)), f"{name}__lte": Decimal(str(high))})
    return models.CheckConstraint(
        condition=inside | Q(**{f"{name}__isnull": True}), name=f"{journal}_{name}_range"
    )
