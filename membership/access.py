"""The one door to what an account may do: check, reserve, commit, release.

The limit of a feature for an account, first match wins: a restriction of the account, the limit of its tier,
the feature's default. The tier is the better one of the account's own (or the installation's default) and
the one a grant gives now. A feature without a row is unlimited. Beyond the limit a use costs credits where
the feature has a price and no restriction is in the way; without enough of them it is refused.

A use counts in the calendar period that runs where the member is at that moment, and stays there. Periods are
named by their first local day, so each of them has one allowance, however often the member moves: a journey
east brings the next period forward by some hours, one west goes back into the last one and to what is left of
it. Nothing is multiplied and nothing that was left is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, get_args

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from membership import credits, grants, usage_log
from membership.decisions import Decision, LimitReached
from membership.models import Feature, Reservation, UsageCounter, User
from membership.models.tier import in_words
from membership.tiers import is_self_hosted
from mitai.core.zones import Period, PeriodKind, period

__all__ = [
    "PERIODS",
    "Decision",
    "LimitReached",
    "check",
    "check_all",
    "check_amounts",
    "check_many",
    "commit",
    "consume",
    "release",
    "reserve",
    "reset",
]
ATTEMPTS = 5  # at what somebody changes in between
PERIODS: tuple[PeriodKind, ...] = get_args(PeriodKind)

# One row per known feature: which counter it has now, and the limit that counts for the account.
RESOLVED = """
    SELECT f.id AS feature_id, f.slug, f.label, f.kind, f.period, f.credit_price, u.id AS user_id,
           CASE f.period WHEN 'day' THEN %(day)s::date WHEN 'week' THEN %(week)s::date
                         WHEN 'month' THEN %(month)s::date ELSE %(total)s::date END AS period_start,
           CASE WHEN r.id IS NOT NULL THEN r."limit" WHEN l.id IS NOT NULL THEN l."limit"
                ELSE f.default_limit END AS "limit",
           r.id IS NOT NULL AS restricted
      FROM membership_feature f
      JOIN membership_user u ON u.id = %(user)s
      LEFT JOIN LATERAL (
           SELECT t.id FROM membership_tier t
            WHERE t.id = u.tier_id OR (u.tier_id IS NULL AND t.slug = %(default_tier)s)
               OR (t.id = u.granted_tier_id AND u.granted_until > %(at)s)
            ORDER BY t.rank DESC, (t.id = u.granted_tier_id) IS TRUE LIMIT 1) tier ON true
      LEFT JOIN membership_restriction r
             ON r.user_id = u.id AND r.feature_id = f.id AND (r.until IS NULL OR r.until > %(at)s)
      LEFT JOIN membership_tierlimit l ON l.tier_id = tier.id AND l.feature_id = f.id
     WHERE %(features)s::text[] IS NULL OR f.slug = ANY(%(features)s::text[])
"""
# Put together from constants. Check and count are one statement: of two that want the last use, the
# second waits for the first one's row and then sees its count in the WHERE.
COUNT = f"""
    WITH resolved AS ({RESOLVED}),
    counted AS (
        INSERT INTO membership_usagecounter AS c (user_id, feature_id, period_start, used, reserved)
        SELECT user_id, feature_id, period_start, %(used)s, %(reserved)s FROM resolved
         WHERE kind = 'count' AND ("limit" IS NULL OR "limit" >= %(used)s + %(reserved)s)
            ON CONFLICT (user_id, feature_id, period_start) DO UPDATE
           SET used = c.used + EXCLUDED.used, reserved = c.reserved + EXCLUDED.reserved
         WHERE (SELECT "limit" FROM resolved) IS NULL
            OR c.used + c.reserved + EXCLUDED.used + EXCLUDED.reserved <= (SELECT "limit" FROM resolved)
        RETURNING user_id, feature_id, period_start
    ),
    held AS (
        INSERT INTO membership_reservation AS h (subject, user_id, feature_id, period_start, amount)
        SELECT %(subject)s, user_id, feature_id, period_start, %(reserved)s FROM counted
         WHERE %(reserved)s > 0
           AND NOT EXISTS (SELECT 1 FROM membership_reservation other
                            WHERE other.subject = %(subject)s AND other.user_id <> counted.user_id)
           AND NOT EXISTS (SELECT 1 FROM membership_credithold other
                            WHERE other.subject = %(subject)s AND other.user_id <> counted.user_id)
            ON CONFLICT (subject, feature_id, period_start) DO UPDATE SET amount = h.amount + EXCLUDED.amount
        RETURNING amount
    )
    SELECT period_start, kind,
           CASE kind WHEN 'count' THEN EXISTS (SELECT 1 FROM counted)
                ELSE "limit" IS NULL OR "limit" > 0 END AS allowed,
           EXISTS (SELECT 1 FROM counted) AND %(reserved)s > 0 AND NOT EXISTS (SELECT 1 FROM held) AS foreign
      FROM resolved
"""  # noqa: S608  # nosec B608
USAGE = f"""
    WITH resolved AS ({RESOLVED})
    SELECT resolved.slug, label, kind, period, "limit", restricted, coalesce(c.used + c.reserved, 0) AS used,
           credit_price,
           (SELECT balance - held FROM membership_creditaccount WHERE user_id = %(user)s) AS credits
      FROM resolved LEFT JOIN membership_usagecounter c USING (user_id, feature_id, period_start)
     ORDER BY resolved.slug
"""  # noqa: S608  # nosec B608


class Counted(NamedTuple):
    """What the counting statement answers."""

    period_start: Any
    kind: str
    allowed: bool
    foreign: bool


def check(user: User, feature: str, n: int = 1, *, at: datetime | None = None) -> Decision:
    """Whether n more uses are left. It promises nothing: only `reserve` and `consume` hold."""
    return _decide(user, {feature: n}, at=at)[feature]


def check_many(user: User, features: Iterable[str], *, at: datetime | None = None) -> dict[str, Decision]:
    """A decision for each feature, in one query."""
    return _decide(user, dict.fromkeys(features, 1), at=at)


def check_amounts(
    user: User, amounts: Mapping[str, int], *, at: datetime | None = None
) -> dict[str, Decision]:
    """A decision for so many uses of each feature, in one query; credits may have to pay several of them."""
    return _decide(user, amounts, at=at)


def check_all(user: User, *, at: datetime | None = None) -> dict[str, Decision]:
    """A decision for every known feature, in the order of their slugs, in one query."""
    return _decide(user, None, at=at)


def reserve(*, user: User, amounts: Mapping[str, int], subject: str, at: datetime | None = None) -> None:
    """Hold uses for a subject until `commit` or `release`, beyond a limit their credits; all or none.

    A subject is named `<kind>:<id>` and belongs to one account. It is made in the same transaction, and ends
    its reservation in the one it ends in; what is lost on the way is given back by `subjects.sweep`. Another
    reservation of a subject adds to what it holds.

    Raises:
        LimitReached: one of the limits does not allow it; nothing is held.
        ValueError: the subject holds something of another account.
    """
    _take(user, amounts, subject=subject, at=at)


def consume(*, user: User, feature: str, n: int = 1, at: datetime | None = None) -> None:
    """Count n uses at once, or pay what is beyond the limit with credits. Costs one query within the limit.

    Raises:
        LimitReached: the limit does not allow it; nothing is counted.
    """
    if not _within(user, feature, n, at or timezone.now()):
        _take(user, {feature: n}, subject="", at=at)


def commit(*, subject: str, amounts: Mapping[str, int] | None = None) -> None:
    """Book what was used of what the subject holds, None for all of it; the rest stays held.

    It counts in the period the reservation was made in, also when that is over. Booking more than is held
    books what is held, so that a second commit of everything changes nothing.
    """
    _settle(subject, amounts, booked=True)


def release(*, subject: str) -> None:
    """Give back what the subject still holds; again changes nothing."""
    _settle(subject, None, booked=False)


def reset(*, user: User, at: datetime | None = None) -> None:
    """Let the account begin anew in the periods that run now; what is held and what counts in total stays."""
    now = at or timezone.now()
    starts = {kind: period(kind, now, user.zone).start for kind in PERIODS}
    for kind, start in starts.items():
        if kind != "total":
            UsageCounter.objects.filter(user=user, feature__period=kind, period_start=start).update(used=0)


def _settle(subject: str, amounts: Mapping[str, int] | None, *, booked: bool) -> None:
    with transaction.atomic():
        rows = (
            Reservation.objects.select_for_update(of=("self",))
            .filter(subject=subject)
            .select_related("feature")
        )
        left = None if amounts is None else dict(amounts)
        # Every counter of the subject before any credits: what is settled later in this transaction, too.
        counters = UsageCounter.objects.select_for_update(of=("self",)).filter(
            Exists(
                Reservation.objects.filter(
                    subject=subject,
                    user=OuterRef("user"),
                    feature=OuterRef("feature"),
                    period_start=OuterRef("period_start"),
                )
            )
        )
        list(counters.order_by("feature__slug", "period_start").values_list("pk"))
        for row in rows.order_by("feature__slug", "period_start"):
            n = row.amount
            if left is not None:
                n = min(n, left.get(row.feature.slug, 0))
                left[row.feature.slug] = left.get(row.feature.slug, 0) - n
            if not n:
                continue
            UsageCounter.objects.filter(
                user=row.user_id, feature=row.feature_id, period_start=row.period_start
            ).update(reserved=F("reserved") - n, used=F("used") + (n if booked else 0))
            if n == row.amount:
                row.delete()
            else:
                row.amount -= n
                row.save(update_fields=["amount"])
        credits.settle(subject=subject, left=left, booked=booked)  # what the limits did not cover


def _within(user: User, feature: str, n: int, now: datetime) -> bool:
    """Count n uses if the limit allows all of them: in one statement, as nearly every use is."""
    if n < 1:
        raise ValueError(f"{n} is no amount of {feature}")
    grants.refresh_when_over(user, at=now)
    counted = _count(user, feature, n, "", now)
    if counted is not None and counted.allowed and counted.kind == "count":
        _log(user, feature, n, "", counted.period_start, now)
    return counted is None or counted.allowed


def _take(user: User, amounts: Mapping[str, int], *, subject: str, at: datetime | None) -> None:
    """Count uses, held for a subject or at once; first of every limit, then credits pay what is beyond."""
    now = at or timezone.now()
    grants.refresh_when_over(user, at=now)
    for attempt in range(ATTEMPTS):
        beyond: dict[str, int] = {}
        try:
            with transaction.atomic():
                for feature in sorted(amounts):  # always in this order, so that two never wait for each other
                    if over := _cover(user, feature, amounts[feature], subject, now):
                        beyond[feature] = over
                if beyond:
                    _pay(user, beyond, subject, now)
                return
        except credits.NotEnough:
            decisions = list(_decide(user, {name: amounts[name] for name in beyond}, at=now).values())
            price = sum(one.price or 0 for one in decisions)
            reason = "used_up" if decisions[0].allowed else decisions[0].reason
            refused = replace(decisions[0], allowed=False, reason=reason, price=price)
            if price > refused.credits or attempt == ATTEMPTS - 1:
                raise LimitReached(refused) from None
            # Credits came back, or a price fell, in between: once more.


def _cover(user: User, feature: str, n: int, subject: str, now: datetime) -> int:
    """Count what the limit allows of n uses; what is beyond it, and has a price, is the answer.

    Raises:
        LimitReached: something is beyond it, and credits do not help.
        ValueError: n is no amount, or the subject holds something of another account.
    """
    if n < 1:
        raise ValueError(f"{n} is no amount of {feature}")
    covered = n
    while True:
        counted = _count(user, feature, covered, subject, now) if covered else None
        if covered and counted is None:
            return 0  # a feature nobody limits
        if counted is None or counted.allowed:
            if counted is not None and counted.kind == "count":
                _log(user, feature, n, subject, counted.period_start, now)
            return n - covered
        decision = _decide(user, {feature: n}, at=now)[feature]
        if decision.remaining is None or decision.remaining >= n:
            covered = n  # something was given back in between
        elif decision.price is None:
            raise LimitReached(decision)
        else:
            covered = decision.remaining


def _count(user: User, feature: str, n: int, subject: str, now: datetime) -> Counted | None:
    """Count or hold n uses if the limit allows it; None where the feature has no row."""
    amounts = {"used": 0, "reserved": n} if subject else {"used": n, "reserved": 0}
    rows = _run(COUNT, {**_values(user, [feature], now), **amounts, "subject": subject})
    if not rows:
        return None
    counted = Counted(*rows[0])
    if counted.foreign:
        raise ValueError(f"{subject} holds something of another account")
    return counted


def _log(user: User, feature: str, n: int, subject: str, start: Any, now: datetime) -> None:
    line = usage_log.Line(now, str(user.pk), feature, n, subject, start)
    # Robust, because a full disk must not turn what is saved already into an error.
    transaction.on_commit(lambda: usage_log.append(line), robust=True)


def _pay(user: User, beyond: Mapping[str, int], subject: str, now: datetime) -> None:
    """Hold or take the credits for what is beyond the limits.

    Raises:
        credits.NotEnough: there are too few.
    """
    credits.allow(user, grants.effective(user, at=now).tier, at=now)  # this month's may not be booked yet
    for feature, units in beyond.items():
        row = Feature.objects.get(slug=feature)
        if subject:
            credits.hold(user=user, feature=row, units=units, subject=subject)
        else:
            credits.spend(user=user, feature=row, units=units, at=now)


def _decide(user: User, amounts: Mapping[str, int] | None, *, at: datetime | None) -> dict[str, Decision]:
    """A decision for so many uses of each feature, None for one of each there is."""
    now = at or timezone.now()
    grants.refresh_when_over(user, at=now)
    decisions = {slug: _unlimited(slug) for slug in amounts or ()}
    for row in _run(USAGE, _values(user, None if amounts is None else list(amounts), now)):
        slug, label, kind, period_kind, limit, restricted, used, price, owned = row
        n = 1 if amounts is None else amounts[slug]
        boolean = kind == "boolean"
        remaining = None if limit is None else max(0, limit - used)
        within = limit is None or (limit > 0 if boolean else used + n <= limit)
        beyond = 0 if within or remaining is None else n - min(n, remaining)
        payable = bool(beyond and price and not restricted and not is_self_hosted())
        cost = beyond * price if payable else None
        paid = cost is not None and (owned or 0) >= cost
        allowed = within or paid
        decisions[slug] = Decision(
            feature=slug,
            label=in_words(label),
            kind=kind,
            allowed=allowed,
            limit=limit,
            used=used,
            remaining=remaining,
            reason="credits" if paid else _reason(allowed, limit, restricted),
            resets_at=None if boolean else period(period_kind, now, user.zone).resets_at,
            restricted=restricted,
            price=cost,
            credits=owned or 0,
        )
    return decisions


def _reason(allowed: bool, limit: int | None, restricted: bool) -> str:
    if limit is None:
        return "unlimited"
    if allowed:
        return "left"
    if limit:
        return "used_up"
    return "restricted" if restricted else "off"


def _unlimited(feature: str) -> Decision:
    return Decision(
        feature=feature,
        label=feature,
        kind="count",
        allowed=True,
        limit=None,
        used=0,
        remaining=None,
        reason="unlimited",
        resets_at=None,
    )


def _values(user: User, features: Sequence[str] | None, now: datetime) -> dict[str, Any]:
    periods: dict[str, Period] = {kind: period(kind, now, user.zone) for kind in PERIODS}
    return {
        "user": user.pk,
        "features": None if features is None else list(features),
        "at": now,
        "default_tier": settings.DEFAULT_TIER,
        **{kind: one.start for kind, one in periods.items()},
    }


def _run(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
