"""Coupons: codes that give a tier for some days, or credits."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership.models.grant import AccessGrant
from membership.models.tier import Tier

MOST_DAYS, MOST_CREDITS = 3660, 1_000_000


class Gift(models.Model):
    """What a code gives, how often and when: a tier for some days, or credits."""

    tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tier")
    )
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    credits = models.PositiveIntegerField(
        _("credits"), null=True, blank=True, help_text=_("In place of tier and days.")
    )
    max_redemptions = models.PositiveIntegerField(
        _("redemptions"), null=True, blank=True, default=1, help_text=_("How often at most; empty: no limit.")
    )
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now)
    valid_until = models.DateTimeField(
        _("valid until"), null=True, blank=True, help_text=_("Empty: without an end.")
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                # NULL fulfils a comparison in a check, so that each part says that it is there.
                condition=Q(
                    tier__isnull=False,
                    days__isnull=False,
                    days__gte=1,
                    days__lte=MOST_DAYS,
                    credits__isnull=True,
                )
                | Q(
                    tier__isnull=True,
                    days__isnull=True,
                    credits__isnull=False,
                    credits__gte=1,
                    credits__lte=MOST_CREDITS,
                ),
                name="%(class)s_gives_one_thing",
                violation_error_message=_("Either a tier with 1 to 3660 days, or credits."),
            ),
            models.CheckConstraint(
                condition=Q(max_redemptions__isnull=True) | Q(max_redemptions__gte=1),
                name="%(class)s_can_be_redeemed",
                violation_error_message=_("At least once, or empty for no limit."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="%(class)s_window",
                violation_error_message=_("The end lies after the beginning."),
            ),
        ]


class CouponBatch(Gift):
    """Coupons made together; what each of them gives stands on the coupon."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=12, blank=True)
    size = models.PositiveSmallIntegerField(_("codes"))
    created_at = models.DateTimeField(_("made on"), auto_now_add=True)

    class Meta(Gift.Meta):
        ordering = ["-created_at"]
        verbose_name = _("batch of coupons")
        verbose_name_plural = _("batches of coupons")

    def __str__(self) -> str:
        return self.name


class Coupon(Gift):
    """A code. `redeemed` counts redemptions, also those of accounts that are gone."""

    code = models.CharField(_("code"), max_length=40, blank=True, help_text=_("Empty: one is made up."))
    code_normalised = models.CharField(max_length=40, unique=True, editable=False)
    redeemed = models.PositiveIntegerField(_("redeemed"), default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    batch = models.ForeignKey(
        CouponBatch,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="coupons",
        verbose_name=_("batch"),
    )
    created_at = models.DateTimeField(_("made on"), auto_now_add=True)

    class Meta(Gift.Meta):
        ordering = ["-created_at", "-id"]
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            *Gift.Meta.constraints,
            models.CheckConstraint(
                condition=Q(max_redemptions__isnull=True) | Q(redeemed__lte=F("max_redemptions")),
                name="coupon_not_redeemed_too_often",
                violation_error_message=_("It was redeemed more often already."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """A coupon that an account redeemed, once; with the grant where it gave one."""

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="redemptions", verbose_name=_("coupon"))
    user = models.ForeignKey(
        "membership.User", models.CASCADE, related_name="redemptions", verbose_name=_("account")
    )
    grant = models.ForeignKey(AccessGrant, models.CASCADE, null=True, related_name="+")
    redeemed_at = models.DateTimeField(_("redeemed on"), default=timezone.now)

    class Meta:
        ordering = ["-redeemed_at"]
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints = [models.UniqueConstraint(fields=["coupon", "user"], name="redemption_once")]

    def __str__(self) -> str:
        return f"{self.coupon}, {self.redeemed_at:%Y-%m-%d}"
