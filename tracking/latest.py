"""The newest entry of every journal, and how often each is used, in one query."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from tracking.journals.base import Journal

if TYPE_CHECKING:
    from membership.models import User

USE_DAYS = 30
# By hand, because the builder of queries takes ten times as long over the same statement as the database.
# The order is that of `newest_first`; both parts read the index (user, day DESC). The row becomes JSON
# outside, or a plan that sorts would write out every row first.
NEWEST = """SELECT '{slug}', (SELECT to_jsonb(newest)::text FROM (SELECT * FROM "{table}"
WHERE user_id = %(user)s AND deleted_at IS NULL AND day <= %(day)s
ORDER BY day DESC, occurred_at DESC, slot DESC LIMIT 1) newest),
(SELECT count(*) FROM "{table}"
WHERE user_id = %(user)s AND deleted_at IS NULL AND day BETWEEN %(start)s AND %(day)s)"""


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
    if not journals:
        return {}
    parameters: dict[str, Any] = {"user": user.pk, "day": day, "start": day - timedelta(days=USE_DAYS - 1)}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(map(_newest, journals)), parameters)
        found = {slug: (newest, uses) for slug, newest, uses in cursor.fetchall()}
    return {one.slug: Latest(_entry(one, found[one.slug][0]), found[one.slug][1]) for one in journals}


def _newest(journal: Journal) -> str:
    """The journal's part of the statement; names of tables and journals are our own."""
    return NEWEST.format(slug=journal.slug, table=journal.model._meta.db_table)


def _entry(journal: Journal, found: str | None) -> Any:
    """The row as the model has it: numbers to their last digit, moments with their zone."""
    if found is None:
        return None
    columns = json.loads(found, parse_float=Decimal)
    fields = {field.attname: field for field in journal.model._meta.concrete_fields}
    return journal.model(**{name: fields[name].to_python(columns[name]) for name in fields})
