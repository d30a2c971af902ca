"""Who the pages are measured for: ten years of days, thirty days, and everybody else of an installation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from insights import consents, context, pipeline, providers
from insights.models import Run, RunState, Stage, StageState
from insights.runs import NUMBERS
from mitai.core.ids import uuid7
from tests.factories import setup_user
from tracking.demo import fill

if TYPE_CHECKING:
    from membership.models import User

DECADE, MONTH = 3650, 30
RESULTS = 200
ACCOUNTS, USAGE_ROWS = 10_000, 1_000_000
HIGH_LIMIT = 1_000_000
CSRF = "b" * 32
NOTES = "CREATE TABLE floor_note (id bigserial PRIMARY KEY, user_id uuid, value numeric(9, 3))"
PARAGRAPH = (
    "Dein Trendgewicht liegt bei 82,4 kg und fällt um 0,4 kg in der Woche, bei 2.264 kcal am Tag und 1,6 g "
    "Eiweiß je kg. Das passt zum Ziel von 78 kg (F1, F2); der Blutdruck liegt bei 134/84 mmHg. "
)


def member(name: str, days: int, results: int = 1) -> User:
    """A member on a tier that counts, with so many days and results."""
    from membership.models import Tier

    owner = setup_user(name, tier=Tier.objects.get(slug="premium"))
    fill(owner=owner, days=days, seed=1)
    consents.give(user=owner, endpoint=providers.current().endpoint)
    past_results(owner, results)
    return owner


def count_entries() -> None:
    """Give every kind of entry a limit far away, so that each save counts against it."""
    from membership.models import Feature, TierLimit

    entries = Feature.objects.filter(slug__endswith="_entries")
    TierLimit.objects.filter(feature__in=entries).delete()
    entries.update(default_limit=HIGH_LIMIT)


def past_results(owner: User, count: int) -> None:
    """So many finished three-stage runs, one a day, each with what was sent and some three hundred words."""
    now = timezone.now()
    facts = context.facts(owner, now=now)
    kept = [fact.to_json() for fact in facts]
    provider = providers.current()
    bodies = [provider.body(request) for _name, request in pipeline.preview(owner.language, facts)]
    runs = [
        Run(
            id=uuid7(),
            user=owner,
            state=RunState.DONE,
            language=owner.language,
            evaluator=provider.label,
            endpoint=provider.endpoint,
            facts=kept,
            client_id=f"past:{number}",
            created=now - timedelta(days=number),
            finished=now - timedelta(days=number),
        )
        for number in range(count)
    ]
    Run.objects.bulk_create(runs)
    Stage.objects.bulk_create(_past_stage(run, number, bodies) for run in runs for number in NUMBERS)


def _past_stage(run: Run, number: int, bodies: list[dict[str, Any]]) -> Stage:
    return Stage(
        run=run,
        number=number,
        name=NUMBERS[number],
        state=StageState.DONE,
        attempt=1,
        endpoint=run.endpoint,
        model="bench",
        request=bodies[number - 1],
        answer=PARAGRAPH * 8,
        tokens_in=1200,
        tokens_out=420,
        ms=4200,
        started_at=run.created,
        finished_at=run.created,
    )


def accounts() -> None:
    """Ten thousand accounts, and a million rows of what they used."""
    from membership.models import User

    User.objects.bulk_create(
        (User(email=f"account{number}@example.org", password="!") for number in range(ACCOUNTS)),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # asks for no account and no feature
        cursor.execute(
            """
            INSERT INTO membership_usagecounter (user_id, feature_id, period_start, used, reserved)
            SELECT u.id, f.id, date '2010-01-01' + 31 * n, n %% 7, 0
              FROM membership_user u, membership_feature f, generate_series(1, 100) n
             LIMIT %s
            """,
            [USAGE_ROWS],
        )
        cursor.execute("RESET session_replication_role")


def prepare_floor() -> None:
    """The table that F-post writes to."""
    with connection.cursor() as cursor:
        cursor.execute(NOTES)


def analyse() -> None:
    """What autovacuum does in its own time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def cookie(owner: User) -> str:
    """The Cookie header of a browser this account is signed in with."""
    client = Client()
    client.force_login(owner)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}; tz=Europe/Berlin"
