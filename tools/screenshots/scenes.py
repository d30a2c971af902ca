"""Who visits the pages and what they own: once for each language, so that their words do not mix."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.core import mail
from django.test import override_settings
from django.utils import timezone, translation

from tests import llm_server
from tests.llm_server import LlmServer

if TYPE_CHECKING:
    from membership.models import User

MODEL = "test/model"
ANSWERS = {
    "de": "## Dein Gewicht\n\nDer Trend fällt. **Bleib dabei**, es stimmt; die Zahl 4711 ist erfunden.",
    "en": "## Your weight\n\nThe trend is falling. **Keep going**, the direction is right; 4711 is made up.",
}
FIELDS: dict[str, dict[str, object]] = {
    "operator": {"is_staff": True, "is_superuser": True},
    "pounds": {"units": "imperial", "energy_unit": "kJ"},
}
LONG_NAME = "Apple Health Export vom 24. November 2026, alle Geräte zusammen.xml"
PART, WHOLE = 734_003_200, 2_100_000_000  # bytes of a large file under way
PASSWORD = "ein langes Kennwort"  # noqa: S105  (of members that live for minutes)


@dataclass(frozen=True)
class Cast:
    """The visitors of one language, by what they have, and what the addresses of their pages name."""

    language: str
    users: Mapping[str, User]
    entry: UUID
    spare: UUID  # an entry that may be deleted
    imports: Mapping[str, UUID]  # by state
    runs: Mapping[str, UUID]  # by what became of them
    reset: tuple[str, str]  # account and token of a mailed link
    confirmation: str


def cast(language: str, *, model: LlmServer, days: int = 365) -> Cast:
    """Make the visitors of one language, with `days` days of data where they have some."""
    users = {
        name: make(name, language)
        for name in ("member", "pounds", "newcomer", "empty", "limited", "operator", "open")
    }
    with translation.override(language):
        entries = fill(users["member"], days)
        fill(users["pounds"], min(days, 60))
        use_up(users["limited"])
        be_given(users["open"])
        return Cast(
            language=language,
            users=users,
            entry=entries[0],
            spare=entries[1],
            imports=imports(users["member"]),
            runs=runs(users["member"], users["limited"], model),
            reset=reset_link(users["member"]),
            confirmation=confirmation(users["newcomer"]),
        )


def make(name: str, language: str) -> User:
    """One account; all but the newcomer have the first steps behind them, the limited one has no trial."""
    from membership.accounts import create_member
    from membership.models import AccessGrant
    from tracking.profile import Profile

    fields = FIELDS.get(name, {})
    password = None if name == "open" else PASSWORD
    user = create_member(
        email=f"{name}-{language}@mitai.example", password=password, language=language, **fields
    )
    if name == "limited":
        AccessGrant.objects.filter(user=user).delete()
        type(user).objects.filter(pk=user.pk).update(granted_tier=None, granted_until=None)
    if name not in {"newcomer", "member", "pounds"}:
        Profile.objects.create(user=user, welcomed_at=timezone.now())
    return user


def fill(owner: User, days: int) -> list[UUID]:
    """The demo's data, a meal that is a favourite, and three weights typed by hand on the last days."""
    from mitai.core.ids import uuid7
    from mitai.core.zones import local_day
    from tracking import entries, favourites
    from tracking.demo import add_photos
    from tracking.demo import fill as fill_demo
    from tracking.journals import registry
    from tracking.journals.base import When

    fill_demo(owner=owner, days=days, seed=1)
    add_photos(owner=owner, days=days, seed=1)
    today = local_day(timezone.now(), owner.zone)
    nutrition = registry()["nutrition"]
    meal = entries.record(
        owner=owner,
        journal=nutrition,
        values={"meal": "breakfast", "energy_kcal": Decimal(420), "protein_g": Decimal(24)},
        when=When(today - timedelta(days=1)),
        client_id=uuid7().hex,
    )
    favourites.keep(owner=owner, journal=nutrition, entry=meal, name="Haferflocken mit Beeren und Quark")
    return [
        entries.record(
            owner=owner,
            journal=registry()["weight"],
            values={"weight_kg": Decimal(value), "note": "Nach dem Urlaub"},
            when=When(today - timedelta(days=ago)),
            client_id=uuid7().hex,
        ).pk
        for ago, value in ((1, "81.6"), (2, "81.9"), (3, "82.1"))
    ]


def use_up(user: User) -> None:
    """Take all the imports there are in this month."""
    from membership import access
    from mitai.core.ids import uuid7

    while access.check(user, "data_import").allowed:
        access.reserve(user=user, amounts={"data_import": 1}, subject=f"import:{uuid7()}")


def be_given(user: User) -> None:
    """A coupon of each kind, a restriction, and credits of which some are used."""
    from membership import access, coupons, credits
    from membership.models import CouponBatch, EntryKind, Feature, Restriction, Tier

    Feature.objects.filter(slug="ai_calls").update(credit_price=2)
    tier = Tier.objects.get(slug="basic")
    for batch in (
        CouponBatch(name="Friends", prefix="HALLO", size=1, tier=tier, days=30),
        CouponBatch(name="Thanks", prefix="DANKE", size=1, credits=50),
    ):
        [coupon] = coupons.make_batch(batch=batch)
        coupons.redeem(user=user, code=coupon.code)
    credits.give(user=user, amount=-5, kind=EntryKind.OPERATOR, reason="Versehen")
    access.consume(user=user, feature="ai_calls", n=22)
    photos = Feature.objects.get(slug="photos")
    Restriction.objects.create(user=user, feature=photos, limit=5, reason="bis die Platte größer ist")


# Imports ----------------------------------------------------------------------------------------------------
def imports(owner: User) -> dict[str, UUID]:
    """One import in every state there is."""
    from tests.tracking.imports import runs as trials
    from tracking.imports import files, jobs
    from tracking.imports.runs import ImportRun

    State = ImportRun.State
    waiting = trials.upload(owner, conflicting_export(), name=LONG_NAME, preview=True)
    jobs.work(waiting.pk)
    others = [State.DONE, *(state for state in State if state not in {State.DONE, State.PREVIEW})]
    found = {str(state): trials.bring(owner, plain_export()) for state in others}
    now = timezone.now()
    changes: dict[str, dict[str, object]] = {
        "arriving": {"size": WHOLE},
        "queued": {"records": 0, "position": 0},
        "reading": {
            "records": 0,
            "bytes_done": PART,
            "bytes_total": WHOLE,
            "stage_since": now - timedelta(seconds=65),
        },
        "writing": {"records": 48_120, "position": 31_500, "stage_since": now - timedelta(seconds=40)},
        "failed": {"error_code": "not_recognised", "errors": [], "report": {}},
    }
    for state, run in found.items():
        ImportRun.objects.filter(pk=run.pk).update(state=state, **changes.get(state, {}))
    files.upload_path(found["arriving"]).touch()
    os.truncate(files.upload_path(found["arriving"]), PART)
    return {state: run.pk for state, run in found.items()} | {"preview": waiting.pk}


def plain_export() -> bytes:
    """Eight days of a scale and a diary, with a line that cannot be read."""
    from tests.tracking.imports.generate import export, record

    morning = datetime.fromisoformat("2024-03-01T07:10:00+01:00")
    return export(
        [
            *(record("BodyMass", f"82.{day}", "kg", morning + timedelta(days=day)) for day in range(8)),
            *(record("DietaryProtein", 95, "g", morning + timedelta(days=day)) for day in range(8)),
            record("BodyMass", "abc", "kg", morning + timedelta(days=9)),
        ]
    )


def conflicting_export() -> bytes:
    """A scale that says something else about days of which something is known."""
    from tests.tracking.imports.generate import HEAD, export, record

    now = timezone.now()
    head = HEAD.replace("2024-03-10 18:00:00 +0100", f"{now:%Y-%m-%d %H:%M:%S %z}")
    days = [now - timedelta(days=ago) for ago in range(1, 7)]
    return export((record("BodyMass", f"8{day.day % 5}.4", "kg", day) for day in days), head=head)


# Evaluations ------------------------------------------------------------------------------------------------
@contextmanager
def language_model(model: LlmServer) -> Iterator[None]:
    """Inside the block this process asks the language model, as the site that knows it does."""
    with override_settings(LLM_BASE_URL=model.url, LLM_API_KEY="geheim", LLM_MODEL=MODEL):
        yield


def runs(member: User, limited: User, model: LlmServer) -> dict[str, UUID]:
    """Evaluations by rules and by a language model: done, under way, in part, failed."""
    from insights import consents, pipeline, providers
    from insights import runs as evaluations
    from insights.models import Run

    def start(name: str) -> Run:
        return evaluations.start(owner=member, client_id=name, send=False, charged=False)

    done, queued, running = start("rules"), start("queued"), start("running")
    pipeline.run_to_end(done)
    pipeline.work(running.pk, 1)
    found = {"done": done.pk, "queued": queued.pk, "running": running.pk}
    answer = llm_server.ok(ANSWERS[member.language])
    scripts = {
        "model": [answer],
        "partial": [llm_server.error(500), answer],
        "failed": [llm_server.error(402)],
    }
    with language_model(model):
        consents.give(user=member, endpoint=providers.current().endpoint)
        consents.give(user=limited, endpoint=providers.current().endpoint)
        for name, script in scripts.items():
            model.script(*script)
            found[name] = pipeline.run_to_end(start(name)).pk
    model.script(answer)
    return found


# Links and mails --------------------------------------------------------------------------------------------
def reset_link(user: User) -> tuple[str, str]:
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str

    return user_pk_to_url_str(user), default_token_generator.make_token(user)


def confirmation(user: User) -> str:
    """The key of a link that confirms a second address of the member."""
    from allauth.account.models import EmailAddress, EmailConfirmationHMAC

    address = EmailAddress.objects.create(user=user, email=f"new-{user.email}", verified=False)
    return str(EmailConfirmationHMAC(address).key)


def mails(user: User, names: list[str]) -> dict[str, str]:
    """The HTML of these mails of allauth, as the member gets them."""
    from membership.adapter import AccountAdapter, absolute

    context = {
        "user": user,
        "activate_url": absolute("/accounts/confirm-email/MTI:1tEXAMPLE:0123456789abcdefghij/"),
        "password_reset_url": absolute("/accounts/password/reset/key/3-cz0123-0123456789abcdefghij/"),
        "from_email": user.email,
        "to_email": f"new-{user.email}",
        "deleted_email": f"old-{user.email}",
    }
    found = {}
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        for name in names:
            AccountAdapter().send_mail(f"account/email/{name}", user.email, context)
            message = mail.outbox.pop()
            found[name] = str(message.alternatives[0][0])  # type: ignore[attr-defined]
    return found
