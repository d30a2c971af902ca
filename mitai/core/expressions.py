"""Database expressions for thousands of values at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import ExpressionWrapper, FloatField
from django.db.models.functions import Cast

if TYPE_CHECKING:
    Wrapper = ExpressionWrapper[Any]
else:
    Wrapper = ExpressionWrapper


class AsRead(Wrapper):
    """An expression whose value is taken as the driver reads it.

    Ten years are thousands of values: timestamps and decimals one by one, and a call of Django's for each of
    them, took longer than everything else together. So the database makes plain numbers of them.
    """

    def get_db_converters(self, connection: Any) -> list[Any]:
        return []


def as_float(expression: Any) -> AsRead:
    """A number, or the name of a column of numbers, as a float; NULL stays None."""
    return AsRead(Cast(expression, FloatField()), output_field=FloatField())
