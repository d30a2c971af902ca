"""What a scenario did and what differed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """`done` counts what happened, `differences` say what was found against what should be, one line each."""

    name: str
    done: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    seconds: int = 0

    def did(self, what: str, times: int = 1) -> None:
        self.done[what] += times

    def same(self, what: str, found: Any, expected: Any) -> None:
        """Note a difference unless both are equal."""
        if found != expected:
            self.differences.append(f"{what}: {_short(found)} instead of {_short(expected)}")

    def holds(self, what: str, condition: bool) -> None:
        """Note a difference unless the sentence is true."""
        if not condition:
            self.differences.append(f"not so: {what}")

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "done": dict(self.done),
            "differences": self.differences,
            "seconds": self.seconds,
        }

    def lines(self) -> list[str]:
        did = ", ".join(f"{times} {what}" for what, times in sorted(self.done.items()) if times)
        return [
            f"{self.name} ({self.seconds} s): {did or 'nothing'}",
            *(f"  DIFFERS {line}" for line in self.differences),
        ]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
