"""Cards that an upper floor puts on a page of a lower one, which may not know it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum

from django.http import HttpRequest


class Place(StrEnum):
    """The pages that take cards."""

    OVERVIEW = "overview"
    SETTINGS = "settings"
    DASHBOARD = "dashboard"


Panel = Callable[[HttpRequest], str]
_panels: defaultdict[Place, list[Panel]] = defaultdict(list)


def register(panel: Panel, place: Place) -> None:
    """Add a card; it gets the request and answers with safe HTML, empty where it has nothing to say."""
    if panel not in _panels[place]:
        _panels[place].append(panel)


def render_all(request: HttpRequest, place: Place) -> list[str]:
    """The HTML of all cards of a page that have something to say."""
    return [html for panel in _panels[place] if (html := panel(request))]
