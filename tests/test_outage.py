"""What still works while a server behind the site is away, and what is said about the rest."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from membership.models import User
from mitai.core import seeding
from tests.factories import PASSWORD, setup_user
from tests.servers import free_port
from tracking.journals.weight import Weight

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    seeding.run()
    return setup_user("alice")


@pytest.fixture
def client(alice: User, settings: Settings) -> Client:
    """Alice's browser, signed in before Redis went away."""
    browser = Client()
    browser.force_login(alice)
    default = settings.CACHES["default"]
    settings.CACHES = {"default": {**default, "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}}
    return browser


def test_without_redis_pages_are_read_and_entries_are_saved(client: Client, alice: User) -> None:
    assert client.get("/capture/").status_code == 200
    answer = client.post("/capture/", {"weight-client_id": "c", "weight-weight_kg": "82,4"}, follow=True)
    assert answer.status_code == 200
    assert Weight.objects.of(alice).get().weight_kg is not None


@pytest.mark.parametrize("path", ["/analysis/start/", "/import/", "/accounts/logout/"])
def test_without_redis_what_is_rate_limited_waits_and_says_so(client: Client, path: str) -> None:
    answer = client.post(path, {"client_id": "c"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "antwortet gerade nicht" in answer.content.decode()


def test_without_redis_nobody_signs_in_uncounted(client: Client, alice: User) -> None:
    answer = Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert answer.status_code == 503


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("as_part", [False, True], ids=["page", "part"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/capture/"),
        ("POST", "/capture/"),
        ("POST", "/import/"),
        ("GET", "/analysis/"),
        ("GET", "/accounts/email/"),
        ("GET", "/admin/"),
    ],
)
def test_without_the_database_every_page_says_so_in_one_sentence(
    alice: User, monkeypatch: pytest.MonkeyPatch, method: str, path: str, as_part: bool
) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    answer = browser.generic(method, path, headers={"HX-Request": "true"} if as_part else {})
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "antwortet gerade nicht" in answer.content.decode()
    assert ("<html" in answer.content.decode()) is not as_part


@pytest.mark.django_db(transaction=True)
def test_without_the_database_a_stranger_reads_the_login_and_cannot_sign_in(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client(raise_request_exception=False)
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    assert browser.get("/accounts/login/").status_code == 200
    answer = browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert answer.status_code == 503
