"""The sheet on which facts are written: numbers and words in the active language, each with its id."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights.providers.base import Fact
from mitai.core.numbers import format_number, round_to


class Sheet:
    """Collects facts in order and gives each its id."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def number(
        self,
        topic: str,
        key: str,
        label: str,
        value: float,
        digits: int,
        unit: str,
        *,
        signed: bool = False,
        n: int | None = None,
        period: str = "",
    ) -> None:
        """A number with its unit, as written and as printed."""
        written = format_number(value, digits, signed=signed)
        self._add(topic, key, label, written, unit, float(round_to(value, digits)), n, period)

    def words(
        self,
        topic: str,
        key: str,
        label: str,
        value: str,
        *,
        unit: str = "",
        number: float | None = None,
        n: int | None = None,
        period: str = "",
    ) -> None:
        """A value in words, a pair, or a count with its noun."""
        self._add(topic, key, label, value, unit, number, n, period)

    def _add(
        self,
        topic: str,
        key: str,
        label: str,
        value: str,
        unit: str,
        number: float | None,
        n: int | None,
        period: str,
    ) -> None:
        text = f"{label}: {value} {unit}".strip() + (f" ({period})" if period else "")
        self.facts.append(
            Fact(f"F{len(self.facts) + 1}", topic, key, label, value, unit, text, number, n, period)
        )


def written_day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def days(count: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def of_the_last(window: int) -> str:
    return _("last %(days)d days") % {"days": window}


def pair(systolic: float, diastolic: float) -> str:
    return f"{format_number(systolic, 0)}/{format_number(diastolic, 0)}"
