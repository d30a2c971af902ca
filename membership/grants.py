"""Access for a time: grants are facts, and when each of them counts follows from all of them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from membership.models import AccessGrant, GrantSource, Tier, User

MOST_DAYS = 3660  # of a grant


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as `schedule` needs it; `revoked_at` cuts off what has not been lived yet."""

    tier: str
    rank: int
    days: int
    granted_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A tier counts from `start` until before `end`."""

    tier: str
    start: datetime
    end: datetime


def schedule(grants: Iterable[Grant]) -> list[Interval]:
    """When which tier counts, in order and without overlap.

    Every grant has its days to live. At each moment the best tier that has days left is lived (a higher rank
    wins, of equal ranks the slug first in the alphabet); the others wait and continue afterwards, so days of
    the same tier add up and no day is lost. A revoked grant loses the days it has not lived by then.
    """
    grants = sorted(grants, key=lambda grant: grant.granted_at)
    left = [timedelta(days=grant.days) for grant in grants]
    moments = sorted(
        {moment for grant in grants for moment in (grant.granted_at, grant.revoked_at) if moment}
    )
    intervals: list[Interval] = []
    now = moments[0] if moments else None
    while now is not None:
        alive = [
            index
            for index, grant in enumerate(grants)
            if left[index]
            and grant.granted_at <= now
            and (grant.revoked_at is None or grant.revoked_at > now)
        ]
        coming = next((moment for moment in moments if moment > now), None)
        if not alive:
            now = coming
            continue
        best = min(alive, key=lambda index: (-grants[index].rank, grants[index].tier, index))
        end = now + left[best]
        if coming is not None:
            end = min(end, coming)
        left[best] -= end - now
        _append(intervals, Interval(grants[best].tier, now, end))
        now = end
    return intervals


def _append(intervals: list[Interval], interval: Interval) -> None:
    """Add the interval; one that continues the last makes that longer."""
    if intervals and intervals[-1].tier == interval.tier and intervals[-1].end == interval.start:
        interval = Interval(interval.tier, intervals.pop().start, interval.end)
    intervals.append(interval)


def ends_of(user: User) -> dict[int, datetime]:
    """When the days of each grant are lived, by its key; one that was revoked before its turn is left out."""
    rows = list(AccessGrant.objects.filter(user=user).select_related("tier").order_by("granted_at", "id"))
    # Each under a name of its own, in the order in which grants of one tier are lived.
    named = {f"{row.tier.slug} {place:05}": row for place, row in enumerate(rows)}
    lived = schedule(
        Grant(name, row.tier.rank, row.days, row.granted_at, row.revoked_at) for name, row in named.items()
    )
    return {named[one.tier].pk: one.end for one in lived}


def intervals_of(user: User) -> list[Interval]:
    """The schedule of an account's grants."""
    return schedule(
        Grant(grant.tier.slug, grant.tier.rank, grant.days, grant.granted_at, grant.revoked_at)
        for grant in AccessGrant.objects.filter(user=user).select_related("tier")
    )


@dataclass(frozen=True, slots=True)
class Effective:
    """The tier that counts now, until when if a grant gives it, and why: "grant", "account" or "default"."""

    tier: Tier | None
    until: datetime | None
    why: str


def own_tier(user: User) -> Tier | None:
    """The tier an account has without any grant: its own, or that of the installation."""
    return user.tier or Tier.objects.filter(slug=settings.DEFAULT_TIER).first()


def effective(user: User, *, at: datetime | None = None) -> Effective:
    """Which tier counts: the better one of the running grant and the account's own (or the default) tier."""
    now = at or timezone.now()
    refresh_when_over(user, at=now)
    own, granted = own_tier(user), user.granted_tier
    if granted is not None and (own is None or granted.rank > own.rank):
        return Effective(granted, user.granted_until, "grant")
    return Effective(own, None, "account" if user.tier else "default")


def refresh(user: User, *, at: datetime) -> None:
    """Note on the account which tier its grants give at this moment, and until when.

    Belongs into the transaction that changes a grant. Of two such at once each would note a schedule without
    the other's grant, so the second one reads when the first one is committed. The lock is an advisory one,
    because the row of an account itself is never locked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grants:{user.pk}"])
    current = next((interval for interval in intervals_of(user) if interval.start <= at < interval.end), None)
    tier = Tier.objects.get(slug=current.tier) if current else None
    until = current.end if current else None
    user.granted_tier, user.granted_until = tier, until
    # Not save(): an account that was deleted meanwhile has nothing to note, which is no error.
    User.objects.filter(pk=user.pk).update(granted_tier=tier, granted_until=until)


def refresh_when_over(user: User, *, at: datetime) -> None:
    """Renew the account's note when its grant has run out, since another one may follow."""
    if user.granted_until is not None and user.granted_until <= at:
        with transaction.atomic():
            refresh(user, at=at)


def refresh_everyone(*, at: datetime) -> None:
    """Renew the notes of all accounts with grants: the ranks of tiers have changed."""
    for user in User.objects.filter(grants__revoked_at=None, grants__isnull=False).distinct():
        refresh(user, at=at)


def give(
    *,
    user: User,
    tier: Tier,
    days: int,
    source: GrantSource = GrantSource.OPERATOR,
    reason: str = "",
    at: datetime | None = None,
) -> AccessGrant:
    """Give an account a tier for a number of days from now on."""
    now = at or timezone.now()
    with transaction.atomic():
        grant = AccessGrant.objects.create(
            user=user, tier=tier, days=days, granted_at=now, source=source, reason=reason
        )
        refresh(user, at=now)
    return grant


def revoke(*, grant: AccessGrant, at: datetime | None = None) -> None:
    """Take back what is left of a grant; what was lived stays."""
    now = at or timezone.now()
    with transaction.atomic():
        if AccessGrant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now):
            refresh(grant.user, at=now)
