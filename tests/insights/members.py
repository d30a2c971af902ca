"""Members and what they recorded."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from membership.models import Tier, User
from mitai.core import seeding
from mitai.core.ids import uuid7
from mitai.core.zones import local_day
from tests.llm_server import LlmServer
from tracking import entries
from tracking.goals import Goal
from tracking.journals import registry
from tracking.journals.base import When
from tracking.profile import Profile

PASSWORD = "ein langes Kennwort"
WEIGHTS = [
    "84.2",
    "84.5",
    "83.9",
    "84.1",
    "83.8",
    "84.0",
    "83.6",
    "83.9",
    "83.4",
    "83.7",
    "83.3",
    "83.5",
    "83.1",
    "83.4",
]
INTAKES = [2150, 2300, 2050, 2200, 2400, 2600, 2250, 2100, 2180, 2220, 2350, 2500, 2280, 2120]


def make_member(email: str, *, tier: str = "free", language: str = "de", **fields: Any) -> User:
    seeding.run()
    return User.objects.create_user(
        email, PASSWORD, tier=Tier.objects.get(slug=tier), language=language, **fields
    )


def record(owner: User, slug: str, day: date, **values: Any) -> None:
    journal = registry()[slug]
    when = When(day)
    if journal.timed:
        moment = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
        when = When(day, moment - timedelta(days=(moment.date() - day).days), 0)
    entries.record(owner=owner, journal=journal, values=values, when=when, client_id=uuid7().hex)


def two_weeks(owner: User) -> None:
    """The worked example of domain.md (A2.2, A3), ending today, with goal, profile, blood pressure."""
    today = local_day(timezone.now(), owner.zone)
    for ago, (weight, intake) in enumerate(zip(reversed(WEIGHTS), reversed(INTAKES), strict=True)):
        record(owner, "weight", today - timedelta(days=ago), weight_kg=Decimal(weight), note="Geheimnotiz")
        record(
            owner,
            "nutrition",
            today - timedelta(days=ago + 1),
            meal="total",
            energy_kcal=Decimal(intake),
            protein_g=Decimal(100),
            note="Geheimnotiz",
        )
    record(owner, "blood_pressure", today, systolic_mmhg=Decimal(138), diastolic_mmhg=Decimal(86))
    Profile.objects.create(
        user=owner, sex="male", birth_date=date(1990, 5, 17), height_cm=Decimal(180), activity_level="light"
    )
    Goal.objects.create(user=owner, kind="weight", target_value=Decimal(80))


def endpoint(server: LlmServer) -> str:
    """The host a scripted server stands for in consents and runs."""
    return f"127.0.0.1:{server.server_address[1]}"
