"""Liveness and readiness for supervisors and proxies."""

from __future__ import annotations

from collections.abc import Callable

from celery import current_app
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

import mitai


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} missing" if missing else "ok"


def _cache() -> str:
    cache.set("healthz", "ok", 10)
    return "ok" if cache.get("healthz") == "ok" else "does not keep what it is given"


def _broker() -> str:
    with current_app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "cache": _cache,
    "migrations": _migrations,
}


FAILURES = (DatabaseError, RedisError, BrokerError, OSError)


def _run(check: Callable[[], str]) -> str:
    try:
        return check()
    except FAILURES as error:
        return type(error).__name__


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok", "version": mitai.__version__, "checks": {}})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when everything a member needs answers, else 503 with the reason at each check."""
    checks = {name: _run(check) for name, check in CHECKS.items()}
    healthy = all(result == "ok" for result in checks.values())
    body = {"status": "ok" if healthy else "unavailable", "version": mitai.__version__, "checks": checks}
    return JsonResponse(body, status=200 if healthy else 503)
