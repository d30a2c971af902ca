"""Which reading counts for which measure of a slot. Pure: no database, the same answer in any order.

The rules, strongest first:

1. The member's hand wins over every import; of several statements by hand about a measure the latest
   wins, and "none" is a statement too.
2. A deletion by hand ends what was said before it and silences every import for good: what the
   member threw away does not come back. Recording again by hand after it makes the row live again.
3. Among imports the member's order of sources decides; where it is silent, the journal's pick: the
   first of the day (`first`), or the latest state of a day total (`latest`: greatest moment, number of
   samples, then value). Ties fall to what the files say, never to the order of the imports.
4. Where a row is one measurement (`whole`), one import speaks for all of it: the upper value of one
   device never stands beside the lower value of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Pick = Literal["first", "latest"]
NOTE = "note"


@dataclass(frozen=True, slots=True)
class Statement:
    """One reading as the rules see it; `by_hand` is the member's own, `origin` names the source in words."""

    id: str
    source: str
    by_hand: bool
    suppressed: bool
    as_of: datetime
    external_id: str
    values: Mapping[str, Any]
    origin: str = ""
    count: int = 1
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The outcome: value and reading by measure, the source most of the row came from; or deleted."""

    values: dict[str, Any] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    source: str | None = None
    leading: str | None = None

    @property
    def live(self) -> bool:
        return bool(self.chosen)


def resolve(
    statements: Iterable[Statement],
    *,
    pick: Pick = "latest",
    order: Mapping[str, Sequence[str]] | None = None,
    whole: bool = False,
) -> Resolved:
    """What a slot says, given everything that was said about it."""
    by_hand, imported = _spoken(statements)
    ranks = order or {}
    names = {name for statement in [*by_hand, *imported] for name in statement.values}
    if whole and imported:
        name = min(names)
        imported = [min(imported, key=lambda s: _key(s, name, ranks.get(name, ()), pick))]
        names = {name for statement in [*by_hand, *imported] for name in statement.values}
    chosen: dict[str, Statement] = {}
    for name in sorted(names):
        candidates = [s for s in by_hand if name in s.values]
        if candidates:
            chosen[name] = candidates[-1]
        else:
            chosen[name] = min(
                (s for s in imported if name in s.values),
                key=lambda s: _key(s, name, ranks.get(name, ()), pick),
            )
    if not chosen:
        return Resolved()
    leading = _leading(chosen)
    return Resolved(
        values={name: statement.values[name] for name, statement in chosen.items()},
        chosen={name: statement.id for name, statement in chosen.items()},
        source=leading.source,
        leading=leading.id,
    )


def _spoken(statements: Iterable[Statement]) -> tuple[list[Statement], list[Statement]]:
    """The statements that are heard: by hand since the last deletion, oldest first, and by imports."""
    everything = list(statements)
    by_hand = sorted((s for s in everything if s.by_hand), key=lambda s: (s.as_of, s.id))
    deletions = [index for index, s in enumerate(by_hand) if s.suppressed]
    if deletions:
        return by_hand[deletions[-1] + 1 :], []
    return by_hand, [s for s in everything if not s.by_hand]


def _key(statement: Statement, name: str, order: Sequence[str], pick: Pick) -> tuple[Any, ...]:
    rank = order.index(statement.source) if statement.source in order else len(order)
    moment = statement.as_of.timestamp()
    if pick == "first":
        weight: tuple[Any, ...] = (moment,)
    else:
        weight = (-moment, -statement.count, -_size(statement.values.get(name)))
    return rank, *weight, statement.origin, statement.external_id, statement.id


def _size(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _leading(chosen: Mapping[str, Statement]) -> Statement:
    """The statement that gave most measures; the member's hand before others, then the newest.

    Who only wrote a note beside an import's values measured none of them.
    """
    measured = {name: statement for name, statement in chosen.items() if name != NOTE} or chosen
    tally: dict[str, int] = {}
    for statement in measured.values():
        tally[statement.id] = tally.get(statement.id, 0) + 1
    return max(
        measured.values(), key=lambda s: (s.by_hand, tally[s.id], s.as_of, s.origin, s.external_id, s.id)
    )
