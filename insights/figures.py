"""Numbers, units and dates in a text, German or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

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
WORD = r"[^\W\d_]{3,9}"
# Two patterns, because a rejected "Wert 14" must not hide the "14. Mai" in "Wert 14. Mai".
DAY_FIRST = re.compile(
    r"(?<!\d)(?:(?P<iso>\d{4}-\d{2}-\d{2})(?!\d)"
    r"|(?P<d>[1-9]\d?|0[1-9])"
    r"(?:\.\s?(?P<m>\d{1,2})\.(?:\s?(?P<y>\d{4}|\d{2})(?!\d))?(?!\d)"
    rf"|\.?\s(?P<name>{WORD})\b\.?(?:\s(?P<y2>\d{{4}})(?!\d))?))"
)
MONTH_FIRST = re.compile(
    rf"\b(?P<name>{WORD})\.?\s"
    r"(?:(?P<y2>\d{4})(?!\d)|(?P<d>[1-9]\d?|0[1-9])(?!\d)(?:st|nd|rd|th)?(?:,?\s(?P<y>\d{4})(?!\d))?)"
)

MASK = "\x00"
SPACES = "\u00a0\u2007\u2009\u202f"  # those that group thousands; a plain space separates numbers
NUMBERS = re.compile(
    rf"(?P<sign>(?<![\w.,)\]])[+\-\u2212\u2013](?=\d))?"
    rf"(?P<digits>(?<!\d)\d+(?:[{SPACES}']\d{{3}}(?!\d))*(?:[.,]\d+)*(?:[eE][+\-]?\d+)?)|(?P<fraction>[¼½¾⅓⅔])"
)
MARKERS = re.compile(r"(?m)^[ \t]*(?:#+[ \t]*)?(\d{1,2})[.)](?=\s)")  # of lists, and of numbered headings
NAMES = re.compile(r"\b[A-Z]{1,2}\d{1,3}\b")  # B12, CO2, and F3 for a fact
GROUPS = re.compile(rf"[{SPACES}']")
PLAIN = re.compile(r"\d+(?:[.,]\d+)?(?:[eE][+\-]?\d{1,2})?")
GROUPED = {
    "de": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?"),
    "en": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"),
}

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


def scan(text: str, language: str) -> Iterator[Number | Day]:
    """Dates and numbers in their order, without the markers of lists and headings."""
    text = masked(text, [*markers(text), *(match.span() for match in NAMES.finditer(text))])
    days = read_days(text, language)
    text = masked(text, [(day.start, day.end) for day in days])
    numbers = [number for match in NUMBERS.finditer(text) for number in read_numbers(text, match, language)]
    found: list[Number | Day] = [*days, *numbers]
    return iter(sorted(found, key=lambda item: item.start))


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text, as long as before, with the spans out of sight; what they do not cover is still read."""
    for start, end in spans:
        text = text[:start] + MASK * (end - start) + text[end:]
    return text


def markers(text: str) -> Iterator[tuple[int, int]]:
    """Where lists and headings count: from 1 and on by one. A line that begins with `82.` does not."""
    last = 0
    for match in MARKERS.finditer(text):
        if int(match[1]) in (1, last + 1):
            last = int(match[1])
            yield match.span()


def read_days(text: str, language: str) -> list[Day]:
    """The dates of a text. `Mai 25` is one in English only, `Mai 2025` in German too."""
    found = [day for match in DAY_FIRST.finditer(text) if (day := read_day(match, language))]
    text = masked(text, [(day.start, day.end) for day in found])
    for match in MONTH_FIRST.finditer(text):
        if (match["d"] is None or language == "en") and (day := read_day(match, language)):
            found.append(day)
    return found


def read_day(match: re.Match[str], language: str) -> Day | None:
    """The date of a match, None when the calendar or the language has no such day (its digits are numbers).

    `12.5.` is a day in German and the end of a sentence in English.
    """
    groups = match.groupdict()
    if groups.get("iso"):
        year, month, day = (int(part) for part in groups["iso"].split("-"))
    else:
        if groups.get("m") and not groups["y"] and language == "en":
            return None
        name = groups["name"]
        month = MONTHS.get(name.lower(), 0) if name else int(groups["m"])
        day, year = int(groups["d"] or 0), int(groups["y"] or groups["y2"] or 0)
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
    plain = GROUPS.sub("", digits)
    if GROUPED[language].fullmatch(plain):
        mark, group = (",", ".") if language == "de" else (".", ",")
        return plain.replace(group, "").replace(mark, ".")
    if PLAIN.fullmatch(plain):
        return plain.replace(",", ".")
    return None
