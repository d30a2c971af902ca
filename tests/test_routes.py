"""Who gets which answer where: one table over every address of the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import Settings

from insights import runs
from membership.models import User
from mitai.core import seeding
from mitai.core.ids import uuid7
from tests import factories
from tracking import entries
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.journals.base import When
from tracking.profile import Profile

pytestmark = pytest.mark.django_db
LOGIN = 302  # a stranger is sent to the login


@dataclass(frozen=True)
class Route:
    """What an address answers to a stranger and to a member.

    Attributes:
        methods: "GET", "POST" or both, the first is what the table asks with; any other method is 405.
        stranger, member: the status; a member is the owner where the address names something owned.
        names: what the address names: "" nothing, "journal" a journal (everyone has their own), or
            "entry", "import" and "run", which answer 404 to everyone but their owner.
        args: of addresses that take others.
    """

    name: str
    methods: str
    stranger: int
    member: int
    names: str = ""
    args: tuple[str, ...] = ()


TABLE = [
    # tracking
    Route("tracking:overview", "GET", LOGIN, 200),
    Route("tracking:capture", "GET", LOGIN, 200),
    Route("tracking:capture_entry", "POST", LOGIN, 422, "journal"),
    Route("tracking:journal", "GET POST", LOGIN, 200, "journal"),
    Route("tracking:series", "GET", LOGIN, 200, "journal"),
    Route("tracking:table", "GET", LOGIN, 200, "journal"),
    Route("tracking:journal_csv", "GET", LOGIN, 200, "journal"),
    Route("tracking:entry_row", "GET", LOGIN, 302, "entry"),
    Route("tracking:entry_edit", "GET POST", LOGIN, 200, "entry"),
    Route("tracking:entry_delete", "POST", LOGIN, 200, "entry"),
    Route("tracking:entry_restore", "POST", LOGIN, 409, "entry"),  # it stands there
    Route("tracking:history", "GET", LOGIN, 200),
    Route("tracking:goals", "GET POST", LOGIN, 200),
    Route("tracking:goal_close", "POST", LOGIN, 302),
    Route("tracking:imports", "GET POST", LOGIN, 200),
    Route("tracking:import_run", "GET", LOGIN, 200, "import"),
    Route("tracking:import_parts", "POST", LOGIN, 422),
    Route("tracking:import_part", "HEAD PATCH DELETE", LOGIN, 200, "import"),
    Route("tracking:import_confirm", "POST", LOGIN, 302, "import"),
    Route("tracking:import_cancel", "POST", LOGIN, 302, "import"),
    Route("tracking:import_undo", "POST", LOGIN, 409, "import"),  # it has not run yet
    Route("tracking:welcome", "GET POST", LOGIN, 200),
    Route("tracking:settings", "GET POST", LOGIN, 200),
    Route("tracking:more", "GET", LOGIN, 200),
    # insights
    Route("insights:analysis", "GET", LOGIN, 200),
    Route("insights:start", "POST", LOGIN, 422),
    Route("insights:consent", "GET POST", LOGIN, 302),  # nobody to agree to is configured
    Route("insights:consent_withdraw", "POST", LOGIN, 302),
    Route("insights:run", "GET", LOGIN, 200, "run"),
    Route("insights:run_delete", "POST", LOGIN, 302, "run"),
    # membership
    Route("membership:membership", "GET", LOGIN, 200),
    Route("membership:sessions", "GET", LOGIN, 200),
    Route("membership:sessions_end", "POST", LOGIN, 302),
    Route("membership:session_end", "POST", LOGIN, 404, args=("0",)),  # see test_sessions.py
    Route("membership:resend_verification", "GET POST", 302, 302),
    Route("account_login", "GET POST", 200, 302),
    Route("account_logout", "GET POST", 302, 200),
    Route("account_inactive", "GET", 200, 200),
    Route("account_signup", "GET POST", 200, 302),
    Route("account_reauthenticate", "GET POST", LOGIN, 200),
    Route("account_email", "GET POST", LOGIN, 200),
    Route("account_email_verification_sent", "GET", 200, 200),
    Route("account_change_password", "GET POST", LOGIN, 200),
    Route("account_set_password", "GET POST", LOGIN, 302),
    Route("account_reset_password", "GET POST", 200, 200),
    Route("account_reset_password_done", "GET", 200, 200),
    Route("account_reset_password_from_key", "GET POST", 200, 200, args=("1", "no-key")),
    Route("account_reset_password_from_key_done", "GET", 200, 200),
    Route("account_confirm_email", "GET POST", 200, 200, args=("no-key",)),
    Route("account_confirm_login_code", "GET POST", 302, 302),
    # the house
    Route("set_language", "GET POST", 302, 302),  # GET changes nothing
    Route("live", "GET", 200, 200),
    Route("ready", "GET", 200, 200),
    Route("manifest", "GET", 200, 200),
    Route("service_worker", "GET", 200, 200),
    Route("offline", "GET", 200, 200),
]
OWNED = {"entry", "import", "run"}


def names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of all routes below a resolver; the admin is one of them."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"
        elif pattern.app_name == "admin":
            yield "admin"
        else:
            yield from names(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)


def test_every_route_stands_in_the_table_once() -> None:
    assert sorted(names(get_resolver())) == sorted(["admin", *(route.name for route in TABLE)])


# The world --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class World:
    """Alice with one of everything that can be owned, Bob who has nothing, Olga who operates the site."""

    alice: User
    bob: User
    olga: User
    owned: dict[str, UUID]

    def addresses(self, *, owned: dict[str, UUID] | None = None) -> dict[Route, str]:
        """The address of every route, naming Alice's rows or those of `owned`."""
        named = owned or self.owned
        return {route: address_of(route, named) for route in TABLE}


def address_of(route: Route, owned: Mapping[str, object]) -> str:
    """The address of a route, naming one of the rows `owned`."""
    args: tuple[object, ...] = route.args
    if route.names:
        args = ("weight",) if route.names in {"journal", "entry"} else ()
        args += () if route.names == "journal" else (owned[route.names],)
    return reverse(route.name, args=args)


@pytest.fixture
def world(settings: Settings) -> World:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    seeding.run()
    alice, bob, olga = (factories.setup_user(name) for name in ("alice", "bob", "olga"))
    User.objects.filter(pk=olga.pk).update(is_staff=True, is_superuser=True)
    Profile.objects.bulk_create(Profile(user=user, welcomed_at=timezone.now()) for user in (alice, bob, olga))
    entry = entries.record(
        owner=alice,
        journal=registry()["weight"],
        values={"weight_kg": Decimal(82)},
        when=When(factories.today()),
        client_id="entry",
    )
    brought = ImportRun.objects.create(user=alice, client_id="file", file_name="export.xml", size=1)
    run = runs.start(owner=alice, client_id="run", send=False)
    return World(alice, bob, olga, {"entry": entry.pk, "import": brought.pk, "run": run.pk})


def browser(user: User | None = None, *, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    if user is not None:
        client.force_login(user)
    return client


def answers(user: User | None, addresses: dict[Route, str]) -> dict[str, int]:
    """The status each address answers a visitor with; nothing that is done lasts."""
    client, found = browser(user), {}
    for route, address in addresses.items():
        with transaction.atomic():
            found[route.name] = client.generic(route.methods.split()[0], address).status_code
            transaction.set_rollback(True)
    return found


# The rules --------------------------------------------------------------------------------------------------
def test_a_stranger_gets_the_answers_of_the_table(world: World) -> None:
    assert answers(None, world.addresses()) == {route.name: route.stranger for route in TABLE}


def test_a_stranger_is_led_to_the_login_and_back(world: World) -> None:
    addresses = world.addresses()
    for route in TABLE:
        if route.name.startswith(("tracking:", "insights:", "membership:membership")):
            answer = browser().generic(route.methods.split()[0], addresses[route])
            assert answer["Location"] == f"{reverse('account_login')}?next={addresses[route]}"


def test_the_owner_gets_the_answers_of_the_table(world: World) -> None:
    assert answers(world.alice, world.addresses()) == {route.name: route.member for route in TABLE}


@pytest.mark.parametrize("name", ["bob", "olga"])
def test_other_members_and_operators_never_meet_what_someone_else_owns(world: World, name: str) -> None:
    expected = {route.name: 404 if route.names in OWNED else route.member for route in TABLE}
    assert answers(getattr(world, name), world.addresses()) == expected


def test_another_member_changes_nothing_of_the_owner(world: World) -> None:
    bob = browser(world.bob)
    for route, address in world.addresses().items():
        if route.names in OWNED and "POST" in route.methods:
            bob.post(address, {"weight_kg": "70", "day": "2026-01-01", "client_id": "bob", "version": "1"})
    (entry,) = registry()["weight"].model.objects.of(world.alice)
    assert entry.weight_kg == 82
    assert ImportRun.objects.get().state == ImportRun.State.QUEUED
    assert runs.Run.objects.filter(pk=world.owned["run"]).exists()


def test_an_id_of_nobody_is_not_there(world: World) -> None:
    nobody = {name: uuid7() for name in world.owned}
    found = answers(world.alice, world.addresses(owned=nobody))
    assert {found[route.name] for route in TABLE if route.names in OWNED} == {404}


def test_an_entry_is_not_there_under_another_journal(world: World) -> None:
    alice = browser(world.alice)
    for name in ("entry_row", "entry_edit"):
        address = reverse(f"tracking:{name}", args=["nutrition", world.owned["entry"]])
        assert alice.get(address).status_code == 404


def test_a_journal_of_nobody_is_not_there(world: World) -> None:
    alice = browser(world.alice)
    for route in TABLE:
        if route.names == "journal":
            address = reverse(route.name, args=["no-journal"])
            assert alice.generic(route.methods.split()[0], address).status_code == 404, route.name


def test_a_method_that_a_route_does_not_know_is_405(world: World) -> None:
    alice = browser(world.alice)
    for route, address in world.addresses().items():
        if " " not in route.methods:
            other = "POST" if route.methods == "GET" else "GET"
            found = {
                method: alice.generic(method, address).status_code for method in (other, "PUT", "DELETE")
            }
            assert found == dict.fromkeys(found, 405), route.name


def test_what_answers_get_answers_head_without_a_body(world: World) -> None:
    alice = browser(world.alice)
    for route, address in world.addresses().items():
        if route.methods.startswith("GET"):
            answer = alice.head(address)
            assert answer.status_code != 405, route.name
            assert b"".join(answer) == b"", route.name


def test_a_post_without_the_token_of_the_form_is_403_and_changes_nothing(world: World) -> None:
    alice = browser(world.alice, enforce_csrf_checks=True)
    for route, address in world.addresses().items():
        if "POST" in route.methods:
            assert alice.post(address).status_code == 403, route.name
    assert registry()["weight"].model.objects.of(world.alice).exists()
    assert runs.Run.objects.filter(pk=world.owned["run"]).exists()


# The admin --------------------------------------------------------------------------------------------------
def admin_addresses() -> list[str]:
    """Every page of the admin that names no row."""
    found = []
    for pattern in admin.site.urls[0]:
        leaves = pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
        prefix = f"/admin/{pattern.pattern}" if isinstance(pattern, URLResolver) else "/admin/"
        found += [f"{prefix}{leaf.pattern}" for leaf in leaves]
    return [address for address in found if "<" not in address and "(?P" not in address]


def test_the_admin_is_for_operators(world: World) -> None:
    addresses = admin_addresses()
    assert len(addresses) > 15
    for visitor in (None, world.bob):
        client = browser(visitor)
        found = {address: client.get(address).status_code for address in addresses}
        assert set(found.values()) <= {302, 403, 404}, found
    olga = browser(world.olga)
    lists = [address for address in addresses if address.count("/") == 4]
    assert {address: olga.get(address).status_code for address in lists} == dict.fromkeys(lists, 200)
