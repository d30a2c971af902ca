"""A wrong or missing setting stops the start with one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

GOOD = {"SECRET_KEY": "x" * 50, "DATABASE_URL": "postgres:///mitai", "REDIS_URL": "redis://localhost/0"}


def start(tmp_path: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **GOOD}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    code = "import mitai.settings as s; print(s.SECRET_KEY[:3], s.SESSION_COOKIE_SECURE)"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=settings.BASE_DIR,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY_FILE", "/no/such/file"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("REDIS_URL", None),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "foo"),
        ("REDIS_URL", "foo"),
        ("BASE_URL", "mitai.example"),
        ("BASE_URL", "http://[::1"),
        ("BASE_URL", "http://mitai.example:abc"),
        ("DATA_DIR", "/etc/hostname"),
        ("LLM_BASE_URL", "http://["),
        ("TRUSTED_PROXY_COUNT", "many"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("LLM_BASE_URL", "localhost:11434/v1"),
        ("LLM_BASE_URL", "openrouter.ai/api/v1"),
        ("LLM_DEADLINE_S", "0"),
        ("UPLOAD_LIMIT_MB", "1e3"),
        ("EMAIL_URL", "carrier-pigeon://x"),
    ],
)
def test_a_wrong_value_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str | None) -> None:
    given = {name: value}
    if name == "SECRET_KEY_FILE":
        given["SECRET_KEY"] = None
    ended = start(tmp_path, **given)
    assert ended.returncode != 0
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert name.removesuffix("_FILE") in ended.stderr


def test_a_secret_can_be_given_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file " * 5)
    ended = start(tmp_path, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert ended.stdout.split() == ["fro", "False"]


def test_https_switches_secure_cookies_on(tmp_path: Path) -> None:
    assert start(tmp_path, BASE_URL="https://mitai.example").stdout.split()[1] == "True"
