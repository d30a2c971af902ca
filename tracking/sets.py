"""Sets of strength training: as people write them, as they are kept, as they are shown.

One exercise a line, its sets behind it, weight before repetitions:

    Bankdrücken w40x10 80x8 80x8@8 77,5x9
    Klimmzüge 12 10 8

`w` marks a warm-up, `@` the effort (RPE), and repetitions alone are without added weight.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from mitai.core import units
from mitai.core.numbers import format_number, parse_decimal
from mitai.core.units import UnitSystem

MOST_SETS, MOST_REPETITIONS, HEAVIEST_KG, HARDEST = 200, 1000, 1000, 10
EXERCISE_LONGEST = 80
NUMBER = r"\d{1,4}(?:[.,]\d{1,3})?"
SET = re.compile(
    rf"(?P<warm>w)?(?:(?P<weight>{NUMBER})(?P<unit>kg|lb)?x)?(?P<reps>\d{{1,4}})(?:@(?P<rpe>{NUMBER}))?",
    re.IGNORECASE,
)
# As people type it: "80 kg × 8" is "80kgx8".
UNIT = re.compile(r"(?<=\d)\s*(kg|lb)s?(?=\s*[x×*])", re.IGNORECASE)
TIMES = re.compile(r"(?<=[\dgb])\s*[x×*]\s*(?=\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Set:
    """Repetitions of an exercise without a pause; `kg` is None without added weight, `rpe` where unsaid."""

    exercise: str
    kg: Decimal | None
    repetitions: int
    warm_up: bool = False
    rpe: Decimal | None = None


class Unreadable(ValueError):
    """A line that is no exercise with sets; `line` counts from 1, `text` is what stands there."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text!r}")
        self.line, self.text = line, text


def read(text: str, system: UnitSystem, shown: Sequence[Set] = ()) -> list[Set]:
    """The sets somebody typed, weights in the units of `system`.

    Lines of the sets that were `shown` are these sets again, whatever writing them in pounds rounded.

    Raises:
        Unreadable: for the first line that is not understood or holds an impossible number.
    """
    known = {write(line, system): line for line in _lines(shown)}
    found = []
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if line:
            found += known.get(line) or _line(number, line, system)
    return found


def _lines(sets: Sequence[Set]) -> list[list[Set]]:
    """The sets that stand on a line: those of one exercise in a row."""
    return [list(found) for _exercise, found in groupby(sets, key=lambda one: one.exercise)]


def _line(number: int, line: str, system: UnitSystem) -> list[Set]:
    words = TIMES.sub("x", UNIT.sub(r"\1", line)).replace(";", " ").split()
    matches: list[re.Match[str]] = []
    while words and (match := SET.fullmatch(words[-1].rstrip(","))):
        matches.insert(0, match)
        words.pop()
    exercise = " ".join(words).rstrip(":,")
    if not exercise or len(exercise) > EXERCISE_LONGEST or not matches:
        raise Unreadable(number, line)
    sets = [_set(exercise, match, system) for match in matches]
    if not all(_possible(one) for one in sets):
        raise Unreadable(number, line)
    return sets


def _set(exercise: str, match: re.Match[str], system: UnitSystem) -> Set:
    weight, rpe = (parse_decimal(match[name]) if match[name] else None for name in ("weight", "rpe"))
    unit = (match["unit"] or system.unit("kg")).lower()
    return Set(
        exercise,
        kg=None if weight is None else units.convert(weight, unit, "kg"),
        repetitions=int(match["reps"]),
        warm_up=bool(match["warm"]),
        rpe=rpe,
    )


def _possible(one: Set) -> bool:
    heavy = one.kg is not None and one.kg > HEAVIEST_KG
    hard = one.rpe is not None and one.rpe > HARDEST
    return 1 <= one.repetitions <= MOST_REPETITIONS and not heavy and not hard


def write(sets: Sequence[Set], system: UnitSystem, *, between: str = "\n") -> str:
    """The sets as `read` takes them; sets of one exercise in a row stand together."""
    return between.join(
        " ".join([line[0].exercise, *(_written(one, system) for one in line)]) for line in _lines(sets)
    )


def _written(one: Set, system: UnitSystem) -> str:
    weight = "" if one.kg is None else f"{_short(system.as_typed(one.kg, 'kg', 1))}×"
    effort = "" if one.rpe is None else f"@{_short(one.rpe)}"
    return f"{'w' if one.warm_up else ''}{weight}{one.repetitions}{effort}"


def _short(number: Decimal) -> str:
    """In the active language, without decimals that say nothing; a thousand is not marked."""
    return format_number(number, max(0, -int(number.normalize().as_tuple().exponent))).replace("\u202f", "")


def kept(sets: Sequence[Set]) -> list[dict[str, Any]]:
    """The sets as the database keeps them."""
    return [
        {
            "exercise": one.exercise,
            "kg": None if one.kg is None else str(one.kg),
            "repetitions": one.repetitions,
            "warm_up": one.warm_up,
            "rpe": None if one.rpe is None else str(one.rpe),
        }
        for one in sets
    ]


def taken(rows: Sequence[Mapping[str, Any]]) -> list[Set]:
    """What `kept` made of them, again."""
    return [
        Set(
            row["exercise"],
            None if row["kg"] is None else Decimal(row["kg"]),
            row["repetitions"],
            row["warm_up"],
            None if row["rpe"] is None else Decimal(row["rpe"]),
        )
        for row in rows
    ]


def volume_kg(sets: Sequence[Set]) -> float | None:
    """Volume load: kilograms times repetitions of the working sets; None without added weight."""
    loads = [float(one.kg) * one.repetitions for one in sets if one.kg is not None and not one.warm_up]
    return sum(loads) if loads else None
