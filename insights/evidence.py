"""Every number in an answer against the numbers that were sent.

A figure is tied to a fact when the fact's line holds the same number at the precision the answer
prints, with the same unit where both name one and the same sign where the answer prints one.
What a model computed itself is therefore not tied, even when it is right: nobody checked it.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import accumulate

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from insights.figures import Day, Number, scan
from insights.providers.base import Fact

REFERENCES = re.compile(r"\bF\d{1,3}\b")
# Rounding to fewer digits than the fact has may not move the value further than this share of it:
# 2,264 for 2,264.3 is the same figure, 2 for 1.6 is not.
ROUNDING = Decimal("0.125")


@dataclass(frozen=True)
class Figure:
    """One number or date in a text, `text == answer[start:end]`; the fact that proves it, or None."""

    text: str
    start: int
    end: int
    fact_id: str | None


@dataclass(frozen=True)
class Evidence:
    """All figures of an answer in their order."""

    figures: tuple[Figure, ...]

    @property
    def unproven(self) -> tuple[Figure, ...]:
        return tuple(figure for figure in self.figures if figure.fact_id is None)


def check(text: str, facts: Iterable[Fact], language: str) -> Evidence:
    """Every figure of `text` (plain or Markdown, written in `language`) with the fact that proves it."""
    index = Index(facts, language)
    figures = [
        Figure(text[item.start : item.end], item.start, item.end, index.proof(item))
        for item in scan(text, language)
    ]
    return Evidence(tuple(figures))


def mark(rendered: str, facts: Iterable[Fact], language: str) -> SafeString:
    """`rendered` (HTML that our sanitiser made) with every unproven figure in `<mark class="unproven">`.

    Works on the text as it is seen, so a figure spread over emphasis or written as an entity is found
    too; a list's own numbers are not in that text.
    """
    seen = Seen(rendered)
    unproven = check(seen.text, facts, language).unproven
    return mark_safe(seen.wrapped([(figure.start, figure.end) for figure in unproven]))  # noqa: S308  # nosec B308 B703


def link(rendered: str, facts: Iterable[Fact]) -> SafeString:
    """`rendered` (safe HTML) with references to facts, as in "(F3)", linked to the page's list of facts."""
    known = {fact.id: fact.text for fact in facts}

    def linked(match: re.Match[str]) -> str:
        fact = match[0]
        return (
            format_html('<a class="evidence" href="#{0}" title="{1}">{0}</a>', fact, known[fact])
            if fact in known
            else fact
        )

    pieces = re.split(r"(<[^>]*>)", rendered)
    pieces[::2] = [REFERENCES.sub(linked, piece) for piece in pieces[::2]]
    return mark_safe("".join(pieces))  # noqa: S308  # nosec B308 B703


class Index:
    """What the facts' lines hold, ready to be asked."""

    def __init__(self, facts: Iterable[Fact], language: str) -> None:
        self._numbers: dict[Decimal, list[tuple[Number, str]]] = {}
        self._days: list[tuple[Day, str]] = []
        lines = list(facts)
        ends = list(accumulate(len(fact.text) + 1 for fact in lines))
        for item in scan("\n".join(fact.text for fact in lines), language):
            fact = lines[bisect_right(ends, item.start)]
            if isinstance(item, Day):
                self._days.append((item, fact.id))
                continue
            for value in roundings(item):
                self._numbers.setdefault(value, []).append((item, fact.id))

    def proof(self, item: Number | Day) -> str | None:
        if isinstance(item, Day):
            return next((fact for day, fact in self._days if item.covers(day)), None)
        return next((fact for known, fact in self._numbers.get(item.value, ()) if agrees(item, known)), None)


def roundings(number: Number) -> set[Decimal]:
    """The value as printed, and as it may be printed with fewer decimals."""
    values = {number.value}
    for decimals in range(number.decimals):
        for way in (ROUND_HALF_UP, ROUND_HALF_EVEN):
            rounded = number.value.quantize(Decimal(1).scaleb(-decimals), way)
            if abs(rounded - number.value) <= ROUNDING * number.value:
                values.add(rounded)
    return values


def agrees(printed: Number, known: Number) -> bool:
    """Whether a printed number of the same rounded value means the known one."""
    if printed.value != known.value and printed.decimals >= known.decimals:
        return False
    if printed.sign and printed.sign != (known.sign or 1):
        return False
    return not (printed.unit and known.unit and printed.unit != known.unit)


class Seen:
    """The text of sanitised HTML as a reader sees it, with the way back to the markup."""

    INLINE = ("strong", "em", "del", "code")

    def __init__(self, rendered: str) -> None:
        self._pieces: list[str] = re.split(r"(<[^>]*>)", rendered)
        self._read: dict[int, str] = {}  # the text of each text piece
        self._starts: list[int] = []  # where each text piece begins in `text`
        self._texts: list[int] = []  # which piece that is
        parts: list[str] = []
        length = 0
        for place, piece in enumerate(self._pieces):
            part = self._part(place, piece)
            if place % 2 == 0 and part:
                self._starts.append(length)
                self._texts.append(place)
            parts.append(part)
            length += len(part)
        self.text = "".join(parts)

    def _part(self, place: int, piece: str) -> str:
        if place % 2 == 0:
            self._read[place] = html.unescape(piece)
            return self._read[place]
        return "" if piece.strip("</> ").lower() in self.INLINE else "\n"

    def wrapped(self, spans: list[tuple[int, int]]) -> str:
        """The markup with the spans (of `text`, ascending) marked; all text is escaped anew."""
        cuts: dict[int, list[tuple[int, int]]] = {}
        for start, end in spans:
            for index in range(max(0, bisect_right(self._starts, start) - 1), len(self._starts)):
                begins = self._starts[index]
                if begins >= end:
                    break
                ends = begins + len(self._read[self._texts[index]])
                if start < ends:
                    cuts.setdefault(self._texts[index], []).append(
                        (max(start, begins) - begins, min(end, ends) - begins)
                    )
        return "".join(
            self._marked(place, cuts[place]) if place in cuts else piece
            for place, piece in enumerate(self._pieces)
        )

    def _marked(self, place: int, spans: list[tuple[int, int]]) -> str:
        text, done, parts = self._read[place], 0, []
        for start, end in spans:
            parts += [html.escape(text[done:start], quote=False), unproven(text[start:end])]
            done = end
        return "".join([*parts, html.escape(text[done:], quote=False)])


def unproven(text: str) -> SafeString:
    return format_html(
        '<mark class="unproven" title="{}">{}</mark>', _("Not among the numbers that were sent"), text
    )
