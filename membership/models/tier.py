"""Tiers, features and what each tier allows of each feature."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def in_words(label: str) -> str:
    """A stored label in the active language; "Entries: Weight" is translated part by part."""
    return ": ".join(gettext(part) for part in label.split(": "))


def limit_in_words(limit: int | None, kind: str) -> str:
    """A limit as tables write it: ∞, off, on (for features that are not counted) or the number."""
    if limit is None:
        return "∞"
    if not limit:
        return gettext("off")
    return gettext("on") if kind == FeatureKind.BOOLEAN else str(limit)


class Tier(models.Model):
    """A step of membership; of two the one with the higher rank is the better one."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(
        _("name"), max_length=80, help_text=_("English; shown translated where the catalogue knows it.")
    )
    rank = models.PositiveSmallIntegerField(_("rank"), help_text=_("The higher one wins."))
    monthly_credits = models.PositiveIntegerField(
        _("credits a month"), default=0, help_text=_("Given once each calendar month; they stay.")
    )
    is_public = models.BooleanField(_("public"), default=True, help_text=_("Named to members as a choice."))

    class Meta:
        ordering = ["rank", "slug"]
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the active language."""
        return in_words(self.name)


class FeatureKind(models.TextChoices):
    BOOLEAN = "boolean", _("on or off")
    COUNT = "count", _("counted")


class FeaturePeriod(models.TextChoices):
    TOTAL = "total", _("in total")
    DAY = "day", _("per day")
    WEEK = "week", _("per week")
    MONTH = "month", _("per month")


class Feature(models.Model):
    """Something that can be limited. NULL is unlimited, 0 is switched off."""

    slug = models.SlugField(_("slug"), unique=True)
    label = models.CharField(
        _("label"), max_length=120, help_text=_("English; shown translated where the catalogue knows it.")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=FeatureKind, default=FeatureKind.COUNT)
    period = models.CharField(_("period"), max_length=10, choices=FeaturePeriod, default=FeaturePeriod.TOTAL)
    default_limit = models.PositiveIntegerField(
        _("default limit"),
        null=True,
        blank=True,
        help_text=_("Counts where a tier says nothing. Empty is unlimited, 0 is off."),
    )
    credit_price = models.PositiveIntegerField(
        _("price in credits"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Of one use beyond the limit. Empty: not for credits."),
    )

    class Meta:
        ordering = ["slug"]
        verbose_name = _("feature")
        verbose_name_plural = _("features")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=FeatureKind.values), name="feature_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(period__in=FeaturePeriod.values), name="feature_period_known"
            ),
            models.CheckConstraint(
                condition=models.Q(credit_price__isnull=True)
                | models.Q(credit_price__gte=1, kind=FeatureKind.COUNT),
                name="feature_price_of_counted",
                violation_error_message=_("Only what is counted has a price, of at least one credit."),
            ),
        ]

    def __str__(self) -> str:
        return in_words(self.label)


class TierLimit(models.Model):
    """What a tier allows of a feature. No row: the feature's default."""

    tier = models.ForeignKey(Tier, models.CASCADE, related_name="limits", verbose_name=_("tier"))
    feature = models.ForeignKey(
        Feature, models.CASCADE, related_name="tier_limits", verbose_name=_("feature")
    )
    limit = models.PositiveIntegerField(
        _("limit"), null=True, blank=True, help_text=_("Empty is unlimited, 0 is off.")
    )

    class Meta:
        ordering = ["feature__slug", "tier__rank"]
        verbose_name = _("limit of a tier")
        verbose_name_plural = _("limits of tiers")
        constraints = [models.UniqueConstraint(fields=["tier", "feature"], name="tierlimit_once")]

    def __str__(self) -> str:
        return f"{self.tier}, {self.feature}: {'∞' if self.limit is None else self.limit}"


class Restriction(models.Model):
    """A limit for one account, before everything else, until a moment or for good."""

    user = models.ForeignKey(
        "membership.User", models.CASCADE, related_name="restrictions", verbose_name=_("account")
    )
    feature = models.ForeignKey(
        Feature, models.CASCADE, related_name="restrictions", verbose_name=_("feature")
    )
    limit = models.PositiveIntegerField(
        _("limit"), null=True, blank=True, default=0, help_text=_("Empty is unlimited, 0 is off.")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    until = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until it is removed.")
    )

    class Meta:
        ordering = ["feature__slug"]
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        constraints = [models.UniqueConstraint(fields=["user", "feature"], name="restriction_once")]

    def __str__(self) -> str:
        return f"{self.feature}: {'∞' if self.limit is None else self.limit}"
