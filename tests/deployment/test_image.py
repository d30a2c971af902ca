"""The image holds what runs and nothing else, and is built from hashed wheels for any processor."""

from __future__ import annotations

import re

import pytest

from tests.deployment.files import image_command, in_the_image, instructions
from tests.servers import ROOT
from tools.gate import FLOORS

FORBIDDEN = (
    r"\b(apt|apt-get|apk|dpkg|gcc|cc|make|build-essential|curl|wget|git|sudo)\b|--platform|amd64|arm64|://"
)


def rests(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def test_no_step_needs_a_compiler_a_distribution_package_or_a_certain_processor() -> None:
    built_with = "\n".join(rest for name, rest in instructions() if name in {"FROM", "RUN", "COPY", "ADD"})
    servers = re.sub(r"(postgresql|redis)://\S+", "", built_with)  # names for the settings, never called
    assert re.search(FORBIDDEN, servers) is None
    assert rests("ADD") == []


def test_packages_are_the_hashed_wheels_of_the_production_lock() -> None:
    (install,) = [rest for rest in rests("RUN") if '"install"' in rest]
    for word in ('"--require-hashes"', '"--only-binary", ":all:"', '"/tmp/production.txt"'):
        assert word in install
    assert "requirements/production.txt /tmp/production.txt" in rests("COPY")


def test_every_stage_stands_on_the_same_base_and_the_last_takes_only_what_runs() -> None:
    stages = rests("FROM")
    assert [stage.partition(" ")[0] for stage in stages] == ["${BASE}", "environment", "${BASE}"]
    last = instructions()[max(n for n, (name, _) in enumerate(instructions()) if name == "FROM") :]
    copied = [rest for name, rest in last if name == "COPY"]
    assert copied == ["--from=environment /opt/mitai /opt/mitai", "--from=site /app /app"]


def test_the_process_is_nobody_on_the_host() -> None:
    (user,) = rests("USER")
    assert re.search(rf"useradd --uid (?!0\b|1000\b)\d+ .*\b{user}\b", "\n".join(rests("RUN")))
    assert instructions().index(("USER", user)) < instructions().index(("CMD", rests("CMD")[0]))


def test_its_variables_are_those_of_the_settings() -> None:
    names = set(re.findall(r"\b([A-Z_]+)=", rests("ENV")[-1]))
    described = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    of_others = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "SQLITE_TMPDIR"}
    assert names - of_others - {"DJANGO_SETTINGS_MODULE"} <= described
    assert {"DATA_DIR", "STATIC_ROOT", "HEARTBEAT_DIR"} <= names


def test_it_serves_on_the_port_it_names() -> None:
    assert rests("EXPOSE") == ["8000"]
    command = image_command()
    assert command[command.index("--bind") + 1].endswith(":8000")


@pytest.mark.parametrize(
    "path",
    [
        "manage.py",
        "requirements/production.txt",
        "locale/de/LC_MESSAGES/django.mo",
        "static/css/base.css",
        "templates/base.html",
        *(f"{name}/__init__.py" for name in FLOORS),
    ],
)
def test_what_runs_is_in_the_image(path: str) -> None:
    assert in_the_image(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "docker/.env",
        "docker/secrets/secret_key",
        "docker/secrets.dev/secret_key",
        "mitai/__pycache__/settings.cpython-313.pyc",
        "node_modules/x.js",
        "requirements/development.txt",
        "tests/conftest.py",
        "var/secrets/SECRET_KEY",
    ],
)
def test_secrets_and_tools_are_not(path: str) -> None:
    assert not in_the_image(path)


def test_a_folder_beside_the_apps_has_to_be_let_in() -> None:
    outside = {"docker", "docs", "node_modules", "requirements", "tests", "tools", "var"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in folders - outside if not in_the_image(f"{name}/x")} == set()
