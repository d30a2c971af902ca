"""Workers killed at random moments of imports, with and without preview, and of evaluations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from tests.soak import members
from tests.soak.goings import ENDED, Evaluating, Going, Importing, Reference, undisturbed
from tests.soak.house import House, sleep
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs

ANSWERS_WITHIN_S = 1.5
DAYS = 400


T = TypeVar("T", bound=Going)


@dataclass
class Soak:
    """An import and an evaluation, always one of each under way, and what kills them."""

    house: House
    chance: Random
    report: Report
    reference: Reference
    content: bytes
    asker: Member
    started: int = 0

    def new_import(self) -> Importing:
        return Importing(self.house, self.content, preview=self.chance.random() < 0.5)

    def new_evaluation(self) -> Evaluating:
        self.started += 1
        return Evaluating(self.asker, self.started)

    def run(self, rounds: Iterator[int]) -> None:
        importing, evaluating = self.new_import(), self.new_evaluation()
        for number in rounds:
            importing, evaluating = self.under_way(importing, evaluating)
            while not self.moment_comes(evaluating if number % 3 == 2 else importing):
                importing, evaluating = self.under_way(importing, evaluating)
            importing, evaluating = self.under_way(importing, evaluating)
            self.strike(importing, evaluating)
        for going in (importing, evaluating):
            self.finish(going)

    def under_way(self, importing: Importing, evaluating: Evaluating) -> tuple[Importing, Evaluating]:
        return self.next(importing, self.new_import), self.next(evaluating, self.new_evaluation)

    def next(self, going: T, begin: Callable[[], T]) -> T:
        """What is under way; a new one where it has ended, or would not stand another kill."""
        if going.kills < going.most_kills and not going.ended():
            return going
        self.finish(going)
        return begin()

    def finish(self, going: Going) -> None:
        ended = members.tended(self.house, self.report, going.ended)
        members.until(ended, f"a disturbed {going.what} ends")
        going.compare(self.report, self.reference)
        self.report.did(f"{going.what}s compared")

    def moment_comes(self, going: Going) -> bool:
        """Wait for a random moment of a random phase, or of what follows; False where it ended before."""
        wanted = self.chance.choice(going.phases[1:])
        later = self.chance.uniform(0, self.reference.spans[wanted])

        def come() -> bool:
            phase = going.phase()
            return phase == ENDED or going.phases.index(phase) >= going.phases.index(wanted)

        members.until(
            members.tended(self.house, self.report, come), f"the {going.what} is {wanted}, or past it"
        )
        sleep(later)
        return not going.ended()

    def strike(self, *goings: Going) -> None:
        """Kill the whole worker, as with the power, or only what works, as when memory runs out."""
        for going in goings:
            going.kills += 1
            self.report.did(f"kills of an {going.what} while {going.phase()}")
        self.report.did("kills")
        if self.chance.random() < 0.4:
            self.house.kill_children()
        else:
            self.house.kill_crew()
            self.house.hire()
        members.time_passes()
        members.sweep()


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """One kill a round; whatever is killed ends like what was left in peace."""
    content = runs.small_export(DAYS)
    house.llm.script(members.slowly(chance, ANSWERS_WITHIN_S))
    house.staff(1)
    reference = undisturbed(house, content)
    Soak(house, chance, report, reference, content, Member(house, insights=True)).run(rounds)
