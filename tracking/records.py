"""What a member recorded up to a day, as the analyses read it: each question is one query, asked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from mitai.core.expressions import as_float
from tracking.goals import Goal, target_of
from tracking.journals import registry
from tracking.journals.base import Journal, Point
from tracking.person import Person
from tracking.sources import Source

if TYPE_CHECKING:
    from membership.models import User
    from tracking.analysis.weight import Target


Answer = TypeVar("Answer")


def once(question: Callable[[Records], Answer]) -> Callable[[Records], Answer]:
    """A question about records that is worked out once for them, however many topics ask it."""

    @wraps(question)
    def asked(records: Records) -> Answer:
        return records.answer(question)

    return asked


@dataclass(frozen=True, slots=True)
class Row:
    """An entry: its local day, its source, and some of its columns, numbers as floats."""

    day: date
    source: UUID | None
    values: dict[str, Any]

    @property
    def point(self) -> Point:
        """The row as computed numbers of a journal take it."""
        return Point(0, self.day, self.values)


class Records:
    """A member's entries up to `today`, oldest first; windows of days hold today.

    Asked again the same question is answered from before, so that topics on one page share their queries.
    """

    def __init__(self, person: Person, today: date) -> None:
        self.person, self.today = person, today
        self._asked: dict[tuple[object, ...], Any] = {}

    @property
    def user(self) -> User:
        return self.person.user

    def rows(self, slug: str, names: Sequence[str], days: int) -> list[Row]:
        """Entries of a journal of the last `days` days."""
        key = (slug, tuple(names), days)
        if key not in self._asked:
            self._asked[key] = self._read(registry()[slug], names, self.today - timedelta(days=days - 1))
        found: list[Row] = self._asked[key]
        return found

    def _read(self, journal: Journal, names: Sequence[str], start: date) -> list[Row]:
        measured = {measure.name for measure in journal.measures}
        columns = [as_float(name) if name in measured else F(name) for name in names]
        entries = journal.model.objects.of(self.user).between(start, self.today).oldest_first()
        found = entries.values_list("day", "source_id", *columns)
        return [Row(day, source, dict(zip(names, values, strict=True))) for day, source, *values in found]

    def answer(self, question: Callable[[Records], Answer]) -> Answer:
        """What a question comes to, worked out when it is first asked."""
        key = ("answer", question)
        if key not in self._asked:
            self._asked[key] = question(self)
        found: Answer = self._asked[key]
        return found

    def totals(self, slug: str, names: Sequence[str], days: int) -> dict[date, dict[str, float | None]]:
        """The totals of the days of a journal whose rows add up."""
        key = ("totals", slug, tuple(names), days)
        if key not in self._asked:
            journal = registry()[slug]
            assert journal.daily is not None
            start = self.today - timedelta(days=days - 1)
            entries = journal.model.objects.of(self.user).between(start, self.today)
            self._asked[key] = journal.daily(entries, names)
        found: dict[date, dict[str, float | None]] = self._asked[key]
        return found

    @cached_property
    def goals(self) -> dict[str, Goal]:
        """The open goals by their kind."""
        return {goal.kind: goal for goal in Goal.objects.open(self.user).with_start(self.user)}

    @property
    def target(self) -> Target | None:
        """The weight the member wants to reach."""
        return target_of(self.goals["weight"]) if "weight" in self.goals else None

    @cached_property
    def _sources(self) -> dict[UUID, str]:
        return {source.pk: str(source) for source in Source.objects.filter(user=self.user)}

    def source(self, row: Row) -> str:
        """Where a row comes from, in the member's words."""
        return self._sources.get(row.source, "") if row.source else ""

    def sources(self, rows: Sequence[Row]) -> str:
        """Where rows come from, each with how many: "Waage 25, von Hand 3"."""
        counts = Counter(self.source(row) or _("unknown") for row in rows)
        return ", ".join(f"{name} {n}" for name, n in counts.most_common())


def points(rows: Sequence[Row], name: str) -> list[tuple[date, float]]:
    """One value a day of a column, the last of the day; days without are left out."""
    found = {row.day: row.values[name] for row in rows if row.values[name] is not None}
    return sorted(found.items())
