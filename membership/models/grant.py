"""Access for a time: facts that are only added to or revoked."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership.models.tier import Tier


class GrantSource(models.TextChoices):
    TRIAL = "trial", _("trial")
    COUPON = "coupon", _("coupon")
    OPERATOR = "operator", _("by an operator")
    PURCHASE = "purchase", _("purchase")


class AccessGrant(models.Model):
    """A tier for a number of days. When it counts follows from all grants together: `grants.schedule`."""

    user = models.ForeignKey(
        "membership.User", models.CASCADE, related_name="grants", verbose_name=_("account")
    )
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="grants", verbose_name=_("tier"))
    days = models.PositiveSmallIntegerField(_("days"))
    granted_at = models.DateTimeField(_("granted at"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=GrantSource, default=GrantSource.OPERATOR)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reference = models.CharField(_("payment"), max_length=80, blank=True, editable=False)
    reminded_at = models.DateTimeField(_("reminded on"), null=True, editable=False)

    class Meta:
        ordering = ["granted_at", "id"]
        verbose_name = _("access grant")
        verbose_name_plural = _("access grants")
        indexes = [models.Index(fields=["user", "granted_at"], name="grant_of_user")]  # grants.refresh
        constraints = [
            models.CheckConstraint(
                condition=models.Q(days__gte=1, days__lte=3660),
                name="grant_days_within",
                violation_error_message=_("A grant lasts 1 to 3660 days."),
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=GrantSource.values), name="grant_source_known"
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(source=GrantSource.TRIAL),
                name="grant_one_trial",
                violation_error_message=_("This account has had its trial."),
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=models.Q(source=GrantSource.PURCHASE),
                name="grant_purchased_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier}, {self.days}"
