"""Numbers, quantities in the member's units, and days: built into every template."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from mitai.core import units
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


@register.filter
def shown(value: Number, stored: str) -> Number:
    """`82.327|shown:"kg"` is 181.5 for whoever reads in pounds, and 82.327 for everyone else."""
    return None if value is None else units.active().show(value, stored)


@register.filter
def unit(stored: str) -> str:
    """`"kg"|unit` is the unit the member reads weights in."""
    return units.active().unit(stored)


@register.simple_tag
def quantity(value: Number, stored: str, digits: int = 0) -> str | SafeString:
    """A stored value in the member's unit, which stands small and muted behind it; an en dash for none."""
    if value is None:
        return EMPTY
    number_text = units.format_amount(value, stored, int(digits))
    return format_html('{}<span class="unit">{}{}</span>', number_text, NARROW_SPACE, unit(stored))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of static/icons/sprite.svg. With a label the icon speaks, else it is decoration.

    A tag and no component: a page shows dozens, and an included template each was a tenth of its time.
    """
    drawn = format_html('<use href="{}#{}"></use></svg>', static("icons/sprite.svg"), name)
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}">{}', label, drawn)
    return format_html('<svg class="icon" aria-hidden="true">{}', drawn)


@register.filter
def short_day(value: date) -> str:
    """The day within a month's list: "Fr 20." in German, "Fri 20" in English."""
    return formats.date_format(value, "D j." if get_language() == "de" else "D j")
