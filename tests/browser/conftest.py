"""A real Chromium on the live server: a phone in German, watched for everything a page must not do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tools.browser import NoBrowser, Problems, launch, sign_in, wait_for

if TYPE_CHECKING:
    from membership.models import User

__all__ = ["Problems", "sign_in", "wait_for"]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module.

    Playwright keeps an event loop on this thread while it runs, hence the variable that lets Django's ORM
    work beside it; both end together.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        try:
            running = launch(playwright)
        except NoBrowser as error:
            pytest.fail(str(error), pytrace=False)
        yield running
        running.close()


@pytest.fixture
def problems(live_server: LiveServer) -> Iterator[Problems]:
    """CSP violations, console errors, script errors, 5xx, missing static files, requests to other hosts."""
    found = Problems(live_server.url)
    yield found
    assert list(found) == []


@pytest.fixture
def context(browser: Browser, live_server: LiveServer, problems: Problems) -> Iterator[BrowserContext]:
    """A fresh phone: 390 x 844, German, Berlin."""
    opened = browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]},
        locale="de-DE",
        timezone_id="Europe/Berlin",
        base_url=live_server.url,
    )
    opened.set_default_timeout(10_000)
    problems.watch(opened)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page on the phone; `page.goto("/capture/")` is relative to the live server."""
    return context.new_page()


@pytest.fixture
def desktop(browser: Browser, live_server: LiveServer, problems: Problems) -> Iterator[Page]:
    """A page on a wide screen."""
    opened = browser.new_context(
        viewport={"width": DESKTOP["width"], "height": DESKTOP["height"]},
        locale="de-DE",
        timezone_id="Europe/Berlin",
        base_url=live_server.url,
    )
    opened.set_default_timeout(10_000)
    problems.watch(opened)
    yield opened.new_page()
    opened.close()


# Members ----------------------------------------------------------------------------------------------------
@pytest.fixture
def alice(transactional_db: None) -> User:
    """A member on a seeded site who has the first steps behind her."""
    from django.utils import timezone

    from mitai.core import seeding
    from tests import factories
    from tracking.profile import Profile

    seeding.run()
    member = factories.alice()
    Profile.objects.create(user=member, welcomed_at=timezone.now())
    return member


@pytest.fixture
def phone_of_alice(page: Page, live_server: LiveServer, alice: User) -> Page:
    """Alice's phone: a page on which she is signed in."""
    sign_in(page.context, live_server.url, alice)
    return page
