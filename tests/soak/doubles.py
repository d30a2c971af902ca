"""The same thing twice, and at the same time: tasks, forms, files, the last part of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from random import Random

from django.contrib.sessions.models import Session
from django.utils import timezone

from insights.models import Stage
from mitai.celery import app
from tests.factories import today
from tests.rows import as_row
from tests.soak import members
from tests.soak.browsers import Answer, at_once
from tests.soak.house import House
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports import files
from tracking.imports.runs import ImportRun
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight
from tracking.readings import Reading

State = ImportRun.State
DAYS = 40
TIMES = 3
PURGES = ["sessions.purge", "entries.purge", "imports.purge", "imports.sweep", "insights.sweep"]


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """Each round doubles everything once, for a member of its own."""
    house.llm.script(members.slowly(chance, 0.5))
    house.staff(2)
    for number in rounds:
        content = runs.small_export(DAYS, seed=chance.randrange(1000))
        tasks(house, report, content)
        typed(house, report)
        uploads(house, report, content, chance)
        decisions(house, report, content)
        purges(report, number)


def again(name: str, *arguments: object) -> None:
    """Deliver a task more often than once; with two workers also at once."""
    for _ in range(TIMES):
        app.send_task(name, arguments)


def tasks(house: House, report: Report, content: bytes) -> None:
    member, alone, curious = Member(house), Member(house), Member(house, insights=True)
    expected = members.bring(alone, content)
    run = members.run_at(member.browser.upload(content, client_id="task", preview=True).location)
    asked = members.evaluation_at(curious.browser.post("/analysis/start/", {"client_id": "task"}).location)

    def deliver() -> None:
        again("imports.run", str(run.pk))
        for stage in (1, 2, 3):
            again("insights.run_stage", str(asked.pk), stage)

    def state_is(*states: str) -> Callable[[], bool]:
        return lambda: ImportRun.objects.get(pk=run.pk).state in states

    deliver()
    members.until(state_is(State.PREVIEW, State.FAILED), "the preview is there")
    member.browser.post(f"/import/{run.pk}/confirm/", {})
    deliver()
    members.until(state_is(State.DONE, State.FAILED), "the import ends")
    members.until(lambda: not members.evaluation_at(str(asked.pk)).active, "the evaluation ends")
    deliver()
    again("imports.sweep")
    again("insights.sweep")
    run.refresh_from_db()
    report.did("tasks delivered several times", 6)
    report.same("workers that took the import", run.attempt, 2)  # to compare, and to write
    report.same("report", runs.counts(run), runs.counts(expected))
    report.same("entries of one import", runs.digest(member.user), runs.digest(alone.user))
    report.same("answers", members.answers_of(asked), members.ANSWERS)
    attempts = Stage.objects.filter(run=asked).order_by("number").values_list("attempt", flat=True)
    report.same("attempts of the stages", list(attempts), [1, 1, 1])


def together(
    report: Report, what: str, call: Callable[[], Answer], allowed: set[str] | None = None
) -> list[Answer]:
    """The same request several times at once; all are answered alike, or refused as expected."""
    answers = at_once([call] * TIMES)
    report.did(f"times the same {what}", TIMES)
    statuses = Counter(str(answer) for answer in answers if not answer.taken)
    report.same(f"answers to {what}", set(statuses) - (allowed or set()), set())
    report.holds(f"one {what} was taken", any(answer.taken for answer in answers))
    return answers


def typed(house: House, report: Report) -> None:
    """Entries recorded, edited, deleted and brought back by forms that were sent several times at once."""
    member = Member(house)
    browser = member.browser
    day = (today() - timedelta(days=1)).isoformat()
    meal = {"client_id": "meal", "meal": "lunch", "energy_kcal": "612", "day": day}
    together(report, "meal", lambda: browser.post("/capture/", as_row("nutrition", meal)))
    weight = {"client_id": "weight", "weight_kg": "82,4", "day": day}
    together(report, "weight", lambda: browser.post("/capture/", as_row("weight", weight)))
    row = Nutrition.objects.of(member.user).get()
    place = f"/journal/nutrition/{row.pk}"
    edited = {"meal": "lunch", "energy_kcal": "640", "day": day, "version": str(row.changed)}
    together(report, "edit", lambda: browser.post(f"{place}/edit/", edited), {"422"})
    together(report, "deletion", lambda: browser.post(f"{place}/delete/", {}))
    report.same("meals after the deletion", Nutrition.objects.of(member.user).count(), 0)
    together(report, "return of a deleted row", lambda: browser.post(f"{place}/restore/", {}), {"409"})
    together(report, "goal", lambda: browser.post("/goals/weight/", {"target_value": "80"}))
    kept = [(str(row.pk), int(row.energy_kcal)) for row in Nutrition.objects.of(member.user)]
    report.same("meals", kept, [(str(row.pk), 640)])
    report.same("weights", [str(w.weight_kg) for w in Weight.objects.of(member.user)], ["82.400"])
    # Of each form one statement stays; the deletion went with its return.
    said = Counter(Reading.objects.filter(user=member.user).values_list("journal", flat=True))
    report.same("statements", said, Counter(nutrition=2, weight=1))


def uploads(house: House, report: Report, content: bytes, chance: Random) -> None:
    """A file sent several times: in one form, in parts, and as another import."""
    member, alone = Member(house), Member(house)
    members.bring(alone, content)
    browser = member.browser
    answers = together(report, "upload", lambda: browser.upload(content, client_id="form"))
    report.same("addresses of one upload", len({answer.location for answer in answers}), 1)
    begun = together(report, "announcement", lambda: browser.announce(len(content), client_id="parts"))
    report.same("addresses of one announcement", len({answer.location for answer in begun}), 1)
    place, cut = begun[0].location, chance.randrange(1, len(content))
    together(report, "first part", lambda: browser.part(place, 0, content[:cut]), {"409"})
    together(report, "last part", lambda: browser.part(place, cut, content[cut:]), {"409"})
    report.same("the file in parts", files.upload_path(members.run_at(place)).read_bytes(), content)
    members.until(lambda: all(run.state == State.DONE for run in member.imports()), "both imports are done")
    report.same("imports", len(member.imports()), 2)
    first, second = member.imports()
    changed = [set(counts) for counts in runs.counts(second).values()]
    report.holds("the same file again changes nothing", all(words == {"unchanged"} for words in changed))
    report.same("entries of the same file twice", runs.digest(member.user), runs.digest(alone.user))
    for run in (first, second):
        together(report, "undo", partial(browser.post, f"/import/{run.pk}/undo/", {}))
    report.same("entries after both undos", runs.digest(member.user), runs.digest(Member(house).user))


def decisions(house: House, report: Report, content: bytes) -> None:
    """A preview agreed to several times, and one cancelled several times."""
    member = Member(house)
    browser = member.browser
    for word, end in (("confirm", State.DONE), ("cancel", State.CANCELLED)):
        run = members.run_at(browser.upload(content, client_id=word, preview=True).location)
        waits = ImportRun.objects.filter(pk=run.pk, state=State.PREVIEW)
        members.until(waits.exists, "the preview is there")
        together(report, word, partial(browser.post, f"/import/{run.pk}/{word}/", {}))
        over = ImportRun.objects.filter(pk=run.pk, state=end)
        members.until(over.exists, f"the import is {end}")


def purges(report: Report, number: int) -> None:
    """Housekeeping several times at once is housekeeping once."""
    ended = Session.objects.create(
        session_key=f"ended{number}", session_data="", expire_date=timezone.now() - timedelta(days=1)
    )
    kept = Session.objects.filter(expire_date__gt=timezone.now()).count()
    for name in PURGES:
        again(name)
    members.until(lambda: not Session.objects.filter(pk=ended.pk).exists(), "ended sessions are dropped")
    report.did("housekeeping tasks delivered several times", len(PURGES))
    report.same("sessions kept", Session.objects.filter(expire_date__gt=timezone.now()).count(), kept)
