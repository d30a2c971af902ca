"""Where an account stands: its tier, why and until when, and what it has used of each limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from membership import access, grants
from membership.access import Decision
from membership.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    tier: str
    until: datetime | None
    why: str
    limited: Sequence[Decision]
    unlimited: Sequence[Decision]


def standing(user: User, *, at: datetime) -> Standing:
    """The tier that counts and a decision for every feature, those with a limit apart."""
    effective = grants.effective(user, at=at)
    decisions = access.check_all(user, at=at).values()
    return Standing(
        tier=effective.tier.label if effective.tier else "–",
        until=effective.until,
        why=effective.why,
        limited=[decision for decision in decisions if decision.limit is not None],
        unlimited=[decision for decision in decisions if decision.limit is None],
    )
