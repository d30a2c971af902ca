"""Who you are and what you may do."""

from __future__ import annotations

from membership.models.account import EnergyUnit, Language, Units, User
from membership.models.coupon import Coupon, CouponBatch, Redemption
from membership.models.credit import CreditAccount, CreditEntry, CreditHold, EntryKind, NeverChanged
from membership.models.grant import AccessGrant, GrantSource
from membership.models.tier import Feature, FeatureKind, FeaturePeriod, Restriction, Tier, TierLimit
from membership.models.trial import TrialUse
from membership.models.usage import Reservation, UsageCounter

__all__ = [
    "AccessGrant",
    "Coupon",
    "CouponBatch",
    "CreditAccount",
    "CreditEntry",
    "CreditHold",
    "EnergyUnit",
    "EntryKind",
    "Feature",
    "FeatureKind",
    "FeaturePeriod",
    "GrantSource",
    "Language",
    "NeverChanged",
    "Redemption",
    "Reservation",
    "Restriction",
    "Tier",
    "TierLimit",
    "TrialUse",
    "Units",
    "UsageCounter",
    "User",
]
