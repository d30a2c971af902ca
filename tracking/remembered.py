"""Charts remembered until something they rest on changes: they are looked at far more often than changed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import connection
from django.utils.translation import get_language
from redis.exceptions import RedisError

from mitai import __version__
from mitai.core import units

if TYPE_CHECKING:
    from membership.models import User

logger = logging.getLogger(__name__)
KEPT_S = 900
# What charts rest on: the entries (by their change counter), goals, and the profile.
STAMP = """SELECT (SELECT value FROM tracking_syncclock WHERE user_id = %(user)s),
(SELECT max(greatest(created_at, closed_at)) FROM tracking_goal WHERE user_id = %(user)s),
(SELECT md5(profile::text) FROM tracking_profile profile WHERE user_id = %(user)s)"""


def chart(user: User, today: date, asked: str, make: Callable[[], dict[str, Any]]) -> bytes:
    """The JSON of a chart, made anew where entries, goals, profile, day, language, units or the code changed.

    `asked` says all that was asked for. What is remembered is gone after a quarter of an hour.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAMP, {"user": user.pk})
        stamp = cursor.fetchone()
    state = [asked, today, *(stamp or ()), get_language(), units.active().code, __version__]
    digest = hashlib.sha256(json.dumps(state, default=str).encode()).hexdigest()
    key = f"chart:{user.pk}:{digest}"
    found = _read(key)
    if found is None:
        found = json.dumps(make(), separators=(",", ":")).encode()
        _keep(key, found)
    return found


def _read(key: str) -> bytes | None:
    try:
        found: bytes | None = cache.get(key)
    except RedisError:  # charts do without it
        logger.warning("no chart can be remembered: the cache is away")
        return None
    return found


def _keep(key: str, found: bytes) -> None:
    try:
        cache.set(key, found, KEPT_S)
    except RedisError:
        logger.warning("no chart can be remembered: the cache is away")
