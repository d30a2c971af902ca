"""Credits: what an operation costs beyond its limit is held, then captured or released; never negative.

The row of the account is the lock: every change of it is one conditional statement, and the entry that says
why is written in the same transaction. A ledger is only added to; a refund is an entry of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from membership.models import (
    CreditAccount,
    CreditEntry,
    CreditHold,
    EntryKind,
    Feature,
    Reservation,
    Tier,
    User,
)
from mitai.core.zones import period

logger = structlog.get_logger(__name__)


class NotEnough(Exception):
    """There are fewer credits than it costs; nothing was changed."""


class AlreadyRefunded(Exception):
    """This use was refunded before."""


def available(user: User) -> int:
    """Credits that are not held for anything."""
    account = CreditAccount.objects.filter(user=user).first()
    return account.balance - account.held if account else 0


def give(
    *,
    user: User,
    amount: int,
    kind: EntryKind,
    reason: str = "",
    reference: str = "",
    at: datetime | None = None,
) -> CreditEntry:
    """Add credits; a negative amount of an operator takes some back.

    Raises:
        NotEnough: it would take more than is there and not held.
    """
    with transaction.atomic():
        CreditAccount.objects.bulk_create([CreditAccount(user=user)], ignore_conflicts=True)
        rows = CreditAccount.objects.filter(user=user, balance__gte=F("held") - amount)
        if not rows.update(balance=F("balance") + amount):
            raise NotEnough
        return _write(user, amount, kind, at or timezone.now(), reason=reason, reference=reference)


def _write(user: User, amount: int, kind: EntryKind, at: datetime, **more: Any) -> CreditEntry:
    """The entry of a change just made; the account's row is ours until the transaction ends."""
    balance = CreditAccount.objects.values_list("balance", flat=True).get(user=user)
    return CreditEntry.objects.create(
        user=user, amount=amount, kind=kind, balance_after=balance, at=at, **more
    )


def allow(user: User, tier: Tier | None, *, at: datetime) -> None:
    """Give what is still due of the month's credits of a tier; a better tier within a month adds the rest."""
    if tier is None or not tier.monthly_credits:
        return
    month = period("month", at, user.zone).start.isoformat()
    with transaction.atomic():
        CreditAccount.objects.bulk_create([CreditAccount(user=user)], ignore_conflicts=True)
        CreditAccount.objects.select_for_update().get(user=user)
        given = CreditEntry.objects.filter(user=user, kind=EntryKind.ALLOWANCE)
        newest = given.aggregate(newest=Max("reference"))["newest"] or ""
        due = tier.monthly_credits - (given.filter(reference=month).aggregate(sum=Sum("amount"))["sum"] or 0)
        if due > 0 and month >= newest:  # a journey west does not bring a month back
            give(user=user, amount=due, kind=EntryKind.ALLOWANCE, reference=month, at=at)


def hold(*, user: User, feature: Feature, units: int, subject: str) -> None:
    """Hold the price of some uses for a subject until it is settled.

    Raises:
        NotEnough: nothing is held.
        ValueError: the subject holds something of another account.
    """
    price = _price(feature)
    with transaction.atomic():
        rows = CreditAccount.objects.filter(user=user, balance__gte=F("held") + units * price)
        if not rows.update(held=F("held") + units * price):
            raise NotEnough
        for held_by in (Reservation, CreditHold):
            if held_by.objects.filter(subject=subject).exclude(user=user).exists():
                raise ValueError(f"{subject} holds something of another account")
        held, created = CreditHold.objects.get_or_create(
            subject=subject, feature=feature, price=price, defaults={"user": user, "units": units}
        )
        if not created:
            CreditHold.objects.filter(pk=held.pk).update(units=F("units") + units)


def spend(*, user: User, feature: Feature, units: int, at: datetime) -> None:
    """Pay some uses at once.

    Raises:
        NotEnough: nothing is paid.
    """
    cost = units * _price(feature)
    with transaction.atomic():
        rows = CreditAccount.objects.filter(user=user, balance__gte=F("held") + cost)
        if not rows.update(balance=F("balance") - cost):
            raise NotEnough
        _write(user, -cost, EntryKind.CAPTURE, at, feature=feature)


def _price(feature: Feature) -> int:
    if feature.credit_price is None:  # an operator took it away in between
        raise NotEnough
    return feature.credit_price


def settle(*, subject: str, left: Mapping[str, int] | None, booked: bool) -> None:
    """Capture or release what a subject holds: all of it, or of each feature in `left` so many uses."""
    owners = CreditHold.objects.filter(subject=subject).values("user")
    accounts = CreditAccount.objects.select_for_update().filter(user__in=owners)
    if not list(accounts.values_list("pk")):  # the account's row first, as where something is held
        return
    holds = CreditHold.objects.select_for_update(of=("self",)).filter(subject=subject)
    remaining = None if left is None else dict(left)
    for held in holds.select_related("feature", "user").order_by("feature__slug", "price"):
        slug = held.feature.slug
        units = held.units if remaining is None else min(held.units, remaining.get(slug, 0))
        if not units:
            continue
        if remaining is not None:
            remaining[slug] -= units
        cost = units * held.price
        CreditAccount.objects.filter(user=held.user).update(
            held=F("held") - cost, balance=F("balance") - (cost if booked else 0)
        )
        if booked:
            _write(
                held.user,
                -cost,
                EntryKind.CAPTURE,
                timezone.now(),
                feature=held.feature,
                reference=subject,
            )
        if units == held.units:
            held.delete()
        else:
            CreditHold.objects.filter(pk=held.pk).update(units=F("units") - units)


def refund(*, entry: CreditEntry, reason: str = "") -> CreditEntry:
    """Give back what a use cost, once.

    Raises:
        AlreadyRefunded: it was given back before.
        ValueError: the entry is no use.
    """
    if entry.kind != EntryKind.CAPTURE:
        raise ValueError(f"{entry.kind} is nothing to refund")
    try:
        return give(
            user=entry.user,
            amount=-entry.amount,
            kind=EntryKind.REFUND,
            reason=reason,
            reference=str(entry.pk),
        )
    except IntegrityError as error:
        raise AlreadyRefunded from error


def allow_everyone(*, at: datetime) -> None:
    """The month's credits of all accounts whose tier has some."""
    from membership import grants

    tiers = list(Tier.objects.filter(monthly_credits__gt=0))
    owned = Q(tier__in=tiers) | Q(granted_tier__in=tiers)
    if any(tier.slug == settings.DEFAULT_TIER for tier in tiers):
        owned |= Q(tier=None)
    if not tiers:
        return
    for user in User.objects.filter(owned, is_active=True).select_related("tier", "granted_tier").iterator():
        try:
            allow(user, grants.effective(user, at=at).tier, at=at)
        except DatabaseError as error:  # deleted in between, say: the others get theirs
            logger.warning("credits not given", account=str(user.pk), error=type(error).__name__)
