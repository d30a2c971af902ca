"""What was used of the limits, for operators: what the log says was reserved, and what the counters hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from membership import usage_log
from membership.access import PERIODS
from membership.models import UsageCounter, User
from mitai.core.zones import midnight, period

Key = tuple[str, date]  # a feature, and the first day of its period


@dataclass(frozen=True, slots=True)
class Reserved:
    """Lines of the log for one feature and period: `uses` is the sum of what they reserved."""

    feature: str
    period: date
    reservations: int
    uses: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Counters of one feature and period: what was used, and what is held for what is under way.

    What was reserved and is neither used nor held was given back, or went with its account.
    """

    feature: str
    period: date
    used: int
    held: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Report:
    """Both, in the order of features and periods; `unreadable` counts the lines that could not be read."""

    reserved: Sequence[Reserved]
    counted: Sequence[Counted]
    unreadable: int


def report(*, since: date | None = None, user: User | None = None) -> Report:
    """The usage of all accounts, or of one.

    `since` leaves out what was reserved before that day began in UTC, and the counters of periods that were
    over by then.
    """
    first = midnight(since, ZoneInfo("UTC")) if since else None
    reserved, unreadable = _reserved(first, user)
    return Report(reserved, _counted(first, user), unreadable)


def _reserved(first: datetime | None, user: User | None) -> tuple[list[Reserved], int]:
    lines: Counter[Key] = Counter()
    uses: Counter[Key] = Counter()
    accounts: defaultdict[Key, set[str]] = defaultdict(set)
    unreadable = 0
    for line in usage_log.read():
        if line is None:
            unreadable += 1
            continue
        if (first and line.at < first) or (user and line.user != str(user.pk)):
            continue
        key = line.feature, line.period
        lines[key] += 1
        uses[key] += line.n
        accounts[key].add(line.user)
    return [Reserved(*key, lines[key], uses[key], len(accounts[key])) for key in sorted(lines)], unreadable


def _counted(first: datetime | None, user: User | None) -> list[Counted]:
    rows = UsageCounter.objects.filter(Q(used__gt=0) | Q(reserved__gt=0))
    if first is not None:
        running = Q()
        for kind in PERIODS:
            running |= Q(feature__period=kind, period_start__gte=period(kind, first, ZoneInfo("UTC")).start)
        rows = rows.filter(running)
    if user is not None:
        rows = rows.filter(user=user)
    sums = rows.values("feature__slug", "period_start").annotate(
        all_used=Sum("used"), all_held=Sum("reserved"), accounts=Count("user")
    )
    return [
        Counted(row["feature__slug"], row["period_start"], row["all_used"], row["all_held"], row["accounts"])
        for row in sums.order_by("feature__slug", "period_start")
    ]
