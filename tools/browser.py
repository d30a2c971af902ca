"""The Chromium of the browser tests and of the screenshots: how it starts, and what its pages must not do."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Request,
    Response,
)

if TYPE_CHECKING:
    from membership.models import User

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
# Charts are drawn when they come into view: make the window as tall as the page first.
CHARTS_DRAWN = (
    "[...document.querySelectorAll('[data-chart-canvas]')].every(canvas => canvas.childElementCount)"
)
# The millisecond that changes of colour take where motion is unwanted, in each element after its parent.
CHANGED = """(async () => {
    for (let frame = 0; frame < 60 && document.getAnimations().length; frame++)
        await new Promise(requestAnimationFrame);
})()"""


class NoBrowser(Exception):
    """Chromium is missing or does not start; the message is one line."""


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium: the one CHROMIUM names, else the one on the path.

    Raises:
        NoBrowser: there is none, or it does not start.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        raise NoBrowser("Chromium is missing: apt-get install chromium, or name it with CHROMIUM=")
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    try:
        return playwright.chromium.launch(executable_path=path, headless=True, args=arguments)
    except Error as error:
        raise NoBrowser(f"Chromium {path} does not start: {error.message}") from error


class Problems(list[str]):
    """What went wrong in pages: requests to other hosts, console and script errors, 5xx, no static file.

    Whoever provokes something on purpose clears it.
    """

    def __init__(self, *origins: str) -> None:
        super().__init__()
        self.origins = origins

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda event: self._script(event.error))

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme in {"http", "https", "ws", "wss"} and not request.url.startswith(
            self.origins
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


def wait_for(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression holds; Playwright's own waiting would need eval, which we forbid."""
    page.evaluate(
        f"""async () => {{
            for (let turn = 0; turn < 200 && !({condition}); turn++)
                await new Promise(go => setTimeout(go, 50));
            if (!({condition})) throw new Error("not within ten seconds");
        }}"""
    )


def sign_in(context: BrowserContext, origin: str, user: User) -> None:
    """Give the browser a session of this member, as the login would."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": origin}])
