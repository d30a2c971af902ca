"""Starts what every test stands on: its own PostgreSQL and Valkey in a temporary folder.

TEST_DATABASE_URL and TEST_REDIS_URL take servers of your own instead. The environment is set here, while this
file is imported, because pytest-django reads the settings right afterwards.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

import hypothesis
import pytest

from mitai import embedded
from mitai.guard import Guard
from tests.servers import SmtpSink, Worker

if TYPE_CHECKING:
    from pytest_django import Settings

FOLDER = Path(tempfile.mkdtemp(prefix="mitai-test-"))
GUARD = Guard()  # for what tests start; the pair brings its own


def _start_pair() -> embedded.Pair:
    database, redis = os.environ.get("TEST_DATABASE_URL", ""), os.environ.get("TEST_REDIS_URL", "")
    if database and redis:
        GUARD.remove(FOLDER)
        return embedded.Pair(database, redis, stop=lambda: None)
    try:
        pair = embedded.start(FOLDER, durable=False, database=not database, redis=not redis, temporary=True)
    except embedded.EmbeddedError as error:
        shutil.rmtree(FOLDER, ignore_errors=True)
        sys.exit(str(error))
    pair.database_url = database or pair.database_url
    pair.redis_url = redis or pair.redis_url
    return pair


def _set_environment(pair: embedded.Pair) -> None:
    for name in [name for name in os.environ if name.startswith(("LLM_", "OPENAI_", "EMAIL_"))]:
        del os.environ[name]
    (FOLDER / "tmp").mkdir()
    tempfile.tempdir = None  # read TMPDIR again: whatever tests leave behind goes with the folder
    os.environ |= {
        "TMPDIR": str(FOLDER / "tmp"),
        "DATABASE_URL": pair.database_url,
        "REDIS_URL": pair.redis_url,
        "DATA_DIR": str(FOLDER / "data"),
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "DATA_ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
        "BASE_URL": "http://testserver",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "mitai.settings",
    }


# No timings: a busy machine is no finding.
hypothesis.settings.register_profile(
    "mitai", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("mitai")
BEFORE = dict(os.environ)
PAIR = _start_pair()
(FOLDER / "data" / "static").mkdir(mode=0o700, parents=True)  # empty: pages are served from the sources
_set_environment(PAIR)


def pytest_configure(config: pytest.Config) -> None:
    """Templates name static files without the manifest that only `collectstatic` writes.

    A process that only hands tests to others (`-n 2`) needs no servers, and must not leave them its own: each
    of them reads its settings before it reads this file, if there are any to read.
    """
    from django.conf import settings

    if config.getoption("numprocesses", None):
        PAIR.stop()
        os.environ.clear()
        os.environ.update(BEFORE)
        return
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def pytest_unconfigure() -> None:
    GUARD.close()
    PAIR.stop()


# Everywhere -------------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits and sessions of one test do not reach the next."""
    yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def smtp_sink(settings: Settings) -> Iterator[SmtpSink]:
    """A real SMTP server that Django's mail goes to; `.messages` are parsed, `.url` is its EMAIL_URL."""
    sink = SmtpSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield sink
    sink.stop()


class StartWorker(Protocol):
    def __call__(self, *options: str, **environment: str) -> Worker: ...


_worker_numbers = count(1)


@pytest.fixture
def celery_worker_process(transactional_db: None) -> Iterator[StartWorker]:
    """Starts real workers on the test database: `worker = celery_worker_process(LLM_BASE_URL=…)`.

    Returns when the worker answers. The broker is emptied before the test, so nothing older is run.
    `worker.kill()` is SIGKILL for it and its children, `worker.stop()` asks; both happen at the end anyway.
    """
    from django.db import connection

    from mitai.celery import app

    database = connection.settings_dict["NAME"]
    with app.connection_for_write() as broker:
        cast("Any", broker.default_channel).client.flushdb()
    workers: list[Worker] = []

    def start(*options: str, **environment: str) -> Worker:
        url = urlsplit(PAIR.database_url)._replace(path=f"/{database}").geturl()
        log = FOLDER / f"worker-{next(_worker_numbers)}.log"
        worker = Worker(GUARD, log, {"DATABASE_URL": url, **environment}, options)
        workers.append(worker)
        return worker.wait_until_ready()

    yield start
    for worker in workers:
        worker.stop()
