"""The phone and the wide screen of the browser tests, on pages made of components alone."""

from __future__ import annotations

from tests.browser.conftest import browser, context, desktop, page, problems

__all__ = ["browser", "context", "desktop", "page", "problems"]
