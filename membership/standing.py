"""Where an account stands: its tier and what follows it, its limits, credits, and what was given to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from membership import access, grants, trials
from membership.access import Decision
from membership.grants import Interval
from membership.models import AccessGrant, CreditAccount, CreditEntry, Feature, Restriction, Tier, User
from membership.models.tier import limit_in_words


@dataclass(frozen=True, slots=True)
class Coming:
    """A tier that counts from a moment to another."""

    tier: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """A grant as its owner sees it, and when its days are lived; an operator may have ended it early."""

    grant: AccessGrant
    end: datetime | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Purse:
    """Credits that are free, those that are held, and what a use beyond its limit costs of them."""

    free: int
    held: int
    prices: Sequence[Feature]

    @property
    def matters(self) -> bool:
        """Whether credits are anything to this account."""
        return bool(self.free or self.held or self.prices)


@dataclass(frozen=True, slots=True)
class Standing:
    """`coming` is what counts from now on, in order."""

    tier: str
    until: datetime | None
    why: str
    limited: Sequence[Decision]
    unlimited: Sequence[Decision]
    coming: Sequence[Coming]
    trial_end: datetime | None
    given: Sequence[Given]
    restrictions: Sequence[Restriction]
    purse: Purse


def standing(user: User, *, at: datetime) -> Standing:
    """Everything the membership page says of an account."""
    effective = grants.effective(user, at=at)
    decisions = access.check_all(user, at=at).values()
    ends = grants.ends_of(user)
    return Standing(
        tier=effective.tier.label if effective.tier else "–",
        until=effective.until,
        why=effective.why,
        limited=[decision for decision in decisions if decision.limit is not None],
        unlimited=[decision for decision in decisions if decision.limit is None],
        coming=_coming(user, at),
        trial_end=trials.end_of(user),
        given=[
            Given(grant, ends.get(grant.pk), grant.revoked_at is not None)
            for grant in AccessGrant.objects.filter(user=user).select_related("tier").order_by("-granted_at")
        ],
        restrictions=[
            one
            for one in Restriction.objects.filter(user=user).select_related("feature")
            if one.until is None or one.until > at
        ],
        purse=purse(user),
    )


def purse(user: User) -> Purse:
    """The credits of an account, and the prices of the installation."""
    account = CreditAccount.objects.filter(user=user).first()
    prices = list(Feature.objects.exclude(credit_price=None))
    return Purse(account.balance - account.held, account.held, prices) if account else Purse(0, 0, prices)


def _coming(user: User, at: datetime) -> list[Coming]:
    """What the grants give from now on, each with its name; what is over is left out."""
    labels = {tier.slug: tier.label for tier in Tier.objects.all()}
    left: list[Interval] = [one for one in grants.intervals_of(user) if one.end > at]
    return [Coming(labels.get(one.tier, one.tier), max(one.start, at), one.end) for one in left]


@dataclass(frozen=True, slots=True)
class Change:
    """What a limit becomes when the trial is over, in words."""

    label: str
    now: str
    then: str


def after_trial(user: User, *, at: datetime) -> tuple[Tier | None, list[Change]]:
    """The tier an account has when its grants are lived, and the limits that become others then."""
    own, trial = grants.own_tier(user), trials.of(user)
    if trial is None or own is None or own.rank >= trial.tier.rank:
        return own, []
    changes = []
    for feature in Feature.objects.prefetch_related("tier_limits"):
        limits = {row.tier_id: row.limit for row in feature.tier_limits.all()}
        now, then = (limits.get(tier.pk, feature.default_limit) for tier in (trial.tier, own))
        if now != then:
            words = [limit_in_words(limit, feature.kind) for limit in (now, then)]
            changes.append(Change(str(feature), *words))
    return own, changes


def statement(user: User) -> models.QuerySet[CreditEntry]:
    """The ledger, newest first."""
    entries = CreditEntry.objects.filter(user=user).select_related("feature")
    return entries.order_by("-at", "-id")
