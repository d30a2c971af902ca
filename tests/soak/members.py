"""Members of the house, what they bring, and what is let go when a worker of theirs is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from random import Random

from django.conf import settings
from django.utils import timezone

from insights import consents
from insights.models import Run, Stage
from insights.models import StageState as Asked
from insights.tasks import sweep as sweep_insights
from membership.models import Feature, Restriction, Tier
from tests import llm_server
from tests.factories import setup_user
from tests.insights.members import two_weeks
from tests.insights.stages import stage_of
from tests.llm_server import Behaviour
from tests.servers import wait_until
from tests.soak.browsers import Browser
from tests.soak.house import PATIENCE_S, House
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports.runs import ACTIVE, ImportRun
from tracking.tasks import sweep_imports

ANSWERS = {1: "Dein Gewicht sinkt.", 2: "Du isst genug Eiweiß.", 3: "Beides passt zusammen."}
_numbers = count(1)


class Member:
    """An account with its browser; without limits until one is set."""

    def __init__(self, house: House, *, insights: bool = False) -> None:
        tier = Tier.objects.get(slug="selfhosted")
        self.user = setup_user(f"soak{next(_numbers)}", password=None, tier=tier)
        if insights:
            two_weeks(self.user)
            consents.give(user=self.user, endpoint=settings.LLM_BASE_URL.split("/")[2])
        self.browser = Browser(house.port, self.user)

    def may(self, feature: str, limit: int) -> None:
        """Set a limit for this member alone."""
        known = Feature.objects.get(slug=feature)
        Restriction.objects.update_or_create(user=self.user, feature=known, defaults={"limit": limit})

    def imports(self) -> list[ImportRun]:
        return list(ImportRun.objects.of(self.user).order_by("created_at"))

    def evaluations(self) -> list[Run]:
        return list(Run.objects.of(self.user).order_by("created"))


def bring(member: Member, content: bytes) -> ImportRun:
    """Import a file to its end: in this process, or by a worker that was faster."""
    run = runs.bring(member.user, content)
    wait_until(lambda: ImportRun.objects.get(pk=run.pk).state not in ACTIVE, "the import ends", PATIENCE_S)
    run.refresh_from_db()
    return run


def run_at(location: str) -> ImportRun:
    """The import that an address of the site is about."""
    return ImportRun.objects.get(pk=location.strip("/").split("/")[1])


def evaluation_at(location: str) -> Run:
    return Run.objects.get(pk=location.strip("/").split("/")[-1])


def slowly(chance: Random, most_s: float) -> Behaviour:
    """A model that answers each stage with its own words, after a while."""
    return lambda handler: llm_server.ok(ANSWERS[stage_of(handler)], delay=chance.uniform(0, most_s))(handler)


def answers_of(run: Run) -> dict[int, str]:
    return dict(Stage.objects.filter(run=run).values_list("number", "answer"))


def time_passes() -> None:
    """As if what was taken and what was sent were long ago: leases are over, the sweepers look after all."""
    past = timezone.now() - timedelta(minutes=10)
    ImportRun.objects.filter(state__in=ACTIVE).update(created_at=past)
    ImportRun.objects.filter(state__in=ACTIVE, lease_until__isnull=False).update(lease_until=past)
    Stage.objects.filter(state=Asked.RUNNING).update(lease_until=past)
    Stage.objects.filter(state__in=[Asked.RUNNING, Asked.QUEUED]).update(sent_at=past)


def sweep() -> None:
    """What beat asks for every thirty seconds."""
    sweep_imports()
    sweep_insights()


def until(condition: Callable[[], bool], what: str, *, sweeping: bool = True) -> None:
    """Wait for what comes by itself, sweeping now and then as beat would."""
    turns = count()

    def looked() -> bool:
        if sweeping and next(turns) % 100 == 99:
            sweep()
        return condition()

    wait_until(looked, what, PATIENCE_S)


def tended(house: House, report: Report, condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, for which workers that end by themselves are started again.

    Celery gives up now and then, when its broker goes away under a running task: in production the
    supervisor, or whatever runs the container, is there for that.
    """

    def looked() -> bool:
        report.did("workers that ended and were started again", house.tend())
        return condition()

    return looked
