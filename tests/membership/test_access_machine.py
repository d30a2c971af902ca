"""The door to what an account may do, against a plain model of it: whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from membership import access, grants, subjects
from membership.models import (
    AccessGrant,
    Feature,
    Reservation,
    Restriction,
    Tier,
    TierLimit,
    UsageCounter,
    User,
)

EXAMPLES, STEPS = 20, 35  # the same ones each time; more of them find more
START = datetime(2026, 3, 27, 20, 30, tzinfo=UTC)  # a Friday; Europe's clocks go forward on Sunday
MINUTE = timedelta(minutes=1)
RANKS = {"free": 0, "basic": 20, "gold": 30, "premium": 30}  # two of one rank
FEATURES = {  # kind, period, default limit
    "days": ("count", "day", 2),
    "months": ("count", "month", 3),
    "switch": ("boolean", "total", 0),
    "totals": ("count", "total", 4),
    "weeks": ("count", "week", None),
}
LIMITS = {
    ("free", "weeks"): 2,
    ("basic", "days"): 4,
    ("basic", "switch"): 1,
    ("gold", "months"): None,
    ("premium", "months"): 5,
    ("premium", "totals"): 0,
}
ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo"]
MOST = 5  # of any limit
MEMBERS = ["alice", "bob"]
SUBJECTS = [f"machine:{number}" for number in range(3)]


# The model --------------------------------------------------------------------------------------------------
def local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def first_day(period: str, day: date) -> date:
    """The first day of the calendar period that a day lies in."""
    return {
        "total": date(1970, 1, 1),
        "day": day,
        "week": day - timedelta(days=day.isoweekday() - 1),
        "month": date(day.year, day.month, 1),
    }[period]


def next_start(period: str, now: datetime, zone: str) -> datetime | None:
    """The first minute that belongs to the period after the running one: by asking, not by computing."""
    if period == "total":
        return None
    running = first_day(period, local_day(now, zone))
    low, high = now.replace(second=0, microsecond=0), now + timedelta(days=40)
    while high - low > MINUTE:
        middle = low + (high - low) // MINUTE // 2 * MINUTE
        if first_day(period, local_day(middle, zone)) > running:
            high = middle
        else:
            low = middle
    return low + MINUTE


@dataclass
class Granted:
    """A grant with the time it has left, which only the clock takes away."""

    tier: str
    left: timedelta
    pk: int
    revoked: bool = False


@dataclass
class Member:
    zone: str = "Europe/Berlin"
    tier: str | None = None
    restrictions: dict[str, tuple[int | None, datetime | None]] = field(default_factory=dict)
    granted: list[Granted] = field(default_factory=list)
    counted: dict[tuple[str, date], list[int]] = field(default_factory=dict)  # used, reserved

    def living(self) -> Granted | None:
        """The grant whose time runs now: of the best tier, and of these the first that was given."""
        alive = [one for one in self.granted if one.left and not one.revoked]
        return min(alive, key=lambda one: (-RANKS[one.tier], one.tier), default=None)

    def live(self, time: timedelta) -> None:
        while time and (one := self.living()):
            lived = min(time, one.left)
            one.left -= lived
            time -= lived


class Model:
    """What an account may do, told as plainly as the product tells it."""

    def __init__(self) -> None:
        self.now = START
        self.default_tier = "free"
        self.defaults: dict[str, int | None] = {name: limit for name, (_, _, limit) in FEATURES.items()}
        self.limits: dict[tuple[str, str], int | None] = dict(LIMITS)
        self.members = {name: Member() for name in MEMBERS}
        self.held: dict[str, dict[tuple[str, str, date], int]] = {}

    def tier(self, name: str) -> str:
        """The better one of own and granted tier; of equal ones the own."""
        member = self.members[name]
        own, living = member.tier or self.default_tier, member.living()
        return living.tier if living and RANKS[living.tier] > RANKS[own] else own

    def limit(self, name: str, feature: str) -> tuple[int | None, bool]:
        """The limit that counts, and whether it is a restriction."""
        restriction = self.members[name].restrictions.get(feature)
        if restriction is not None:
            limit, until = restriction
            if until is None or until > self.now:
                return limit, True
        return self.limits.get((self.tier(name), feature), self.defaults[feature]), False

    def start(self, name: str, feature: str) -> date:
        return first_day(FEATURES[feature][1], local_day(self.now, self.members[name].zone))

    def decision(self, name: str, feature: str, n: int = 1) -> dict[str, Any]:
        if feature not in FEATURES:
            return {"allowed": True, "limit": None, "used": 0, "remaining": None, "reason": "unlimited",
                    "resets_at": None}  # fmt: skip
        kind, period, _ = FEATURES[feature]
        limit, restricted = self.limit(name, feature)
        used = sum(self.members[name].counted.get((feature, self.start(name, feature)), [0, 0]))
        allowed = limit is None or (limit >= 1 if kind == "boolean" else limit - used >= n)
        why_not = "used_up" if limit else "restricted" if restricted else "off"
        return {
            "allowed": allowed,
            "limit": limit,
            "used": used,
            "remaining": None if limit is None else max(0, limit - used),
            "reason": "unlimited" if limit is None else "left" if allowed else why_not,
            "resets_at": next_start(period, self.now, self.members[name].zone) if kind == "count" else None,
        }

    @staticmethod
    def counts(feature: str) -> bool:
        return feature in FEATURES and FEATURES[feature][0] == "count"

    def count(self, name: str, feature: str, n: int, subject: str | None) -> None:
        """Count uses that are allowed: used at once, or held for a subject."""
        if not self.counts(feature):
            return
        start = self.start(name, feature)
        counter = self.members[name].counted.setdefault((feature, start), [0, 0])
        counter[0 if subject is None else 1] += n
        if subject is not None:
            held = self.held.setdefault(subject, {})
            held[name, feature, start] = held.get((name, feature, start), 0) + n

    def settle(self, subject: str, amounts: dict[str, int] | None, *, booked: bool) -> None:
        """Book or give back what a subject holds, the oldest period first."""
        held = self.held.get(subject, {})
        left = None if amounts is None else dict(amounts)
        for (name, feature, start), amount in sorted(held.items(), key=lambda item: item[0][1:]):
            n = amount if left is None else min(amount, left.get(feature, 0))
            if left is not None:
                left[feature] = left.get(feature, 0) - n
            counter = self.members[name].counted[feature, start]
            counter[1] -= n
            counter[0] += n if booked else 0
            held[name, feature, start] = amount - n
        self.held[subject] = {key: amount for key, amount in held.items() if amount}

    def foreign(self, name: str, subject: str) -> bool:
        return any(owner != name for owner, _, _ in self.held.get(subject, {}))


# The machine ------------------------------------------------------------------------------------------------
names = st.sampled_from(MEMBERS)
features = st.sampled_from(sorted(FEATURES))
tiers = st.sampled_from(sorted(RANKS))
limits = st.none() | st.integers(0, MOST)
uses = st.integers(1, 3)
amounts = st.dictionaries(st.sampled_from([*sorted(FEATURES), "unknown"]), uses, min_size=1, max_size=3)
some_subject = st.sampled_from(SUBJECTS)


class AccessMachine(RuleBasedStateMachine):
    """Each rule does the same to the database and to the model; the invariants compare all there is."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.settings = override_settings(DEFAULT_TIER="free")
        self.settings.enable()
        self.users = {name: self.sign_up(name) for name in MEMBERS}

    def teardown(self) -> None:
        self.settings.disable()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @staticmethod
    def sign_up(name: str) -> Any:
        return User.objects.create_user(f"{name}@example.org", date_joined=START).pk

    def user(self, name: str) -> User:
        """The account as a request reads it."""
        return User.objects.get(pk=self.users[name])

    # Using --------------------------------------------------------------------------------------------------
    @rule(name=names, feature=features, n=uses)
    def consume(self, name: str, feature: str, n: int) -> None:
        expected = self.model.decision(name, feature, n)
        if not expected["allowed"]:
            with pytest.raises(access.LimitReached) as refused:
                access.consume(user=self.user(name), feature=feature, n=n, at=self.model.now)
            assert told(refused.value.decision) == expected
            return
        access.consume(user=self.user(name), feature=feature, n=n, at=self.model.now)
        self.model.count(name, feature, n, None)
        self.assert_within(name, feature)

    @rule(name=names, feature=features, subject=some_subject, held=st.booleans())
    def use_up(self, name: str, feature: str, subject: str, held: bool) -> None:
        """One by one until it is refused: just below and just above every limit."""
        for _ in range(MOST + 1):
            if held:
                self.reserve(name, {feature: 1}, subject)
            else:
                self.consume(name, feature, 1)

    @rule(name=names, amounts=amounts, subject=some_subject)
    def reserve(self, name: str, amounts: dict[str, int], subject: str) -> None:
        """All or nothing: in the order of the names, the first that is refused says why."""
        for feature in sorted(amounts):
            expected = self.model.decision(name, feature, amounts[feature])
            if not expected["allowed"]:
                with pytest.raises(access.LimitReached) as refused:
                    self.ask(name, amounts, subject)
                assert told(refused.value.decision) == expected
                return
            if self.model.counts(feature) and self.model.foreign(name, subject):
                with pytest.raises(ValueError, match="another account"):
                    self.ask(name, amounts, subject)
                return
        self.ask(name, amounts, subject)
        for feature, n in amounts.items():
            self.model.count(name, feature, n, subject)
            self.assert_within(name, feature)

    def ask(self, name: str, amounts: dict[str, int], subject: str) -> None:
        access.reserve(user=self.user(name), amounts=amounts, subject=subject, at=self.model.now)

    def assert_within(self, name: str, feature: str) -> None:
        """At the moment of counting, what is counted never exceeds the limit."""
        limit = self.model.limit(name, feature)[0] if self.model.counts(feature) else None
        if limit is not None:
            row = UsageCounter.objects.get(
                user=self.users[name],
                feature__slug=feature,
                period_start=self.model.start(name, feature),
            )
            assert row.used + row.reserved <= limit

    @rule(subject=some_subject, amounts=st.none() | amounts)
    def commit(self, subject: str, amounts: dict[str, int] | None) -> None:
        access.commit(subject=subject, amounts=amounts)
        self.model.settle(subject, amounts, booked=True)

    @rule(subject=some_subject)
    def release(self, subject: str) -> None:
        access.release(subject=subject)
        self.model.settle(subject, None, booked=False)

    @rule(gone=st.sets(some_subject))
    def lose_subjects(self, gone: set[str]) -> None:
        """Subjects are gone without a word; the sweep gives back what they held, and nothing else."""
        subjects.sweep({"machine": lambda ids: {one for one in ids if f"machine:{one}" not in gone}})
        for subject in gone:
            self.model.settle(subject, None, booked=False)

    @rule(name=names, feature=st.sampled_from(["days", "weeks", "months"]), subject=some_subject, n=uses)
    def work_over_a_boundary(self, name: str, feature: str, subject: str, n: int) -> None:
        """A subject holds of two periods, and a part of it is booked."""
        self.reserve(name, {feature: n}, subject)
        self.come_to_a_boundary(name, FEATURES[feature][1], before=False)
        self.reserve(name, {feature: 2}, subject)
        self.commit(subject, {feature: n})

    # What operators do --------------------------------------------------------------------------------------
    @rule(name=names, feature=features, limit=limits, hours=st.none() | st.integers(1, 60))
    def restrict(self, name: str, feature: str, limit: int | None, hours: int | None) -> None:
        until = None if hours is None else self.model.now + timedelta(hours=hours)
        Restriction.objects.update_or_create(
            user_id=self.users[name],
            feature=Feature.objects.get(slug=feature),
            defaults={"limit": limit, "until": until},
        )
        self.model.members[name].restrictions[feature] = (limit, until)

    @precondition(lambda self: any(member.restrictions for member in self.model.members.values()))
    @rule(data=st.data())
    def lift(self, data: st.DataObject) -> None:
        restricted = [
            (name, one) for name, member in self.model.members.items() for one in member.restrictions
        ]
        name, feature = data.draw(st.sampled_from(restricted))
        Restriction.objects.filter(user=self.users[name], feature__slug=feature).delete()
        del self.model.members[name].restrictions[feature]

    @rule(name=names, tier=tiers, days=st.integers(1, 20))
    def give(self, name: str, tier: str, days: int) -> None:
        granted = grants.give(
            user=self.user(name), tier=Tier.objects.get(slug=tier), days=days, at=self.model.now
        )
        self.model.members[name].granted.append(Granted(tier, timedelta(days=days), granted.pk))

    @precondition(lambda self: any(member.granted for member in self.model.members.values()))
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        given = [one for member in self.model.members.values() for one in member.granted]
        granted = data.draw(st.sampled_from(given))
        grants.revoke(grant=AccessGrant.objects.select_related("user").get(pk=granted.pk), at=self.model.now)
        granted.revoked = True

    @rule(name=names, tier=st.none() | tiers)
    def set_tier(self, name: str, tier: str | None) -> None:
        User.objects.filter(pk=self.users[name]).update(tier=tier and Tier.objects.get(slug=tier))
        self.model.members[name].tier = tier

    @rule(tier=tiers)
    def set_default_tier(self, tier: str) -> None:
        django_settings.DEFAULT_TIER = tier
        self.model.default_tier = tier

    @rule(tier=tiers, feature=features, limit=limits | st.just("default"))
    def set_limit(self, tier: str, feature: str, limit: Any) -> None:
        """The limit of a tier; where none is set, the feature's default counts."""
        rows = TierLimit.objects.filter(tier__slug=tier, feature__slug=feature)
        if limit == "default":
            rows.delete()
            self.model.limits.pop((tier, feature), None)
            return
        if not rows.update(limit=limit):
            pair = {"tier": Tier.objects.get(slug=tier), "feature": Feature.objects.get(slug=feature)}
            TierLimit.objects.create(**pair, limit=limit)
        self.model.limits[tier, feature] = limit

    @rule(feature=features, limit=limits)
    def set_feature_default(self, feature: str, limit: int | None) -> None:
        Feature.objects.filter(slug=feature).update(default_limit=limit)
        self.model.defaults[feature] = limit

    # What time and members do -------------------------------------------------------------------------------
    def move_clock(self, to: datetime) -> None:
        for member in self.model.members.values():
            member.live(to - self.model.now)
        self.model.now = to

    @rule(minutes=st.integers(1, 3 * 24 * 60))
    def time_passes(self, minutes: int) -> None:
        self.move_clock(self.model.now + minutes * MINUTE)

    @rule(name=names, period=st.sampled_from(["day", "week", "month"]), before=st.booleans())
    def come_to_a_boundary(self, name: str, period: str, before: bool) -> None:
        """To the last minute of a member's period, or to the first of the next."""
        to = next_start(period, self.model.now, self.model.members[name].zone)
        assert to is not None
        self.move_clock(max(self.model.now, to - MINUTE if before else to))

    @rule(name=names, feature=features, limit=limits, hours=st.integers(1, 60))
    def see_a_restriction_end(self, name: str, feature: str, limit: int | None, hours: int) -> None:
        self.restrict(name, feature, limit, hours)
        self.see_the_end(self.model.now + timedelta(hours=hours))

    @rule(name=names, both=st.tuples(tiers, tiers), days=st.integers(1, 3))
    def see_a_grant_end(self, name: str, both: tuple[str, str], days: int) -> None:
        """While another one waits for its turn."""
        for tier in both:
            self.give(name, tier, days)
        living = self.model.members[name].living()
        assert living is not None
        self.see_the_end(self.model.now + living.left)

    def see_the_end(self, end: datetime) -> None:
        """The last minute before a moment, and the moment."""
        for moment in (end - MINUTE, end):
            self.move_clock(moment)
            self.decisions_are_those_of_the_model()

    @rule(name=names, zone=st.sampled_from(ZONES))
    def move_zone(self, name: str, zone: str) -> None:
        User.objects.filter(pk=self.users[name]).update(time_zone=zone)
        self.model.members[name].zone = zone

    @rule(name=names)
    def delete_account(self, name: str) -> None:
        """With the account goes all that was counted; who comes back begins anew."""
        User.objects.filter(pk=self.users[name]).delete()
        for subject, held in self.model.held.items():
            self.model.held[subject] = {key: amount for key, amount in held.items() if key[0] != name}
        self.model.members[name] = Member()
        self.users[name] = self.sign_up(name)

    # What always holds --------------------------------------------------------------------------------------
    @invariant()
    def decisions_are_those_of_the_model(self) -> None:
        """And the tier that pages name is the one that counts."""
        accounts = User.objects.select_related("tier", "granted_tier").in_bulk(self.users.values())
        for name in MEMBERS:
            account = accounts[self.users[name]]
            decisions = access.check_many(account, [*FEATURES, "unknown"], at=self.model.now)
            assert {slug: told(decision) for slug, decision in decisions.items()} == {
                slug: self.model.decision(name, slug) for slug in [*FEATURES, "unknown"]
            }, name
            effective = grants.effective(account, at=self.model.now)
            assert effective.tier is not None
            assert effective.tier.slug == self.model.tier(name), name

    @invariant()
    def counters_and_reservations_are_those_of_the_model(self) -> None:
        rows = UsageCounter.objects.values_list("user", "feature__slug", "period_start", "used", "reserved")
        assert {tuple(row[:3]): list(row[3:]) for row in rows} == {
            (self.users[name], *key): counted
            for name, member in self.model.members.items()
            for key, counted in member.counted.items()
        }
        held = Reservation.objects.values_list("subject", "user", "feature__slug", "period_start", "amount")
        assert {tuple(row[:4]): row[4] for row in held} == {
            (subject, self.users[name], feature, start): amount
            for subject, amounts in self.model.held.items()
            for (name, feature, start), amount in amounts.items()
        }


def told(decision: access.Decision) -> dict[str, Any]:
    """What a decision says of the feature."""
    said = ("allowed", "limit", "used", "remaining", "reason", "resets_at")
    return {name: getattr(decision, name) for name in said}


@pytest.fixture
def world(db: None) -> None:
    """The tiers, features and limits the model begins with."""
    made = {slug: Tier.objects.create(slug=slug, name=slug, rank=rank) for slug, rank in RANKS.items()}
    known = {
        slug: Feature.objects.create(slug=slug, label=slug, kind=kind, period=period, default_limit=limit)
        for slug, (kind, period, limit) in FEATURES.items()
    }
    TierLimit.objects.bulk_create(
        TierLimit(tier=made[tier], feature=known[feature], limit=limit)
        for (tier, feature), limit in LIMITS.items()
    )


@pytest.mark.usefixtures("world")
def test_whatever_happens_an_account_may_do_what_the_rules_say() -> None:
    run_state_machine_as_test(
        AccessMachine,
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
