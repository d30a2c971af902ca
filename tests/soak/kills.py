"""Workers killed at random moments of imports, with and without preview, and of evaluations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from insights.models import Run, Stage
from tests.soak import members
from tests.soak.house import House, sleep
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports.runs import ImportRun

State = ImportRun.State
IMPORT = ("waiting", "reading", "comparing", "writing")
ASKING = ("waiting", "in its first stages", "in its last stage")
ANSWERS_WITHIN_S = 1.5
DAYS = 400


@dataclass
class Reference:
    """What an undisturbed import of the file ends with, and how long each phase of it took here."""

    digest: str
    report: dict[str, object]
    foreseen: dict[str, object]
    records: int
    spans: dict[str, float]


@dataclass
class Journey:
    """A member's import and evaluation, on their way at the same time."""

    member: Member
    run: ImportRun
    asked: Run

    def phases(self) -> tuple[str, str]:
        """Where import and evaluation are; a preview is agreed to on the way."""
        self.run.refresh_from_db()
        if self.run.state == State.PREVIEW:
            self.member.browser.post(f"/import/{self.run.pk}/confirm/", {})
        return phase_of(self.run), asking_of(self.asked)

    def ended(self) -> bool:
        return self.phases() == ("ended", "ended")


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """One kill a round; a journey takes up to two of them, so that every stage keeps one attempt of three."""
    content = runs.small_export(DAYS)
    house.llm.script(members.slowly(chance, ANSWERS_WITHIN_S))
    house.staff(1)
    reference = undisturbed(house, content)
    report.did("undisturbed imports")
    while kills := len(list(islice(rounds, chance.choice([1, 2, 2])))):
        found = begin(house, content, preview=chance.random() < 0.5)
        for _ in range(kills):
            strike(house, found, chance, report, reference.spans)
        members.until(found.ended, "a disturbed import and evaluation end")
        compare(report, found, reference)


def undisturbed(house: House, content: bytes) -> Reference:
    """Import the file with a preview while nobody dies."""
    found = begin(house, content, preview=True)
    spans = dict.fromkeys((*IMPORT, *ASKING), 0.0)
    last = time.monotonic()
    while not found.ended():
        now = time.monotonic()
        for phase in found.phases():
            spans[phase] = spans.get(phase, 0.0) + now - last
        last = now
    run = found.run
    return Reference(runs.digest(found.member.user), run.report, run.foreseen, run.records, spans)


def begin(house: House, content: bytes, *, preview: bool) -> Journey:
    member = Member(house, insights=True)
    sent = member.browser.upload(content, client_id="soak", preview=preview)
    asked = member.browser.post("/analysis/start/", {"client_id": "soak"})
    return Journey(member, members.run_at(sent.location), members.evaluation_at(asked.location))


def strike(house: House, found: Journey, chance: Random, report: Report, spans: dict[str, float]) -> None:
    """Kill at a random moment, and let the sweepers see to what was held."""
    wait_for_a_moment(found, chance, spans)
    importing, asking = found.phases()
    report.did("kills")
    report.did(f"while the import was {importing}")
    report.did(f"while the evaluation was {asking}")
    kill(house, chance)
    members.time_passes()
    members.sweep()


def wait_for_a_moment(found: Journey, chance: Random, spans: dict[str, float]) -> None:
    """A random moment of a random phase, or of what comes after it."""
    course = chance.choice([IMPORT, IMPORT, ASKING])
    wanted = chance.choice(course[1:])
    later = chance.uniform(0, spans[wanted])

    def come() -> bool:
        at = found.phases()[course is ASKING]
        return at not in course or course.index(at) >= course.index(wanted)

    members.until(come, f"it is {wanted}, or past it")
    sleep(later)


def kill(house: House, chance: Random) -> None:
    """The whole worker, as with the power; or only what works, as when memory runs out."""
    if chance.random() < 0.4:
        house.kill_children()
        return
    house.kill_crew()
    house.hire()


def compare(report: Report, found: Journey, reference: Reference) -> None:
    run, asked = found.run, found.asked
    run.refresh_from_db()
    asked.refresh_from_db()
    name = f"import {run.pk}"
    report.same(f"{name} ends", (run.state, run.error_code), (State.DONE, ""))
    report.same(f"records of {name}", run.records, reference.records)
    report.same(f"report of {name}", run.report, reference.report)
    if run.foreseen:
        report.same(f"preview of {name}", run.foreseen, reference.foreseen)
    report.same(f"entries of {name}", runs.digest(found.member.user), reference.digest)
    report.same(f"evaluation {asked.pk} ends", asked.state, Run.State.DONE)
    report.same(f"answers of {asked.pk}", members.answers_of(asked), members.ANSWERS)
    report.did("imports and evaluations compared", 1)


def phase_of(run: ImportRun) -> str:
    if run.state == State.READING:
        return "comparing" if run.records else "reading"
    return {State.QUEUED: "waiting", State.PREVIEW: "waiting", State.WRITING: "writing"}.get(
        State(run.state), "ended"
    )


def asking_of(asked: Run) -> str:
    states = dict(Stage.objects.filter(run=asked).values_list("number", "state"))
    if states[3] == "running":
        return "in its last stage"
    if "running" in states.values():
        return "in its first stages"
    asked.refresh_from_db()
    return "waiting" if asked.active else "ended"
