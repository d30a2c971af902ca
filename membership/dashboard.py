"""What operators see at a glance: sign-ups, usage, redemptions, credits. Counts alone, nothing of anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Aggregate, Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from membership import access, trials
from membership.models import (
    Coupon,
    CreditEntry,
    EntryKind,
    FeaturePeriod,
    Redemption,
    Tier,
    UsageCounter,
    User,
)
from membership.models.tier import in_words
from mitai.core.zones import period

DAYS = 30
WIDTH, HEIGHT, GAP = 300, 60, 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of a chart: where its bar stands in a box of 300 by 60, and how much it is."""

    day: date
    value: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of the last thirty days. `number` is their sum, or where they do not add up the highest."""

    title: str
    bars: Sequence[Bar]
    number: float
    digits: int
    adds: bool


@dataclass(frozen=True, slots=True)
class Used:
    """The usage of a feature in its period that runs."""

    label: str
    period: str
    used: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    accounts: int
    verified: int
    tiers: Sequence[tuple[str, int]]
    charts: Sequence[Chart]
    usage: Sequence[Used]
    codes: int
    trials: int


def chart(
    title: str, values: Mapping[date, float], today: date, *, digits: int = 0, adds: bool = True
) -> Chart:
    """A bar for each of the last thirty days, days without a value empty."""
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    most = max([values.get(day, 0) for day in days]) or 1
    step = WIDTH / DAYS
    bars = [
        Bar(
            day,
            value := values.get(day, 0),
            round(place * step, 1),
            round(HEIGHT - HEIGHT * value / most, 1),
            round(step - GAP, 1),
            round(HEIGHT * value / most, 1),
        )
        for place, day in enumerate(days)
    ]
    join = sum if adds else max
    return Chart(title, bars, join(bar.value for bar in bars), digits, adds)


def dashboard(at: datetime) -> Dashboard:
    """Everything of this floor, in at most ten statements however many accounts there are."""
    today = timezone.localtime(at).date()
    since = at - timedelta(days=DAYS)
    verified = EmailAddress.objects.filter(verified=True).values("user").distinct()
    joined = User.objects.filter(date_joined__gte=since).annotate(day=TruncDate("date_joined"))
    redeemed = Redemption.objects.filter(redeemed_at__gte=since).annotate(day=TruncDate("redeemed_at"))
    paid = CreditEntry.objects.filter(at__gte=since, kind=EntryKind.CAPTURE).annotate(day=TruncDate("at"))
    return Dashboard(
        accounts=User.objects.count(),
        verified=verified.count(),
        tiers=_tiers(at),
        charts=[
            chart(_("Sign-ups"), _by_day(joined, Count("pk")), today),
            chart(_("Redeemed coupons"), _by_day(redeemed, Count("pk")), today),
            chart(_("Credits used"), {day: -n for day, n in _by_day(paid, Sum("amount")).items()}, today),
        ],
        usage=_usage(at),
        codes=Coupon.objects.filter(is_active=True).count(),
        trials=User.objects.filter(granted_tier__slug=trials.TIER, granted_until__gt=at).count(),
    )


def _by_day(rows: QuerySet[Any], what: Aggregate) -> dict[date, float]:
    """What there is of each day, by the rows' annotation `day`."""
    found = rows.order_by().values("day").annotate(n=what)
    return {row["day"]: row["n"] or 0 for row in found}


def _tiers(at: datetime) -> list[tuple[str, int]]:
    """How many accounts each tier has now: of grant and own tier the better one."""
    tiers = {tier.pk: tier for tier in Tier.objects.all()}
    default = next((tier for tier in tiers.values() if tier.slug == settings.DEFAULT_TIER), None)
    counts: dict[str, int] = {}
    granted = Q(granted_until__gt=at)
    rows = User.objects.order_by().values("tier", "granted_tier")
    for row in rows.annotate(n=Count("pk"), running=Count("pk", filter=granted)):
        own, other = tiers.get(row["tier"], default), tiers.get(row["granted_tier"])
        better = other if other and (own is None or other.rank > own.rank) else own
        for tier, n in ((better, row["running"]), (own, row["n"] - row["running"])):
            if n:
                name = tier.label if tier else "–"
                counts[name] = counts.get(name, 0) + n
    return sorted(counts.items(), key=lambda one: -one[1])


def _usage(at: datetime) -> list[Used]:
    """What was used of each feature in its period that runs in the installation's zone."""
    zone = timezone.get_default_timezone()
    running = Q()
    for kind in access.PERIODS:
        running |= Q(feature__period=kind, period_start=period(kind, at, zone).start)
    rows = UsageCounter.objects.filter(running, used__gt=0).order_by()
    found = rows.values("feature__label", "feature__period").annotate(all=Sum("used"), who=Count("user"))
    periods = dict(FeaturePeriod.choices)
    return [
        Used(in_words(row["feature__label"]), str(periods[row["feature__period"]]), row["all"], row["who"])
        for row in sorted(found, key=lambda row: -row["all"])
    ]
