"""Sessions in database and cache, for cookies of every sort, also while the cache is away."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import cached_db, db
from redis.exceptions import RedisError


class SessionStore(cached_db.SessionStore):
    """The row is what counts; the cache saves asking for it.

    Deleting still fails without the cache: what stays there would be a session again when it comes back.
    """

    def load(self) -> dict[str, Any]:
        try:
            return super().load()
        except RedisError:
            return db.SessionStore.load(self)

    def exists(self, session_key: str) -> bool:
        try:
            return super().exists(session_key)
        except RedisError:
            return db.SessionStore.exists(self, session_key)

    def delete(self, session_key: str | None = None) -> None:
        """End a session everywhere, and then forget which browser and address it was for.

        In this order: where the cache is away the session is still listed, and can be ended again.
        """
        from allauth.usersessions.models import UserSession  # this module is read before there are models

        key = session_key or self.session_key
        super().delete(session_key)
        UserSession.objects.filter(session_key=key).delete()

    def _validate_session_key(self, key: str | None) -> bool:
        """Pass over a key that none of ours can be: PostgreSQL refuses to look for one with a NUL."""
        return bool(key and key.isascii() and key.isalnum() and super()._validate_session_key(key))  # type: ignore[misc]  # the stubs leave it out
