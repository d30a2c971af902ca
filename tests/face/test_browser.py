"""The components in a real browser: forms that keep what was typed, toasts, charts, the shell offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Problems
from tests.face import pages

pytestmark = [pytest.mark.urls("tests.face.pages"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _uploads_are_welcome(settings: Settings) -> None:
    """The component pages know no members; the product takes files from members alone."""
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]


AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe-4.14.1.min.js").read_text()


@pytest.fixture(autouse=True)
def _nothing_sent() -> Iterator[None]:
    pages.sent.clear()
    pages.arrived.clear()
    yield
    pages.gate.set()


def findings(page: Page) -> list[str]:
    page.evaluate(AXE)
    run = "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)"
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in page.evaluate(run)
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/?errors=1", "/charts/", "/account/", "/offline/", "/nothing-here/"])
def test_axe_finds_nothing_on_phone_and_desktop(page: Page, desktop: Page, address: str, scheme: str) -> None:
    for view in (page, desktop):
        view.emulate_media(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
        view.goto(address)
        view.wait_for_load_state("networkidle")
        assert findings(view) == []


@pytest.mark.parametrize("width", [360, 390, 899, 900, 1280])
@pytest.mark.parametrize("address", ["/?errors=1", "/charts/", "/account/"])
def test_no_page_is_wider_than_the_window(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_what_a_thumb_touches_is_at_least_44_pixels(page: Page) -> None:
    page.goto("/")
    small = page.evaluate(
        """['.button', 'button', '.chip', '.nav__link', 'summary', '.check', 'input', 'select']
        .flatMap(selector => [...document.querySelectorAll(selector)])
        .filter(e => e.checkVisibility() && !e.closest('.segmented'))
        .filter(e => !['checkbox', 'radio', 'file', 'hidden'].includes(e.type))
        .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, box]) => box.height < 43.9 || box.width < 43.9)"""
    )
    assert small == []


def test_the_bottom_bar_marks_where_one_is(page: Page) -> None:
    page.goto("/history/")
    expect(page.locator(".nav [aria-current=page]")).to_have_attribute("href", "/history/")
    expect(page.locator(".nav__link")).to_have_count(5)


def test_a_refused_value_stays_in_its_field_with_the_error_and_the_focus(page: Page) -> None:
    page.goto("/")
    field = page.locator("#quick input[name=weight]")
    field.fill("82,4,5")
    with page.expect_response("**/quick/") as answer:
        field.press("Enter")
    assert answer.value.status == 422
    expect(field).to_be_focused()
    expect(field).to_have_value("82,4,5")
    expect(field).to_have_attribute("aria-invalid", "true")
    error = page.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(error).to_be_visible()


def test_saving_answers_in_place_and_the_toast_offers_undo(page: Page) -> None:
    page.goto("/")
    page.locator("#quick input[name=weight]").fill("82,4")
    page.locator("#quick").get_by_role("button", name="Speichern").click()
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("Gespeichert")
    toast.locator("[data-toast-undo] button").click()
    expect(toast).to_have_count(0)
    assert pages.sent == ["82,4", "undo"]


def test_a_toast_is_closed_by_hand(page: Page) -> None:
    page.goto("/")
    page.locator("#quick input[name=weight]").fill("82,4")
    page.locator("#quick input[name=weight]").press("Enter")
    page.locator("[data-toast-close]").click()
    expect(page.locator("[data-toast]")).to_have_count(0)


def test_a_refused_deletion_leaves_the_row_and_says_why(page: Page) -> None:
    page.goto("/")
    page.locator("#row").get_by_role("button", name="Löschen").click()
    expect(page.locator("[data-toast]")).to_contain_text("Inzwischen geändert.")
    expect(page.locator("#row")).to_be_visible()


def test_a_lost_network_says_so_and_keeps_what_was_typed(page: Page, problems: Problems) -> None:
    page.goto("/")
    page.context.set_offline(True)
    field = page.locator("#quick input[name=weight]")
    field.fill("82,4")
    field.press("Enter")
    expect(page.locator("[data-toast]").first).to_be_visible()
    expect(field).to_have_value("82,4")
    page.context.set_offline(False)
    expect(page.locator("[data-toast].toast--success")).to_be_visible()
    page.locator("#quick").get_by_role("button", name="Speichern").click()
    expect(page.locator("[data-toast]", has_text="Gespeichert")).to_be_visible()
    assert pages.sent == ["82,4"]
    problems.clear()  # the request that found no network


@pytest.mark.parametrize(("form", "sent"), [("#quick", "82,4"), ("#plain", "plain")])
def test_sending_twice_at_once_sends_once(page: Page, form: str, sent: str) -> None:
    page.goto("/")
    page.locator(f"{form} input[name$=weight]").fill("82,4")
    pages.gate.clear()
    page.locator(form).evaluate(
        "f => { f.dataset.old = ''; f.requestSubmit(); setTimeout(() => f.requestSubmit(), 50); }"
    )
    assert pages.arrived.wait(5)
    page.wait_for_timeout(200)
    pages.gate.set()
    expect(page.locator(f"{form}:not([data-old])")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert pages.sent == [sent]


def test_forms_work_without_javascript(browser: Browser, live_server: LiveServer) -> None:
    quiet = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = quiet.new_page()
    page.goto("/")
    page.locator("#upload input[type=file]").set_input_files(
        {"name": "export.zip", "mimeType": "application/zip", "buffer": b"x" * 7}
    )
    page.locator("#upload").get_by_role("button", name="Importieren").click()
    expect(page).to_have_url(re.compile("/charts/$"))
    page.goto("/")
    page.locator("#quick input[name=weight]").fill("82,4")
    page.locator("#quick").get_by_role("button", name="Speichern").click()
    quiet.close()
    assert pages.sent == ["7 page", "82,4"]


def test_a_chart_is_drawn_and_its_tooltip_names_every_value_of_the_day(desktop: Page) -> None:
    desktop.goto("/charts/")
    canvas = desktop.locator("#weight canvas")
    expect(canvas).to_be_visible()
    expect(desktop.locator("#weight [data-chart-sentence]")).to_have_text("Der Trend fällt.")
    box = desktop.locator("#weight .u-over").bounding_box()
    assert box is not None
    desktop.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    tip = desktop.locator("#weight .chart__tip")
    for text in ("Messwerte", "Trend", "Energie", "kcal", "kg", "2026"):
        expect(tip).to_contain_text(text)
    assert re.search(r"8\d,\d\u202fkg", tip.inner_text())


def test_dragging_zooms_and_a_button_goes_back(desktop: Page) -> None:
    desktop.goto("/charts/")
    over = desktop.locator("#weight .u-over")
    expect(over).to_be_visible()
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    back = desktop.locator("#weight .chart__reset")
    expect(back).to_be_hidden()
    desktop.mouse.move(box["x"] + 100, box["y"] + 50)
    desktop.mouse.down()
    desktop.mouse.move(box["x"] + 300, box["y"] + 50, steps=4)
    desktop.mouse.up()
    expect(back).to_be_visible()
    back.click()
    expect(back).to_be_hidden()


def test_a_chart_follows_the_scheme_that_is_chosen(desktop: Page) -> None:
    desktop.goto("/charts/")
    canvas = desktop.locator("#weight canvas")
    expect(canvas).to_be_visible()
    pixels = "document.querySelector('#weight canvas').toDataURL()"
    light = desktop.evaluate(pixels)
    desktop.emulate_media(color_scheme="dark")
    desktop.wait_for_function(f"before => {pixels} !== before", arg=light)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_chart_has_the_colours_of_its_legend(
    desktop: Page, motion: Literal["reduce", "no-preference"]
) -> None:
    desktop.emulate_media(reduced_motion=motion)
    desktop.goto("/charts/")
    expect(desktop.locator("#weight canvas")).to_be_visible()
    colourful = desktop.evaluate(
        """() => {
            const canvas = document.querySelector("#weight canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4) {
                const rgb = data.slice(i, i + 3);
                if (data[i + 3] && Math.max(...rgb) - Math.min(...rgb) > 60) count += 1;
            }
            return count;
        }"""
    )
    assert colourful > 1000


def test_a_chart_without_values_or_data_says_so(desktop: Page, problems: Problems) -> None:
    desktop.goto("/charts/")
    for chart in ("#empty", "#gone"):
        desktop.locator(chart).scroll_into_view_if_needed()
        expect(desktop.locator(f"{chart} .chart__message")).not_to_be_empty()
    problems.clear()  # the series that is not there


def test_the_chosen_scheme_is_kept_and_set_before_the_page_is_drawn(page: Page) -> None:
    page.goto("/")
    page.locator("[data-theme-choice=dark]").click()
    page.reload(wait_until="commit")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.wait_for_load_state()
    expect(page.locator("[data-theme-choice=dark]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-theme-choice=system]").click()
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_the_language_switch_comes_back_to_the_same_page(page: Page) -> None:
    page.goto("/account/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile("/account/$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_browser_tells_its_time_zone(page: Page) -> None:
    page.goto("/")
    page.wait_for_function("document.cookie.includes('tz=')")
    cookies = {cookie.get("name"): cookie.get("value") for cookie in page.context.cookies()}
    assert cookies["tz"] == "Europe%2FBerlin"


def test_without_a_network_the_shell_shows_the_offline_page_and_no_page_is_kept(
    page: Page, problems: Problems
) -> None:
    page.goto("/account/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    kept = page.evaluate(
        """async () => {
            const keys = async name => (await caches.open(name)).keys();
            const lists = await Promise.all((await caches.keys()).map(keys));
            return lists.flat().map(request => new URL(request.url).pathname);
        }"""
    )
    assert "/offline/" in kept
    assert [address for address in kept if not address.startswith("/static/")] == ["/offline/"]
    page.context.set_offline(True)
    page.goto("/history/")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Keine Verbindung|No connection"))
    page.context.set_offline(False)
    problems.clear()


def test_the_manifest_names_icons_that_exist_and_the_shortcut(page: Page) -> None:
    manifest = page.request.get("/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    content = manifest.json()
    assert content["shortcuts"][0]["url"] == "/capture/?with=weight#weight"
    assert {icon.get("purpose") for icon in content["icons"]} == {None, "maskable"}
    for icon in content["icons"]:
        assert page.request.get(icon["src"]).status == 200


def test_the_first_load_takes_few_requests(page: Page) -> None:
    requests: list[Request] = []
    page.context.on("requestfinished", lambda request: requests.append(request))
    page.goto("/account/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_load_state("networkidle")
    sent = [request for request in requests if request.sizes()["responseBodySize"] >= 0]  # not from its cache
    assert any(request.service_worker for request in sent)
    assert len(sent) <= 12


def test_forced_colours_keep_the_chosen_option_visible(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto("/")
    chosen = page.locator(".segmented__option[aria-current]").first
    assert chosen.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
