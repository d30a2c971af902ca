"""The recount of the soak finds what is lost, doubled or left over."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.db import connection

from membership.models import User
from mitai.core import seeding
from tests.factories import setup_user
from tests.insights.members import record
from tests.soak.recount import recount
from tests.soak.report import Report
from tests.tracking.imports import runs
from tracking.imports.files import folder

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    for name in ("imports", "uploads", "logs"):
        (tmp_path / name).mkdir()
    settings.DATA_DIR, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, tmp_path / "uploads"


@pytest.fixture
def alice() -> User:
    """A member with something by hand, something imported, and both about the same days."""
    seeding.run()
    alice = setup_user("alice", password=None)
    record(alice, "weight", date(2014, 1, 2), weight_kg="90.5", note="schwer")
    record(alice, "nutrition", date(2014, 1, 2), meal="lunch", energy_kcal="700")
    runs.bring(alice, runs.small_export(4))
    runs.bring(alice, runs.small_export(4, seed=8, start=2))
    return alice


@pytest.fixture
def differences(tmp_path: Path) -> Callable[[], list[str]]:
    """What a recount of the test's database says."""

    def count() -> list[str]:
        report = Report("recount")
        name = str(connection.settings_dict["NAME"])
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        recount(report, url, tmp_path)
        return report.differences

    return count


def test_what_the_application_wrote_is_found_again(alice: User, differences: Callable[[], list[str]]) -> None:
    assert differences() == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            "UPDATE tracking_weight SET weight_kg = weight_kg + 1 WHERE day = '2014-01-03'",
            "weight 2014-01-03",
        ),
        ("DELETE FROM tracking_weight WHERE day = '2014-01-03'", "readings without a row"),
        ("DELETE FROM tracking_reading WHERE journal = 'nutrition' AND run_id IS NULL", "nutrition"),
        (
            "DELETE FROM tracking_reading WHERE journal = 'weight' AND run_id IS NOT NULL",
            "readings of import",
        ),
        ("UPDATE tracking_weight SET changed = 1", "changes with the same number"),
        ("UPDATE tracking_importrun SET state = 'writing'", "imports still open"),
        ("UPDATE tracking_importrun SET report = '{}'", "rows in the report"),
        ("UPDATE membership_usagecounter SET used = used + 1", "used"),
        ("UPDATE membership_usagecounter SET reserved = 1", "held"),
    ],
)
def test_what_was_changed_behind_its_back_is_named(
    alice: User, differences: Callable[[], list[str]], damage: str, words: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(damage)
    assert any(line.startswith(words) for line in differences())


def test_a_file_of_nobody_and_a_use_nobody_logged_are_named(
    alice: User, differences: Callable[[], list[str]], tmp_path: Path
) -> None:
    (tmp_path / "uploads" / "left.upload").touch()
    next(folder().iterdir()).unlink()
    (tmp_path / "logs" / "feature-usage.log").unlink()
    named = [line.partition(":")[0] for line in differences()]
    assert {"parts of forms", "files of imports", "uses in the log"} <= set(named)
