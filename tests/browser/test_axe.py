"""axe-core finds nothing on any page: light and dark, German and English, strangers and members."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from insights import pipeline, runs
from membership.models import User
from tests.browser.conftest import DESKTOP, PHONE, sign_in, wait_for
from tests.insights.members import two_weeks
from tests.test_routes import TABLE, Route, address_of
from tests.tracking.imports.runs import SAMPLES, bring
from tools.browser import CHANGED, CHARTS_DRAWN
from tracking.demo import add_photos, fill
from tracking.journals import registry
from tracking.profile import Profile
from tracking.topics import TOPICS

pytestmark = pytest.mark.django_db(transaction=True)
AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe-4.14.1.min.js").read_text()
ANY = "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)"
COLOURS = "axe.run(document, {runOnly: ['color-contrast']}).then(result => result.violations)"
TALL = 9000  # so that every chart is in view, and therefore drawn
NO_PAGES = {
    "tracking:series",
    "tracking:journal_csv",
    "tracking:history_series",
    "tracking:history_csv",
    "tracking:photo_file",
    "live",
    "ready",
    "manifest",
    "service_worker",
}
MORE = [
    *(f"/journal/{slug}/" for slug in sorted(registry())),
    "/capture/?with=caliper",
    *(f"/history/{slug}/" for slug in TOPICS),
    "/history/report/?period=month",
    "/history/?s=weight.weight_kg.trend&s=nutrition.energy_kcal&beside=before",
    "/goals/blood_pressure/",
    "/history/?range=all",
    "/nothing-here/",
    "/admin/login/",
]


def findings(page: Page, run: str) -> list[str]:
    return [
        f"{page.url} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in page.evaluate(run)
        for node in rule["nodes"]
    ]


def look_at(page: Page, addresses: list[str], width: int = PHONE["width"], *, dark: bool = True) -> list[str]:
    """What axe says about the pages: everything in light, in dark what colours can change."""
    found = []
    page.set_viewport_size({"width": width, "height": TALL})
    for address in addresses:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(address)
        wait_for(page, CHARTS_DRAWN)
        page.evaluate(AXE)
        found += findings(page, ANY)
        if not dark:
            continue
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.evaluate(CHANGED)
        found += findings(page, COLOURS)
    return found


def pages(status: str) -> list[Route]:
    """The routes that answer a visitor with a page."""
    return [
        route
        for route in TABLE
        if route.methods.startswith("GET") and getattr(route, status) == 200 and route.name not in NO_PAGES
    ]


def with_everything(alice: User) -> dict[str, object]:
    """Two weeks of entries, an import with its report, an evaluation: what pages can show."""
    Profile.objects.filter(user=alice).delete()
    two_weeks(alice)
    fill(owner=alice, days=40, seed=1)
    add_photos(owner=alice, days=40, seed=1)
    brought = bring(alice, (SAMPLES / "apple_export_de.zip").read_bytes())
    run = pipeline.run_to_end(runs.start(owner=alice, client_id="axe", send=False))
    entry = registry()["weight"].model.objects.of(alice).first()
    return {"entry": entry.pk, "import": brought.pk, "run": run.pk}


@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_on_the_pages_of_a_member(
    page: Page, live_server: LiveServer, alice: User, language: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    owned = with_everything(alice)
    sign_in(page.context, live_server.url, alice)
    addresses = [*(address_of(route, owned) for route in pages("member")), *MORE]
    # Colours are the same in every language: they are looked at once.
    assert "\n".join(look_at(page, addresses, dark=language == "de")) == ""


@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_on_the_pages_of_a_stranger(page: Page, alice: User, language: str) -> None:
    page.set_extra_http_headers({"accept-language": language})
    assert "\n".join(look_at(page, [address_of(route, {}) for route in pages("stranger")])) == ""


def test_axe_finds_nothing_on_a_wide_screen(desktop: Page, live_server: LiveServer, alice: User) -> None:
    with_everything(alice)
    sign_in(desktop.context, live_server.url, alice)
    some = ["/", "/capture/", "/journal/weight/", "/history/", "/membership/"]
    assert "\n".join(look_at(desktop, some, DESKTOP["width"])) == ""
