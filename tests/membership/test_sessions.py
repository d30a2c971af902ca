"""Where a member is signed in: listed, ended at once, forgotten with its session."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from membership.models import User
from mitai.core import seeding
from mitai.core.tasks import purge_sessions
from tests.factories import PASSWORD, setup_user
from tests.queries import at_most, statements
from tests.servers import free_port

pytestmark = pytest.mark.django_db
LIST, END_OTHERS = reverse("membership:sessions"), reverse("membership:sessions_end")
HTMX = {"HX-Request": "true"}
AGENTS = {
    "phone": "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
    "laptop": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
}
ADDRESSES = {"phone": "192.0.2.7", "laptop": "2001:db8::9"}
SignIn = Callable[..., Client]


@pytest.fixture
def alice() -> User:
    seeding.run()
    return setup_user("alice")


@pytest.fixture
def sign_in(alice: User) -> SignIn:
    """A browser of Alice (or another member), signed in by the form as people do."""

    def through_the_form(device: str, member: User = alice) -> Client:
        client = Client(headers={"user-agent": AGENTS[device]}, REMOTE_ADDR=ADDRESSES[device])
        form = {"login": member.email, "password": PASSWORD}
        assert client.post(reverse("account_login"), form).status_code == 302
        return client

    return through_the_form


def signed_in(client: Client) -> bool:
    """Whether a page for members opens."""
    return client.get("/more/").status_code == 200


def end_address(of: Client) -> str:
    """Where another browser ends the session of this one."""
    noted = UserSession.objects.get(session_key=of.session.session_key)
    return reverse("membership:session_end", args=[noted.pk])


def test_the_list_says_browser_address_and_which_one_this_is(sign_in: SignIn) -> None:
    phone, _laptop = sign_in("phone"), sign_in("laptop")
    for address in (LIST, "/settings/"):
        page = phone.get(address).content.decode()
        rows = re.findall(r'<li class="sessions__row">.*?</li>', page, re.DOTALL)
        assert len(rows) == 2
        here, there = rows
        assert all(words in here for words in ("Firefox auf Android", "192.0.2.7", "dieser Browser", "seit "))
        assert all(words in there for words in ("Chrome auf Linux", "2001:db8::9", "Abmelden"))
        assert "dieser Browser" not in there
        assert "<form" not in here


def test_ending_one_takes_effect_at_once_and_leaves_the_others(sign_in: SignIn) -> None:
    phone, laptop, tablet = sign_in("phone"), sign_in("laptop"), sign_in("phone")
    assert signed_in(laptop)  # and is in the cache by now
    answer = phone.post(end_address(laptop))
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert [signed_in(client) for client in (phone, laptop, tablet)] == [True, False, True]
    assert UserSession.objects.count() == 2


def test_ending_all_others_leaves_the_one_that_asks(sign_in: SignIn) -> None:
    phone, laptop, tablet = sign_in("phone"), sign_in("laptop"), sign_in("laptop")
    assert phone.post(END_OTHERS).status_code == 302
    assert [signed_in(client) for client in (phone, laptop, tablet)] == [True, False, False]


def test_htmx_gets_the_list_anew_and_what_was_done(sign_in: SignIn) -> None:
    phone, laptop = sign_in("phone"), sign_in("laptop")
    answer = phone.post(end_address(laptop), headers=HTMX)
    text = answer.content.decode()
    assert text.count("sessions__row") == 1
    assert "Dort abgemeldet." in text
    assert "<html" not in text


def test_another_members_session_is_not_there_and_lives_on(sign_in: SignIn) -> None:
    phone, bobs = sign_in("phone"), sign_in("laptop", setup_user("bob"))
    assert phone.post(end_address(bobs)).status_code == 404
    phone.post(END_OTHERS)
    assert signed_in(bobs)
    assert "2001:db8::9" not in phone.get(LIST).content.decode()


def test_the_own_session_is_ended_by_logging_out_alone(sign_in: SignIn) -> None:
    phone = sign_in("phone")
    assert phone.post(end_address(phone)).status_code == 404
    assert signed_in(phone)


def test_a_new_password_ends_all_others_and_they_leave_the_list(sign_in: SignIn, alice: User) -> None:
    phone, laptop = sign_in("phone"), sign_in("laptop")
    new = {"oldpassword": PASSWORD, "password1": "another horse battery"}
    assert phone.post(reverse("account_change_password"), new).status_code == 302
    assert [signed_in(client) for client in (phone, laptop)] == [True, False]
    assert phone.get(LIST).content.decode().count("sessions__row") == 1


def test_browser_and_address_are_forgotten_with_the_session(sign_in: SignIn, alice: User) -> None:
    phone, laptop, tablet = sign_in("phone"), sign_in("laptop"), sign_in("laptop")
    phone.post(reverse("account_logout"))
    assert UserSession.objects.count() == 2
    ended = Session.objects.filter(session_key=laptop.session.session_key)
    ended.update(expire_date=timezone.now() - timedelta(minutes=1))
    assert tablet.get(LIST).content.decode().count("sessions__row") == 1
    purge_sessions()
    assert [one.session_key for one in UserSession.objects.all()] == [tablet.session.session_key]
    alice.delete()
    assert not UserSession.objects.exists()


def test_reading_a_page_notes_nothing(sign_in: SignIn) -> None:
    phone = sign_in("phone")
    for address in ("/more/", LIST):
        with CaptureQueriesContext(connection) as captured:
            phone.get(address)
        assert not [sql for sql in statements(captured) if not sql.startswith("SELECT")]


def test_the_list_costs_the_same_for_ten_browsers(sign_in: SignIn, alice: User) -> None:
    phone = sign_in("phone")
    phone.get(LIST)
    for number in (1, 10):
        for _ in range(number):
            client = Client()
            client.force_login(alice)
            key = client.session.session_key
            UserSession.objects.create(user=alice, session_key=key, ip="192.0.2.1", user_agent="")
        with at_most(3):  # the member, what is noted, the sessions
            assert phone.get(LIST).status_code == 200


def test_a_session_from_before_any_was_noted_is_listed_while_it_asks(alice: User) -> None:
    client = Client(headers={"user-agent": AGENTS["phone"]}, REMOTE_ADDR="192.0.2.7")
    client.force_login(alice)
    page = client.get(LIST).content.decode()
    assert "Firefox auf Android" in page
    assert "dieser Browser" in page
    assert "seit " not in page


def test_what_was_ended_while_the_cache_is_away_can_be_ended_again(
    sign_in: SignIn, settings: Settings
) -> None:
    """The cache would still open the account when it comes back."""
    phone, laptop = sign_in("phone"), sign_in("laptop")
    address, caches = end_address(laptop), settings.CACHES
    away = {**caches["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {"default": away}
    assert phone.post(address).status_code == 503
    settings.CACHES = caches
    assert signed_in(laptop)
    assert phone.post(address).status_code == 302
    assert not signed_in(laptop)


def test_operators_have_no_page_of_where_members_sign_in(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(alice)
    assert client.get("/admin/usersessions/usersession/").status_code == 404
