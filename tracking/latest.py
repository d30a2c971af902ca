"""The newest entry of every journal, and how often each is used, in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

from membership.models import User as Account
from tracking.journals.base import Journal

if TYPE_CHECKING:
    from membership.models import User

USE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Latest:
    """A journal as it stands: its newest entry up to a day (an unsaved copy), and its entries of late."""

    entry: Any
    uses: int

    def done(self, day: date) -> bool:
        """Whether that day, the last one looked at, has an entry."""
        return self.entry is not None and bool(self.entry.day == day)


def latest_of(user: User, journals: Sequence[Journal], day: date) -> Mapping[str, Latest]:
    """What each journal's newest entry up to `day` is, and how many it has in the thirty days to `day`."""
    columns = {}
    for journal in journals:
        rows = journal.model.objects.of(user).between(None, day)
        names = ["id", "day", *(field.attname for field in journal.fields)]
        exact = {measure.name: Cast(measure.name, TextField()) for measure in journal.measures}
        newest = rows.newest_first().values(json=JSONObject(**{n: exact.get(n, F(n)) for n in names}))
        late = rows.between(day - timedelta(days=USE_DAYS - 1), None).order_by().values("user")
        columns[f"{journal.slug}_newest"] = Subquery(newest[:1])
        columns[f"{journal.slug}_uses"] = Subquery(late.annotate(uses=Count("pk")).values("uses"))
    found: Any = Account.objects.filter(pk=user.pk).values(**columns).get() if columns else {}
    return {
        journal.slug: Latest(
            _entry(journal, found[f"{journal.slug}_newest"]), found[f"{journal.slug}_uses"] or 0
        )
        for journal in journals
    }


def _entry(journal: Journal, found: Mapping[str, Any] | None) -> Any:
    if found is None:
        return None
    fields = {field.attname: field for field in journal.model._meta.concrete_fields}
    return journal.model(**{name: fields[name].to_python(value) for name, value in found.items()})
