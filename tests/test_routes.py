"""Who gets which answer where: one table over every address of the site.

A row says what an address answers to the five visitors: a stranger (signed out), another member, the owner of
what the address names, somebody of the support, and an operator. A new route needs a row, a new model in the
admin a line in MODELS; what a row may hold is told by `Route`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import Settings

from insights import consents, runs
from membership import coupons, grants
from membership.models import CouponBatch, Feature, Tier, User
from membership.roles import SUPPORT
from mitai.core import seeding
from mitai.core.ids import uuid7
from tests import factories
from tests.queries import statements
from tests.tracking.photos import camera
from tests.values import stored_values
from tracking import entries, favourites, goals, training
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.journals.base import Entry, Journal, When
from tracking.profile import Profile
from tracking.training import NameMapping, TrainingType

pytestmark = pytest.mark.django_db
VISITORS = ("stranger", "other", "owner", "support", "operator")
COLUMNS = {  # which of the answers of a row each visitor gets
    1: (0, 0, 0, 0, 0),
    2: (0, 1, 1, 1, 1),
    3: (0, 1, 2, 1, 1),
    4: (0, 1, 1, 2, 3),
}
METHODS = HEAD, GET, POST, PATCH, DELETE = "HEAD", "GET", "POST", "PATCH", "DELETE"


@dataclass(frozen=True)
class Route:
    """What an address answers to each method, without a body.

    Attributes:
        get, post, patch, delete: the statuses, "login" for being sent to log in. One for everyone; two for
            strangers and those signed in; three for strangers, those signed in, and the owner; four for
            strangers, members, the support, and operators.
        head: where it is not that of `get`.
        names: what the address names: "" nothing, "journal" a journal (everyone has their own), one of OWNED,
            which answer 404 to everyone but their owner, or a row of the admin.
        args: of addresses that take others, behind what they name.
    """

    name: str
    get: str = "login 405"
    post: str = "login 405"
    head: str = ""
    patch: str = ""
    delete: str = ""
    names: str = ""
    args: tuple[str, ...] = ()

    def answer(self, method: str, visitor: str) -> str:
        """What this visitor gets."""
        said = {HEAD: self.head, GET: self.get, POST: self.post, PATCH: self.patch, DELETE: self.delete}
        words = (said[method] or "405").split()
        return words[COLUMNS[len(words)][VISITORS.index(visitor)]]

    @property
    def methods(self) -> str:
        """Those the route knows; HEAD only where it has an answer of its own."""
        return " ".join(method for method in METHODS if self.answer(method, "owner") != "405")

    def status(self, visitor: str) -> int:
        """What this visitor gets for the first of the methods."""
        word = self.answer(self.methods.split()[0], visitor)
        return 302 if word == "login" else int(word)

    @property
    def stranger(self) -> int:
        return self.status("stranger")

    @property
    def member(self) -> int:
        return self.status("owner")


TABLE = [
    # tracking
    Route("tracking:overview", get="login 200"),
    Route("tracking:capture", get="login 200", post="login 302"),
    Route("tracking:journal", get="login 200", post="login 200", names="journal"),
    Route("tracking:series", get="login 200", names="journal"),
    Route("tracking:table", get="login 200", names="journal"),
    Route("tracking:journal_csv", get="login 200", names="journal"),
    Route("tracking:entry_row", get="login 404 302", names="entry"),
    Route("tracking:entry_edit", get="login 404 200", post="login 404 200", names="entry"),
    Route("tracking:entry_why", get="login 404 200", names="entry"),
    Route("tracking:entry_delete", post="login 404 200", names="entry"),
    Route("tracking:entry_restore", post="login 404 409", names="entry"),  # it stands there
    Route("tracking:favourite_keep", post="login 404 302", names="meal"),
    Route("tracking:favourites", get="login 200", args=("nutrition",)),
    Route("tracking:favourite_rename", post="login 404 422", names="favourite"),
    Route("tracking:favourite_remove", post="login 404 302", names="favourite"),
    Route("tracking:training_names", get="login 200", post="login 422"),
    Route("tracking:training_name_change", post="login 404 422", names="mapping"),
    Route("tracking:training_name_forget", post="login 404 302", names="mapping"),
    Route("tracking:history", get="login 200"),
    Route("tracking:history_series", get="login 200"),
    Route("tracking:history_csv", get="login 200"),
    Route("tracking:history_table", get="login 200"),
    Route("tracking:connections", get="login 200"),
    Route("tracking:report", get="login 200"),
    Route("tracking:topic", get="login 200", args=("body",)),
    Route("tracking:pressure_print", get="login 200"),
    Route("tracking:goals", get="login 200"),
    Route("tracking:goal", get="login 200", post="login 200", args=("weight",)),
    Route("tracking:goal_close", post="login 302", args=("weight",)),
    Route("tracking:imports", get="login 200", post="login 200"),
    Route("tracking:import_run", get="login 404 200", names="import"),
    Route("tracking:import_parts", post="login 422"),
    Route(
        "tracking:import_part",
        head="login 404 200",
        patch="login 404 415",
        delete="login 404 204",
        names="import",
    ),
    Route("tracking:import_confirm", post="login 404 302", names="import"),
    Route("tracking:import_cancel", post="login 404 302", names="import"),
    Route("tracking:import_undo", post="login 404 409", names="import"),  # it has not run yet
    Route("tracking:photos", get="login 200"),
    Route("tracking:photo_file", get="login 404 200", names="photo", args=("small",)),
    Route("tracking:welcome", get="login 200", post="login 422"),
    Route("tracking:settings", get="login 200", post="login 200"),
    Route("tracking:more", get="login 200"),
    # insights
    Route("insights:analysis", get="login 200"),
    Route("insights:start", post="login 422"),
    Route("insights:consent", get="login 302", post="login 302"),  # nobody to agree to is configured
    Route("insights:consent_withdraw", post="login 302"),
    Route("insights:run", get="login 404 200", names="run"),
    Route("insights:run_delete", post="login 404 302", names="run"),
    # membership
    Route("membership:trial", get="login 200"),
    Route("membership:credits", get="login 200"),
    Route("membership:privacy", get="200", post="405"),
    Route("membership:membership", get="login 200", post="login 422"),
    Route("membership:sessions", get="login 200"),
    Route("membership:sessions_end", post="login 302"),
    Route("membership:session_end", post="login 404 302", names="session"),
    Route("membership:resend_verification", get="302", post="422"),
    Route("account_login", get="200 302", post="200 302"),
    Route("account_logout", get="302 200", post="302"),
    Route("account_inactive", get="200", post="405"),
    Route("account_signup", get="200 302", post="200 302"),
    Route("account_reauthenticate", get="login 200", post="login 200"),
    Route("account_email", get="login 200", post="login 302"),
    Route("account_email_verification_sent", get="200", post="405"),
    Route("account_change_password", get="login 200", post="login 200"),
    Route("account_set_password", get="login 302", post="login 302"),
    Route("account_reset_password", get="200", post="200"),
    Route("account_reset_password_done", get="200", post="405"),
    Route("account_reset_password_from_key", get="200", post="200", args=("1", "no-key")),
    Route("account_reset_password_from_key_done", get="200", post="405"),
    Route("account_confirm_email", get="200", post="404", args=("no-key",)),
    Route("account_confirm_login_code", get="302", post="302"),
    # the house
    Route("set_language", get="302", post="302"),  # GET changes nothing
    Route("live", get="200", post="405"),
    Route("ready", get="200", post="405"),
    Route("manifest", get="200", post="405"),
    Route("service_worker", get="200", post="405"),
    Route("offline", get="200", post="405"),
]
OWNED = {"entry", "favourite", "import", "mapping", "meal", "photo", "run", "session"}


# The admin --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Model:
    """Which rights somebody of the support and an operator have on the rows of a model, in Django's words.

    `saved` is what the list answers to POST where it is a form itself.
    """

    label: str
    support: str = ""
    operator: str = "view"
    saved: str = ""

    def routes(self) -> Iterator[Route]:
        """The six addresses the admin has for each model."""
        app, name = self.label.split(".")
        prefix = f"admin:{app}_{name}"
        view, change = self._answers("view"), self._answers("change")
        yield Route(f"{prefix}_changelist", get=view, post=self.saved or view)
        yield Route(f"{prefix}_add", get=self._answers("add"), post=self._answers("add"))
        yield Route(f"{prefix}_history", get=view, post=view, names=self.label)
        yield Route(
            f"{prefix}_delete", get=self._answers("delete"), post=self._answers("delete"), names=self.label
        )
        yield Route(f"{prefix}_change", get=view, post=change, names=self.label)
        to_change = "login login 302 302"  # an address of before; the one it leads to decides
        yield Route(f"admin/{app}/{name}/<path:object_id>/", get=to_change, post=to_change, names=self.label)

    def _answers(self, right: str) -> str:
        support, operator = ("200" if right in rights.split() else "403" for rights in self._rights())
        return f"login login {support} {operator}"

    def _rights(self) -> tuple[str, str]:
        return self.support, self.operator


ALL = "view add change delete"
MODELS = [
    Model("membership.user", support="view change", operator=ALL),
    Model("membership.accessgrant", support="view add", operator="view add"),
    Model("membership.tierlimit", support="view", operator="view change", saved="login login 403 422"),
    Model("membership.coupon", operator="view add change"),
    Model("membership.couponbatch", operator="view add"),
    Model("membership.redemption"),
    Model("membership.creditentry", support="view", operator="view"),
    Model("membership.tier", operator=ALL),
    Model("membership.feature", operator=ALL),
    Model("account.emailaddress", operator=ALL),
    Model("auth.group", operator=ALL),
    Model("insights.prompt", operator="view change"),
    Model("insights.run"),
    Model("insights.consent"),
    Model("tracking.importrun"),
    Model("tracking.reading"),
    Model("tracking.source"),
    Model("tracking.goal"),
    Model("tracking.trainingtype", support="view", operator="view add change"),
    Model("tracking.namemapping", operator=ALL),
    *(Model(f"tracking.{journal.model._meta.model_name}") for journal in registry().values()),
]
STAFF = "login login 200 200"
ADMIN = [
    Route("admin:index", get=STAFF, post=STAFF),
    Route("admin:login", get="login 403 302 302", post="login 403 200 200"),
    Route("admin:logout", get="302 302 405 405", post="302 302 200 200"),
    Route("admin:password_change", get=STAFF, post=STAFF),
    Route("admin:password_change_done", get=STAFF, post="login login 405 405"),
    Route("admin:autocomplete", get="login login 403 403", post="login login 405 405"),  # of no field
    Route("admin:jsi18n", get=STAFF, post="login login 405 405"),
    Route("admin:view_on_site", get="login login 404 404", post="login login 404 404", args=("1", "1")),
    Route("admin:app_list", get=STAFF, post=STAFF, args=("membership",)),
    Route("admin:app_list", get=STAFF, post=STAFF, args=("tracking",)),
    Route("admin:app_list", get="login login 404 200", post="login login 404 200", args=("insights",)),
    Route(
        "admin:auth_user_password_change",
        get="login login 403 200",
        post="login login 403 200",
        names="membership.user",
    ),
    Route("admin:membership_dashboard", get=STAFF, post="login login 405 405"),
    Route(
        "admin:membership_user_act",
        get="login login 405 405",
        post="login login 302 302",
        names="membership.user",
        args=("reset",),
    ),
    Route(
        "admin:membership_couponbatch_csv",
        get="login login 403 200",
        post="login login 405 405",
        names="membership.couponbatch",
    ),
    Route("admin/(?P<url>.*)$", get="login login 404 404", post="login login 404 404"),
    *(route for model in MODELS for route in model.routes()),
]
EVERY = [*TABLE, *ADMIN]


# Every route has a row --------------------------------------------------------------------------------------
def patterns(
    resolver: URLResolver, namespace: str = "", prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route below a resolver, by its name, or by its text where it has none."""
    for pattern in resolver.url_patterns:
        text = f"{prefix}{pattern.pattern}".replace("/^", "/")
        if isinstance(pattern, URLPattern):
            yield (f"{namespace}{pattern.name}" if pattern.name else text), pattern
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, inner, text)


def test_every_route_stands_in_the_table() -> None:
    known = {name for name, _pattern in patterns(get_resolver())}
    assert known == {route.name for route in EVERY}
    rows = [(route.name, route.args) for route in EVERY]
    assert sorted(set(rows)) == sorted(rows)


def test_a_route_with_the_key_of_a_row_names_what_is_owned() -> None:
    """So that no route with an id misses the rule that a row of somebody else is not there."""
    named = {route.name: route.names for route in TABLE}
    for name, pattern in patterns(get_resolver()):
        if set(pattern.pattern.converters) - {"slug"} and not name.startswith("admin"):
            assert named[name] in OWNED, name


def test_what_is_owned_is_404_to_everyone_else() -> None:
    """Of the table itself: whatever it says of a route, this it must say."""
    for route in TABLE:
        if route.names in OWNED:
            for method in route.methods.split():
                answers = {visitor: route.answer(method, visitor) for visitor in VISITORS}
                assert set(answers.values()) - {answers["owner"]} == {"login", "404"}, route.name


# The world --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class World:
    """Alice with one of everything that can be owned, and who else visits.

    Bob is another member, Sam helps in the support, Olga operates the site. `owned` is by what routes name,
    `bobs` the same of Bob.
    """

    alice: User
    bob: User
    sam: User
    olga: User
    owned: dict[str, object]
    bobs: dict[str, object]

    def visitor(self, name: str) -> User | None:
        return {"other": self.bob, "owner": self.alice, "support": self.sam, "operator": self.olga}.get(name)

    def addresses(
        self, *, owned: Mapping[str, object] | None = None, routes: Sequence[Route] = TABLE
    ) -> dict[Route, str]:
        """The address of every route, naming Alice's rows or those of `owned`."""
        return {route: address_of(route, owned or self.owned) for route in routes}


def address_of(route: Route, owned: Mapping[str, object], journal: str = "weight") -> str:
    """The address of a route, naming one of the rows `owned`."""
    if "/" in route.name:
        text = route.name.replace("(?P<url>.*)$", "nothing/")
        return "/" + re.sub("<.*>", str(owned.get(route.names)), text)
    args: tuple[object, ...] = route.args
    if route.names:
        args = (journal,) if route.names in {"journal", "entry"} else ()
        args += ("nutrition",) if route.names == "meal" else ()
        args += () if route.names == "journal" else (owned[route.names],)
        args += route.args
    return reverse(route.name, args=args)


def record(owner: User, journal: Journal) -> Entry:
    """An entry of today: the middle of each range, the first of each choice."""
    now = timezone.now()
    values = stored_values(journal, now)
    when = When(factories.today(), now, 0) if journal.timed else When(factories.today())
    return entries.record(owner=owner, journal=journal, values=values, when=when, client_id=journal.slug)


def everything(owner: User) -> dict[str, object]:
    """One of everything that can be owned, by what routes name."""
    Profile.objects.create(user=owner, welcomed_at=timezone.now())
    grants.give(user=owner, tier=Tier.objects.get(slug="trial"), days=1)
    recorded = {slug: record(owner, journal) for slug, journal in registry().items()}
    brought = ImportRun.objects.create(user=owner, client_id="file", file_name="export.xml", size=1)
    goals.set_goal(owner=owner, target=Decimal(75))
    training.learn(owner=owner, names=["Hausrunde"], training_type=TrainingType.objects.get(code="running"))
    mapping = NameMapping.objects.get(user=owner)
    consents.give(user=owner, endpoint="llm.example")
    run = runs.start(owner=owner, client_id="run", send=False)
    session = UserSession.objects.create(
        user=owner, session_key=f"elsewhere-{owner.pk.hex[-20:]}", ip="192.0.2.1", user_agent="Firefox"
    )
    [coupon] = coupons.make_batch(batch=CouponBatch(name=f"of {owner}", size=1, credits=5))
    coupons.redeem(user=owner, code=coupon.code)
    found: dict[str, object] = {
        "entry": recorded["weight"].pk,
        "mapping": mapping.pk,
        "meal": recorded["nutrition"].pk,
        "favourite": favourites.keep(
            owner=owner, journal=registry()["nutrition"], entry=recorded["nutrition"], name="Porridge"
        ).pk,
        "import": brought.pk,
        "photo": camera.prepared(owner).pk,
        "run": run.pk,
        "session": session.pk,
    }
    for model in MODELS:
        found[model.label] = row_of(apps.get_model(model.label), owner).pk
    return found | {f"{slug} entry": entry.pk for slug, entry in recorded.items()}


def row_of(model: type[models.Model], owner: User) -> models.Model:
    """A row of the model: the account itself, one of its rows, or nobody's where there are such."""
    if model is User:
        return owner
    rows = model._default_manager.all()
    for field in model._meta.fields:
        if field.name == "user":
            rows = rows.filter(user=None if field.null else owner)
    row = rows.first()
    assert row is not None, f"the world has no {model._meta.label}"
    return row


@pytest.fixture
def world(settings: Settings) -> World:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    seeding.run()
    alice, bob, sam, olga = (factories.setup_user(name) for name in ("alice", "bob", "sam", "olga"))
    User.objects.filter(pk=sam.pk).update(is_staff=True)
    User.objects.filter(pk=olga.pk).update(is_staff=True, is_superuser=True)
    sam.groups.add(Group.objects.get(name=SUPPORT))
    Profile.objects.bulk_create(Profile(user=user, welcomed_at=timezone.now()) for user in (sam, olga))
    return World(alice, bob, sam, olga, everything(alice), everything(bob))


def browser(user: User | None = None, *, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    if user is not None:
        client.force_login(user)
    return client


@contextmanager
def undone() -> Iterator[None]:
    """Nothing that is done in here lasts."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# The rules --------------------------------------------------------------------------------------------------
def word(answer: HttpResponseBase) -> str:
    """The answer as the table says it."""
    to = urlsplit(answer.headers.get("Location", ""))
    if to.path in {reverse("account_login"), reverse("admin:login")} and to.query.startswith("next="):
        return "login"
    return str(answer.status_code)


@pytest.mark.parametrize("visitor", VISITORS)
def test_everyone_gets_the_answers_of_the_table(world: World, visitor: str) -> None:
    expected, found = {}, {}
    user = world.visitor(visitor)
    client = browser(user)
    for route, address in world.addresses(routes=EVERY).items():
        for method in sorted({GET, POST, *route.methods.split()}):
            expected[method, address] = route.answer(method, visitor)
            with undone():
                found[method, address] = word(client.generic(method, address))
        if route.name.endswith("logout"):
            client = browser(user)
    assert found == expected


def test_a_stranger_is_led_to_the_login_and_back(world: World) -> None:
    for route, address in world.addresses().items():
        if route.answer(GET, "stranger") == "login":
            assert browser().get(address)["Location"] == f"{reverse('account_login')}?next={address}"


# What belongs to somebody else ------------------------------------------------------------------------------
OTHERS = ("other", "support", "operator")


def kept(owner: User) -> dict[str, list[object]]:
    """Every row of an account, of every table that has rows of accounts."""
    found: dict[str, list[object]] = {"account": list(User.objects.filter(pk=owner.pk).values())}
    for model in apps.get_models():
        for field in model._meta.fields:
            if field.related_model is User:
                rows = model._base_manager.filter(**{field.name: owner}).order_by("pk")
                found[f"{model._meta.label}.{field.name}"] = list(rows.values())
    return found


@pytest.mark.parametrize("visitor", OTHERS)
def test_nobody_else_meets_or_changes_what_somebody_owns(world: World, visitor: str) -> None:
    """Of every journal, with every method and with a form that would be taken of the owner."""
    client, before = browser(world.visitor(visitor)), kept(world.alice)
    typed = {"day": "2026-01-01", "client_id": "theirs", "version": "1", "weight_kg": "70"}
    for route in TABLE:
        if route.names not in OWNED:
            continue
        for journal in registry() if route.names == "entry" else ["weight"]:
            owned = {**world.owned, "entry": world.owned[f"{journal} entry"]}
            address = address_of(route, owned, journal)
            for method in route.methods.split():
                answer = client.post(address, typed) if method == POST else client.generic(method, address)
                assert answer.status_code == 404, f"{method} {address}"
    assert kept(world.alice) == before


def fields_of(client: Client, addresses: Iterable[str]) -> set[str]:
    """The names of all fields of all forms on these pages."""
    names: set[str] = set()
    for address in addresses:
        answer = client.get(address)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            names |= set(re.findall(r'\sname="([^"]+)"', answer.content.decode()))
    return names


def test_an_id_of_somebody_else_in_a_form_reaches_nothing(world: World) -> None:
    """Bob sends each of Alice's ids in every field that any page has, to every address that takes a form."""
    pages = [address for route, address in world.addresses().items() if GET in route.methods]
    fields = fields_of(browser(world.alice), pages) - {"csrfmiddlewaretoken"}
    recorded = {name for name in world.owned if name.startswith(("tracking.", "insights."))}
    keys = {str(world.owned[name]) for name in recorded | OWNED}
    bob, before = browser(world.bob), kept(world.alice)
    assert {"client_id", "version", "part"} <= fields
    for route, address in world.addresses(owned=world.bobs).items():
        if POST not in route.methods or route.name.endswith("logout"):
            continue
        with undone():
            for key in keys:
                answer = bob.post(address, dict.fromkeys(fields, key))
                assert answer.status_code < 500, f"{key} to {address}"
            assert kept(world.alice) == before, address


def test_an_id_of_nobody_is_not_there(world: World) -> None:
    alice = browser(world.alice)
    nobody = {name: 0 if isinstance(key, int) else uuid7() for name, key in world.owned.items()}
    for route, address in world.addresses(owned=nobody).items():
        if route.names in OWNED:
            for method in route.methods.split():
                assert alice.generic(method, address).status_code == 404, f"{method} {route.name}"


def test_an_entry_is_not_there_under_another_journal(world: World) -> None:
    alice = browser(world.alice)
    for route in TABLE:
        if route.names == "entry":
            address = address_of(route, world.owned, "nutrition")
            for method in route.methods.split():
                assert alice.generic(method, address).status_code == 404, f"{method} {route.name}"


def test_a_journal_of_nobody_is_not_there(world: World) -> None:
    alice = browser(world.alice)
    for route in TABLE:
        if route.names == "journal":
            address = reverse(route.name, args=["no-journal"])
            assert alice.generic(route.methods.split()[0], address).status_code == 404, route.name


# The support ------------------------------------------------------------------------------------------------
def test_the_support_has_no_right_on_what_members_record(world: World) -> None:
    rights = world.sam.get_all_permissions()
    assert {right for right in rights if not right.startswith("membership.")} == {
        "tracking.view_trainingtype"
    }
    pages = browser(world.sam).get(reverse("admin:index")).content.decode()
    models = set(re.findall(r"/admin/([a-z]+/[a-z]+)/", pages))
    assert {model for model in models if not model.startswith("membership/")} == {"tracking/trainingtype"}


def test_the_support_sees_usage_and_no_measure_on_the_page_of_an_account(world: World) -> None:
    page = browser(world.sam).get(reverse("admin:membership_user_change", args=[world.alice.pk]))
    text = page.content.decode()
    assert world.alice.email in text
    labels = {str(field.verbose_name) for journal in registry().values() for field in journal.measures}
    assert [label for label in labels if f">{label}<" in text] == []
    assert str(world.owned["entry"]) not in text


# Methods ----------------------------------------------------------------------------------------------------
def test_a_method_that_a_route_does_not_know_is_405(world: World) -> None:
    alice = browser(world.alice)
    for route, address in world.addresses().items():
        if " " not in route.methods:
            unknown = {"PUT", PATCH, DELETE} - {route.methods}
            found = {method: alice.generic(method, address).status_code for method in unknown}
            assert found == dict.fromkeys(found, 405), route.name


def test_what_answers_get_answers_head_without_a_body(world: World) -> None:
    alice = browser(world.alice)
    for route, address in world.addresses().items():
        if route.methods.startswith(GET):
            answer = alice.head(address)
            assert answer.status_code != 405, route.name
            assert b"".join(answer) == b"", route.name


def test_a_form_without_its_token_is_403_and_changes_nothing(world: World) -> None:
    alice, before = browser(world.alice, enforce_csrf_checks=True), kept(world.alice)
    olga = browser(world.olga, enforce_csrf_checks=True)
    for route, address in world.addresses(routes=EVERY).items():
        client, visitor = (alice, "owner") if route in TABLE else (olga, "operator")
        for method in (POST, PATCH, DELETE):
            if route.answer(method, visitor) != "405":
                assert client.generic(method, address).status_code == 403, f"{method} {route.name}"
    assert kept(world.alice) == before


# Limits -----------------------------------------------------------------------------------------------------
def limits_asked(client: Client, address: str) -> int:
    """How many statements a page sends that ask for limits."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code < 400
    return sum("membership_usagecounter" in sql for sql in statements(captured))


def test_every_page_asks_for_all_its_limits_in_one_statement(world: World, settings: Settings) -> None:
    settings.LLM_BASE_URL = "http://127.0.0.1:9"  # limits of evaluations count for a language model alone
    client = browser(world.alice)
    pages = {
        route.name: address
        for route, address in world.addresses().items()
        if route.answer(GET, "owner") in {"200", "302"} and not route.name.startswith("account_")
    }
    asked = {name: limits_asked(client, address) for name, address in pages.items()}
    for number in range(20):
        factories.setup_feature(f"thing_{number}", 5)
    assert Feature.objects.count() > 20
    assert {name: limits_asked(client, address) for name, address in pages.items()} == asked
    assert {name: times for name, times in asked.items() if times > 1} == {}
    assert {name for name, times in asked.items() if times} == {
        "insights:analysis",
        "membership:membership",
        "tracking:capture",
        "tracking:goals",
        "tracking:imports",
        "tracking:journal",
        "tracking:welcome",
    }
