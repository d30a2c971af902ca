from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.apps import apps
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.core.serializers import serialize
from django.db import DatabaseError
from pytest_django import Settings

from membership import coupons, credits, grants, trials
from membership.models import AccessGrant, Coupon, EntryKind, Tier, TrialUse, User
from membership.tiers import TIERS
from tests import factories
from tests.membership.races import at_once
from tests.servers import free_port

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
END = NOON + 14 * DAY
pytestmark = pytest.mark.django_db
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


class RefusesAlice(EmailBackend):
    """A mail server that takes every address but one."""

    def send_messages(self, messages: list[EmailMessage]) -> int:  # type: ignore[override]
        for message in messages:
            if message.to == ["alice@example.org"]:
                raise SMTPRecipientsRefused({"alice@example.org": (550, b"no such mailbox")})
        return super().send_messages(messages)


def make_tiers() -> None:
    Tier.objects.bulk_create(Tier(**seed._asdict()) for seed in TIERS)


@pytest.fixture
def alice(db: None) -> User:
    make_tiers()
    return factories.alice(password=None)


def tier(slug: str) -> Tier:
    return Tier.objects.get(slug=slug)


def has_trial(user: User) -> bool:
    return trials.of(user) is not None


# One address ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "written",
    [
        "ALICE@Example.ORG",
        "  alice@example.org ",
        "alice+second@example.org",
        "Alice+@example.org",
        "alice+one+two@EXAMPLE.org",
    ],
)
def test_an_address_is_the_same_in_capitals_and_with_a_plus(written: str) -> None:
    assert trials.digest(written) == trials.digest("alice@example.org")


@pytest.mark.parametrize(
    "other",
    [
        "alice@example.com",
        "alice@mail.example.org",
        "alice@example.org+second",
        "bob@example.org",
        "al.ice@example.org",
        "alice-second@example.org",
        "alic@eexample.org",
    ],
)
def test_another_name_or_domain_is_another_address(other: str) -> None:
    assert trials.digest(other) != trials.digest("alice@example.org")


def test_nobody_without_the_key_can_tell_which_address_it_is(settings: Settings) -> None:
    address = b"alice@example.org"
    digest = trials.digest(address.decode())
    plain = {
        hashlib.new(name, address).hexdigest() for name in ("md5", "sha1", "sha256", "sha3_256", "blake2s")
    }
    assert digest not in plain | {hmac.new(b"", address, hashlib.sha256).hexdigest()}
    assert digest != hmac.new(settings.SECRET_KEY.encode(), address, hashlib.sha256).hexdigest()
    settings.SECRET_KEY = "another-installation-" + "x" * 40
    assert trials.digest(address.decode()) != digest


# Once -------------------------------------------------------------------------------------------------------
def test_the_trial_begins_at_once_and_lasts_its_days(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    assert grants.effective(alice, at=END - MOMENT) == grants.Effective(tier("trial"), END, "grant")
    assert grants.effective(alice, at=END).tier == tier("free")
    assert trials.end_of(alice) == END


def test_beginning_again_gives_no_second_trial(alice: User) -> None:
    for at in (NOON, NOON + DAY, NOON + 90 * DAY):
        trials.start(user=alice, at=at)
    assert AccessGrant.objects.count() == TrialUse.objects.count() == 1
    assert trials.end_of(alice) == END


def test_another_address_of_the_same_account_gives_no_second_trial(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    alice.email = "alice.two@example.org"
    alice.save()
    trials.start(user=alice, at=NOON + 30 * DAY)
    assert AccessGrant.objects.count() == 1
    assert trials.end_of(alice) == END


@pytest.mark.parametrize("address", ["alice@example.org", "Alice+again@Example.org"])
def test_the_address_of_a_deleted_account_has_had_its_trial(address: str, alice: User) -> None:
    trials.start(user=alice, at=NOON)
    User.objects.get(pk=alice.pk).delete()
    again = factories.setup_user(email=address, password=None)
    trials.start(user=again, at=NOON + DAY)
    assert not has_trial(again)
    assert grants.effective(again, at=NOON + DAY).tier == tier("free")


def test_a_second_account_with_an_alias_has_no_trial_while_the_first_one_runs(alice: User) -> None:
    second = factories.setup_user(email="alice+two@example.org", password=None)
    trials.start(user=alice, at=NOON)
    trials.start(user=second, at=NOON)
    assert (has_trial(alice), has_trial(second)) == (True, False)


def test_somebody_else_has_a_trial_of_their_own(alice: User) -> None:
    bob = factories.bob(password=None)
    for user in (alice, bob):
        trials.start(user=user, at=NOON)
        assert has_trial(user)


def test_of_a_deleted_account_nothing_is_left_but_what_nobody_can_read(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    name, key = "alice", str(alice.pk)
    User.objects.get(pk=alice.pk).delete()
    (row,) = TrialUse.objects.values()
    assert set(row) == {"digest", "used_on"}
    assert row["digest"] == trials.digest("alice@example.org")
    left = "".join(serialize("json", model._default_manager.all()) for model in apps.get_models())
    assert json.dumps(row["digest"]) in left
    assert name not in left.lower()
    assert key not in left


def test_a_deleted_trial_grant_does_not_bring_the_trial_back(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    AccessGrant.objects.all().delete()
    trials.start(user=alice, at=NOON + DAY)
    assert not has_trial(alice)


# Where there is none ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("default", ["trial", "basic", "premium", "selfhosted"])
def test_no_trial_where_everyone_has_as_good_a_tier(default: str, alice: User, settings: Settings) -> None:
    settings.DEFAULT_TIER = default
    trials.start(user=alice, at=NOON)
    assert not has_trial(alice)
    settings.DEFAULT_TIER = "free"  # nothing was used up by it
    trials.start(user=alice, at=NOON)
    assert has_trial(alice)


def test_a_default_tier_without_a_row_does_not_stand_in_the_way(alice: User, settings: Settings) -> None:
    settings.DEFAULT_TIER = "no-such-tier"
    trials.start(user=alice, at=NOON)
    assert has_trial(alice)


def test_no_trial_where_an_operator_took_its_tier_out(alice: User) -> None:
    Tier.objects.filter(slug="trial").delete()
    trials.start(user=alice, at=NOON)
    assert not TrialUse.objects.exists()
    assert trials.end_of(alice) is None


# Until when -------------------------------------------------------------------------------------------------
def redeem_premium(user: User, days: int, at: datetime) -> AccessGrant:
    Coupon.objects.create(
        code="PREMIUM", code_normalised=coupons.normalise("PREMIUM"), tier=tier("premium"), days=days,
        valid_from=NOON,
    )  # fmt: skip
    grant = coupons.redeem(user=user, code="PREMIUM", at=at).grant
    assert grant is not None
    return grant


def test_without_a_trial_there_is_no_end(alice: User) -> None:
    assert trials.end_of(alice) is None
    grants.give(user=alice, tier=tier("trial"), days=5, at=NOON)
    assert trials.end_of(alice) is None


def test_a_trial_waits_while_a_better_coupon_is_lived(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    given = redeem_premium(alice, days=5, at=NOON + 2 * DAY)
    assert trials.end_of(alice) == END + 5 * DAY
    assert grants.effective(alice, at=END).tier == tier("trial")
    grants.revoke(grant=given, at=NOON + 4 * DAY)
    assert trials.end_of(alice) == END + 2 * DAY


def test_a_lesser_grant_does_not_move_the_end(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    grants.give(user=alice, tier=tier("free"), days=5, at=NOON)
    assert trials.end_of(alice) == END


def test_a_trial_that_was_ended_has_no_end_any_more(alice: User) -> None:
    trials.start(user=alice, at=NOON)
    trial = trials.of(alice)
    assert trial is not None
    grants.revoke(grant=trial, at=NOON + DAY)
    assert trials.end_of(alice) is None
    trials.start(user=alice, at=NOON + 2 * DAY)
    assert trials.end_of(alice) is None
    assert grants.effective(User.objects.get(pk=alice.pk), at=NOON + 2 * DAY).tier == tier("free")


# The word before it ends ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "reminded"),
    [
        pytest.param(NOON, False, id="at-the-beginning"),
        pytest.param(END - 4 * DAY, False, id="four-days-before"),
        pytest.param(END - 3 * DAY - MOMENT, False, id="just-before-three-days"),
        pytest.param(END - 3 * DAY, True, id="three-days-before"),
        pytest.param(END - MOMENT, True, id="just-before-the-end"),
        pytest.param(END, False, id="at-the-end"),
        pytest.param(END + DAY, False, id="after-it"),
    ],
)
def test_who_is_on_trial_is_told_within_the_last_three_days(
    at: datetime, reminded: bool, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    trials.start(user=alice, at=NOON)
    trials.remind_everyone(at=at)
    assert [mail.to for mail in mailoutbox] == ([["alice@example.org"]] if reminded else [])


def test_nobody_is_told_twice(alice: User, mailoutbox: list[EmailMessage]) -> None:
    trials.start(user=alice, at=NOON)
    for hours in range(0, 72, 12):
        trials.remind_everyone(at=END - 3 * DAY + timedelta(hours=hours))
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    ("language", "zone", "day", "not_the_day"),
    [("de", "Europe/Berlin", "25.03.2026", "24"), ("en", "America/New_York", "24", "25")],
)
def test_the_mail_is_in_the_members_language_and_names_their_day(
    language: str, zone: str, day: str, not_the_day: str, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    alice.language, alice.time_zone = language, zone
    alice.save()
    trials.start(user=alice, at=NOON + timedelta(hours=11, minutes=30))
    trials.remind_everyone(at=END)
    (mail,) = mailoutbox
    for text in (mail.subject, str(mail.body)):
        assert day in text
        assert not_the_day not in text.replace("2026", "")
        assert ("Your trial" in text) == (language == "en")
    assert "\n" not in mail.subject
    assert "http://testserver/membership/trial/" in mail.body
    assert ("30" in mail.body, "&" in mail.body) == (True, False)


def test_each_member_is_told_in_their_own_language(alice: User, mailoutbox: list[EmailMessage]) -> None:
    bob = factories.bob(password=None, language="en")
    for user in (alice, bob):
        trials.start(user=user, at=NOON)
    trials.remind_everyone(at=END - DAY)
    subjects = {mail.to[0]: mail.subject for mail in mailoutbox}
    assert set(subjects) == {"alice@example.org", "bob@example.org"}
    assert subjects["bob@example.org"].startswith("Your trial ends on ")
    assert not subjects["alice@example.org"].startswith("Your trial")


def test_nobody_is_told_of_a_trial_that_was_ended_or_switched_off_or_never_was(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    bob, charlie = factories.bob(password=None), factories.charlie(password=None)
    for user in (alice, bob):
        trials.start(user=user, at=NOON)
    trial = trials.of(alice)
    assert trial is not None
    grants.revoke(grant=trial, at=NOON + DAY)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    grants.give(user=charlie, tier=tier("trial"), days=14, at=NOON)  # by an operator
    trials.remind_everyone(at=END - DAY)
    assert mailoutbox == []


def test_a_trial_that_waits_is_told_of_when_it_ends_then(alice: User, mailoutbox: list[EmailMessage]) -> None:
    trials.start(user=alice, at=NOON)
    redeem_premium(alice, days=5, at=NOON + 2 * DAY)
    trials.remind_everyone(at=END - DAY)
    assert mailoutbox == []
    trials.remind_everyone(at=END + 4 * DAY)
    assert len(mailoutbox) == 1


def test_credits_do_not_move_the_word(alice: User, mailoutbox: list[EmailMessage]) -> None:
    trials.start(user=alice, at=NOON)
    credits.give(user=alice, amount=50, kind=EntryKind.COUPON, at=NOON)
    trials.remind_everyone(at=END - DAY)
    assert len(mailoutbox) == 1


def test_a_mail_no_server_took_is_sent_in_the_next_round(
    alice: User, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    trials.start(user=alice, at=NOON)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", free_port()
    with suppress(OSError):
        trials.remind_everyone(at=END - 2 * DAY)
    assert AccessGrant.objects.get().reminded_at is None
    settings.EMAIL_BACKEND = LOCMEM
    for day in (2, 1):
        trials.remind_everyone(at=END - day * DAY)
    assert len(mailoutbox) == 1
    assert AccessGrant.objects.get().reminded_at == END - 2 * DAY


def test_a_mail_one_address_refuses_keeps_nobody_else_from_theirs(
    alice: User, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    for user in (alice, factories.bob(password=None)):
        trials.start(user=user, at=NOON)
    settings.EMAIL_BACKEND = f"{__name__}.{RefusesAlice.__name__}"
    for day in (2, 1):
        with suppress(SMTPRecipientsRefused):
            trials.remind_everyone(at=END - day * DAY)
    assert [mail.to for mail in mailoutbox] == [["bob@example.org"]]


# Races ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_trial_begun_twenty_times_at_once_is_one() -> None:
    make_tiers()
    user = factories.alice(password=None)
    calls = [lambda: trials.start(user=User.objects.get(pk=user.pk), at=NOON)] * 20
    assert at_once(calls, DatabaseError) == ["done"] * 20
    assert AccessGrant.objects.count() == TrialUse.objects.count() == 1
    assert trials.end_of(user) == END


@pytest.mark.django_db(transaction=True)
def test_of_twenty_accounts_with_one_address_that_begin_at_once_one_has_a_trial() -> None:
    make_tiers()
    users = [factories.setup_user(email=f"alice+{n}@example.org", password=None) for n in range(20)]
    calls = [lambda user=user: trials.start(user=user, at=NOON) for user in users]
    assert at_once(calls, DatabaseError) == ["done"] * 20
    assert sum(has_trial(user) for user in users) == 1


@pytest.mark.django_db(transaction=True)
def test_several_rounds_at_once_send_one_mail(mailoutbox: list[EmailMessage]) -> None:
    make_tiers()
    trials.start(user=factories.alice(password=None), at=NOON)
    assert at_once([lambda: trials.remind_everyone(at=END - DAY)] * 8, ()) == ["done"] * 8
    assert len(mailoutbox) == 1
