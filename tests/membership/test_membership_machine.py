"""Grants, coupons and credits together, against a plain model of them: whatever happens in whatever order."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.db import transaction
from django.test import override_settings
from django.utils.translation import override
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from membership import access, coupons, credits, grants, subjects
from membership.models import (
    AccessGrant,
    Coupon,
    CreditAccount,
    CreditEntry,
    CreditHold,
    EntryKind,
    Feature,
    Redemption,
    Tier,
    TierLimit,
    UsageCounter,
    User,
)

EXAMPLES, STEPS = 12, 25  # the same ones each time; more of them find more
START = datetime(2026, 3, 27, 20, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RANKS = {"free": 0, "basic": 10, "premium": 20}
MONTHLY = {"free": 0, "basic": 4, "premium": 9}
LIMITS = {
    ("free", "calls"): 1,
    ("basic", "calls"): 2,
    ("premium", "calls"): 4,
    ("free", "scans"): 0,
    ("basic", "scans"): 1,
    ("premium", "scans"): 3,
}
MONTHS = {"calls"}  # the others count in total
ZONES = {"alice": "Europe/Berlin", "bob": "Pacific/Kiritimati"}
MOST_GRANTS = 12  # of a member: what is past them only repeats


# The model --------------------------------------------------------------------------------------------------
class Refused(Exception):
    """Neither limit nor credits allow it."""


@dataclass
class Granted:
    tier: str
    left: timedelta
    pk: int
    revoked: bool = False


@dataclass
class Code:
    """A code and who redeemed it; `gives` is a tier with days, or credits."""

    gives: tuple[str, int] | int
    most: int | None
    begins: datetime
    ends: datetime | None
    on: bool = True
    by: list[str] = field(default_factory=list)


@dataclass
class Member:
    granted: list[Granted] = field(default_factory=list)
    ledger: list[int] = field(default_factory=list)
    uses: dict[int, bool] = field(default_factory=dict)  # entries that were uses, and whether refunded
    monthly: dict[date, int] = field(default_factory=dict)  # what was given of each month's credits
    counted: dict[tuple[str, date], list[int]] = field(default_factory=dict)  # used, reserved
    covered: dict[tuple[str, str, date], int] = field(default_factory=dict)  # by subject, within limits
    held: dict[tuple[str, str, int], int] = field(default_factory=dict)  # by subject and price, paid

    def living(self) -> Granted | None:
        alive = [one for one in self.granted if one.left and not one.revoked]
        return min(alive, key=lambda one: (-RANKS[one.tier], one.tier), default=None)

    def live(self, time: timedelta) -> None:
        while time and (one := self.living()):
            lived = min(time, one.left)
            one.left -= lived
            time -= lived

    def tier(self) -> str:
        living = self.living()
        return living.tier if living else "free"

    @property
    def balance(self) -> int:
        return sum(self.ledger)

    @property
    def reserved(self) -> int:
        return sum(price * units for (_, _, price), units in self.held.items())

    @property
    def available(self) -> int:
        return self.balance - self.reserved

    def use(self, cost: int) -> None:
        self.uses[len(self.ledger)] = False
        self.ledger.append(-cost)


class Model:
    def __init__(self) -> None:
        self.now = START
        self.prices: dict[str, int | None] = {"calls": 2, "scans": 3}
        self.members = {name: Member() for name in ZONES}
        self.codes: list[Code] = []

    def month(self, name: str) -> date:
        return self.now.astimezone(ZoneInfo(ZONES[name])).date().replace(day=1)

    def start(self, name: str, feature: str) -> date:
        return self.month(name) if feature in MONTHS else date(1970, 1, 1)

    def allow(self, name: str) -> None:
        """The month's credits of the tier that counts, less what was given of this month."""
        member, month = self.members[name], self.month(name)
        due = MONTHLY[member.tier()] - member.monthly.get(month, 0)
        if due > 0:
            member.ledger.append(due)
            member.monthly[month] = member.monthly.get(month, 0) + due

    def decision(self, name: str, feature: str, n: int = 1) -> dict[str, Any]:
        member = self.members[name]
        limit = LIMITS[member.tier(), feature]
        used = sum(member.counted.get((feature, self.start(name, feature)), [0, 0]))
        beyond = max(0, used + n - limit) if used < limit else n
        price = self.prices[feature]
        cost = None if not beyond or price is None else beyond * price
        paid = cost is not None and cost <= member.available
        why = "left" if not beyond else "credits" if paid else "used_up" if limit else "off"
        return {
            "allowed": not beyond or paid,
            "limit": limit,
            "used": used,
            "remaining": max(0, limit - used),
            "reason": why,
            "price": cost,
            "credits": member.available,
        }

    def take(self, name: str, amounts: dict[str, int], subject: str | None) -> None:
        """What the limits cover counts, and credits, this month's too, pay the rest; or nothing happens."""
        before = deepcopy(self.members[name])
        try:
            beyond = {
                feature: over
                for feature in sorted(amounts)
                if (over := self.cover(name, feature, amounts[feature], subject))
            }
            if beyond:
                self.pay(name, beyond, subject)
        except Refused:
            self.members[name] = before
            raise

    def cover(self, name: str, feature: str, n: int, subject: str | None) -> int:
        member, decision, start = (
            self.members[name],
            self.decision(name, feature, n),
            self.start(name, feature),
        )
        covered = min(n, decision["remaining"])
        if covered < n and decision["price"] is None:
            raise Refused
        if covered:
            member.counted.setdefault((feature, start), [0, 0])[0 if subject is None else 1] += covered
            if subject is not None:
                key = (subject, feature, start)
                member.covered[key] = member.covered.get(key, 0) + covered
        return n - covered

    def pay(self, name: str, beyond: dict[str, int], subject: str | None) -> None:
        member = self.members[name]
        self.allow(name)
        for feature, units in beyond.items():
            price = self.prices[feature]
            assert price is not None
            if units * price > member.available:
                raise Refused
            if subject is None:
                member.use(units * price)
            else:
                held = (subject, feature, price)
                member.held[held] = member.held.get(held, 0) + units

    def settle(self, name: str, subject: str, amounts: dict[str, int] | None, *, booked: bool) -> None:
        """What the limits covered first, then what is paid, the cheapest first."""
        member = self.members[name]
        left = None if amounts is None else dict(amounts)

        def take(feature: str, there: int) -> int:
            n = there if left is None else min(there, left.get(feature, 0))
            if left is not None:
                left[feature] = left.get(feature, 0) - n
            return n

        for covered in sorted(key for key in member.covered if key[0] == subject):
            n = take(covered[1], member.covered[covered])
            counter = member.counted[covered[1:]]
            counter[1] -= n
            counter[0] += n if booked else 0
            member.covered[covered] -= n
        for held in sorted(key for key in member.held if key[0] == subject):
            n = take(held[1], member.held[held])
            member.held[held] -= n
            if n and booked:
                member.use(n * held[2])
        member.covered = {key: n for key, n in member.covered.items() if n}
        member.held = {key: n for key, n in member.held.items() if n}


# The machine ------------------------------------------------------------------------------------------------
names = st.sampled_from(sorted(ZONES))
tiers = st.sampled_from(["basic", "premium"])
features = st.sampled_from(["calls", "scans"])
uses = st.integers(1, 3)
amounts = st.dictionaries(features, uses, min_size=1)
numbers = st.integers(0, 1)  # of a member's subjects


class MembershipMachine(RuleBasedStateMachine):
    """Each rule does the same to the database and to the model; the invariants compare all there is."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.settings = override_settings(DEFAULT_TIER="free")
        self.settings.enable()
        self.users = {
            name: User.objects.create_user(f"{name}@example.org", time_zone=zone).pk
            for name, zone in ZONES.items()
        }

    def teardown(self) -> None:
        self.settings.disable()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    def user(self, name: str) -> User:
        """The account as a request reads it."""
        return User.objects.get(pk=self.users[name])

    # Grants -------------------------------------------------------------------------------------------------
    @rule(name=names, tier=tiers, days=st.integers(1, 10))
    def give(self, name: str, tier: str, days: int) -> None:
        if len(self.model.members[name].granted) < MOST_GRANTS:
            grant = grants.give(
                user=self.user(name), tier=Tier.objects.get(slug=tier), days=days, at=self.model.now
            )
            self.model.members[name].granted.append(Granted(tier, timedelta(days=days), grant.pk))

    @precondition(lambda self: any(member.granted for member in self.model.members.values()))
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        """Also what a coupon gave."""
        given = [one for member in self.model.members.values() for one in member.granted]
        granted = data.draw(st.sampled_from(given))
        grants.revoke(grant=AccessGrant.objects.select_related("user").get(pk=granted.pk), at=self.model.now)
        granted.revoked = True

    # Coupons ------------------------------------------------------------------------------------------------
    @rule(
        gives=st.tuples(tiers, st.integers(1, 10)) | st.integers(1, 8),
        most=st.none() | st.integers(1, 2),
        begins=st.integers(-24, 24),
        hours=st.none() | st.integers(1, 100),
    )
    def make_code(
        self, gives: tuple[str, int] | int, most: int | None, begins: int, hours: int | None
    ) -> None:
        window: dict[str, Any] = {"valid_from": self.model.now + timedelta(hours=begins)}
        window["valid_until"] = hours and window["valid_from"] + timedelta(hours=hours)
        code = f"CODE-{len(self.model.codes)}"
        Coupon.objects.create(
            code=code,
            code_normalised=coupons.normalise(code),
            max_redemptions=most,
            **({"credits": gives} if isinstance(gives, int) else {}),
            **({} if isinstance(gives, int) else {"tier": Tier.objects.get(slug=gives[0]), "days": gives[1]}),
            **window,
        )
        self.model.codes.append(Code(gives, most, window["valid_from"], window["valid_until"]))

    @precondition(lambda self: self.model.codes)
    @rule(data=st.data(), names=st.lists(names, min_size=1, max_size=3), typed=st.booleans())
    def redeem(self, data: st.DataObject, names: list[str], typed: bool) -> None:
        """One code, by one after the other."""
        number = data.draw(st.integers(0, len(self.model.codes) - 1))
        for name in names:
            self.redeem_one(name, number, f" code {number}" if typed else f"CODE-{number}")

    def redeem_one(self, name: str, number: int, typed: str) -> None:
        code, member, now = self.model.codes[number], self.model.members[name], self.model.now
        valid = code.on and code.begins <= now and (code.ends is None or now < code.ends)
        if name in code.by or not valid or (code.most is not None and len(code.by) >= code.most):
            with override("en"), pytest.raises(coupons.CouponRefused) as refused:
                coupons.redeem(user=self.user(name), code=typed, at=now)
            said = str(refused.value.message)
            assert said.startswith("You redeemed") == (name in code.by)
            assert ("expired" in said) == (name in code.by and code.ends is not None and code.ends <= now)
            return
        redeemed = coupons.redeem(user=self.user(name), code=typed, at=now)
        code.by.append(name)
        if isinstance(code.gives, int):
            member.ledger.append(code.gives)
            return
        assert redeemed.grant is not None
        tier, days = code.gives
        member.granted.append(Granted(tier, timedelta(days=days), redeemed.grant.pk))

    @precondition(lambda self: self.model.codes)
    @rule(data=st.data())
    def switch_a_code(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.model.codes) - 1))
        code = self.model.codes[number]
        code.on = not code.on
        Coupon.objects.filter(code=f"CODE-{number}").update(is_active=code.on)

    # Credits ------------------------------------------------------------------------------------------------
    @rule(name=names, amount=st.integers(-6, 12).filter(bool))
    def give_or_take_credits(self, name: str, amount: int) -> None:
        member = self.model.members[name]
        request: dict[str, Any] = {"user": self.user(name), "amount": amount, "kind": EntryKind.OPERATOR}
        if member.available + amount < 0:
            with pytest.raises(credits.NotEnough):
                credits.give(**request, at=self.model.now)
            return
        credits.give(**request, at=self.model.now)
        member.ledger.append(amount)

    @rule()
    def give_everyone_the_months_credits(self) -> None:
        credits.allow_everyone(at=self.model.now)
        for name in ZONES:
            self.model.allow(name)

    @rule(name=names, feature=features, n=uses)
    def consume(self, name: str, feature: str, n: int) -> None:
        try:
            self.model.take(name, {feature: n}, None)
        except Refused:
            with pytest.raises(access.LimitReached) as refused:
                access.consume(user=self.user(name), feature=feature, n=n, at=self.model.now)
            assert told(refused.value.decision) == self.model.decision(name, feature, n)
            return
        access.consume(user=self.user(name), feature=feature, n=n, at=self.model.now)

    @rule(name=names, feature=features, held=st.booleans())
    def use_up(self, name: str, feature: str, held: bool) -> None:
        """One by one over the limit and on until the credits are gone."""
        for _ in range(6):
            if held:
                self.reserve(name, {feature: 1}, 0)
            else:
                self.consume(name, feature, 1)

    @rule(name=names, amounts=amounts, number=numbers)
    def reserve(self, name: str, amounts: dict[str, int], number: int) -> None:
        """All or nothing."""
        subject = self.subject(name, number)
        request: dict[str, Any] = {"user": self.user(name), "amounts": amounts, "subject": subject}
        try:
            self.model.take(name, amounts, subject)
        except Refused:
            with pytest.raises(access.LimitReached) as refused:
                access.reserve(**request, at=self.model.now)
            assert not refused.value.decision.allowed
            return
        access.reserve(**request, at=self.model.now)

    @staticmethod
    def subject(name: str, number: int) -> str:
        return f"{name}:{number}"

    @rule(name=names, number=numbers, amounts=st.none() | amounts)
    def commit(self, name: str, number: int, amounts: dict[str, int] | None) -> None:
        access.commit(subject=self.subject(name, number), amounts=amounts)
        self.model.settle(name, self.subject(name, number), amounts, booked=True)

    @rule(name=names, number=numbers)
    def release(self, name: str, number: int) -> None:
        access.release(subject=self.subject(name, number))
        self.model.settle(name, self.subject(name, number), None, booked=False)

    @rule(name=names, number=numbers)
    def lose_a_subject(self, name: str, number: int) -> None:
        subjects.sweep({name: lambda ids: {one for one in ids if one != str(number)}})
        self.model.settle(name, self.subject(name, number), None, booked=False)

    @precondition(lambda self: any(member.uses for member in self.model.members.values()))
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        paid = [(name, place) for name, member in self.model.members.items() for place in member.uses]
        name, place = data.draw(st.sampled_from(paid))
        member = self.model.members[name]
        entry = CreditEntry.objects.filter(user=self.users[name]).order_by("id")[place]
        if member.uses[place]:
            with pytest.raises(credits.AlreadyRefunded):
                credits.refund(entry=entry)
            return
        credits.refund(entry=entry)
        member.uses[place] = True
        member.ledger.append(-member.ledger[place])

    @rule(feature=features, price=st.none() | st.integers(1, 3))
    def set_price(self, feature: str, price: int | None) -> None:
        Feature.objects.filter(slug=feature).update(credit_price=price)
        self.model.prices[feature] = price

    # What is rare by chance ---------------------------------------------------------------------------------
    @rule(name=names, feature=features, n=uses, price=st.integers(1, 3), part=st.integers(1, 5))
    def book_a_part_of_what_is_covered_and_paid(
        self, name: str, feature: str, n: int, price: int, part: int
    ) -> None:
        """A subject holds within the limit and at two prices; a part is booked, then the rest given back."""
        self.set_price(feature, 4 - price)
        self.give_or_take_credits(name, 12)
        self.reserve(name, {feature: n}, 1)
        self.set_price(feature, price)
        self.reserve(name, {feature: 2}, 1)
        for _ in range(2):
            self.commit(name, 1, {feature: part})
        self.what_is_counted_and_held_is_that_of_the_model()
        self.release(name, 1)

    @rule(name=names, feature=features, held=st.booleans())
    def pay_with_the_months_credits_before_they_were_given(self, name: str, feature: str, held: bool) -> None:
        """At the beginning of the member's month, which is not everyone's, and of a better tier within it."""
        self.come_to_the_next_month(name, before=False)
        for tier in ("basic", "premium"):
            self.give(name, tier, 3)
            self.use_up(name, feature, held)
            self.credits_are_those_of_the_model()
        self.give_everyone_the_months_credits()

    @rule(gives=st.tuples(tiers, st.integers(1, 10)) | st.integers(1, 8), most=st.none() | st.just(1))
    def redeem_a_code_at_its_end(self, gives: tuple[str, int] | int, most: int | None) -> None:
        """Before its beginning, switched off, in the last minute and at the end."""
        number = len(self.model.codes)
        self.make_code(gives, most, 1, 5)
        self.redeem_one("alice", number, f"code-{number}")
        code = self.model.codes[number]
        self.move_clock(code.begins)
        for on in (False, True):
            code.on = on
            Coupon.objects.filter(code=f"CODE-{number}").update(is_active=on)
            self.redeem_one("alice", number, f"code-{number}")
        assert code.ends is not None
        for moment in (code.ends - MINUTE, code.ends):
            self.move_clock(moment)
            for name in ("bob", "alice") if moment == code.ends else ("alice",):
                self.redeem_one(name, number, f"code-{number}")

    # Time ---------------------------------------------------------------------------------------------------
    def move_clock(self, to: datetime) -> None:
        for member in self.model.members.values():
            member.live(to - self.model.now)
        self.model.now = to

    @rule(hours=st.integers(1, 5 * 24))
    def time_passes(self, hours: int) -> None:
        self.move_clock(self.model.now + timedelta(hours=hours))

    @rule(name=names, before=st.booleans())
    def come_to_the_next_month(self, name: str, before: bool) -> None:
        """To the last minute of a member's month, or to the first of the next."""
        first = (self.model.month(name) + timedelta(days=32)).replace(day=1)
        begins = datetime(first.year, first.month, 1, tzinfo=ZoneInfo(ZONES[name])).astimezone(UTC)
        self.move_clock(max(self.model.now, begins - MINUTE if before else begins))

    @precondition(lambda self: any(member.living() for member in self.model.members.values()))
    @rule()
    def see_a_grant_end(self) -> None:
        """The last minute before, and the moment."""
        ends = [
            self.model.now + one.left for member in self.model.members.values() if (one := member.living())
        ]
        for moment in (min(ends) - MINUTE, min(ends)):
            self.move_clock(max(self.model.now, moment))
            self.tiers_and_decisions_are_those_of_the_model()

    # What always holds --------------------------------------------------------------------------------------
    @invariant()
    def tiers_and_decisions_are_those_of_the_model(self) -> None:
        for name, member in self.model.members.items():
            account = self.user(name)
            effective = grants.effective(account, at=self.model.now)
            assert effective.tier is not None
            assert effective.tier.slug == member.tier(), name
            decisions = access.check_all(account, at=self.model.now)
            assert {slug: told(decision) for slug, decision in decisions.items()} == {
                slug: self.model.decision(name, slug) for slug in ("calls", "scans")
            }, name

    @invariant()
    def credits_are_those_of_the_model(self) -> None:
        for name, member in self.model.members.items():
            entries = CreditEntry.objects.filter(user=self.users[name]).order_by("id")
            rows = list(entries.values_list("amount", "balance_after"))
            assert [amount for amount, _ in rows] == member.ledger, name
            assert [balance for _, balance in rows] == list(accumulate(member.ledger)), name
            account = CreditAccount.objects.filter(user=self.users[name]).first()
            assert ((account.balance, account.held) if account else (0, 0)) == (
                member.balance,
                member.reserved,
            )
            assert 0 <= member.reserved <= member.balance

    @invariant()
    def what_is_counted_and_held_is_that_of_the_model(self) -> None:
        rows = UsageCounter.objects.values_list("user", "feature__slug", "period_start", "used", "reserved")
        held = CreditHold.objects.values_list("user", "subject", "feature__slug", "price", "units")
        members = {self.users[name]: member for name, member in self.model.members.items()}
        assert {tuple(row[:3]): list(row[3:]) for row in rows} == {
            (pk, *key): counted for pk, member in members.items() for key, counted in member.counted.items()
        }
        assert {tuple(row[:4]): row[4] for row in held} == {
            (pk, *key): units for pk, member in members.items() for key, units in member.held.items()
        }

    @invariant()
    def codes_are_redeemed_by_whom_the_model_says(self) -> None:
        counts = dict(Coupon.objects.values_list("code", "redeemed"))
        assert counts == {f"CODE-{number}": len(code.by) for number, code in enumerate(self.model.codes)}
        redeemed = set(Redemption.objects.values_list("coupon__code", "user"))
        assert redeemed == {
            (f"CODE-{number}", self.users[name])
            for number, code in enumerate(self.model.codes)
            for name in code.by
        }


def told(decision: access.Decision) -> dict[str, Any]:
    """What a decision says of limit and price."""
    said = ("allowed", "limit", "used", "remaining", "reason", "price", "credits")
    return {name: getattr(decision, name) for name in said}


@pytest.fixture
def world(db: None) -> None:
    """The tiers, features and limits the model begins with."""
    made = {
        slug: Tier.objects.create(slug=slug, name=slug, rank=rank, monthly_credits=MONTHLY[slug])
        for slug, rank in RANKS.items()
    }
    known = {
        slug: Feature.objects.create(
            slug=slug, label=slug, period="month" if slug in MONTHS else "total", credit_price=price
        )
        for slug, price in Model().prices.items()
    }
    TierLimit.objects.bulk_create(
        TierLimit(tier=made[tier], feature=known[feature], limit=limit)
        for (tier, feature), limit in LIMITS.items()
    )


@pytest.mark.usefixtures("world")
def test_whatever_happens_tiers_uses_and_credits_are_what_the_rules_say() -> None:
    run_state_machine_as_test(
        MembershipMachine,
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
