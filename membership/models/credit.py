"""Credits: a ledger that is only added to, and what is held of it. Only `membership.credits` writes here."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership.models.tier import Feature
from mitai.core.ids import uuid7


class CreditAccount(models.Model):
    """The sum of an account's ledger, and what of it is held for what is under way. Its row is the lock."""

    user = models.OneToOneField(
        "membership.User", models.CASCADE, primary_key=True, related_name="credit", verbose_name=_("account")
    )
    balance = models.PositiveIntegerField(_("credits"), default=0)
    held = models.PositiveIntegerField(_("held"), default=0)

    class Meta:
        verbose_name = _("credits")
        verbose_name_plural = _("credits")
        constraints = [
            models.CheckConstraint(condition=Q(held__lte=F("balance")), name="credit_held_is_there"),
        ]

    def __str__(self) -> str:
        return f"{self.balance} - {self.held}"


class CreditHold(models.Model):
    """Uses that a subject (a run) will pay with credits, at the price of the moment; gone when settled."""

    subject = models.CharField(_("subject"), max_length=80)
    user = models.ForeignKey("membership.User", models.CASCADE, related_name="credit_holds")
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="+", verbose_name=_("feature"))
    price = models.PositiveIntegerField(_("price"))
    units = models.PositiveIntegerField(_("units"))

    class Meta:
        verbose_name = _("held credits")
        verbose_name_plural = _("held credits")
        constraints = [
            models.UniqueConstraint(fields=["subject", "feature", "price"], name="credit_hold_once"),
            models.CheckConstraint(condition=Q(units__gte=1), name="credit_hold_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}, {self.feature}: {self.units} · {self.price}"


class EntryKind(models.TextChoices):
    ALLOWANCE = "allowance", _("monthly credits")
    COUPON = "coupon", _("coupon")
    OPERATOR = "operator", _("by an operator")
    CAPTURE = "capture", _("used")
    REFUND = "refund", _("refund")


class NeverChanged(RuntimeError):
    """An entry of the ledger stands: a wrong one is corrected by another."""


class CreditEntryQuerySet(models.QuerySet["CreditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise NeverChanged

    def delete(self) -> NoReturn:
        raise NeverChanged


class CreditEntry(models.Model):
    """One movement of an account's credits; a trigger of the database refuses to change it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        "membership.User", models.CASCADE, related_name="credit_entries", verbose_name=_("account")
    )
    amount = models.IntegerField(_("amount"))
    balance_after = models.PositiveIntegerField(_("balance"))
    kind = models.CharField(_("kind"), max_length=10, choices=EntryKind)
    feature = models.ForeignKey(
        Feature, models.PROTECT, null=True, related_name="+", verbose_name=_("feature")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # What it rests on: the month of an allowance, the subject of a use, the entry of a refund, a payment.
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    at = models.DateTimeField(_("on"), default=timezone.now)

    objects = CreditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("entry of the ledger")
        verbose_name_plural = _("ledger of credits")
        indexes = [models.Index(fields=["user", "-at"], name="credit_entries_of_user")]  # the statement
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="credit_entry_moves_something"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="credit_entry_kind_known"),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(kind=EntryKind.REFUND),
                name="credit_refunded_once",
                violation_error_message=_("This was refunded before."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+}, {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverChanged
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Entries go with their account alone."""
        raise NeverChanged
