"""Keys that sort by the time they were made."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new version 7 UUID (RFC 9562): random, unguessable, ordered by time of creation."""
    return uuid_utils.compat.uuid7()
