"""A computed number as pages show it: with its sentence, and why it is just this number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.formats import date_format

from mitai.core.units import format_quantity
from tracking.measures import Text

Tone = Literal["good", "watch", "bad", ""]


@dataclass(frozen=True, slots=True)
class Given:
    """One input of a number: what it is, its value in words, and where it comes from."""

    label: Text
    value: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """What a number rests on: its formula, the source of that, its inputs, and the readings behind them.

    `days` days with a value from `first` to `last`; `sources`: where these came from, each with how many.
    """

    formula: Text
    source: Text
    given: Sequence[Given] = ()
    days: int = 0
    first: date | None = None
    last: date | None = None
    sources: str = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit as it is stored, plus or minus `margin` where that is known.

    `text` stands for the number where it is none, `lines` where there are several; without any the sentence
    says what is missing. `word` and `tone` name where it lies, `key` is its own within the topic.
    """

    key: str
    label: Text
    sentence: Text
    value: float | None = None
    unit: str = ""
    digits: int = 0
    margin: float | None = None
    signed: bool = False
    text: str = ""
    lines: Sequence[Given] = ()
    word: Text = ""
    tone: Tone = ""
    reading: Text = ""
    why: Why | None = None

    @property
    def known(self) -> bool:
        """Whether there is something to show beside the sentence."""
        return self.value is not None or bool(self.text or self.lines)


def given(
    label: Text, value: float | None, unit: str, digits: int, *, day: date | None = None, origin: str = ""
) -> Given:
    """An input that is a quantity, an en dash where it is not known, with the day it is of."""
    written = "–" if value is None else format_quantity(value, unit, digits)
    return Given(label, f"{written} ({short(day)})" if day else written, origin)


def short(day: date) -> str:
    """A day in the member's language, as short as it is clear."""
    return date_format(day, "SHORT_DATE_FORMAT")
