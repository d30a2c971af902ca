from __future__ import annotations

import pytest

from insights import runs
from insights.models import Run
from membership import access, subjects
from membership.models import Reservation, User
from membership.tasks import sweep_usage
from mitai.core import seeding
from tests import factories
from tracking.imports.runs import ImportRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db: None) -> User:
    seeding.run()
    return factories.alice()


def an_import(owner: User, client_id: str) -> ImportRun:
    run = ImportRun.objects.create(user=owner, client_id=client_id, file_name="export.xml", size=1)
    access.reserve(user=owner, amounts={"data_import": 1}, subject=f"import:{run.pk}")
    return run


def an_evaluation(owner: User, client_id: str) -> Run:
    run = runs.start(owner=owner, client_id=client_id, charged=False, send=False)
    access.reserve(user=owner, amounts={"ai_calls": 1}, subject=run.subject)
    return run


def held() -> set[str]:
    return set(Reservation.objects.values_list("subject", flat=True))


def test_what_is_under_way_keeps_what_it_holds(alice: User) -> None:
    brought, run = an_import(alice, "1"), an_evaluation(alice, "1")
    sweep_usage()
    assert held() == {f"import:{brought.pk}", f"run:{run.pk}"}


def test_what_a_lost_import_or_evaluation_held_comes_back(alice: User) -> None:
    brought, run = an_import(alice, "1"), an_evaluation(alice, "1")
    stays = an_import(alice, "2")
    ImportRun.objects.filter(
        pk=brought.pk
    ).delete()  # not the ways of the house, which give it back themselves
    Run.objects.filter(pk=run.pk).delete()
    sweep_usage()
    sweep_usage()
    assert held() == {f"import:{stays.pk}"}
    assert access.check(alice, "data_import").used == 1
    assert access.check(alice, "ai_calls").used == 0


def test_what_an_ended_one_still_held_comes_back(alice: User) -> None:
    brought, run = an_import(alice, "1"), an_evaluation(alice, "1")
    ImportRun.objects.update(state=ImportRun.State.FAILED, finished_at=brought.created_at)
    Run.objects.update(state=Run.State.FAILED, finished=run.created)
    sweep_usage()
    assert held() == set()
    assert access.check(alice, "data_import").used == 0


def test_a_kind_nobody_knows_is_left_alone(alice: User) -> None:
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="coupon:1")
    subjects.sweep({"run": lambda ids: set()})
    assert held() == {"coupon:1"}
