"""What exists is described: settings, tasks, journals, formats, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

from mitai.celery import app
from tracking.imports import formats
from tracking.journals import registry

ROOT = Path(settings.BASE_DIR)
APPS = {"membership", "tracking", "insights", "mitai.core"}


def test_every_variable_the_settings_read_is_described() -> None:
    source = (ROOT / "mitai/settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|integer|switch)\(\s*"([A-Z_]+)"', source))
    described = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - described == set()
    assert described - read == {"PORT"}  # read by `make run` alone


def test_every_task_and_command_is_described() -> None:
    app.loader.import_default_modules()
    tasks = {name for name in app.tasks if not name.startswith("celery.")}
    commands = {f"manage.py {name}" for name, home in get_commands().items() if home in APPS}
    text = (ROOT / "docs/operations.md").read_text()
    assert [name for name in sorted(tasks | commands) if f"`{name}" not in text] == []


def test_every_journal_and_format_is_described() -> None:
    text = (ROOT / "docs/development.md").read_text()
    names = [*registry(), *(module.NAME for module in formats())]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_direct_dependency_is_argued_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=~]", line)[0] for line in project["dependencies"]]
    text = (ROOT / "docs/decisions.md").read_text().lower()
    aliases = {"django": "django 5.2", "celery": "celery without", "redis": "redis", "psycopg": "psycopg 3"}
    assert [name for name in names if aliases.get(name, name) not in text] == []
