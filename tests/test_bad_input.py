"""Whatever is sent, nothing breaks and nothing is half-saved; the answer keeps what was typed."""

from __future__ import annotations

import html
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from membership.models import User
from mitai.core.ids import uuid7
from tests import factories
from tests.rows import SHARED, as_row
from tests.test_routes import TABLE, World, browser, world
from tests.tracking.photos import camera
from tests.values import stored_values, typed_values
from tracking import entries
from tracking.goals import Goal
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.journals.base import Journal, When
from tracking.measures import EarlierMoment, Measure, Scale
from tracking.person import Person
from tracking.profile import Profile
from tracking.readings import Reading, Submission

__all__ = ["world"]
pytestmark = pytest.mark.django_db
NUL, EMOJI, LONG = "82\x00", "😀", "9" * 600
NO_NUMBERS = [
    "abc",
    "1e9",
    "82,4,5",
    "0x10",
    "NaN",
    "-Infinity",
    "٣",
    "--1",
    ",",
    "1.2345",
    "<b>",
    NUL,
    EMOJI,
    LONG,
]
NO_DAYS = [
    "gestern",
    "2026-13-01",
    "2026-02-30",
    "0000-00-00",
    "0001-01-01",
    "1899-12-31",
    "9999-12-31",
    "-1",
]
NO_TIMES = ["25:00", "12:61", "mittags", "-1"]
ODD = [NUL, EMOJI, LONG]


@pytest.fixture
def alice(db: None) -> User:
    alice = factories.setup_user("alice", password=None)
    Profile.objects.create(user=alice, welcomed_at=timezone.now())
    return alice


def good(journal: Journal) -> dict[str, Any]:
    """A form of a journal that it takes."""
    values = typed_values(journal) | {name: sent(camera.telling()) for name in journal.uploads}
    return {"client_id": uuid7().hex, "day": factories.today().isoformat(), "time": "00:00", **values}


class AFile(SimpleUploadedFile):
    """A file that can be sent again and again."""

    def read(self, *args: Any) -> bytes:
        self.seek(0)
        return bytes(super().read(*args))


def sent(typed: Any) -> Any:
    """What a browser sends for it: bytes are a file."""
    return AFile("photo.jpg", typed) if isinstance(typed, bytes) else typed


def asking_for(journal: Journal, field: Any) -> dict[str, str]:
    """The choice with which a form asks for the field."""
    if journal.asks is None:
        return {}
    person = Person(User(email="alice@example.org"))
    person.__dict__["profile"] = Profile()
    choices = journal.model._meta.get_field(journal.chooser).flatchoices
    found = ({journal.chooser: str(choice)} for choice, _label in choices)
    return next(choice for choice in found if field.name in journal.asks(choice, person))


def bad(journal: Journal, field: models.Field[Any, Any]) -> list[Any]:
    """What a field must not take."""
    if isinstance(field, EarlierMoment):
        return [*NO_TIMES, *ODD]
    if isinstance(field, Scale):
        return ["0", "6", "2.5", "NaN", *ODD]
    if isinstance(field, Measure):
        return [str(Decimal(str(field.low)) - 1), str(Decimal(str(field.high)) + 1), *NO_NUMBERS]
    if field.name in journal.uploads:
        return [b"", b"abc", b"\x89PNG\r\n\x1a\n", camera.telling()[:40]]
    if field.choices or field.is_relation:
        return ["no-choice", *ODD]
    if isinstance(field, models.BooleanField):
        return []
    return [NUL, "x" * ((field.max_length or 0) + 1)]


FIELDS = [
    pytest.param(journal, field, id=f"{journal.slug}-{field.name}")
    for journal in registry().values()
    for field in journal.fields
    if field.editable
]
JOURNALS = [pytest.param(journal, id=journal.slug) for journal in registry().values()]


NOTHING: list[Any] = [[]] * (len(registry()) + 2)


def stored(owner: User) -> list[Any]:
    """Everything the member's entries are made of."""
    rows: list[Any] = [
        list(journal.model.objects.filter(user=owner).values()) for journal in registry().values()
    ]
    kept = (Reading, Submission)
    return rows + [list(model.objects.filter(user=owner).order_by("pk").values()) for model in kept]


def row(journal: Journal, fields: dict[str, Any]) -> dict[str, Any]:
    """The same as the capture page sends it: of its fields those that the page asks for."""
    own = tuple(name for name in SHARED if name in journal.quick)
    asked = {"client_id", *SHARED, *journal.quick}
    return as_row(journal.slug, {n: v for n, v in fields.items() if n in asked}, own=own)


def refuse(client: Client, address: str, fields: dict[str, Any], name: str, values: list[Any]) -> None:
    """The form says no to each of the values at the field, and shows what was typed."""
    for typed in values:
        answer = client.post(address, {**fields, name: sent(typed)})
        page = answer.content.decode()
        assert answer.status_code == 422, f"{name}={typed!r} at {address}: {answer.status_code}"
        if isinstance(typed, str):  # no browser shows a file again
            assert html.escape(typed) in page, f"{name}={typed!r} at {address} is not shown again"
        assert 'aria-invalid="true"' in page, f"{name}={typed!r} at {address} is not marked"


def record(owner: User, journal: Journal) -> Any:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    when = When(midnight.date(), midnight, 0) if journal.timed else When(midnight.date())
    return entries.record(
        owner=owner,
        journal=journal,
        values=stored_values(journal, midnight),
        when=when,
        client_id=uuid7().hex,
    )


# Every field of every journal -------------------------------------------------------------------------------
@pytest.mark.parametrize("journal", JOURNALS)
def test_the_good_values_of_these_tests_are_good(alice: User, journal: Journal) -> None:
    assert browser(alice).post(f"/journal/{journal.slug}/", good(journal)).status_code == 302
    assert journal.model.objects.of(alice).count() == 1


@pytest.mark.parametrize(("journal", "field"), FIELDS)
def test_a_value_the_field_cannot_take_is_refused_there(alice: User, journal: Journal, field: Any) -> None:
    client, choice = browser(alice), asking_for(journal, field)
    refuse(client, f"/journal/{journal.slug}/", {**good(journal), **choice}, field.name, bad(journal, field))
    if field.name in journal.quick:
        name = f"{journal.slug}-{field.name}"
        refuse(client, "/capture/", row(journal, {**good(journal), **choice}), name, bad(journal, field))
    assert stored(alice) == NOTHING
    entry = record(alice, journal)
    before = stored(alice)
    fields = {**good(journal), **choice, "version": str(entry.changed)}
    refuse(client, f"/journal/{journal.slug}/{entry.pk}/edit/", fields, field.name, bad(journal, field)[::4])
    assert stored(alice) == before


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_moment_that_is_none_is_refused_there(alice: User, journal: Journal) -> None:
    soon = (factories.today() + timedelta(days=2)).isoformat()
    entry, client = record(alice, journal), browser(alice)
    before = stored(alice)
    of_page = f"{journal.slug}-time" if "time" in journal.quick else "time"
    doors = {
        f"/journal/{journal.slug}/": (good(journal), "time"),
        "/capture/": (row(journal, good(journal)), of_page),
        f"/journal/{journal.slug}/{entry.pk}/edit/": (
            {**good(journal), "version": str(entry.changed)},
            "time",
        ),
    }
    for address, (fields, time) in doors.items():
        refuse(client, address, fields, "day", [*NO_DAYS, soon, *ODD])
        if journal.timed:
            refuse(client, address, fields, time, [*NO_TIMES, *ODD])
    assert stored(alice) == before


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak"])
@pytest.mark.parametrize("journal", JOURNALS)
def test_the_ends_of_the_calendar_are_refused_in_every_zone(alice: User, journal: Journal, zone: str) -> None:
    client = browser(alice)
    for time in ("00:00", "23:59"):
        fields = {**good(journal), "time": time, "browser_zone": zone}
        refuse(client, f"/journal/{journal.slug}/", fields, "day", ["0001-01-01", "9999-12-31"])
    assert stored(alice) == NOTHING


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("typed", ["", "\x00", "x" * 65, "😀\x00"])
def test_a_broken_client_id_is_replaced_by_one_of_ours(alice: User, journal: Journal, typed: str) -> None:
    fields = {**good(journal), "client_id": typed}
    doors = ((f"/journal/{journal.slug}/", fields), ("/capture/", row(journal, fields)))
    for count, (address, sent) in enumerate(doors, start=1):
        answer = browser(alice).post(address, sent)
        assert answer.status_code == 302
        ids = set(Submission.objects.filter(user=alice).values_list("client_id", flat=True))
        assert len(ids) == count
        assert typed not in ids


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("typed", ["", "abc", "1.5", "9" * 5000, NUL, EMOJI])
def test_a_broken_version_changes_nothing(alice: User, journal: Journal, typed: str) -> None:
    entry = record(alice, journal)
    before = stored(alice)
    fields = {**good(journal), "version": typed}
    answer = browser(alice).post(f"/journal/{journal.slug}/{entry.pk}/edit/", fields)
    assert answer.status_code == 422
    assert stored(alice) == before


NO_ZONES = ["😀", LONG, "../etc/passwd", "/etc/localtime", "Europe/Berlin\n", "Europe/Berlin x"]


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_zone_that_is_none_is_passed_over(alice: User, journal: Journal) -> None:
    client = browser(alice)
    for zone in NO_ZONES:
        answer = client.post(f"/journal/{journal.slug}/", {**good(journal), "browser_zone": zone})
        assert answer.status_code == 302, zone


@pytest.mark.parametrize(("journal", "field"), FIELDS)
def test_of_a_field_sent_twice_the_last_counts(alice: User, journal: Journal, field: Any) -> None:
    client, address = browser(alice), f"/journal/{journal.slug}/"
    fields = good(journal) | asking_for(journal, field)
    taken = fields.get(field.name, "")
    for typed in map(sent, bad(journal, field)[:1]):
        assert client.post(address, {**fields, field.name: [taken, typed]}).status_code == 422
        assert stored(alice) == NOTHING
        assert client.post(address, {**fields, field.name: [typed, taken]}).status_code == 302


def test_emoji_in_a_note_are_kept(alice: User) -> None:
    journal = registry()["weight"]
    answer = browser(alice).post("/journal/weight/", {**good(journal), "note": "gut 😀 ¼"})
    assert answer.status_code == 302
    assert journal.model.objects.of(alice).get().note == "gut 😀 ¼"


# Profile, goal, upload --------------------------------------------------------------------------------------
NO_SETTINGS = {
    "profile": {
        "height_cm": ["-1", "10000", *NO_NUMBERS],
        "birth_date": ["2999-01-01", "0001-01-01", "9999-12-31", "1800-01-01", "gestern", *ODD],
        "sex": ["no-choice", NUL],
        "activity_level": ["no-choice", NUL],
    },
    "account": {"language": ["xx", *ODD], "time_zone": ["Mars/Olympus", *ODD]},
    "journals": {"journals": ["no-journal", *ODD]},
}


@pytest.mark.parametrize("part", NO_SETTINGS)
def test_settings_refuse_at_the_field(alice: User, part: str) -> None:
    client = browser(alice)
    before = (User.objects.values().get(), Profile.objects.values().get())
    fields = {"language": "de", "time_zone": "Europe/Berlin"} if part == "account" else {}
    for name, values in NO_SETTINGS[part].items():
        for typed in values:
            answer = client.post("/settings/", {"part": part, **fields, name: typed})
            assert answer.status_code == 422, f"{name}={typed!r}"
            assert 'aria-invalid="true"' in answer.content.decode(), f"{name}={typed!r}"
    assert (User.objects.values().get(), Profile.objects.values().get()) == before


@pytest.mark.parametrize(
    ("name", "typed"), [("height_cm", "abc"), ("target_value", "1e9"), ("time_zone", NUL)]
)
def test_of_first_steps_with_an_error_nothing_is_saved(alice: User, name: str, typed: str) -> None:
    before = (User.objects.values("language").get(), Profile.objects.values().get())
    client = browser(alice)
    steps = {"language": "en", "time_zone": "UTC", "height_cm": "180", "target_value": "75", "sex": "male"}
    answer = client.post("/welcome/", {**steps, name: typed})
    assert answer.status_code == 422
    assert 'value="180"' in answer.content.decode() or name == "height_cm"
    assert (User.objects.values("language").get(), Profile.objects.values().get()) == before
    assert not Goal.objects.exists()


def test_a_goal_that_is_none_is_refused(alice: User) -> None:
    refuse(browser(alice), "/goals/weight/", {}, "target_value", ["0", "-1", "10000", *NO_NUMBERS])
    assert not Goal.objects.exists()


@pytest.mark.parametrize("client_id", ["", "\x00", "x" * 65])
def test_an_upload_without_a_file_or_with_a_broken_id_starts_nothing(alice: User, client_id: str) -> None:
    assert browser(alice).post("/import/", {"client_id": client_id}).status_code == 422
    assert not ImportRun.objects.exists()


# Addresses --------------------------------------------------------------------------------------------------
QUERIES = {
    "month": ["", "abc", "2026-13", "0000-01", "0001-01", "9999-12", "10000-01", "-1", *ODD],
    "range": ["", "abc", "0", "-1", "1e9", "90.5", "all ", "7", *ODD],
    "page": ["", "abc", "0", "-1", "1e9", "9" * 20, "1.5", "last", *ODD],
    "next": [
        "",
        "//evil.example",
        "https://evil.example/",
        "javascript:evil",
        "\\\\evil",
        "/",
        "?",
        "#",
        *ODD,
    ],
}


@pytest.mark.parametrize("visitor", ["stranger", "alice"])
def test_a_query_that_is_none_breaks_no_page(world: World, visitor: str) -> None:
    client = browser(world.alice if visitor == "alice" else None)
    queries = [
        urlencode([*zip(QUERIES, values, strict=True)] * 2) for values in zip(*QUERIES.values(), strict=True)
    ]
    for route, address in world.addresses().items():
        for query in queries if route.methods.startswith("GET") else []:
            answer = client.get(f"{address}?{query}")
            assert answer.status_code < 500, f"{route.name}?{query}"
            assert "evil" not in answer.headers.get("Location", "").split("?")[0]


NO_COOKIES = [
    '"\\000abcdefgh"',
    "\x7fabcdefgh",
    "é" * 9,
    "x" * 3000,
    "../../etc",
]  # the first says NUL in octal


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "tz", "django_language", "messages"])
def test_a_cookie_that_is_none_breaks_no_page(alice: User, name: str) -> None:
    session = browser(alice).cookies["sessionid"].value
    for cookie in NO_COOKIES:
        sent = f"{name}={cookie}" if name == "sessionid" else f"sessionid={session}; {name}={cookie}"
        client = Client(headers={"cookie": sent})
        status = {address: client.get(address).status_code for address in ("/capture/", "/offline/")}
        assert status == {"/capture/": 302 if name == "sessionid" else 200, "/offline/": 200}, cookie


@pytest.mark.parametrize(
    "header",
    [
        {"accept-language": NUL},
        {"accept-language": "x" * 5000},
        {"x-request-id": "\x00" * 9},
        {"hx-request": "true", "hx-current-url": "http://[\x00"},
        {"hx-request": "true", "hx-target": "%00", "hx-trigger": "%00"},
        {"referer": "http://[::1"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_header_that_is_none_breaks_no_page(alice: User, header: dict[str, str]) -> None:
    client = Client(headers=header)
    assert client.get("/accounts/login/").status_code == 200
    client.force_login(alice)
    assert client.get("/capture/").status_code == 200


# Whatever comes ---------------------------------------------------------------------------------------------
NAMES = sorted(
    {field.name for journal in registry().values() for field in journal.fields}
    | {
        "day",
        "time",
        "client_id",
        "browser_zone",
        "version",
        "confirmed",
        "part",
        "next",
        "file",
        "month",
        "range",
    }
    | {
        "login",
        "password",
        "email",
        "password1",
        "oldpassword",
        "action",
        "language",
        "q",
        "page",
        "target_value",
    }
    | {"height_cm", "birth_date", "sex", "activity_level", "journals", "time_zone"}
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["82,4", "2026-11-20", "07:30", "a@example.org", "total", "profile", "account", *ODD]),
)
FORMS = st.dictionaries(st.sampled_from(NAMES), st.lists(TEXTS, min_size=1, max_size=2), max_size=8)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), fields=FORMS, query=FORMS, signed_in=st.booleans(), fragment=st.booleans())
def test_no_text_in_a_form_or_address_breaks_a_route(
    world: World,
    data: st.DataObject,
    fields: dict[str, Any],
    query: dict[str, Any],
    signed_in: bool,
    fragment: bool,
) -> None:
    route = data.draw(st.sampled_from(TABLE))
    method = data.draw(st.sampled_from(route.methods.split()))
    address = f"{world.addresses()[route]}?{urlencode(query, doseq=True)}"
    client = browser(world.alice if signed_in else None)
    headers = {"HX-Request": "true"} if fragment else {}
    cache.clear()
    with transaction.atomic():
        answer = (
            client.post(address, fields, headers=headers)
            if method == "POST"
            else client.get(address, headers=headers)
        )
        assert answer.status_code < 500
        transaction.set_rollback(True)
