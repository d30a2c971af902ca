"""Going through all pages of one language with a real browser, taking pictures and noting what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tools.browser import CHANGED, CHARTS_DRAWN, Problems, launch, sign_in, wait_for
from tools.screenshots import scenes
from tools.screenshots.pages import Shot, mail_names, shots
from tools.screenshots.scenes import Cast
from tools.screenshots.site import Site

WIDTHS = (390, 768, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WINDOW = 844
LOCALES = {"de": "de-DE", "en": "en-GB"}
LOOK = (Path(__file__).parent / "look.js").read_text()
PATIENCE_MS = 20_000


@dataclass
class Walk:
    """One language's way through the site; `findings` are lines that name the page."""

    cast: Cast
    site: Site
    folder: Path
    only: str = ""
    findings: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Take all pictures.

        Raises:
            NoBrowser: there is no Chromium.
        """
        with sync_playwright() as playwright:
            browser = launch(playwright)
            try:
                self._pages(browser)
                self._mails(browser)
            finally:
                browser.close()

    def _pages(self, browser: Browser) -> None:
        contexts: dict[tuple[str, bool], tuple[BrowserContext, Problems]] = {}
        for shot in shots():
            if self.only not in shot.name:
                continue
            place = shot.visitor, shot.model
            if place not in contexts:
                contexts[place] = self._enter(browser, *place)
            context, problems = contexts[place]
            page = context.new_page()
            try:
                page.emulate_media(color_scheme="light", reduced_motion="reduce")
                page.goto(shot.path(self.cast))
                if shot.act is not None:
                    shot.act(page, self.cast)
                self._picture(page, shot.name)
            except Error as error:
                self.findings.append(f"{self._place(shot)}: {error.message.splitlines()[0]}")
            finally:
                page.close()
            self.findings += [f"{self._place(shot)}: {line}" for line in dict.fromkeys(problems)]
            problems.clear()

    def _place(self, shot: Shot) -> str:
        return f"{self.cast.language} {shot.name}"

    def _enter(self, browser: Browser, visitor: str, model: bool) -> tuple[BrowserContext, Problems]:
        """A browser of a visitor; what its pages must not do is noted."""
        origin = self.site.with_model if model else self.site.plain
        context = browser.new_context(
            viewport={"width": WIDTHS[0], "height": WINDOW},
            locale=LOCALES[self.cast.language],
            timezone_id="Europe/Berlin",
            base_url=origin,
        )
        context.set_default_timeout(PATIENCE_MS)
        if visitor != "stranger":
            sign_in(context, origin, self.cast.users[visitor])
        problems = Problems(origin)
        problems.watch(context)
        return context, problems

    def _mails(self, browser: Browser) -> None:
        names = [name for name in mail_names() if self.only in f"mail-{name}"]
        page = browser.new_page()
        for name, html in scenes.mails(self.cast.users["member"], names).items():
            page.set_content(html)
            self._picture(page, f"mail-{name}")
        page.close()

    def _picture(self, page: Page, name: str) -> None:
        """The whole page in each width and scheme, and a look at each width."""
        for width in WIDTHS:
            as_tall_as_its_content(page, width)
            wait_for(page, CHARTS_DRAWN)
            as_tall_as_its_content(page, width)
            # The administration's own stylesheet hides words and lets others reach out.
            found = page.evaluate(LOOK, not name.startswith("admin"))
            self.findings += [f"{self.cast.language} {name} at {width} px: {line}" for line in found]
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate(CHANGED)
                folder = self.folder / f"{self.cast.language}-{scheme}-{width}"
                page.screenshot(path=folder / f"{name}.png", animations="allow", caret="initial")


def as_tall_as_its_content(page: Page, width: int) -> None:
    """A window without scrolling: everything is in view, so every chart is drawn."""
    page.set_viewport_size({"width": width, "height": WINDOW})
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(WINDOW, height)})


def folders(languages: tuple[str, ...]) -> Iterator[str]:
    """The folders of pictures, one for each language, scheme and width."""
    for language in languages:
        for scheme in SCHEMES:
            for width in WIDTHS:
                yield f"{language}-{scheme}-{width}"
