from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from membership import accounts, grants
from membership.models import Tier, User
from membership.tiers import seed_tiers
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def test_an_address_has_one_account_however_it_is_spelt() -> None:
    user = User.objects.create_user(" Dora@Example.ORG ", PASSWORD)
    assert user.email == "dora@example.org"
    assert User.objects.get_by_natural_key("DORA@example.org") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("dora@EXAMPLE.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="DORA@example.org")])  # the database holds it too


def test_passwords_are_argon2id_and_without_one_nobody_signs_in() -> None:
    user = User.objects.create_user("dora@example.org", PASSWORD)
    assert user.password.startswith("argon2$argon2id$")
    assert not User.objects.create_user("emil@example.org").has_usable_password()


def test_keys_sort_by_age() -> None:
    users = [User.objects.create_user(f"member{number}@example.org") for number in range(3)]
    assert [user.pk.version for user in users] == [7, 7, 7]
    assert list(User.objects.order_by("pk")) == users


def test_a_new_account_is_german_metric_and_in_berlin() -> None:
    user = User.objects.create_user("dora@example.org")
    assert (user.language, user.units, user.zone, user.session_days) == (
        "de",
        "metric",
        ZoneInfo("Europe/Berlin"),
        30,
    )
    assert user.tier is None
    assert not user.is_staff


@pytest.mark.parametrize("zone", ["Mars/Base", "", "europe/berlin", "../etc/passwd", "UTC+2"])
def test_a_time_zone_is_one_of_the_iana_database(zone: str) -> None:
    user = User.objects.create_user("dora@example.org", PASSWORD)
    user.time_zone = zone
    with pytest.raises(ValidationError) as refused:
        user.full_clean()
    assert list(refused.value.message_dict) == ["time_zone"]


@pytest.mark.parametrize(
    "wrong", [{"session_days": 0}, {"session_days": 366}, {"language": "fr"}, {"units": "stones"}]
)
def test_the_database_refuses_what_no_form_would_send(wrong: dict[str, object]) -> None:
    user = User.objects.create_user("dora@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(**wrong)


def test_a_member_made_by_command_is_verified_and_on_trial() -> None:
    seed_tiers()
    user = accounts.create_member(email="Dora@example.org", password=PASSWORD, language="en")
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("dora@example.org", True, True)
    assert grants.effective(user).tier == Tier.objects.get(slug="trial")
