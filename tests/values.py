"""What a journal takes: of every field the middle of its range, its first choice, a yes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField

from mitai.core import units
from tracking import sets
from tracking.journals.base import Journal
from tracking.measures import EarlierMoment, Measure, Sets

SETS = "Squat 100x5 100x5@8"
PART = 16  # of a day in minutes: several of them fit into half a day


def typed_values(journal: Journal) -> dict[str, str]:
    """The values as a form sends them."""
    values = {}
    for field in journal.fields:
        if not field.editable or field.name in journal.uploads:
            continue
        if isinstance(field, Measure):
            share = PART if field.unit == "min" else 2
            values[field.name] = f"{field.low + (field.high - field.low) / share:.0f}"
        elif isinstance(field, EarlierMoment):
            values[field.name] = "12:00"
        elif isinstance(field, BooleanField):
            values[field.name] = "on"
        elif isinstance(field, Sets):
            values[field.name] = SETS
        elif field.is_relation:
            values[field.name] = _first_of(field)
        elif field.choices:
            values[field.name] = str(field.flatchoices[0][0])
    return values


def stored_values(journal: Journal, moment: datetime) -> dict[str, Any]:
    """The values as a form's journal takes them; `moment` is the entry's own."""
    values: dict[str, Any] = dict(typed_values(journal))
    for field in journal.fields:
        if field.name not in values and not isinstance(field, EarlierMoment):
            continue
        if isinstance(field, Measure):
            values[field.name] = Decimal(values[field.name])
        elif isinstance(field, EarlierMoment):
            values[field.name] = moment - timedelta(hours=12)
        elif isinstance(field, BooleanField):
            values[field.name] = True
        elif isinstance(field, Sets):
            values[field.name] = sets.kept(sets.read(SETS, units.active()))
        elif field.is_relation:
            values[field.name] = values[field.name] or None
    return values


def _first_of(field: Any) -> str:
    """The key of the first row a relation can name, where there is one."""
    return str(field.related_model.objects.order_by("pk").values_list("pk", flat=True).first() or "")
