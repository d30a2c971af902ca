"""A disk that is full for a while: the kernel lets no file of web and worker grow beyond a random size."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

from tests.servers import wait_until
from tests.soak import members
from tests.soak.browsers import Answer
from tests.soak.house import PATIENCE_S, House
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports import files
from tracking.imports.runs import ImportRun
from tracking.readings import Reading

State = ImportRun.State
DAYS = 300
SPOOLED_BYTES = 60_000  # fewer than the spool of the file takes
NO_ROOM = "genug Platz"


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """Each round fills the disk once for the worker and once for the web process."""
    content = runs.small_export(DAYS)
    alone = Member(house)
    expected = runs.digest(members.bring(alone, content).user)
    house.staff(1)
    house.crew[0].wait_until_ready()
    for _ in rounds:
        for what in (full_for_the_worker, full_for_a_form, full_for_parts):
            member = Member(house)
            what(house, member, content, report, _some(house, chance, len(content)))
            report.did(what.__name__.replace("_", " "))
            members.until(partial(_is_done, member), "the import is done")
            report.same("entries once there is room again", runs.digest(member.user), expected)


def _is_done(member: Member) -> bool:
    return member.imports()[-1].state == State.DONE


def _some(house: House, chance: Random, size: int) -> int:
    """A size that the file does not fit in; the log of uses does, so that it can be counted again."""
    log = house.folder / "data" / "logs" / "feature-usage.log"
    return log.stat().st_size + chance.randrange(20_000, size // 2)


@contextmanager
def no_room_beyond(house: House, size: int) -> Iterator[None]:
    """No file of any process of ours may become larger."""
    pids = house.processes()
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def full_for_the_worker(house: House, member: Member, content: bytes, report: Report, size: int) -> None:
    """The spool of an import finds no room: it ends with its reason, and the file can be brought again."""
    with no_room_beyond(house, SPOOLED_BYTES):
        run = runs.upload(member.user, content)  # from here, where there is room
        ended = ImportRun.objects.filter(pk=run.pk, state__in=[State.FAILED, State.DONE])
        wait_until(ended.exists, "the import ends", PATIENCE_S)
    run.refresh_from_db()
    report.same("import on a full disk", (run.state, run.error_code), (State.FAILED, "disk"))
    report.same("readings it left", Reading.objects.filter(run=run).count(), 0)
    page = member.browser.get(f"/import/{run.pk}/")
    report.holds("its page says why in words", page.status == 200 and 'role="alert"' in page.text)
    member.browser.upload(content, client_id="again")


def full_for_a_form(house: House, member: Member, content: bytes, report: Report, size: int) -> None:
    with no_room_beyond(house, size):
        refused(report, "upload", member.browser.upload(content, client_id="form"), 422)
    report.same("imports of a refused form", len(member.imports()), 0)
    member.browser.upload(content, client_id="form")


def full_for_parts(house: House, member: Member, content: bytes, report: Report, size: int) -> None:
    """What came of a part is kept, and the rest follows when there is room."""
    place = member.browser.announce(len(content), client_id="parts").location
    with no_room_beyond(house, size):
        refused(report, "part", member.browser.part(place, 0, content), 507)
    here = files.upload_path(members.run_at(place)).stat().st_size
    report.same("bytes kept of a part", here, size)
    member.browser.part(place, here, content[here:])


def refused(report: Report, what: str, answer: Answer, status: int) -> None:
    report.same(f"{what} on a full disk", (str(answer), NO_ROOM in answer.text), (str(status), True))
