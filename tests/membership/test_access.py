from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries, Settings

from membership import access, grants
from membership.models import Feature, Reservation, Restriction, Tier, TierLimit, UsageCounter, User
from membership.tiers import FEATURES, TIERS, ensure_feature, seed_tiers

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(db: None) -> None:
    seed_tiers()


@pytest.fixture
def alice(seeded: None) -> User:
    """A member of the free tier, without a trial."""
    return User.objects.create_user("alice@mitai.example")


@pytest.fixture
def usage_log(settings: Settings, tmp_path: Path) -> Callable[[], list[dict[str, object]]]:
    settings.DATA_DIR = tmp_path
    (tmp_path / "logs").mkdir()

    def lines() -> list[dict[str, object]]:
        path = tmp_path / "logs" / "feature-usage.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    return lines


def counter(user: User, feature: str) -> tuple[int, int]:
    row = UsageCounter.objects.get(user=user, feature__slug=feature)
    return row.used, row.reserved


def set_limit(tier: str, feature: str, limit: int | None) -> None:
    TierLimit.objects.update_or_create(
        tier=Tier.objects.get(slug=tier), feature=Feature.objects.get(slug=feature), defaults={"limit": limit}
    )


# Which limit counts -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("tier", [seed.slug for seed in TIERS])
def test_each_tier_has_the_limits_of_the_matrix(tier: str, alice: User) -> None:
    alice.tier = Tier.objects.get(slug=tier)
    alice.save()
    column = [seed.slug for seed in TIERS].index(tier)
    decisions = access.check_many(alice, [seed.slug for seed in FEATURES])
    assert {slug: decision.limit for slug, decision in decisions.items()} == {
        seed.slug: seed.limits[column] for seed in FEATURES
    }


def test_a_member_without_a_tier_has_the_default_tier_of_the_installation(
    alice: User, settings: Settings
) -> None:
    assert access.check(alice, "ai_calls").limit == 3
    settings.DEFAULT_TIER = "premium"
    assert access.check(alice, "ai_calls").limit == 100


def test_a_granted_tier_beats_the_own_one_only_while_it_runs_and_when_it_is_better(alice: User) -> None:
    grants.give(user=alice, tier=Tier.objects.get(slug="premium"), days=2, at=NOON)
    assert access.check(alice, "ai_calls", at=NOON + timedelta(days=1)).limit == 100
    assert access.check(alice, "ai_calls", at=NOON + timedelta(days=3)).limit == 3
    alice.tier = Tier.objects.get(slug="selfhosted")
    alice.save()
    grants.give(user=alice, tier=Tier.objects.get(slug="premium"), days=2, at=NOON)
    assert access.check(alice, "ai_calls", at=NOON + timedelta(days=1)).limit is None


def test_a_waiting_grant_takes_over_by_itself(alice: User) -> None:
    grants.give(user=alice, tier=Tier.objects.get(slug="basic"), days=5, at=NOON)
    grants.give(user=alice, tier=Tier.objects.get(slug="premium"), days=2, at=NOON)
    limits = [access.check(alice, "ai_calls", at=NOON + timedelta(days=day)).limit for day in (1, 3, 6, 8)]
    assert limits == [100, 20, 20, 3]


def test_a_waiting_grant_takes_over_at_the_very_moment(alice: User) -> None:
    grants.give(user=alice, tier=Tier.objects.get(slug="basic"), days=5, at=NOON)
    grants.give(user=alice, tier=Tier.objects.get(slug="premium"), days=2, at=NOON)
    end, moment = NOON + timedelta(days=2), timedelta(microseconds=1)
    assert [access.check(alice, "ai_calls", at=at).limit for at in (end - moment, end)] == [100, 20]


def test_a_restriction_comes_first_until_it_ends(alice: User) -> None:
    grants.give(user=alice, tier=Tier.objects.get(slug="premium"), days=30, at=NOON)
    Restriction.objects.create(
        user=alice, feature=Feature.objects.get(slug="ai_calls"), limit=0, until=NOON + timedelta(days=1)
    )
    decision = access.check(alice, "ai_calls", at=NOON)
    assert (decision.allowed, decision.limit, decision.reason) == (False, 0, "restricted")
    assert access.check(alice, "ai_calls", at=NOON + timedelta(days=2)).limit == 100


def test_a_restriction_without_a_number_lifts_the_limit(alice: User) -> None:
    Restriction.objects.create(user=alice, feature=Feature.objects.get(slug="photos"), limit=None)
    assert access.check(alice, "photos").allowed


def test_the_default_of_a_feature_counts_where_the_tier_says_nothing(alice: User) -> None:
    ensure_feature("mood_entries", "Mood", default_limit=2)
    assert access.check(alice, "mood_entries").limit == 2


def test_a_feature_without_a_row_is_unlimited(alice: User) -> None:
    access.consume(user=alice, feature="nothing_known")
    access.reserve(user=alice, amounts={"nothing_known": 5}, subject="run:1")
    access.commit(subject="run:1")
    decision = access.check(alice, "nothing_known")
    assert (decision.allowed, decision.limit, decision.remaining) == (True, None, None)
    assert not UsageCounter.objects.exists()


def test_yes_or_no_is_not_used_up(alice: User) -> None:
    assert not access.check(alice, "api_access").allowed
    with pytest.raises(access.LimitReached):
        access.consume(user=alice, feature="api_access")
    set_limit("free", "api_access", 1)
    for _ in range(3):
        access.consume(user=alice, feature="api_access")
    assert access.check(alice, "api_access").allowed


def test_what_an_operator_changes_counts_at_once(alice: User) -> None:
    access.consume(user=alice, feature="ai_pipeline")
    with pytest.raises(access.LimitReached):
        access.consume(user=alice, feature="ai_pipeline")
    set_limit("free", "ai_pipeline", 2)
    access.consume(user=alice, feature="ai_pipeline")
    set_limit("free", "ai_pipeline", 1)
    decision = access.check(alice, "ai_pipeline")
    assert (decision.used, decision.remaining, decision.allowed) == (2, 0, False)


def test_a_refusal_says_what_is_used_and_when_it_starts_again(alice: User) -> None:
    access.consume(user=alice, feature="ai_calls", n=2, at=NOON)
    with pytest.raises(access.LimitReached) as refused:
        access.consume(user=alice, feature="ai_calls", n=2, at=NOON)
    decision = refused.value.decision
    assert (decision.used, decision.limit, decision.remaining, decision.reason) == (2, 3, 1, "used_up")
    assert decision.resets_at == datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Berlin, summer time
    assert refused.value.status == 403
    assert "2" in str(refused.value.message)
    assert "3" in str(refused.value.message)
    assert counter(alice, "ai_calls") == (2, 0)


# Reserve, commit, release -----------------------------------------------------------------------------------
def test_a_reservation_is_booked_or_given_back(alice: User) -> None:
    access.reserve(user=alice, amounts={"ai_pipeline": 1, "ai_calls": 3}, subject="run:1")
    assert counter(alice, "ai_calls") == (0, 3)
    assert access.check(alice, "ai_calls").remaining == 0
    access.commit(subject="run:1", amounts={"ai_calls": 2})
    assert counter(alice, "ai_calls") == (2, 1)
    assert counter(alice, "ai_pipeline") == (0, 1)
    access.release(subject="run:1")
    access.release(subject="run:1")
    assert counter(alice, "ai_calls") == (2, 0)
    assert counter(alice, "ai_pipeline") == (0, 0)
    assert not Reservation.objects.exists()


def test_commit_books_all_that_is_held_and_only_once(alice: User) -> None:
    access.reserve(user=alice, amounts={"ai_calls": 2}, subject="run:1")
    access.commit(subject="run:1")
    access.commit(subject="run:1")
    access.release(subject="run:1")
    assert counter(alice, "ai_calls") == (2, 0)


def test_commit_and_release_touch_only_their_own_subject(alice: User) -> None:
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:1")
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:2")
    access.commit(subject="run:1")
    access.release(subject="run:3")
    assert counter(alice, "ai_calls") == (1, 1)


def test_nothing_is_held_when_one_of_the_limits_refuses(alice: User) -> None:
    access.consume(user=alice, feature="ai_pipeline")
    with transaction.atomic(), pytest.raises(access.LimitReached):
        access.reserve(user=alice, amounts={"ai_calls": 3, "ai_pipeline": 1}, subject="run:1")
    assert not Reservation.objects.exists()
    assert not UsageCounter.objects.filter(user=alice, feature__slug="ai_calls").exists()


def test_the_use_is_booked_into_the_period_it_was_reserved_in(alice: User) -> None:
    before_midnight = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:1", at=before_midnight)
    access.reserve(
        user=alice, amounts={"ai_calls": 1}, subject="run:2", at=before_midnight + timedelta(minutes=2)
    )
    access.commit(subject="run:1")
    access.commit(subject="run:2")
    booked = UsageCounter.objects.order_by("period_start").values_list("period_start", "used")
    assert list(booked) == [(date(2026, 3, 1), 1), (date(2026, 4, 1), 1)]


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        pytest.param("Pacific/Kiritimati", date(2026, 3, 1), id="east-of-the-date-line"),
        pytest.param("Europe/Berlin", date(2026, 2, 1), id="berlin"),
        pytest.param("Pacific/Pago_Pago", date(2026, 2, 1), id="west-of-the-date-line"),
    ],
)
def test_a_month_begins_when_it_begins_where_the_member_is(alice: User, zone: str, start: date) -> None:
    alice.time_zone = zone
    alice.save()
    access.consume(user=alice, feature="ai_calls", at=datetime(2026, 2, 28, 10, 30, tzinfo=UTC))
    assert UsageCounter.objects.get().period_start == start


@pytest.mark.parametrize(
    ("period", "start", "resets_at"),
    [
        pytest.param("day", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC), id="day"),
        pytest.param("week", date(2026, 3, 23), datetime(2026, 3, 29, 22, tzinfo=UTC), id="week"),
        pytest.param("month", date(2026, 3, 1), datetime(2026, 3, 31, 22, tzinfo=UTC), id="month"),
        pytest.param("total", date(1970, 1, 1), None, id="total"),
    ],
)
def test_periods_on_the_day_the_clock_is_put_forward(
    alice: User, period: str, start: date, resets_at: datetime | None
) -> None:
    sunday = datetime(2026, 3, 29, 12, tzinfo=UTC)
    ensure_feature("thing", "Thing", period=period, default_limit=1)
    access.consume(user=alice, feature="thing", at=sunday)
    assert UsageCounter.objects.get().period_start == start
    assert access.check(alice, "thing", at=sunday).resets_at == resets_at


def test_two_members_do_not_share_a_limit(alice: User) -> None:
    bob = User.objects.create_user("bob@mitai.example")
    access.consume(user=alice, feature="ai_pipeline")
    access.consume(user=bob, feature="ai_pipeline")


@pytest.mark.parametrize("n", [0, -1])
def test_what_is_no_amount_is_refused(alice: User, n: int) -> None:
    with pytest.raises(ValueError, match="no amount"):
        access.consume(user=alice, feature="ai_calls", n=n)


def test_a_part_is_booked_once_though_two_periods_hold_for_it(alice: User) -> None:
    march = datetime(2026, 3, 31, 12, tzinfo=UTC)
    for at in (march, march + timedelta(days=1)):
        access.reserve(user=alice, amounts={"ai_calls": 2}, subject="run:1", at=at)
    access.commit(subject="run:1", amounts={"ai_calls": 3})
    rows = UsageCounter.objects.order_by("period_start").values_list("used", "reserved")
    assert list(rows) == [(2, 0), (1, 1)]


def test_a_subject_holds_nothing_of_a_second_account(alice: User) -> None:
    bob = User.objects.create_user("bob@mitai.example")
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:1")
    with pytest.raises(ValueError, match="another account"):
        access.reserve(user=bob, amounts={"ai_calls": 1, "ai_pipeline": 1}, subject="run:1")
    assert not UsageCounter.objects.filter(user=bob).exists()
    assert counter(alice, "ai_calls") == (0, 1)


def test_of_two_tiers_of_one_rank_the_own_one_counts(alice: User) -> None:
    Tier.objects.filter(slug="basic").update(rank=30)
    for own, granted, limit in (("basic", "premium", 20), ("premium", "basic", 100)):
        alice.tier = Tier.objects.get(slug=own)
        alice.save()
        grants.give(user=alice, tier=Tier.objects.get(slug=granted), days=3, at=NOON)
        assert access.check(alice, "ai_calls", at=NOON).limit == limit
        assert grants.effective(alice, at=NOON).tier == alice.tier


def test_a_limit_of_one_account_promises_nothing_of_better_tiers(alice: User) -> None:
    ensure_feature("mood_entries", "Mood", default_limit=1)
    access.consume(user=alice, feature="mood_entries")
    with override("en"):
        assert "A better tier helps." in access.check(alice, "mood_entries").sentence
        mood = Feature.objects.get(slug="mood_entries")
        Restriction.objects.create(user=alice, feature=mood, limit=1)
        assert access.check(alice, "mood_entries").sentence == "Mood: 1 of 1 used."


@pytest.mark.parametrize("kind", ["day", "week", "month"])
def test_moving_zones_never_gives_more_than_each_period_has(alice: User, kind: str) -> None:
    """Twice around the world in a day: whatever is counted, no period exceeds its limit."""
    ensure_feature("thing", "Thing", period=kind, default_limit=2)
    zones = ["Pacific/Kiritimati", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Pacific/Pago_Pago"]
    for hour in range(24):
        alice.time_zone = zones[hour % len(zones)]
        alice.save()
        for _ in range(3):
            with suppress(access.LimitReached):
                access.consume(
                    user=alice, feature="thing", at=datetime(2026, 5, 31, tzinfo=UTC) + hour * HOUR
                )
    used = dict(UsageCounter.objects.values_list("period_start", "used"))
    assert set(used.values()) == {2}
    assert (
        set(used)
        == {
            "day": {date(2026, 5, 30), date(2026, 5, 31), date(2026, 6, 1)},
            "week": {date(2026, 5, 25), date(2026, 6, 1)},
            "month": {date(2026, 5, 1), date(2026, 6, 1)},
        }[kind]
    )


def test_what_was_used_at_home_is_there_again_after_the_journey(alice: User) -> None:
    """East over the end of a month and back: neither month lost or gained a use."""
    noon = datetime(2026, 3, 31, 12, tzinfo=UTC)
    access.consume(user=alice, feature="ai_calls", n=2, at=noon)
    alice.time_zone = "Pacific/Kiritimati"
    alice.save()
    access.consume(user=alice, feature="ai_calls", at=noon)
    assert access.check(alice, "ai_calls", at=noon).used == 1
    alice.time_zone = "Europe/Berlin"
    alice.save()
    assert access.check(alice, "ai_calls", at=noon).used == 2
    assert access.check(alice, "ai_calls", at=noon + timedelta(days=1)).used == 1


def test_with_an_account_goes_all_that_was_counted(alice: User) -> None:
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:1")
    access.consume(user=alice, feature="ai_pipeline")
    grants.give(user=alice, tier=Tier.objects.get(slug="premium"), days=1, at=NOON)
    User.objects.filter(pk=alice.pk).delete()
    access.commit(subject="run:1")
    access.release(subject="run:1")
    assert not UsageCounter.objects.exists()
    assert not Reservation.objects.exists()
    access.check(alice, "ai_calls", at=NOON + timedelta(days=2))  # its grant has run out, and nobody has it


# Cost -------------------------------------------------------------------------------------------------------
def test_counting_costs_one_query_and_so_does_asking_for_many(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ensure_feature("weight_entries", "Weight")
    with django_assert_num_queries(1):
        access.consume(user=alice, feature="weight_entries")
    with django_assert_num_queries(1):
        access.check_many(alice, ["weight_entries", "ai_calls", "ai_pipeline", "unknown"])
    with django_assert_num_queries(1):
        decisions = access.check_all(alice)
    assert list(decisions) == sorted({"weight_entries", *(seed.slug for seed in FEATURES)})


# The log ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_every_reservation_is_a_line_once_it_is_committed(
    alice: User, usage_log: Callable[[], list[dict[str, object]]]
) -> None:
    with transaction.atomic():
        access.reserve(user=alice, amounts={"ai_calls": 2}, subject="run:1", at=NOON)
        assert usage_log() == []
    access.consume(user=alice, feature="ai_pipeline", at=NOON)
    with pytest.raises(access.LimitReached):
        access.consume(user=alice, feature="ai_pipeline", at=NOON)
    with transaction.atomic():
        access.consume(user=alice, feature="ai_calls", at=NOON)
        transaction.set_rollback(True)
    stamp = {"at": NOON.isoformat(), "user": str(alice.pk), "period": "2026-03-01"}
    assert usage_log() == [
        {**stamp, "feature": "ai_calls", "n": 2, "subject": "run:1"},
        {**stamp, "feature": "ai_pipeline", "n": 1, "subject": ""},
    ]


# Races ------------------------------------------------------------------------------------------------------
@pytest.fixture
def together() -> Callable[[list[Callable[[], None]]], list[str]]:
    """Runs calls at the same moment, each on a connection of its own; what each of them came to."""

    def run(calls: list[Callable[[], None]]) -> list[str]:
        barrier = Barrier(len(calls))

        def one(call: Callable[[], None]) -> str:
            try:
                barrier.wait()
                with transaction.atomic():
                    call()
            except access.LimitReached:
                return "refused"
            finally:
                connection.close()
            return "started"

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    return run


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_left_start_exactly_one(
    alice: User, together: Callable[[list[Callable[[], None]]], list[str]]
) -> None:
    access.consume(user=alice, feature="ai_calls", n=2)

    def start(number: int) -> Callable[[], None]:
        return lambda: access.reserve(user=alice, amounts={"ai_calls": 1}, subject=f"run:{number}")

    assert sorted(together([start(number) for number in range(20)])) == ["refused"] * 19 + ["started"]
    assert counter(alice, "ai_calls") == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_in_a_fresh_period_start_exactly_one(
    alice: User, together: Callable[[list[Callable[[], None]]], list[str]]
) -> None:
    def start(number: int) -> Callable[[], None]:
        amounts = {"ai_pipeline": 1, "ai_calls": 3}
        return lambda: access.reserve(user=alice, amounts=amounts, subject=f"run:{number}")

    assert sorted(together([start(number) for number in range(20)])) == ["refused"] * 19 + ["started"]
    assert counter(alice, "ai_calls") == (0, 3)


@pytest.mark.django_db(transaction=True)
def test_release_and_commit_at_once_give_back_or_book_but_never_both(
    alice: User, together: Callable[[list[Callable[[], None]]], list[str]]
) -> None:
    access.reserve(user=alice, amounts={"ai_pipeline": 1, "ai_calls": 3}, subject="run:1")
    calls: list[Callable[[], None]] = [
        lambda: access.commit(subject="run:1"),
        lambda: access.release(subject="run:1"),
    ] * 5
    together(calls)
    assert counter(alice, "ai_calls") in {(3, 0), (0, 0)}
    assert counter(alice, "ai_pipeline") in {(1, 0), (0, 0)}
    assert not Reservation.objects.exists()
