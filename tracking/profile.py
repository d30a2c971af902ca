"""The member's health profile. It lives here, out of sight of those who only run accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tracking.analysis.blood_pressure import Place, Scheme, Table
from tracking.measures import Measure

if TYPE_CHECKING:
    from membership.models import User


# Names are names everywhere; of ESC 2024 the place decides which of its two tables holds.
PRESSURE_TABLES = [
    (Table.WHO_ISH_1999.value, "WHO/ISH 1999"),
    (Table.ESC_ESH_2018.value, "ESC/ESH 2018"),
    (Table.ESC_2024.value, "ESC 2024"),
    (Table.AHA_ACC_2017.value, "AHA/ACC 2017"),
    (Table.ISH_2020.value, "ISH 2020"),
]
PRESSURE_PLACES = [(Place.HOME.value, _("at home")), (Place.PRACTICE.value, _("at a practice"))]


class Profile(models.Model):
    """What formulas need to know of a person; everything may be left out."""

    class Sex(models.TextChoices):
        UNSTATED = "", _("not stated")
        FEMALE = "female", _("female")
        MALE = "male", _("male")
        DIVERSE = "diverse", _("diverse")

    class Activity(models.TextChoices):
        UNSTATED = "", _("not stated")
        SEDENTARY = "sedentary", _("mostly sitting")
        LIGHT = "light", _("some walking, light training")
        MODERATE = "moderate", _("training on 3 to 5 days")
        HIGH = "high", _("training on 6 or 7 days")
        EXTREME = "extreme", _("hard physical work or training twice a day")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    sex = models.CharField(_("Sex"), max_length=10, choices=Sex, blank=True, default="")
    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    height_cm = Measure(_("Height"), unit="cm", low=100, high=250, digits=1)
    height_on = models.DateField(null=True, blank=True)
    activity_level = models.CharField(
        _("Everyday activity"), max_length=10, choices=Activity, blank=True, default=""
    )
    pressure_table = models.CharField(
        _("Classes of blood pressure by"),
        max_length=20,
        choices=PRESSURE_TABLES,
        default=Table.WHO_ISH_1999.value,
    )
    pressure_place = models.CharField(
        _("Where you measure blood pressure"),
        max_length=10,
        choices=PRESSURE_PLACES,
        default=Place.HOME.value,
    )
    journals = models.JSONField(default=list)  # slugs the member wants to record; empty means all
    welcomed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(height_cm__gte=Decimal(100), height_cm__lte=Decimal(250))
                | Q(height_cm__isnull=True),
                name="profile_height_range",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)

    @classmethod
    def of(cls, user: User) -> Profile:
        """The member's profile, or an empty one that is not stored yet."""
        return cls.objects.filter(user=user).first() or cls(user=user)

    @property
    def pressure_scheme(self) -> Scheme:
        """By which table, and for readings of which place, the member's means are judged."""
        return Scheme(Table(self.pressure_table), Place(self.pressure_place))

    def age(self, on: date) -> int | None:
        """Full years on a day."""
        return None if self.birth_date is None else years_between(self.birth_date, on)


def years_between(born: date, on: date) -> int:
    """Full years of age on a day; born on 29 February one is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def finish_welcome(*, owner: User) -> None:
    """Remember that the first steps were seen, so that the start page is the overview from now on."""
    Profile.objects.update_or_create(user=owner, defaults={"welcomed_at": timezone.now()})
