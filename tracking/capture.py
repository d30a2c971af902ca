"""What the capture page shows: one row a journal, what is open first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from membership import access
from membership.access import Decision
from tracking.forms import EntryForm
from tracking.journals import registry
from tracking.journals.base import Journal
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User


@dataclass(frozen=True, slots=True)
class Row:
    """One journal's quick form; `done` once the day has an entry, `last` the newest entry."""

    journal: Journal
    form: EntryForm
    done: bool = False
    last: Any = None
    decision: Decision | None = None

    @property
    def blocked(self) -> bool:
        """Whether nothing can be saved: the limit is reached, and there is no row of today to update."""
        refused = self.decision is not None and not self.decision.allowed
        return refused and not (self.done and self.journal.once_a_day)


@dataclass(frozen=True, slots=True)
class Open:
    """Whether a journal has an entry today."""

    journal: Journal
    done: bool


def chosen_journals(profile: Profile) -> list[Journal]:
    """The journals the member wants to record; without a choice all of them."""
    return [
        journal for journal in registry().values() if not profile.journals or journal.slug in profile.journals
    ]


def rows(user: User, today: date, zone: ZoneInfo) -> list[Row]:
    """The quick forms, open journals first, with the last value as placeholder. One query a journal."""
    made = []
    chosen = chosen_journals(Profile.of(user))
    decisions = access.check_many(user, [journal.feature for journal in chosen])
    for journal in chosen:
        last = journal.model.objects.of(user).newest_first().first()
        form = EntryForm(journal=journal, owner=user, zone=zone, only=tuple(journal.quick), last=last)
        done = last is not None and last.day == today
        made.append(Row(journal, form, done=done, last=last, decision=decisions.get(journal.feature)))
    return sorted(made, key=lambda row: row.done)
