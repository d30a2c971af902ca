"""Database and broker restarted, politely and not, while members type, import and have evaluations made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from threading import Event, Thread

from django.db import connection

from tests.factories import today
from tests.rows import as_row
from tests.soak import members
from tests.soak.browsers import Answer
from tests.soak.goings import Evaluating, Going, Importing, Reference, undisturbed
from tests.soak.house import PATIENCE_S, House, sleep
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports.runs import ACTIVE
from tracking.journals.nutrition import Nutrition

DAYS = 300
TYPISTS = 2
DOWN_S = 2.0
MEALS = ("breakfast", "lunch", "dinner", "snack")
PAGES = ("/", "/capture/", "/journal/nutrition/", "/analysis/", "/import/")
ALONE = 5  # the round in which nobody helps: beat wakes the sweepers, leases run out by the clock


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """One outage a round, of the database and of the broker in turn."""
    content = runs.small_export(DAYS)
    house.llm.script(members.slowly(chance, 1.0))
    house.staff(1)
    reference = undisturbed(house, content)
    database = chance.sample([restart_database, crash_database, crash_session], 3)
    broker = chance.sample([restart_broker, forget_broker], 2)
    for number in rounds:
        if number == ALONE:
            house.start_beat()
        outage = broker[number // 2 % 2] if number % 2 else database[number // 2 % 3]
        under_load(house, chance, report, content, reference, outage, helped=number != ALONE)


# Outages ----------------------------------------------------------------------------------------------------
Outage = Callable[[House, float], None]


def restart_database(house: House, down_s: float) -> None:
    house.database.stop()
    sleep(down_s)
    house.database.start()


def crash_database(house: House, down_s: float) -> None:
    house.database.stop_at_once()
    sleep(down_s)
    house.database.start()


def crash_session(house: House, down_s: float) -> None:
    """A single session that dies takes all others with it; the server recovers by itself."""
    house.database.kill_session()
    sleep(down_s)


def restart_broker(house: House, down_s: float) -> None:
    house.broker.stop()
    sleep(down_s)
    house.broker.start()


def forget_broker(house: House, down_s: float) -> None:
    """All messages, sessions in the cache and counts of attempts are gone."""
    house.broker.stop()
    sleep(down_s)
    house.broker.forget()
    house.broker.start()


# Load -------------------------------------------------------------------------------------------------------
@dataclass
class Typist:
    """A member who types meals and looks at pages; what is not taken is sent again, as people do."""

    member: Member
    over: Event
    taken: list[int] = field(default_factory=list)
    away: int = 0
    odd: list[str] = field(default_factory=list)

    def work(self) -> None:
        number = 0
        while not self.over.is_set():
            self.send(number)
            page = PAGES[number % len(PAGES)]
            self.note(f"GET {page}", self.member.browser.get(page))
            number += 1

    def send(self, number: int) -> None:
        """Until it is taken: after the end too, so that nobody has to guess about the last one."""
        day = today() - timedelta(days=number // len(MEALS))
        meal = {"client_id": f"meal{number}", "day": day.isoformat(), "meal": MEALS[number % len(MEALS)]}
        row = as_row("nutrition", {**meal, "energy_kcal": str(100 + number)})
        while True:
            answer = self.member.browser.post("/capture/", row)
            self.note("POST /capture/", answer)
            if answer.taken or not answer.away:
                break
        if answer.taken:
            self.taken.append(100 + number)

    def note(self, what: str, answer: Answer) -> None:
        self.away += answer.away
        if not (answer.taken or answer.away):
            self.odd.append(f"{what}: {answer}")


def under_load(
    house: House,
    chance: Random,
    report: Report,
    content: bytes,
    reference: Reference,
    outage: Outage,
    *,
    helped: bool,
) -> None:
    """An outage while two members type, one waits for an import and an evaluation, and one brings a file."""
    over = Event()
    typists = [Typist(Member(house), over) for _ in range(TYPISTS)]
    going = (
        Importing(house, content, preview=chance.random() < 0.5),
        Evaluating(Member(house, insights=True), 0),
    )
    late = Member(house)
    sent: list[Answer] = []

    def bring() -> None:
        sleep(0.2)  # the outage begins first
        sent.extend(insist(lambda: late.browser.upload(content, client_id="late")))

    threads = [Thread(target=typist.work, daemon=True) for typist in typists]
    for thread in threads:
        thread.start()
    sleep(chance.uniform(0, 3))
    threads.append(Thread(target=bring, daemon=True))
    threads[-1].start()
    # Not in a thread: servers end with the thread that started them.
    outage(house, chance.uniform(0.3, DOWN_S))
    sleep(chance.uniform(0, 1))
    over.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    connection.close()
    report.did(f"{outage.__name__.replace('_', ' ')}, " + ("helped" if helped else "left alone"))
    report.same("answer to the upload during the outage", str(sent[-1]), "302")
    settle(house, going, late, report, helped=helped)
    for one in going:
        one.compare(report, reference)
    report.same("imports brought during the outage", [run.state for run in late.imports()], ["done"])
    report.same("entries of that import", runs.digest(late.user), reference.digest)
    for typist in typists:
        compare_typed(report, typist)


def insist(send: Callable[[], Answer]) -> Iterator[Answer]:
    """The answers to a request that is sent until it is taken, or refused with anything but patience."""
    until = time.monotonic() + PATIENCE_S
    while True:
        answer = send()
        yield answer
        if not answer.away or time.monotonic() > until:
            return
        sleep(0.1)


def settle(house: House, going: Sequence[Going], late: Member, report: Report, *, helped: bool) -> None:
    """Wait for everything under way; with help the leases of whoever lost the database end at once."""

    def ended() -> bool:
        return all(one.ended() for one in going) and all(run.state not in ACTIVE for run in late.imports())

    if helped:
        sleep(3)
        members.time_passes()
    all_ended = members.tended(house, report, ended)
    members.until(all_ended, "all goes on after the outage", sweeping=helped)


def compare_typed(report: Report, typist: Typist) -> None:
    """What was acknowledged is there, once, and nothing else is; no answer was anything but a sentence."""
    report.same("odd answers", typist.odd, [])
    kept = sorted(int(row.energy_kcal) for row in Nutrition.objects.of(typist.member.user))
    report.same("typed meals", kept, sorted(typist.taken))
    report.did("meals typed", len(typist.taken))
    report.did("answers that said in a sentence that something is away", typist.away)
