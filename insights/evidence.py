"""Every number in an answer against the numbers that were sent.

A figure is tied to a fact when the fact's line holds the same number at the precision the answer
prints, with the same unit where both name one and the same sign where the answer prints one.
What a model computed itself is therefore not tied, even when it is right: nobody checked it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from insights.providers.base import Fact

MONTHS = {
    name: number
    for names, number in (
        ("januar january jan jän jänner", 1),
        ("februar february feb", 2),
        ("märz march mär mar", 3),
        ("april apr", 4),
        ("mai may", 5),
        ("juni june jun", 6),
        ("juli july jul", 7),
        ("august aug", 8),
        ("september sep sept", 9),
        ("oktober october okt oct", 10),
        ("november nov", 11),
        ("dezember december dez dec", 12),
    )
    for name in names.split()
}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DATES = re.compile(
    rf"(?<!\d)(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?!\d)"
    rf"|(?<!\d)(?P<d>[1-9]\d?|0[1-9])\.\s?(?P<m>\d{{1,2}})\.(?:\s?(?P<y>\d{{4}}|\d{{2}})(?!\d))?(?!\d)"
    rf"|(?<!\d)(?P<d2>[1-9]\d?|0[1-9])\.?\s(?P<m2>{MONTH})\b\.?(?:\s(?P<y2>\d{{4}})(?!\d))?"
    rf"|\b(?P<m3>{MONTH})\b\.?\s(?P<d3>[1-9]\d?|0[1-9])(?!\d)(?:st|nd|rd|th)?(?:,?\s(?P<y3>\d{{4}})(?!\d))?"
    rf"|\b(?P<m4>{MONTH})\b\.?\s(?P<y4>\d{{4}})(?!\d)",
    re.IGNORECASE,
)

MASK = "\x00"
SPACES = "\u00a0\u2007\u2009\u202f"  # those that group thousands; a plain space separates numbers
NUMBERS = re.compile(
    rf"(?P<sign>(?<![\w.,)\]])[+\-\u2212\u2013](?=\d))?"
    rf"(?P<digits>(?<!\d)\d+(?:[{SPACES}']\d{{3}}(?!\d))*(?:[.,]\d+)*(?:[eE][+\-]?\d+)?)|(?P<fraction>[¼½¾⅓⅔])"
)
MARKERS = re.compile(r"(?m)^[ \t]*(?:#+[ \t]*)?(\d{1,2})[.)](?=\s)")  # of lists, and of numbered headings
NAMES = re.compile(r"\b[A-Z]{1,2}\d{1,3}\b")  # B12, CO2, and F3 for a fact
REFERENCES = re.compile(r"\bF\d{1,3}\b")

UNITS = {
    "kg/woche": "kg/week",
    "kg/week": "kg/week",
    "kg/wk": "kg/week",
    "kg pro woche": "kg/week",
    "kg in der woche": "kg/week",
    "kg je woche": "kg/week",
    "kg per week": "kg/week",
    "kg a week": "kg/week",
    "g/kg": "g/kg",
    "g protein/kg": "g/kg",
    "g pro kg": "g/kg",
    "g je kg": "g/kg",
    "g per kg": "g/kg",
    "kg/m²": "kg/m2",
    "kilogramm": "kg",
    "kilogram": "kg",
    "kilograms": "kg",
    "kilos": "kg",
    "kilo": "kg",
    "kg": "kg",
    "kilokalorien": "kcal",
    "kalorien": "kcal",
    "calories": "kcal",
    "kcal": "kcal",
    "mmhg": "mmhg",
    "gramm": "g",
    "grams": "g",
    "g": "g",
    "prozent": "%",
    "percent": "%",
    "%": "%",
    "zentimeter": "cm",
    "centimetres": "cm",
    "cm": "cm",
    "liter": "l",
    "litres": "l",
    "ml": "ml",
    "l": "l",
    "tagen": "d",
    "tage": "d",
    "tag": "d",
    "days": "d",
    "day": "d",
    "wochen": "w",
    "woche": "w",
    "weeks": "w",
    "week": "w",
    "jahren": "y",
    "jahre": "y",
    "years": "y",
}
UNIT = re.compile(
    rf"[\s{SPACES}\-]?({'|'.join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))})(?!\w)",
    re.IGNORECASE,
)
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


@dataclass(frozen=True)
class Number:
    """A number as printed: its absolute value, decimals, sign (0 where none is printed) and unit."""

    start: int
    end: int
    value: Decimal
    decimals: int
    sign: int
    unit: str


@dataclass(frozen=True)
class Day:
    """A date as printed; day or year is 0 where the text names none."""

    start: int
    end: int
    day: int
    month: int
    year: int

    def covers(self, other: Day) -> bool:
        """Whether `other` says at least what this one says."""
        return self.month == other.month and self.day in (0, other.day) and self.year in (0, other.year)


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
        for fact in facts:
            for item in scan(fact.text, language):
                if isinstance(item, Day):
                    self._days.append((item, fact.id))
                else:
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


def scan(text: str, language: str) -> Iterator[Number | Day]:
    """Dates and numbers in their order, without the markers of lists and headings."""
    text = masked(text, [*markers(text), *(match.span() for match in NAMES.finditer(text))])
    days = [day for match in DATES.finditer(text) if (day := read_day(match, language))]
    text = masked(text, [(day.start, day.end) for day in days])
    numbers = [number for match in NUMBERS.finditer(text) for number in read_numbers(text, match, language)]
    found: list[Number | Day] = [*days, *numbers]
    return iter(sorted(found, key=lambda item: item.start))


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text, as long as before, with the spans out of sight; what they do not cover is still read."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = MASK * (end - start)
    return "".join(letters)


def markers(text: str) -> Iterator[tuple[int, int]]:
    """Where lists and headings count: from 1 and on by one. A line that begins with `82.` does not."""
    last = 0
    for match in MARKERS.finditer(text):
        if int(match[1]) in (1, last + 1):
            last = int(match[1])
            yield match.span()


def read_day(match: re.Match[str], language: str) -> Day | None:
    """The date of a match, None when the calendar or the language has no such day (its digits are numbers).

    `12.5.` is a day in German and the end of a sentence in English; `Mai 25` is one in English only.
    """
    groups = match.groupdict()
    german = language.startswith("de")
    if (groups["m"] and not groups["y"] and not german) or (groups["m3"] and german):
        return None
    if groups["iso"]:
        year, month, day = (int(part) for part in groups["iso"].split("-"))
    else:
        day = int(groups["d"] or groups["d2"] or groups["d3"] or 0)
        name = groups["m2"] or groups["m3"] or groups["m4"]
        month = MONTHS[name.lower()] if name else int(groups["m"])
        year = int(groups["y"] or groups["y2"] or groups["y3"] or groups["y4"] or 0)
    year += 2000 if 0 < year < 100 else 0
    try:
        date(year or 2000, month, day or 1)
    except ValueError:
        return None
    return Day(*match.span(), day, month, year)


def read_numbers(text: str, match: re.Match[str], language: str) -> Iterator[Number]:
    """The number of a match, or its parts where the marks make no one number (`82,4,5`, `1.2.3`)."""
    if match["fraction"]:
        yield Number(*match.span(), Decimal(str(unicodedata.numeric(match["fraction"]))), 2, 0, "")
        return
    unit = UNIT.match(text, match.end())
    name = UNITS[unit[1].lower()] if unit else ""
    sign = 0 if not match["sign"] else 1 if match["sign"] == "+" else -1
    plain = canonical(match["digits"], language)
    if plain is not None:
        value = Decimal(plain)
        exponent = value.as_tuple().exponent
        yield Number(*match.span(), value, max(0, -int(exponent)), sign, name)
        return
    for part in re.finditer(r"\d+", match["digits"]):
        start = match.start("digits") + part.start()
        yield Number(start, start + len(part[0]), Decimal(part[0]), 0, 0, "")


def canonical(digits: str, language: str) -> str | None:
    """Digits with a point as decimal mark, as the language groups them; None when they are no one number."""
    mark, group = (",", ".") if language.startswith("de") else (".", ",")
    plain = re.sub(rf"[{SPACES}']", "", digits)
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(mark)}\d+)?", plain):
        return plain.replace(group, "").replace(mark, ".")
    if re.fullmatch(r"\d+(?:[.,]\d+)?(?:[eE][+\-]?\d{1,2})?", plain):
        return plain.replace(",", ".")
    return None


class Seen:
    """The text of sanitised HTML as a reader sees it, with the way back to the markup."""

    INLINE = ("strong", "em", "del", "code")

    def __init__(self, rendered: str) -> None:
        self._pieces: list[str] = re.split(r"(<[^>]*>)", rendered)
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
            return html.unescape(piece)
        return "" if piece.strip("</> ").lower() in self.INLINE else "\n"

    def wrapped(self, spans: list[tuple[int, int]]) -> str:
        """The markup with the spans (of `text`, ascending) marked; all text is escaped anew."""
        cuts: dict[int, list[tuple[int, int]]] = {}
        for start, end in spans:
            for index in range(max(0, bisect_right(self._starts, start) - 1), len(self._starts)):
                begins = self._starts[index]
                if begins >= end:
                    break
                ends = begins + len(html.unescape(self._pieces[self._texts[index]]))
                if start < ends:
                    cuts.setdefault(self._texts[index], []).append(
                        (max(start, begins) - begins, min(end, ends) - begins)
                    )
        return "".join(
            self._marked(piece, cuts[place]) if place in cuts else piece
            for place, piece in enumerate(self._pieces)
        )

    def _marked(self, piece: str, spans: list[tuple[int, int]]) -> str:
        text, done, parts = html.unescape(piece), 0, []
        for start, end in spans:
            parts += [html.escape(text[done:start], quote=False), unproven(text[start:end])]
            done = end
        return "".join([*parts, html.escape(text[done:], quote=False)])


def unproven(text: str) -> SafeString:
    return format_html(
        '<mark class="unproven" title="{}">{}</mark>', _("Not among the numbers that were sent"), text
    )
