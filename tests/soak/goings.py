"""What a worker does for a member, followed from outside: an import, an evaluation."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from insights.models import Run, Stage
from tests.soak import members
from tests.soak.house import House
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports.runs import ImportRun

State = ImportRun.State
ENDED = "ended"


@dataclass
class Reference:
    """What an undisturbed import of the file ends with, and how long each phase takes here."""

    digest: str
    report: dict[str, object]
    foreseen: dict[str, object]
    records: int
    spans: dict[str, float]


class Going(ABC):
    """Something a worker does, whose worker is killed so often that one attempt is always left."""

    what: ClassVar[str]
    phases: ClassVar[tuple[str, ...]]
    most_kills: ClassVar[int]
    kills = 0

    @abstractmethod
    def phase(self) -> str:
        """One of `phases`, or ENDED."""

    @abstractmethod
    def compare(self, report: Report, reference: Reference) -> None:
        """Note what differs from the undisturbed one, now that it has ended."""

    def ended(self) -> bool:
        return self.phase() == ENDED


class Importing(Going):
    """A member's import, half of them with a preview that is looked at and agreed to on the way."""

    what = "import"
    phases = ("waiting", "reading", "comparing", "writing")
    most_kills = 3

    def __init__(self, house: House, content: bytes, *, preview: bool) -> None:
        self.member = Member(house)
        sent = self.member.browser.upload(content, client_id="soak", preview=preview)
        self.run = members.run_at(sent.location)
        self.foreseen: dict[str, object] = {}

    def phase(self) -> str:
        self.run.refresh_from_db()
        if self.run.state == State.PREVIEW:
            self.foreseen = self.run.foreseen
            self.member.browser.post(f"/import/{self.run.pk}/confirm/", {})
        if self.run.state == State.READING:
            return "comparing" if self.run.records else "reading"
        waiting = {State.QUEUED: "waiting", State.PREVIEW: "waiting", State.WRITING: "writing"}
        return waiting.get(State(self.run.state), ENDED)

    def compare(self, report: Report, reference: Reference) -> None:
        run, name = self.run, f"import {self.run.pk}"
        report.same(f"{name} ends", (run.state, run.error_code), (State.DONE, ""))
        report.same(f"records of {name}", run.records, reference.records)
        report.same(f"report of {name}", run.report, reference.report)
        if self.foreseen:
            report.same(f"preview of {name}", self.foreseen, reference.foreseen)
            report.did("previews compared")
        report.same(f"entries of {name}", runs.digest(self.member.user), reference.digest)


class Evaluating(Going):
    """A member's evaluation in three stages."""

    what = "evaluation"
    phases = ("waiting", "asking first", "asking last")
    most_kills = 2  # a stage has three attempts

    def __init__(self, member: Member, number: int) -> None:
        started = member.browser.post("/analysis/start/", {"client_id": f"soak{number}"})
        self.run = members.evaluation_at(started.location)

    def phase(self) -> str:
        states = dict(Stage.objects.filter(run=self.run).values_list("number", "state"))
        if states[3] == "running":
            return "asking last"
        if "running" in states.values():
            return "asking first"
        self.run.refresh_from_db()
        return "waiting" if self.run.active else ENDED

    def compare(self, report: Report, reference: Reference) -> None:
        report.same(f"evaluation {self.run.pk} ends", self.run.state, Run.State.DONE)
        report.same(f"answers of {self.run.pk}", members.answers_of(self.run), members.ANSWERS)


def undisturbed(house: House, content: bytes) -> Reference:
    """Import the file with a preview, and evaluate, while nothing happens."""
    importing, evaluating = (
        Importing(house, content, preview=True),
        Evaluating(Member(house, insights=True), 0),
    )
    spans = dict.fromkeys((*Importing.phases, *Evaluating.phases, ENDED), 0.0)
    last = time.monotonic()

    def ended() -> bool:
        nonlocal last
        phases = importing.phase(), evaluating.phase()
        now = time.monotonic()
        for phase in phases:
            spans[phase] += now - last
        last = now
        return phases == (ENDED, ENDED)

    members.until(ended, "an undisturbed import and evaluation end")
    run = importing.run
    digest = runs.digest(importing.member.user)
    return Reference(digest, run.report, importing.foreseen, run.records, spans)
