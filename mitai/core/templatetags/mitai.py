"""Numbers, units and days in templates: `{% load mitai %}`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from mitai.core.numbers import NARROW_SPACE, format_number

register = template.Library()
Number = Decimal | float | int | None
EMPTY = "–"


@register.filter
def number(value: Number, digits: int = 0) -> str:
    """`82.4|number:1` → "82,4" in German; an en dash where there is no value."""
    return EMPTY if value is None else format_number(value, int(digits))


@register.filter
def signed(value: Number, digits: int = 0) -> str:
    """Like `number`, with the sign always shown: for changes."""
    return EMPTY if value is None else format_number(value, int(digits), signed=True)


@register.simple_tag
def quantity(value: Number, unit: str, digits: int = 0) -> str | SafeString:
    """Number, narrow space and unit in small muted type; an en dash where there is no value."""
    if value is None:
        return EMPTY
    return format_html(
        '{}<span class="unit">{}{}</span>', format_number(value, int(digits)), NARROW_SPACE, unit
    )


@register.filter
def short_day(value: date) -> str:
    """The day within a month's list: "Fr 20." in German, "Fri 20" in English."""
    return formats.date_format(value, "D j." if get_language() == "de" else "D j")
