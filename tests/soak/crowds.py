"""Many at once for the last use there is, and for what there is only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from random import Random

from allauth.account.models import EmailAddress, EmailConfirmationHMAC

from membership import grants, trials
from membership.models import AccessGrant, Tier, User
from tests.factories import setup_user, today
from tests.rows import as_row
from tests.soak import members
from tests.soak.browsers import Answer, Browser, at_once
from tests.soak.house import House
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports.runs import ImportRun

SMALL = 5
Calls = Sequence[Callable[[], Answer]]


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """As many at once as there are rounds."""
    crowd = len(list(rounds))
    house.llm.script(members.slowly(chance, 0.2))
    house.staff(1)
    evaluations(house, report, crowd)
    forms(house, report, crowd)
    parts(house, report, crowd)
    days(house, report, crowd)
    verifications(house, report, crowd * 5 // 2)
    grants_at_once(report, crowd * 5 // 2)


def only_one(report: Report, what: str, calls: Calls) -> Answer:
    """Send all at once: exactly one is taken, the others are told that nothing is left."""
    answers = at_once(calls)
    report.did(f"{what} at once with one use left", len(calls))
    report.same(what, Counter(map(str, answers)) - Counter({"403": len(calls) - 1}), _one_of(answers))
    return next((answer for answer in answers if answer.taken), answers[0])


def _one_of(answers: Sequence[Answer]) -> Counter[str]:
    return Counter([str(next((answer for answer in answers if answer.taken), "one that is taken"))])


def evaluations(house: House, report: Report, crowd: int) -> None:
    member = Member(house, insights=True)
    member.may("ai_pipeline", 1)

    def start(number: int) -> Answer:
        return member.browser.post("/analysis/start/", {"client_id": f"crowd{number}"})

    only_one(report, "evaluations", [partial(start, number) for number in range(crowd)])
    members.until(lambda: all(not asked.active for asked in member.evaluations()), "the evaluation ends")
    report.same("evaluations there are", [asked.state for asked in member.evaluations()], ["done"])


def forms(house: House, report: Report, crowd: int) -> None:
    member, content = Member(house), runs.small_export(SMALL)
    member.may("data_import", 1)

    def upload(number: int) -> Answer:
        return member.browser.upload(content, client_id=f"crowd{number}")

    only_one(report, "uploads", [partial(upload, number) for number in range(crowd)])
    one_import(report, member)


def parts(house: House, report: Report, crowd: int) -> None:
    member, content = Member(house), runs.small_export(SMALL)
    member.may("data_import", 1)

    def announce(number: int) -> Answer:
        return member.browser.announce(len(content), client_id=f"crowd{number}", modified=str(number))

    begun = only_one(report, "uploads in parts", [partial(announce, number) for number in range(crowd)])
    member.browser.part(begun.location, 0, content)
    one_import(report, member)


def one_import(report: Report, member: Member) -> None:
    members.until(lambda: all(run.state in ENDED for run in member.imports()), "the import ends")
    report.same("imports there are", [run.state for run in member.imports()], [ImportRun.State.DONE])


ENDED = {ImportRun.State.DONE, ImportRun.State.FAILED}


def days(house: House, report: Report, crowd: int) -> None:
    member = Member(house)
    member.may("weight_entries", 1)

    def weigh(number: int) -> Answer:
        day = (today() - timedelta(days=number)).isoformat()
        values = {"client_id": f"crowd{number}", "weight_kg": "82,4", "day": day}
        return member.browser.post("/capture/", as_row("weight", values))

    only_one(report, "entries", [partial(weigh, number) for number in range(crowd)])


def verifications(house: House, report: Report, crowd: int) -> None:
    """One mailed link, followed in many browsers at once, gives one trial."""
    user = setup_user(f"newcomer{User.objects.count()}", verified=False)
    key = EmailConfirmationHMAC.create(EmailAddress.objects.get(user=user)).key
    browsers = [Browser(house.port) for _ in range(crowd)]
    calls = [
        lambda browser=browser: browser.post(f"/accounts/confirm-email/{key}/", {}) for browser in browsers
    ]
    answers = at_once(calls)
    report.did("verifications of one address at once", crowd)
    report.same("verifications that failed", [str(a) for a in answers if a.status >= 500], [])
    given = AccessGrant.objects.filter(user=user)
    report.same("trials", [(grant.source, grant.days) for grant in given], [("trial", trials.DAYS)])
    user.refresh_from_db()
    report.same("tier until", user.granted_until, given[0].granted_at + timedelta(days=trials.DAYS))


def grants_at_once(report: Report, crowd: int) -> None:
    """What an operator, and one day a coupon, gives: the days of all of them add up."""
    user, tier = setup_user(f"lucky{User.objects.count()}"), Tier.objects.get(slug="premium")
    at_once([lambda: grants.give(user=User.objects.get(pk=user.pk), tier=tier, days=2) for _ in range(crowd)])
    report.did("grants at once", crowd)
    first = AccessGrant.objects.filter(user=user).order_by("granted_at")[0]
    user.refresh_from_db()
    report.same("granted until", user.granted_until, first.granted_at + timedelta(days=2 * crowd))
