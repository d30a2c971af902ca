"""What a journal takes: of every field the middle of its range, or its first choice."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tracking.journals.base import EarlierMoment, Journal, Measure


def typed_values(journal: Journal) -> dict[str, str]:
    """The values as a form sends them."""
    values = {}
    for field in journal.fields:
        if not field.editable:
            continue
        if isinstance(field, Measure):
            values[field.name] = f"{(field.low + field.high) / 2:.0f}"
        elif isinstance(field, EarlierMoment):
            values[field.name] = "23:00"
        elif field.choices:
            values[field.name] = str(field.flatchoices[0][0])
    return values


def stored_values(journal: Journal, moment: datetime) -> dict[str, Any]:
    """The values as a form's journal takes them; `moment` is the entry's own."""
    values: dict[str, Any] = dict(typed_values(journal))
    for field in journal.fields:
        if isinstance(field, Measure):
            values[field.name] = Decimal(values[field.name])
        elif isinstance(field, EarlierMoment):
            values[field.name] = moment - timedelta(hours=7)
    return values
