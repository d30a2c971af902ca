"""A wrong or missing setting stops the start with one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

GOOD = {
    "SECRET_KEY": "x" * 50,
    "DATA_ENCRYPTION_KEY": "x" * 43,
    "DATABASE_URL": "postgres:///mitai",
    "REDIS_URL": "redis://localhost/0",
}


CODE = "import mitai.settings as s; print(s.SECRET_KEY[:3], s.SESSION_COOKIE_SECURE)"


def start(tmp_path: Path, code: str = CODE, /, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **GOOD}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
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
        ("DATA_ENCRYPTION_KEY", None),
        ("DATA_ENCRYPTION_KEY", "x" * 42),
        ("DATA_ENCRYPTION_KEY", "x" * 44),
        ("DATA_ENCRYPTION_KEY", "x" * 42 + "/"),
        ("DATA_ENCRYPTION_KEY", "x" * 43 + ","),
        ("DATA_ENCRYPTION_KEY_FILE", "/no/such/file"),
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
    if name.endswith("_FILE"):
        given[name.removesuffix("_FILE")] = None
    ended = start(tmp_path, **given)
    assert ended.returncode != 0
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert name.removesuffix("_FILE") in ended.stderr


def test_a_wrong_key_of_the_photos_is_not_repeated(tmp_path: Path) -> None:
    assert "geheim" not in start(tmp_path, DATA_ENCRYPTION_KEY="geheim").stderr


def test_several_keys_may_be_given_with_and_without_their_padding(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{'A' * 43}=, {'_' * 42}8\n")
    code = "import mitai.settings as s; print([key.hex() for key in s.DATA_ENCRYPTION_KEYS])"
    changes = {"DATA_ENCRYPTION_KEY": None, "DATA_ENCRYPTION_KEY_FILE": str(tmp_path / "keys")}
    assert start(tmp_path, code, **changes).stdout == f"{['00' * 32, 'ff' * 32]}\n"


def test_a_secret_can_be_given_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file " * 5)
    ended = start(tmp_path, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert ended.stdout.split() == ["fro", "False"]


def test_the_line_end_of_a_secret_file_is_no_part_of_the_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x" * 40 + "\n")
    code = "import mitai.settings as s; print(len(s.SECRET_KEY))"
    ended = start(tmp_path, code, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert ended.stdout == "40\n"


def test_passwords_given_apart_reach_database_cache_and_broker(tmp_path: Path) -> None:
    password = "s/e:c@r%t?#"
    code = """
import mitai.settings as s
from kombu import Connection
from redis.connection import parse_url
print(s.DATABASES["default"]["PASSWORD"], s.DATABASES["default"]["HOST"])
cache = parse_url(s.CACHES["default"]["LOCATION"])
print(cache["password"], cache["host"], cache["port"], cache["db"])
broker = Connection(s.CELERY_BROKER_URL)
print(broker.password, broker.hostname, broker.port, broker.virtual_host)
"""
    ended = start(
        tmp_path,
        code,
        DATABASE_URL="postgresql://mitai@database:5432/mitai",
        DATABASE_PASSWORD=password,
        REDIS_URL="redis://redis:6379/0",
        REDIS_PASSWORD=password,
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [
        f"{password} database",
        f"{password} redis 6379 1",
        f"{password} redis 6379 0",
    ]


def test_a_password_for_a_unix_socket_is_refused(tmp_path: Path) -> None:
    ended = start(tmp_path, REDIS_URL="unix:///run/redis.sock", REDIS_PASSWORD="secret")
    assert ended.stderr == "mitai: environment variable REDIS_PASSWORD: a unix socket takes none\n"


def test_http_leads_to_the_address_of_the_site_with_its_port(tmp_path: Path) -> None:
    code = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "mitai.settings"
import django
django.setup()
from django.test import Client
print(Client().get("/accounts/login/?next=/", headers={"host": "mitai.example"})["Location"])
"""
    ended = start(tmp_path, code, BASE_URL="https://mitai.example:8443", DEBUG="true")
    assert ended.stdout == "https://mitai.example:8443/accounts/login/?next=/\n"


def test_https_switches_secure_cookies_on(tmp_path: Path) -> None:
    assert start(tmp_path, BASE_URL="https://mitai.example").stdout.split()[1] == "True"
