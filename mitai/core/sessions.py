"""Sessions in database and cache, for cookies of every sort."""

from __future__ import annotations

from django.contrib.sessions.backends import cached_db


class SessionStore(cached_db.SessionStore):
    """Passes over a key that none of ours can be: PostgreSQL refuses to look for one with a NUL."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and key.isascii() and key.isalnum() and super()._validate_session_key(key))  # type: ignore[misc]  # the stubs leave it out
