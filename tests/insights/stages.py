"""What a language model on loopback can tell about the stage it is asked for."""

from __future__ import annotations

from tests import llm_server
from tests.llm_server import Behaviour, Handler

# What only the prompt of a stage says.
WORDS = {1: "Werte den Gewichtsverlauf aus", 2: "Werte die Ernährung aus", 3: "zu einer Gesamtauswertung"}


def stage_of(handler: Handler) -> int:
    asked = handler.body["messages"][1]["content"]
    return next(number for number, words in WORDS.items() if words in asked)


def by_stage(special: int, behaviour: Behaviour) -> Behaviour:
    """`behaviour` for one stage, an answer for the others."""
    return lambda handler: (behaviour if stage_of(handler) == special else llm_server.ok())(handler)
