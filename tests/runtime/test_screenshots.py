"""`make screenshots` misses no page, and sees what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django import Settings

from mitai.core import seeding
from tests import llm_server
from tests.browser.conftest import browser, context, page, problems
from tools.screenshots import pages, scenes, sheet
from tools.screenshots.__main__ import LANGUAGES
from tools.screenshots.walk import LOOK, as_tall_as_its_content
from tracking.imports.runs import ImportRun

__all__ = ["browser", "context", "page", "problems"]


def test_every_route_has_a_picture_or_a_reason_for_having_none() -> None:
    assert pages.unseen() == []
    names = [shot.name for shot in [*pages.STRANGERS, *pages.RECORDING, *pages.IMPORTS, *pages.ANALYSIS]]
    names += [shot.name for shot in [*pages.ACCOUNT, *pages.ERRORS, *pages.LAST]]
    assert len(set(names)) == len(names)


@pytest.mark.django_db
def test_the_visitors_of_both_languages_share_one_site(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    seeding.run()
    with llm_server.running() as model:
        casts = [scenes.cast(language, model=model, days=2) for language in LANGUAGES]
    spoken = [{user.language for user in cast.users.values()} for cast in casts]
    assert spoken == [{language} for language in LANGUAGES]
    assert set(casts[0].imports) == set(ImportRun.State.values)
    for cast in casts:
        addresses = [shot.path(cast) for shot in pages.shots()]
        assert all(address.startswith("/") for address in addresses)


def test_the_contact_sheet_shows_every_picture_and_says_what_is_wrong(tmp_path: Path) -> None:
    said = sheet.write(tmp_path, folders=["de-light-390"], names=["overview"], findings=["<b> is cut off"])
    text = said.read_text()
    assert 'src="de-light-390/overview.png"' in text
    assert "&lt;b&gt; is cut off" in text


WIDE = "<p>kurz</p><div class='wide'>breit</div><style>.wide { width: 900px; }</style>"
HIDDEN = "<p class='box'>Donaudampfschifffahrt</p><style>.box { width: 4em; overflow: hidden; }</style>"
OUTSIDE = "<p class='box'>Donaudampfschifffahrt</p><style>.box { width: 4em; }</style>"
CHOICE = "<select name='level'><option>fünfmal die Woche</option></select>"
CHOICE += "<style>select { width: 5em; font-variant-numeric: tabular-nums; }</style>"
FIELD = "<input name='zone' value='America/Argentina/Buenos_Aires'><style>input { width: 6em; }</style>"
FINE = """<p>kurz</p><p class='visually-hidden'>Donaudampfschifffahrt</p><div class='scroll'><b>Donaudampfschifffahrt</b></div>
<style>.visually-hidden { position: absolute; width: 1px; overflow: hidden; clip-path: inset(50%); }
.scroll { width: 4em; overflow-x: auto; }</style>"""  # noqa: E501


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("html", "found"),
    [
        (WIDE, ["the page is 908 px wide"]),
        (HIDDEN, ["“Donaudampfschifffahrt” is cut off by p.box"]),
        (OUTSIDE, ["“Donaudampfschifffahrt” reaches out of p.box"]),
        (CHOICE, ["“fünfmal die Woche” does not fit into level"]),
        (FIELD, ["“America/Argentina/Buenos_Aires” does not fit into zone"]),
        (FINE, []),
    ],
)
def test_what_does_not_fit_is_seen(page: Page, html: str, found: list[str]) -> None:
    page.set_content(f"<!doctype html><html><body>{html}</body></html>")
    as_tall_as_its_content(page, 390)
    assert page.evaluate(LOOK, True) == found
