"""Counting statements the way the budgets do: transaction control is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT")


def statements(captured: CaptureQueriesContext) -> list[str]:
    """The SQL of a capture without transaction control."""
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(CONTROL)]


@contextmanager
def at_most(budget: int) -> Iterator[None]:
    """Fail, and show the statements, where more than `budget` were sent."""
    with CaptureQueriesContext(connection) as captured:
        yield
    sent = statements(captured)
    assert len(sent) <= budget, f"{len(sent)} statements, {budget} allowed:\n" + "\n".join(sent)
