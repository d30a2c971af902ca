"""Posting as the pages' forms do."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from tests.rows import as_row

HTMX = {"HX-Request": "true"}


def post(client: Client, path: str, *, htmx: Any = True, **fields: Any) -> Any:
    return client.post(
        path, {"client_id": f"c{timezone.now().timestamp()}", **fields}, headers=HTMX if htmx else {}
    )


def capture(client: Client, slug: str, *, htmx: Any = True, **fields: Any) -> Any:
    """Send one row of the capture page, its names as the page has them."""
    row = as_row(slug, {"client_id": f"c{timezone.now().timestamp()}", **fields})
    return client.post("/capture/", row, headers=HTMX if htmx else {})


def journal(client: Client, slug: str, **fields: Any) -> Any:
    """Send the form of a journal's page."""
    return post(client, f"/journal/{slug}/", **fields)
