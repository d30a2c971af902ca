"""Sign-up, verification, login and reset as a person walks them, with mails through a real SMTP server."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from threading import Barrier

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import identify_hasher
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from membership import grants
from membership.models import AccessGrant, User
from membership.tiers import seed_tiers
from tests import factories
from tests.factories import PASSWORD
from tests.servers import SmtpSink, free_port

EMAIL = "nora@example.org"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tiers(db: None) -> None:
    seed_tiers()


@pytest.fixture(autouse=True)
def _welcome(settings: Settings) -> None:
    settings.BASE_URL = "https://mitai.example"


@pytest.fixture
def browser() -> Client:
    """A browser that speaks German."""
    return Client(headers={"accept-language": "de"})


def sign_up(browser: Client, email: str = EMAIL, password: str = PASSWORD, **fields: str) -> str:
    """Where the sign-up form leads."""
    answer = browser.post(reverse("account_signup"), {"email": email, "password1": password, **fields})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def log_in(browser: Client, email: str = EMAIL, password: str = PASSWORD) -> int:
    return browser.post(reverse("account_login"), {"login": email, "password": password}).status_code


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None, f"no {kind} part"
    return str(body.get_content())


def link(message: EmailMessage) -> str:
    """The path of the one link to this site that stands in both parts of a mail."""
    found = re.findall(r"https://mitai\.example(/accounts/\S+)", part(message, "plain"))
    assert len(found) == 1, part(message, "plain")
    assert f'href="https://mitai.example{found[0]}"' in part(message, "html")
    return str(found[0])


def signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


# The way in -------------------------------------------------------------------------------------------------
def test_a_newcomer_signs_up_confirms_by_post_and_lands_at_the_first_steps(
    browser: Client, smtp_sink: SmtpSink
) -> None:
    assert sign_up(browser) == reverse("account_email_verification_sent")
    assert EMAIL in browser.get(reverse("account_email_verification_sent")).content.decode()
    assert not signed_in(browser)
    path = link(smtp_sink.wait_for(1)[0])

    assert browser.get(path).status_code == 200
    assert not EmailAddress.objects.get().verified, "opening the link must not confirm: scanners open links"
    assert not AccessGrant.objects.exists()

    answer = browser.post(path)
    assert (answer.status_code, answer.url) == (302, "/welcome/")
    user = User.objects.get()
    assert signed_in(browser)
    trial = grants.effective(user)
    assert trial.tier is not None
    assert trial.tier.slug == "trial"
    assert trial.until is not None
    assert timedelta(days=13, hours=23) < trial.until - timezone.now() <= timedelta(days=14)


def test_confirmed_in_another_browser_the_first_login_leads_to_the_first_steps(
    browser: Client, smtp_sink: SmtpSink
) -> None:
    sign_up(browser)
    elsewhere = Client()
    answer = elsewhere.post(link(smtp_sink.wait_for(1)[0]))
    assert answer.url == reverse("account_login")
    assert not signed_in(elsewhere)
    first = elsewhere.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert first.url == "/welcome/"
    elsewhere.post(reverse("account_logout"))
    second = elsewhere.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert second.url == "/"


def test_an_account_keeps_language_zone_and_an_argon2_password(browser: Client, smtp_sink: SmtpSink) -> None:
    english = Client(headers={"accept-language": "en"})
    sign_up(english, "  Nora@Example.ORG ", browser_zone="America/New_York")
    user = User.objects.get()
    assert (user.email, user.language, user.time_zone) == (EMAIL, "en", "America/New_York")
    assert identify_hasher(user.password).algorithm == "argon2"


@pytest.mark.parametrize(
    ("field", "cookie", "zone"),
    [
        pytest.param("", "Asia/Tokyo", "Asia/Tokyo", id="from-the-cookie"),
        pytest.param("Mars/Olympus", "", "Europe/Berlin", id="unknown"),
        pytest.param("../../etc/passwd", "also none", "Europe/Berlin", id="no-zone-at-all"),
    ],
)
def test_the_time_zone_falls_back(
    field: str, cookie: str, zone: str, browser: Client, smtp_sink: SmtpSink
) -> None:
    browser.cookies["tz"] = cookie
    sign_up(browser, browser_zone=field)
    assert User.objects.get().time_zone == zone


def test_without_confirmation_there_is_no_login_but_a_new_mail(browser: Client, smtp_sink: SmtpSink) -> None:
    sign_up(browser)
    answer = browser.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert answer.url == reverse("account_email_verification_sent")
    assert not signed_in(browser)
    assert link(smtp_sink.wait_for(2)[1]).startswith("/accounts/confirm-email/")


def test_the_session_lasts_as_long_as_the_account_says(browser: Client) -> None:
    factories.alice(session_days=7)
    log_in(browser, "alice@example.org")
    assert browser.session.get_expiry_age() == 7 * 24 * 3600


@pytest.mark.parametrize(
    ("password", "reason"), [("short", "10"), ("password123", "üblich"), ("nora@example.org", "ähnlich")]
)
def test_a_weak_password_is_refused_at_its_field(
    password: str, reason: str, browser: Client, smtp_sink: SmtpSink
) -> None:
    page = browser.post(reverse("account_signup"), {"email": EMAIL, "password1": password}).content.decode()
    assert 'aria-invalid="true"' in page
    assert reason in page
    assert not User.objects.exists()


# Links ------------------------------------------------------------------------------------------------------
def test_a_used_wrong_or_old_link_says_so_and_offers_a_new_one(browser: Client, smtp_sink: SmtpSink) -> None:
    sign_up(browser)
    path = link(smtp_sink.wait_for(1)[0])
    resend = reverse("membership:resend_verification")
    wrong = browser.get(path[:-3] + "xx/")
    assert wrong.status_code == 200
    assert resend in wrong.content.decode()
    assert browser.post(path[:-3] + "xx/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert resend in browser.get(path).content.decode()
        assert browser.post(path).status_code == 404
    assert not EmailAddress.objects.get().verified
    browser.post(path)
    assert EmailAddress.objects.get().verified
    assert resend in Client().get(path).content.decode()


def test_the_mail_can_be_sent_again(browser: Client, smtp_sink: SmtpSink) -> None:
    sign_up(browser)
    answer = browser.post(reverse("membership:resend_verification"), {"email": EMAIL})
    assert answer.url == reverse("account_email_verification_sent")
    browser.post(link(smtp_sink.wait_for(2)[1]))
    assert EmailAddress.objects.get().verified


def test_a_wrong_address_for_the_resend_is_answered_at_the_field(browser: Client) -> None:
    answer = browser.post(reverse("membership:resend_verification"), {"email": "nora@"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert browser.get(reverse("membership:resend_verification")).status_code == 302


def test_links_name_base_url_whatever_host_the_request_named(smtp_sink: SmtpSink, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    sign_up(Client(headers={"host": "evil.example"}))
    message = smtp_sink.wait_for(1)[0]
    assert "evil.example" not in message.as_string()
    assert link(message)


# Passwords --------------------------------------------------------------------------------------------------
def test_a_forgotten_password_is_replaced_by_link(browser: Client, smtp_sink: SmtpSink) -> None:
    factories.alice()
    assert browser.post(reverse("account_reset_password"), {"email": "Alice@example.org"}).status_code == 302
    path = link(smtp_sink.wait_for(1)[0])
    form = browser.get(path, follow=True)
    assert "alice" not in form.request["PATH_INFO"]
    url = form.redirect_chain[-1][0]
    weak = browser.post(url, {"password1": "short"})
    assert 'aria-invalid="true"' in weak.content.decode()
    assert browser.post(url, {"password1": "a new one, also long"}).status_code == 302
    assert log_in(Client(), "alice@example.org", PASSWORD) == 200
    assert log_in(Client(), "alice@example.org", "a new one, also long") == 302
    assert "geändert" in smtp_sink.wait_for(2)[1]["Subject"]
    used = Client().get(path)
    assert reverse("account_reset_password") in used.content.decode()


def test_a_reset_link_ends_with_a_new_login_elsewhere_or_by_age(browser: Client, smtp_sink: SmtpSink) -> None:
    factories.alice()
    browser.post(reverse("account_reset_password"), {"email": "alice@example.org"})
    path = link(smtp_sink.wait_for(1)[0])
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert "account_reset" in str(browser.get(path).resolver_match.url_name)
        assert reverse("account_reset_password") in browser.get(path).content.decode()


def test_a_member_changes_the_password(browser: Client, smtp_sink: SmtpSink) -> None:
    browser.force_login(factories.alice())
    url = reverse("account_change_password")
    wrong = browser.post(url, {"oldpassword": "not that one", "password1": "a new one, also long"})
    assert 'aria-invalid="true"' in wrong.content.decode()
    right = browser.post(url, {"oldpassword": PASSWORD, "password1": "a new one, also long"})
    assert right.status_code == 302
    assert signed_in(browser)
    assert smtp_sink.wait_for(1)[0]["To"] == "alice@example.org"


def test_a_member_changes_the_address_after_typing_the_password_again(
    browser: Client, smtp_sink: SmtpSink
) -> None:
    user = factories.alice()
    log_in(browser, "alice@example.org")
    asked = browser.post(reverse("account_email"), {"email": EMAIL, "action_add": ""})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert 'aria-invalid="true"' in browser.post(asked.url, {"password": "not that one"}).content.decode()
    browser.post(asked.url, {"password": PASSWORD})
    path = link(smtp_sink.wait_for(1)[0])
    user.refresh_from_db()
    assert user.email == "alice@example.org"
    assert EMAIL in browser.get(reverse("account_email")).content.decode()
    browser.post(path)
    user.refresh_from_db()
    assert user.email == EMAIL
    assert smtp_sink.wait_for(2)[1]["To"] == "alice@example.org", "the old address is told"


def test_a_sign_up_that_was_never_confirmed_does_not_keep_the_address(
    browser: Client, smtp_sink: SmtpSink
) -> None:
    sign_up(Client())
    user = factories.alice()
    log_in(browser, "alice@example.org")
    asked = browser.post(reverse("account_email"), {"email": EMAIL, "action_add": ""})
    browser.post(asked.url, {"password": PASSWORD})
    browser.post(link(smtp_sink.wait_for(2)[1]))
    assert [person.email for person in User.objects.all()] == [EMAIL]
    assert User.objects.get().pk == user.pk


# Nothing tells whether an address has an account ------------------------------------------------------------
def answer_of(url: str, **fields: str) -> tuple[int, str, str]:
    """Status, target and page that follows, without what differs between any two visits."""
    browser = Client(headers={"accept-language": "de"})
    answer = browser.post(reverse(url), fields)
    page = answer if answer.status_code != 302 else browser.get(answer.url)
    text = re.sub(r'value="[^"]{64}"|"X-CSRFToken": "\w+"', "", page.content.decode())
    return answer.status_code, answer.get("Location", ""), text.replace(fields.get("email", "-"), "ADDRESS")


@pytest.mark.parametrize(
    "url", ["account_signup", "account_reset_password", "membership:resend_verification"]
)
def test_known_and_unknown_addresses_are_answered_alike_and_both_get_a_mail(
    url: str, smtp_sink: SmtpSink
) -> None:
    factories.alice()
    User.objects.update(date_joined=timezone.now() - timedelta(days=1))
    known = answer_of(url, email="alice@example.org", password1=PASSWORD)
    unknown = answer_of(url, email="nobody@example.org", password1=PASSWORD)
    assert known == unknown
    assert [message["To"] for message in smtp_sink.wait_for(2)] == ["alice@example.org", "nobody@example.org"]


def test_a_wrong_password_and_an_unknown_address_are_answered_alike() -> None:
    factories.alice()
    known = answer_of("account_login", login="alice@example.org", password="wrong wrong wrong")
    unknown = answer_of("account_login", login="alicf@example.org", password="wrong wrong wrong")
    assert known[0] == unknown[0] == 200
    assert known[2].replace("alice@", "alicf@") == unknown[2]


def test_the_same_sign_up_sent_twice_is_one_account_and_one_mail(
    browser: Client, smtp_sink: SmtpSink
) -> None:
    assert sign_up(browser) == sign_up(browser) == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    browser.post(link(smtp_sink.wait_for(1)[0]))
    assert len(smtp_sink.messages) == 1
    assert log_in(browser) == 302
    assert signed_in(browser)


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_at_the_same_moment_are_one_account(smtp_sink: SmtpSink) -> None:
    barrier = Barrier(2)

    def one(number: int) -> int:
        browser = Client(REMOTE_ADDR=f"192.0.2.{number}")
        barrier.wait()
        try:
            return browser.post(
                reverse("account_signup"), {"email": EMAIL, "password1": PASSWORD}
            ).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, [1, 2])) == [302, 302]
    assert User.objects.count() == 1
    assert EmailAddress.objects.count() == 1


# Limits -----------------------------------------------------------------------------------------------------
def visitor(number: int) -> Client:
    return Client(REMOTE_ADDR=f"192.0.2.{number}", headers={"accept-language": "de"})


def test_the_sixth_login_within_a_minute_waits() -> None:
    browser = visitor(1)
    codes = [log_in(browser, f"someone{number}@example.org") for number in range(6)]
    assert codes == [200] * 5 + [429]
    answer = browser.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert answer.headers["Retry-After"] == "60"
    assert "Mitai" in answer.content.decode()
    assert log_in(visitor(2), EMAIL) == 200


def test_the_sixth_login_for_one_address_waits_wherever_it_comes_from() -> None:
    assert [log_in(visitor(number), EMAIL) for number in range(6)] == [200] * 5 + [429]
    assert [log_in(visitor(9), EMAIL.upper())] == [429]
    assert log_in(visitor(9), "other@example.org") == 200


def test_addresses_of_one_ipv6_network_count_together() -> None:
    neighbours = [Client(REMOTE_ADDR=f"2001:db8:0:1::{number}") for number in range(6)]
    codes = [log_in(client, f"someone{number}@example.org") for number, client in enumerate(neighbours)]
    assert codes == [200] * 5 + [429]
    assert log_in(Client(REMOTE_ADDR="2001:db8:0:2::1"), EMAIL) == 200


def test_the_fourth_sign_up_within_a_minute_waits(smtp_sink: SmtpSink) -> None:
    def codes(browsers: list[Client], emails: list[str]) -> list[int]:
        return [
            browser.post(reverse("account_signup"), {"email": email, "password1": PASSWORD}).status_code
            for browser, email in zip(browsers, emails, strict=True)
        ]

    one = visitor(1)
    assert codes([one] * 4, [f"someone{number}@example.org" for number in range(4)]) == [302] * 3 + [429]
    assert codes([visitor(number) for number in range(2, 6)], [EMAIL] * 4) == [302] * 3 + [429]


def test_the_mail_is_not_sent_again_without_end(smtp_sink: SmtpSink) -> None:
    url = reverse("membership:resend_verification")
    codes = [visitor(number).post(url, {"email": EMAIL}).status_code for number in range(4)]
    assert codes == [302] * 3 + [429]


@pytest.mark.parametrize("known", [True, False])
def test_a_mail_server_that_is_away_is_said_and_the_mail_can_be_sent_again(
    known: bool, browser: Client, smtp_sink: SmtpSink, settings: Settings
) -> None:
    if known:
        factories.alice(email=EMAIL, date_joined=timezone.now() - timedelta(days=1))
    settings.EMAIL_PORT = free_port()
    sign_up(browser)
    page = browser.get(reverse("account_email_verification_sent")).content.decode()
    assert "few minutes" in page or "paar Minuten" in page
    settings.EMAIL_PORT = smtp_sink.port
    browser.post(reverse("membership:resend_verification"), {"email": EMAIL})
    assert smtp_sink.wait_for(1)[0]["To"] == EMAIL


def test_a_password_stays_changed_when_the_mail_about_it_cannot_be_sent(
    browser: Client, settings: Settings, smtp_sink: SmtpSink
) -> None:
    browser.force_login(factories.alice())
    settings.EMAIL_PORT = free_port()
    browser.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "a new one, also long"}
    )
    assert log_in(Client(), "alice@example.org", "a new one, also long") == 302


# Mails ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        pytest.param("de", "Bestätige deine Adresse für Mitai", "Bitte bestätige", id="german"),
        pytest.param("en", "Confirm your address for Mitai", "Please confirm", id="english"),
    ],
)
def test_mails_speak_the_language_of_the_page_in_text_and_html(
    language: str, subject: str, sentence: str, smtp_sink: SmtpSink
) -> None:
    sign_up(Client(headers={"accept-language": language}))
    message = smtp_sink.wait_for(1)[0]
    assert message["Subject"] == subject
    assert sentence in part(message, "plain")
    assert sentence in part(message, "html")
    assert f'<html lang="{language}">' in part(message, "html")


def test_a_mail_about_an_account_speaks_the_language_of_the_account(smtp_sink: SmtpSink) -> None:
    factories.alice(language="en")
    Client(headers={"accept-language": "de"}).post(
        reverse("account_reset_password"), {"email": "alice@example.org"}
    )
    assert smtp_sink.wait_for(1)[0]["Subject"] == "Choose a new password for Mitai"


# Every page of the accounts ---------------------------------------------------------------------------------
OPEN = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_inactive",
]
MEMBERS = ["account_logout", "account_change_password", "account_email", "account_reauthenticate"]


@pytest.mark.parametrize("url", OPEN + MEMBERS)
@pytest.mark.parametrize("language", ["de", "en"])
def test_account_pages_are_ours_in_both_languages(url: str, language: str) -> None:
    browser = Client(headers={"accept-language": language})
    if url in MEMBERS:
        browser.force_login(factories.alice(language=language))
    answer = browser.get(reverse(url))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in page
    assert page.count("<h1") == 1
    assert not re.search(r" style=| on\w+=|<script>", page)
    assert not re.search(r"\b(Sie|Ihre?[nmrs]?|Ihnen)\b", page), "du, not Sie"


@pytest.mark.parametrize("url", MEMBERS)
def test_pages_of_members_ask_for_the_login(url: str) -> None:
    answer = Client().get(reverse(url))
    assert answer.status_code == 302
    assert answer.url.startswith((reverse("account_login"), "/"))


def test_leaving_works_by_post_only(browser: Client) -> None:
    browser.force_login(factories.alice())
    browser.get(reverse("account_logout"))
    assert signed_in(browser)
    browser.post(reverse("account_logout"))
    assert not signed_in(browser)


@pytest.mark.parametrize(
    ("page", "field"),
    [("account_signup", "email"), ("account_login", "login"), ("account_reset_password", "email")],
)
def test_an_address_longer_than_its_column_is_an_error_at_its_field(
    browser: Client, page: str, field: str
) -> None:
    address = "a" * 300 + "@x.example"
    answer = browser.post(reverse(page), {field: address, "password": PASSWORD, "password1": PASSWORD})
    assert answer.context["form"].errors[field]
    assert not User.objects.exists()
