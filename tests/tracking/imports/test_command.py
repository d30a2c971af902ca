"""`manage.py import_file`: what it answers, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from membership.models import User
from tests.conftest import PAIR
from tests.factories import setup_feature, setup_user
from tests.servers import ROOT
from tests.tracking.imports import runs
from tests.tracking.imports.generate import export, record
from tests.tracking.imports.test_pages import BAD_FILES
from tracking.imports import choices, files
from tracking.imports.runs import ImportRun

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
V14 = runs.SAMPLES / "apple_export_v14.xml"
EMAIL = "alice@example.org"


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    for name in ("imports", "uploads", "logs"):
        (tmp_path / name).mkdir()
    settings.DATA_DIR, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, tmp_path / "uploads"


@pytest.fixture
def alice() -> User:
    return setup_user("alice", password=None)


def import_file(path: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_file", "--email", EMAIL, "--json", *options, str(path), stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def everything() -> dict[str, int]:
    """How many rows each table holds."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_the_report_is_what_the_public_surface_states(alice: User) -> None:
    none = {"created": 0, "updated": 0, "unchanged": 0, "skipped": 0}
    assert import_file(V14) == {
        "format": "apple_health",
        "read": 3,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "skipped": 0,
        "errors": [],
        "by_journal": {"weight": none | {"created": 2}, "blood_pressure": none | {"created": 1}},
    }
    again = import_file(V14, "--format", "apple_health")
    assert (again["read"], again["created"], again["unchanged"]) == (3, 0, 3)


def test_a_dry_run_counts_the_same_and_writes_nothing(alice: User, tmp_path: Path) -> None:
    file = tmp_path / "export.xml"
    elements = [
        record("BodyMass", "82.4", "kg", "2024-03-01 07:00:00 +0100"),
        record("BodyMass", "9000", "kg", "2024-03-02 07:00:00 +0100"),
        record("DietaryProtein", "abc", "g", "2024-03-02 07:00:00 +0100"),
    ]
    file.write_bytes(export(elements))
    before = everything()
    dry = import_file(file, "--dry-run")
    assert everything() == before
    assert list(files.folder().iterdir()) == []
    assert import_file(file) == dry
    assert (dry["created"], dry["skipped"], dry["read"]) == (1, 2, 3)
    assert [error["line"] for error in dry["errors"]] == sorted(error["line"] for error in dry["errors"])
    assert {slug: counts["skipped"] for slug, counts in dry["by_journal"].items()} == {
        "weight": 1,
        "nutrition": 1,
    }


def test_the_operators_import_is_not_limited_and_can_be_undone(alice: User) -> None:
    setup_feature("data_import", 0, period="month")
    import_file(V14)
    run = ImportRun.objects.get()
    empty = runs.digest(setup_user(password=None))
    choices.undo(owner=alice, run=run)
    assert runs.digest(alice) == empty


@pytest.mark.parametrize("kind", [*BAD_FILES, "empty", "missing"])
def test_what_cannot_be_imported_is_one_line(alice: User, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "upload"
    if kind != "missing":
        file.write_bytes(b"" if kind == "empty" else BAD_FILES[kind][0])
    before = everything()
    with pytest.raises(CommandError) as refused:
        import_file(file)
    assert len(str(refused.value).splitlines()) == 1
    assert everything() == before
    assert list(files.folder().iterdir()) == []


@pytest.mark.parametrize(
    ("email", "format_name", "says"),
    [("nobody@example.org", "apple_health", "nobody@example.org"), (EMAIL, "withings", "apple_health")],
)
def test_a_wrong_option_is_told_with_what_is_known(
    alice: User, email: str, format_name: str, says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("import_file", "--email", email, "--format", format_name, str(V14))


@pytest.mark.django_db(transaction=True)
def test_the_process_ends_with_zero_or_one_and_never_with_a_traceback(tmp_path: Path) -> None:
    setup_user("alice", password=None)
    broken = tmp_path / "broken"
    broken.write_bytes(V14.read_bytes()[:-100])
    url = urlsplit(PAIR.database_url)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()

    def run(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "import_file", "--email", EMAIL, "--json", str(path)]
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    good, bad = run(V14), run(broken)
    assert (good.returncode, json.loads(good.stdout)["created"]) == (0, 3)
    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (1, "", 1)
