"""Who you are and what you may do."""

from __future__ import annotations

from membership.models.account import EnergyUnit, Language, Units, User
from membership.models.grant import AccessGrant, GrantSource
from membership.models.tier import Feature, FeatureKind, FeaturePeriod, Restriction, Tier, TierLimit
from membership.models.usage import Reservation, UsageCounter

__all__ = [
    "AccessGrant",
    "EnergyUnit",
    "Feature",
    "FeatureKind",
    "FeaturePeriod",
    "GrantSource",
    "Language",
    "Reservation",
    "Restriction",
    "Tier",
    "TierLimit",
    "Units",
    "UsageCounter",
    "User",
]
