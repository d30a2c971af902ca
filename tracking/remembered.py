"""Charts, tiles and rows, remembered until something they rest on changes: they are looked at more often."""

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
# What they rest on: the entries (by their change counter), goals, the profile, sources, types of training.
STAMP = """SELECT (SELECT value FROM tracking_syncclock WHERE user_id = %(user)s),
(SELECT max(greatest(created_at, closed_at)) FROM tracking_goal WHERE user_id = %(user)s),
(SELECT md5(profile::text) FROM tracking_profile profile WHERE user_id = %(user)s),
(SELECT md5(string_agg(source::text, '' ORDER BY id)) FROM tracking_source source WHERE user_id = %(user)s),
(SELECT md5(string_agg(kind::text, '' ORDER BY code)) FROM tracking_trainingtype kind)"""


def answer(user: User, today: date, asked: str, make: Callable[[], dict[str, Any]]) -> bytes:
    """JSON, made anew where any of that, day, zone, language, units or the code changed.

    `asked` says all that was asked for. What is remembered is gone after a quarter of an hour.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAMP, {"user": user.pk})
        stamp = cursor.fetchone()
    state = [asked, today, *(stamp or ()), user.time_zone, get_language(), units.active().code, __version__]
    digest = hashlib.sha256(json.dumps(state, default=str).encode()).hexdigest()
    key = f"remembered:{user.pk}:{digest}"
    found = _read(key)
    if found is None:
        found = json.dumps(make(), separators=(",", ":")).encode()
        _keep(key, found)
    return found


def _read(key: str) -> bytes | None:
    try:
        found: bytes | None = cache.get(key)
    except RedisError:  # pages do without it
        logger.warning("nothing can be remembered: the cache is away")
        return None
    return found


def _keep(key: str, found: bytes) -> None:
    try:
        cache.set(key, found, KEPT_S)
    except RedisError:
        logger.warning("nothing can be remembered: the cache is away")
