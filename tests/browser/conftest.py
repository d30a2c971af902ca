"""A real Chromium on the live server: a phone in German, watched for everything a page must not do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:
    from membership.models import User

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
]
# What forms and limits answer on purpose; the browser calls each of them an error.
EXPECTED_STATUS = {403, 404, 409, 422, 429}


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("Chromium is missing: apt-get install chromium, or name it with CHROMIUM=", pytrace=False)
    return found


class Problems(list[str]):
    """What went wrong in the pages of one test; a test that provokes something on purpose clears it."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda event: self._script(event.error))

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme in {"http", "https", "ws", "wss"} and not request.url.startswith(
            self.origin
        ):
            self.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 500 or (response.status == 404 and path.startswith("/static/")):
            self.append(f"{response.status} for {path}")

    def _script(self, error: Error) -> None:
        if error.message.startswith("Transition was "):  # the browser's own, between pages: one was closed
            return
        self.append(f"script error: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if any(f"status of {status} " in message.text for status in EXPECTED_STATUS):
            return
        self.append(f"console {message.type}: {message.text}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module.

    Playwright keeps an event loop on this thread while it runs, hence the variable that lets Django's ORM
    work beside it; both end together.
    """
    path = chromium()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
        try:
            running = playwright.chromium.launch(executable_path=path, headless=True, args=arguments)
        except Error as error:
            pytest.fail(f"Chromium {path} does not start: {error.message}", pytrace=False)
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


def wait_for(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression holds; Playwright's own waiting would need eval, which we forbid."""
    page.evaluate(
        f"""async () => {{
            for (let turn = 0; turn < 200 && !({condition}); turn++)
                await new Promise(go => setTimeout(go, 50));
            if (!({condition})) throw new Error("not within ten seconds");
        }}"""
    )


# Members ----------------------------------------------------------------------------------------------------
def sign_in(context: BrowserContext, origin: str, user: User) -> None:
    """Give the browser a session of this member, as the login would."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": origin}])


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
