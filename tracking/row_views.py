"""What pages show of an entry: its values in words and numbers, its picture, its assessment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from mitai.core import units
from tracking.measures import Text


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a row: its file once it is ready, what it shows, and the problem where it failed."""

    file: UUID
    ready: bool
    width: int
    height: int
    alt: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A further page of a journal; `urgent` says what asks for attention there."""

    label: Text
    route: str
    icon: str
    urgent: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """One rule of an assessment in words: what is wanted, what is there, and the verdict."""

    label: Text
    wanted: str
    actual: str
    verdict: Text
    tone: Literal["good", "watch", ""]


@dataclass(frozen=True, slots=True)
class Assessment:
    """An entry held against what it should be: the grade, what it rests on, and every rule by itself."""

    grade: Text
    tone: Literal["good", "watch", ""]
    basis: str
    ratings: Sequence[Rating]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a row: a stored one in its stored unit, or a text whose unit is the shown one."""

    label: str
    value: Any
    unit: str
    digits: int
    text: str

    @property
    def is_number(self) -> bool:
        """Whether it is a quantity or a rating, and no word that explains itself."""
        return not self.text or self.text.isdigit()

    @property
    def plain(self) -> str:
        """The value and its unit as plain text."""
        if self.text:
            return self.text
        amount = units.format_amount(self.value, self.unit, self.digits)
        return f"{amount} {units.active().unit(self.unit)}".strip()


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: its values in order, the main ones first; `mark` is what there is to say about it.

    `computed` are numbers that follow from it beside the main ones; `explained`: whether any number does.
    `lacking` says what is missing of numbers that would follow from it, `assessment` how it compares with
    what it should be.
    """

    id: UUID
    day: date
    time: datetime | None
    main: tuple[Part, ...]
    more: tuple[Part, ...]
    computed: tuple[Part, ...]
    explained: bool
    note: str
    origin: str
    mark: Text = ""
    lacking: str = ""
    assessment: Assessment | None = None
    picture: Picture | None = None

    @property
    def labelled(self) -> bool:
        """Whether its main numbers need their names: there are several of them."""
        return sum(part.is_number for part in self.main) > 1

    @property
    def brief(self) -> str:
        """The main values in a few plain words, in the reader's language and units."""
        return " · ".join(part.plain for part in self.main)


@dataclass(frozen=True, slots=True)
class MonthView:
    """The rows of one month, newest first, and the months beside it that hold rows ("2026-10")."""

    month: date
    rows: tuple[RowView, ...]
    earlier: str
    later: str

    @property
    def empty(self) -> bool:
        """Whether the journal holds nothing at all."""
        return not (self.rows or self.earlier or self.later)
