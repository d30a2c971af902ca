"""The account: who signs in, in which language, units and time zone."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership.models.tier import Tier
from mitai.core.ids import uuid7
from mitai.core.units import UnitSystem
from mitai.core.zones import known_zone


class Language(models.TextChoices):
    GERMAN = "de", _("German")
    ENGLISH = "en", _("English")


class Units(models.TextChoices):
    METRIC = "metric", _("Kilograms and centimetres (kg, cm)")
    IMPERIAL = "imperial", _("Pounds and inches (lb, in)")


class EnergyUnit(models.TextChoices):
    KCAL = "kcal", _("Kilocalories (kcal)")
    KILOJOULE = "kJ", _("Kilojoules (kJ)")


def validate_zone(name: str) -> None:
    """Accept names of the IANA time zone database.

    Raises:
        ValidationError: for any other text.
    """
    if known_zone(name) is None:
        raise ValidationError(_("“%(name)s” is no time zone."), params={"name": name}, code="zone")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; without a password nobody can sign in to it with one."""
        if not email:
            raise ValueError("an account needs an e-mail address")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An operator with every right."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account. The health profile lives in tracking, out of sight of whoever manages accounts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(
        _("e-mail address"), unique=True, error_messages={"unique": _("This address already has an account.")}
    )
    language = models.CharField(_("language"), max_length=5, choices=Language, default=Language.GERMAN)
    units = models.CharField(_("Weight and lengths"), max_length=10, choices=Units, default=Units.METRIC)
    energy_unit = models.CharField(_("Energy"), max_length=4, choices=EnergyUnit, default=EnergyUnit.KCAL)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Berlin", validators=[validate_zone]
    )
    tier = models.ForeignKey(
        Tier,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("tier"),
        help_text=_("Empty: the installation's default tier."),
    )
    session_days = models.PositiveSmallIntegerField(
        _("session length"), default=30, help_text=_("Days until a browser must sign in again.")
    )
    granted_tier = models.ForeignKey(
        Tier,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("tier by a grant"),
        help_text=_("What `grants.schedule` says for now; counts until `granted_until`."),
    )
    granted_until = models.DateTimeField(_("tier by a grant until"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("operator"), default=False, help_text=_("May open the admin."))
    date_joined = models.DateTimeField(_("member since"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["-date_joined"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("This address already has an account."),
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values), name="user_language_known"
            ),
            models.CheckConstraint(condition=models.Q(units__in=Units.values), name="user_units_known"),
            models.CheckConstraint(
                condition=models.Q(energy_unit__in=EnergyUnit.values), name="user_energy_unit_known"
            ),
            models.CheckConstraint(
                condition=models.Q(session_days__gte=1, session_days__lte=365),
                name="user_session_days_within",
                violation_error_message=_("A session lasts 1 to 365 days."),
            ),
            models.CheckConstraint(
                condition=models.Q(granted_tier__isnull=True) | models.Q(granted_until__isnull=False),
                name="user_granted_tier_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the address as it is compared: trimmed and in lower case."""
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def unit_system(self) -> UnitSystem:
        """The units this member reads and types in; what is stored stays metric."""
        return UnitSystem(self.units, self.energy_unit)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
