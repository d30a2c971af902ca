from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries, Settings

from membership import access, usage_log
from membership.models import User
from membership.tiers import ensure_feature, seed_tiers
from tests import factories

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)  # the log is written on commit


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    (tmp_path / "logs").mkdir()
    return usage_log.path()


@pytest.fixture
def alice(log: Path) -> User:
    seed_tiers()
    return factories.alice()


@pytest.fixture
def used(alice: User) -> User:
    """Alice reserved five calls in March, of which two were used and one is held; Bob used one in April."""
    access.reserve(user=alice, amounts={"ai_calls": 2}, subject="run:1", at=NOON)
    access.commit(subject="run:1")
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:2", at=NOON)
    access.reserve(user=alice, amounts={"goals": 1}, subject="run:3", at=NOON)
    access.release(subject="run:3")
    bob = factories.bob()
    access.consume(user=bob, feature="ai_calls", at=NOON + timedelta(days=30))
    access.consume(user=bob, feature="goals", at=NOON + timedelta(days=30))
    return alice


def said(*options: str) -> str:
    out = StringIO()
    call_command("usage_report", *options, stdout=out)
    return out.getvalue()


def as_json(*options: str) -> Any:
    return json.loads(said("--json", *options))


def test_an_operator_sees_what_was_reserved_and_what_was_counted(used: User) -> None:
    assert said().splitlines() == [
        "Reserved, by the usage log:",
        "feature   period      reservations  uses  accounts",
        "ai_calls  2026-03-01             2     3         1",
        "ai_calls  2026-04-01             1     1         1",
        "goals     in total               2     2         2",
        "",
        "Counted, in the database:",
        "feature   period      used  held  accounts",
        "ai_calls  2026-03-01     2     1         1",
        "ai_calls  2026-04-01     1     0         1",
        "goals     in total       1     0         1",
    ]


def test_the_same_as_json(used: User) -> None:
    report = as_json()
    assert report["unreadable"] == 0
    assert report["reserved"][0] == {
        "feature": "ai_calls",
        "period": "2026-03-01",
        "reservations": 2,
        "uses": 3,
        "accounts": 1,
    }
    assert report["counted"][2] == {
        "feature": "goals",
        "period": "1970-01-01",
        "used": 1,
        "held": 0,
        "accounts": 1,
    }


def test_of_one_member_alone(used: User) -> None:
    report = as_json("--email", " ALICE@example.org")
    assert [(row["feature"], row["uses"]) for row in report["reserved"]] == [("ai_calls", 3), ("goals", 1)]
    assert [(row["feature"], row["used"], row["held"]) for row in report["counted"]] == [("ai_calls", 2, 1)]


def test_since_a_day(used: User) -> None:
    report = as_json("--since", "2026-04-01")
    assert [(row["feature"], row["period"], row["uses"]) for row in report["reserved"]] == [
        ("ai_calls", "2026-04-01", 1),
        ("goals", "1970-01-01", 1),
    ]
    assert [(row["feature"], row["period"]) for row in report["counted"]] == [
        ("ai_calls", "2026-04-01"),
        ("goals", "1970-01-01"),
    ]


def test_a_period_that_ran_on_that_day_is_counted_as_a_whole(used: User) -> None:
    report = as_json("--since", "2026-03-20")
    assert [(row["period"], row["used"]) for row in report["counted"]] == [
        ("2026-03-01", 2),
        ("2026-04-01", 1),
        ("1970-01-01", 1),
    ]


def test_the_day_begins_at_midnight_in_utc(alice: User) -> None:
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    access.consume(user=alice, feature="ai_calls", at=midnight - timedelta(seconds=1))
    assert as_json("--since", "2026-03-10")["reserved"] == []
    access.consume(user=alice, feature="ai_calls", at=midnight)
    assert as_json("--since", "2026-03-10")["reserved"][0]["uses"] == 1


def test_before_anything_was_used_there_is_nothing(alice: User) -> None:
    assert said().splitlines() == [
        "Reserved, by the usage log:",
        "nothing",
        "",
        "Counted, in the database:",
        "nothing",
    ]


@pytest.mark.parametrize(
    ("torn", "unreadable"),
    [
        pytest.param(b'{"at": "2026-03-10T12:0', 1, id="the-last-line"),
        pytest.param(b"\xff\xfe\n\n[1]\n7\nnull\n{}\n", 6, id="what-is-no-line"),
        pytest.param(b'{"at": "2026-03-10T12:00:00", "user": "u", "feature": "f", "n": 1, "subject": "", '
                     b'"period": "2026-03-01"}\n', 1, id="a-moment-without-a-zone"),
        pytest.param(b'{"at": "2026-03-10T12:00:00Z", "user": "u", "feature": "f", "n": "x", "subject": "", '
                     b'"period": "2026-03-01"}\n', 1, id="an-amount-that-is-none"),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_read_are_counted_and_passed_over(
    used: User, log: Path, torn: bytes, unreadable: int
) -> None:
    with log.open("ab") as file:
        file.write(torn)
    report = as_json()
    assert (report["unreadable"], sum(row["uses"] for row in report["reserved"])) == (unreadable, 6)
    assert said().endswith(f"{unreadable} lines of the usage log could not be read.\n")


def test_the_line_behind_a_torn_one_is_not_lost(used: User, log: Path) -> None:
    with log.open("ab") as file:
        file.write(b'{"at": "2026-03-10T12:0')
    access.consume(user=used, feature="goals", at=NOON)
    report = as_json()
    assert (report["unreadable"], sum(row["uses"] for row in report["reserved"])) == (1, 7)


def test_an_address_without_an_account_is_said_in_one_line(alice: User) -> None:
    with pytest.raises(CommandError, match="no account with this address"):
        said("--email", "nobody@example.org")


@pytest.mark.parametrize("typed", ["gestern", "2026-13-01", ""])
def test_a_day_that_is_none_is_said_in_one_line(alice: User, typed: str) -> None:
    with pytest.raises(CommandError, match=f"{typed!r} is not a day like 2026-03-31"):
        said("--since", typed)


def test_the_report_costs_the_same_for_more_features(
    used: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        ensure_feature(f"thing_{number}", "Thing")
        access.consume(user=used, feature=f"thing_{number}")
    with django_assert_num_queries(1):
        said()
