"""The tiers, features and limits an installation begins with. Only what is missing is made."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext_noop

from membership.models import Feature, Tier, TierLimit

ALL = (None,) * 5  # unlimited in every tier


class TierSeed(NamedTuple):
    slug: str
    name: str
    rank: int
    is_public: bool


class FeatureSeed(NamedTuple):
    """A feature and its limits in the order of TIERS; None is unlimited, 0 is off."""

    slug: str
    label: str
    kind: str
    period: str
    limits: tuple[int | None, ...]


TIERS = (
    TierSeed("free", gettext_noop("Free"), 0, True),
    TierSeed("trial", gettext_noop("Trial"), 10, False),
    TierSeed("basic", gettext_noop("Basic"), 20, True),
    TierSeed("premium", gettext_noop("Premium"), 30, True),
    TierSeed("selfhosted", gettext_noop("Self-hosted"), 40, False),
)
FEATURES = (
    FeatureSeed("ai_calls", gettext_noop("AI calls"), "count", "month", (3, 10, 20, 100, None)),
    FeatureSeed(
        "ai_pipeline", gettext_noop("Evaluations in three stages"), "count", "month", (1, 3, 5, 30, None)
    ),
    FeatureSeed("data_import", gettext_noop("Imports"), "count", "month", (3, None, None, None, None)),
    FeatureSeed("csv_import", gettext_noop("CSV imports"), "count", "month", (3, None, None, None, None)),
    FeatureSeed("data_export", gettext_noop("Exports"), "count", "month", (1, None, None, None, None)),
    FeatureSeed("photos", gettext_noop("Photos"), "count", "total", (0, 50, 100, None, None)),
    FeatureSeed("goals", gettext_noop("Goals"), "count", "total", ALL),
    FeatureSeed("api_access", gettext_noop("Access by API"), "boolean", "total", (0, 1, 0, 1, 1)),
)


SELF_HOSTED = "selfhosted"


def is_self_hosted() -> bool:
    """Whether everyone here has everything: then nobody needs to read of coupons, trials and prices."""
    return bool(settings.DEFAULT_TIER == SELF_HOSTED)


def ensure_feature(
    slug: str, label: str, *, kind: str = "count", period: str = "total", default_limit: int | None = None
) -> Feature:
    """The feature of this name, made when it is missing; one that exists is left as the operator has it."""
    feature, _created = Feature.objects.get_or_create(
        slug=slug, defaults={"label": label, "kind": kind, "period": period, "default_limit": default_limit}
    )
    return feature


def seed_tiers() -> None:
    """Make missing tiers, and missing features with their limits; what an operator took out stays out.

    The default of a feature is the limit of the lowest tier, so that a tier an operator adds begins like it.
    """
    for tier in TIERS:
        Tier.objects.get_or_create(slug=tier.slug, defaults=tier._asdict())
    known = set(Feature.objects.values_list("slug", flat=True))
    tiers = [Tier.objects.get(slug=tier.slug) for tier in TIERS]
    for seed in FEATURES:
        if seed.slug in known:
            continue
        feature = ensure_feature(
            seed.slug, seed.label, kind=seed.kind, period=seed.period, default_limit=seed.limits[0]
        )
        TierLimit.objects.bulk_create(
            TierLimit(tier=tier, feature=feature, limit=limit)
            for tier, limit in zip(tiers, seed.limits, strict=True)
        )
