"""What has been used. Only `membership.access` writes these tables."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.models.tier import Feature


class UsageCounter(models.Model):
    """How much of a feature an account used in a period, and how much is held for what is under way."""

    user = models.ForeignKey(
        "membership.User", models.CASCADE, related_name="usage", verbose_name=_("account")
    )
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="+", verbose_name=_("feature"))
    period_start = models.DateField(
        _("period"), help_text=_("First local day; 1970-01-01 for counts in total.")
    )
    used = models.PositiveIntegerField(_("used"), default=0)
    reserved = models.PositiveIntegerField(_("reserved"), default=0)

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")
        constraints = [models.UniqueConstraint(fields=["user", "feature", "period_start"], name="usage_once")]
        indexes = [models.Index(fields=["period_start", "feature"], name="usage_of_period")]  # the dashboard

    def __str__(self) -> str:
        return f"{self.feature}, {self.period_start}: {self.used} + {self.reserved}"


class Reservation(models.Model):
    """What a subject (a run, an import) still holds of a counter; gone when nothing is held any more."""

    subject = models.CharField(_("subject"), max_length=80)
    user = models.ForeignKey(
        "membership.User", models.CASCADE, related_name="reservations", verbose_name=_("account")
    )
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="+", verbose_name=_("feature"))
    period_start = models.DateField(_("period"))
    amount = models.PositiveIntegerField(_("amount"))

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(fields=["subject", "feature", "period_start"], name="reservation_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=1), name="reservation_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}, {self.feature}: {self.amount}"
