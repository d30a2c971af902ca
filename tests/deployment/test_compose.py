"""The compose files agree with the settings, with each other and with what is written about them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from mitai.embedded import POSTGRES_SETTINGS
from tests.deployment.files import DOCKER, compose, words
from tests.servers import ROOT

OVERLAYS = ["compose.dev.yml", "compose.caddy.yml", "compose.traefik.yml"]
FILES = ["compose.yml", *OVERLAYS]
APP = ["web", "worker", "housekeeping", "beat"]
PI_MB = 4096
SYSTEM_MB = 400  # what the host itself needs


def megabytes(text: str) -> int:
    assert text.endswith("m")
    return int(text.removesuffix("m"))


def published(name: str) -> set[str]:
    """The ports of the host that the site is reached on."""
    return {port.split(":")[-2] for port in compose(name)["services"]["web"]["ports"]}


def secrets_made(folder: Path) -> Path:
    """What docker/secrets.sh makes, in a folder of ours."""
    (folder / "secrets.sh").write_text((DOCKER / "secrets.sh").read_text())
    subprocess.run(["/bin/sh", str(folder / "secrets.sh")], check=True)
    return folder / "secrets"


def values_of_the_example() -> dict[str, str]:
    """.env.example as a shell reads it."""
    read = "set -a; . ./.env.example; exec env -0"
    done = subprocess.run(["/bin/sh", "-c", read], cwd=ROOT, env={}, capture_output=True, check=True)
    pairs = [line.partition("=") for line in done.stdout.decode().split("\0") if line]
    return {name: value for name, _, value in pairs if name != "PWD"}


# What runs --------------------------------------------------------------------------------------------------
def test_every_queue_is_worked_on_by_one_service() -> None:
    routes = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    served = []
    for service in APP[1:]:
        command = words(service)
        if "--queues" in command:
            served += command[command.index("--queues") + 1].split(",")
    assert sorted(served) == sorted({*routes, settings.CELERY_TASK_DEFAULT_QUEUE})
    assert words("worker")[words("worker").index("--queues") + 1] == "insights,imports"


def test_every_service_starts_again_is_asked_for_its_health_and_has_a_limit() -> None:
    for name in FILES:
        for service, what in compose(name)["services"].items():
            if "image" not in what or name == "compose.dev.yml":
                continue  # adds to a service of compose.yml
            assert what["restart"] == "unless-stopped", service
            assert megabytes(what["mem_limit"]), service
            assert "healthcheck" in what or name != "compose.yml", service
    probes = {service: compose()["services"][service]["healthcheck"]["test"][-1] for service in APP}
    assert probes == {"web": "web", "worker": "worker", "housekeeping": "worker", "beat": "beat"}


def test_all_of_it_at_its_limits_fits_on_a_small_pi() -> None:
    limits = [megabytes(what["mem_limit"]) for what in compose()["services"].values()]
    proxies = [
        megabytes(what["mem_limit"])
        for name in ("compose.caddy.yml", "compose.traefik.yml")
        for what in compose(name)["services"].values()
        if "mem_limit" in what
    ]
    assert sum(limits) + max(proxies) + SYSTEM_MB < PI_MB


def test_the_images_are_those_decided_on() -> None:
    images = {service: what["image"] for service, what in compose()["services"].items()}
    assert images == {
        **dict.fromkeys(APP, "mitai:latest"),
        "database": "postgres:16-alpine",
        "redis": "redis:7-alpine",
    }


def test_the_database_quotes_no_refused_row() -> None:
    for name in ("log_error_verbosity", "log_min_error_statement"):
        assert f"{name}={POSTGRES_SETTINGS[name]}" in words("database")


def test_redis_loses_no_task() -> None:
    script = words("redis")[-1]
    for option in ("--maxmemory-policy noeviction", "--appendonly yes"):
        assert option in script
    assert re.search(r"\$\$\(cat /run/secrets/redis_password\)", script)


# What it is given -------------------------------------------------------------------------------------------
def test_the_example_and_the_compose_file_start_the_settings(tmp_path: Path) -> None:
    """As a container starts: .env, over it what the compose file decides, the secrets as files."""
    made = secrets_made(tmp_path)
    decided = {
        name: str(value).replace("/run/secrets", str(made))
        for name, value in compose()["services"]["web"]["environment"].items()
    }
    decided["DATA_DIR"] = str(tmp_path / "data")
    code = (
        "import mitai.settings as s; print(s.DATABASES['default']['PASSWORD'], s.REDIS_URL, s.SECRET_KEY, "
        "len(s.DATA_ENCRYPTION_KEYS[0]), s.CACHES['default']['LOCATION'], s.CELERY_BROKER_URL, "
        "s.DEFAULT_FROM_EMAIL, sep='\\n')"
    )
    environment = {"PATH": os.environ["PATH"], **values_of_the_example(), **decided}
    started = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert started.stderr == ""
    secret = {path.name: path.read_text() for path in made.iterdir()}
    assert started.stdout.splitlines() == [
        secret["database_password"],
        f"redis://:{secret['redis_password']}@redis:6379/0",
        secret["secret_key"],
        "32",
        f"redis://:{secret['redis_password']}@redis:6379/1",
        f"redis://:{secret['redis_password']}@redis:6379/0",
        "Mitai Jinkendo <mitai@example.org>",
    ]


def test_no_secret_stands_in_a_compose_file() -> None:
    described = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    given = compose()["services"]["web"]["environment"]
    assert {name.removesuffix("_FILE") for name in given} <= described
    secret = {"SECRET_KEY", "DATA_ENCRYPTION_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD"}
    assert not (secret | {"EMAIL_URL", "LLM_API_KEY"}) & set(given)
    assert "@database:5432/" in given["DATABASE_URL"]
    assert ":" not in given["DATABASE_URL"].partition("//")[2].partition("@")[0]


def test_every_secret_a_service_reads_is_mounted_and_made(tmp_path: Path) -> None:
    made = {path.name for path in secrets_made(tmp_path).iterdir()}
    for service, what in compose()["services"].items():
        read = set(re.findall(r"/run/secrets/(\w+)", str(what)))
        assert read <= set(what.get("secrets", [])), service
    assert {Path(entry["file"]).name for entry in compose()["secrets"].values()} == made
    assert {Path(entry["file"]).name for entry in compose("compose.dev.yml")["secrets"].values()} == made


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    made = secrets_made(tmp_path)
    assert made.stat().st_mode & 0o777 == 0o700
    first = {path.name: path.read_text() for path in made.iterdir()}
    key = first["data_encryption_key"]  # of 32 bytes, the others of 48
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=", key)
    others = [value for value in first.values() if value != key]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{64}", value) for value in others)
    assert len(set(first.values())) == len(first)
    # The users of the containers are not the owner of the files.
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in made.iterdir())
    assert {path.name: path.read_text() for path in secrets_made(tmp_path).iterdir()} == first


# Beside each other ------------------------------------------------------------------------------------------
def test_development_shares_nothing_with_production() -> None:
    production, development = compose(), compose("compose.dev.yml")
    assert production["name"] != development["name"]
    assert published("compose.yml") == {"3002", "8002"}
    assert published("compose.dev.yml") == {"3099", "8099"}
    assert set(development["services"]) == set(APP)
    for service in APP:
        assert development["services"][service]["image"] != production["services"][service]["image"]
        assert development["services"][service]["env_file"] != [production["services"][service]["env_file"]]
    # Volumes and networks without a name of their own are called after the project.
    assert all(not what for what in production["volumes"].values())
    files = [{entry["file"] for entry in one["secrets"].values()} for one in (production, development)]
    assert not files[0] & files[1]


@pytest.mark.parametrize("name", ["compose.caddy.yml", "compose.traefik.yml"])
def test_behind_a_proxy_of_ours_the_site_has_no_port_of_its_own_and_trusts_one_hop(name: str) -> None:
    web = compose(name)["services"]["web"]
    assert web["ports"] == []
    assert web["environment"] == {"TRUSTED_PROXY_COUNT": "1"}
    assert re.search(r"ports: !reset \[\]", (DOCKER / name).read_text())
    text = (
        DOCKER / {"compose.caddy.yml": "Caddyfile", "compose.traefik.yml": "traefik.yml"}[name]
    ).read_text()
    assert "web:8000" in text
    assert "BASE_URL" in text


def test_the_servers_are_reached_by_the_house_alone() -> None:
    assert compose()["networks"]["inside"] == {"internal": True}
    for service in ("database", "redis"):
        what = compose()["services"][service]
        assert what["networks"] == ["inside"]
        assert "ports" not in what


# What is written --------------------------------------------------------------------------------------------
def test_every_file_and_variable_of_compose_is_described() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    example = (ROOT / ".env.example").read_text()
    for path in DOCKER.iterdir():
        if path.name in {"secrets", "secrets.dev"} or path.name.startswith(".env"):
            continue  # made by whoever runs it
        assert path.name in text, path.name
    for name in FILES:
        for variable in re.findall(r"(?<!\$)\$\{(\w+)", (DOCKER / name).read_text()):
            assert f"`{variable}`" in text or f"\n{variable}=" in example, variable


def test_the_commands_of_the_documents_name_files_that_exist() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    named = re.findall(r"-f (compose\S*\.yml)", text)
    assert set(OVERLAYS) <= set(named)
    assert all((DOCKER / name).exists() for name in named)
