"""Posting as the pages' forms do."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

HTMX = {"HX-Request": "true"}


def post(client: Client, path: str, *, htmx: Any = True, **fields: Any) -> Any:
    return client.post(
        path, {"client_id": f"c{timezone.now().timestamp()}", **fields}, headers=HTMX if htmx else {}
    )
