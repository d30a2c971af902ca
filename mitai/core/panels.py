"""Cards that an upper floor puts on the overview of a lower one, which may not know it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

Panel = Callable[[HttpRequest], str]
_panels: list[Panel] = []


def register(panel: Panel) -> None:
    """Add a card; it gets the request and answers with safe HTML, empty where it has nothing to say."""
    if panel not in _panels:
        _panels.append(panel)


def render_all(request: HttpRequest) -> list[str]:
    """The HTML of all cards that have something to say."""
    return [html for panel in _panels if (html := panel(request))]
