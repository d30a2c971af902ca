"""A file in parts from the import page: a line that breaks, a page loaded again, a change of mind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from membership.models import User
from tests.browser.conftest import Problems
from tests.tracking.imports import runs
from tracking.imports import files
from tracking.imports.runs import ImportRun

pytestmark = pytest.mark.django_db(transaction=True)
PART = 4 * 2**20


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    """Three parts of it."""
    path = tmp_path / "export.xml"
    path.write_bytes(b"<HealthData>" + b" " * (2 * PART + 1000) + b"</HealthData>")
    return path


def choose(page: Page, path: Path) -> None:
    page.goto("/import/")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.locator("[data-drop-name]")).to_contain_text(path.name)
    page.locator("#upload-form .button--primary").click()


def test_a_lost_connection_costs_one_part(phone_of_alice: Page, big_file: Path, problems: Problems) -> None:
    page = phone_of_alice
    sent: list[str] = []

    def line(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(route.request.headers["upload-offset"])
            if len(sent) == 2:
                route.abort("connectionreset")
                return
        route.continue_()

    page.route("**/part/", line)
    choose(page, big_file)
    expect(page.locator("[data-upload-detail]")).to_contain_text("Verbindung verloren")
    page.wait_for_url(re.compile("/import/[0-9a-f-]{36}/$"))
    assert sent == ["0", str(PART), str(PART), str(2 * PART)]
    run = ImportRun.objects.get()
    assert run.preview
    assert files.upload_path(run).read_bytes() == big_file.read_bytes()
    problems.clear()  # the browser names the broken line


def test_the_same_file_chosen_after_a_reload_goes_on(
    phone_of_alice: Page, big_file: Path, problems: Problems
) -> None:
    page = phone_of_alice
    page.route(
        "**/part/",
        lambda route: (
            route.abort() if route.request.headers.get("upload-offset", "0") != "0" else route.continue_()
        ),
    )
    choose(page, big_file)
    expect(page.locator("[data-upload-detail]")).to_contain_text("Verbindung verloren")
    page.unroute("**/part/")
    sent: list[str] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.headers.get("upload-offset", "")) if request.method == "PATCH" else None
        ),
    )
    choose(page, big_file)
    page.wait_for_url(re.compile("/import/[0-9a-f-]{36}/$"))
    assert sent[0] == str(PART)
    assert files.upload_path(ImportRun.objects.get()).stat().st_size == big_file.stat().st_size
    problems.clear()


def test_an_upload_can_be_cancelled(phone_of_alice: Page, big_file: Path, problems: Problems) -> None:
    page = phone_of_alice
    page.route(
        "**/part/",
        lambda route: (
            route.abort() if route.request.headers.get("upload-offset", "0") != "0" else route.continue_()
        ),
    )
    choose(page, big_file)
    expect(page.locator("[data-upload-detail]")).to_contain_text("Verbindung verloren")
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.locator("[data-upload-cancel]").click()
    expect(page.locator("[data-upload-cancel]")).to_be_hidden()
    run = ImportRun.objects.get()
    assert run.state == ImportRun.State.CANCELLED
    assert not files.upload_path(run).exists()
    problems.clear()


def test_a_file_that_is_refused_says_so_at_the_field(phone_of_alice: Page, tmp_path: Path) -> None:
    page = phone_of_alice
    empty = tmp_path / "leer.xml"
    empty.write_bytes(b"")
    choose(page, empty)
    expect(page.locator("#upload-form .errorlist")).to_contain_text("Die Datei ist leer")
    assert not ImportRun.objects.exists()


def test_who_is_at_the_cancel_button_stays_there_while_the_page_follows_the_import(
    phone_of_alice: Page, alice: User
) -> None:
    run = runs.upload(alice, runs.small_export(2))  # no worker takes it up
    page = phone_of_alice
    page.goto(f"/import/{run.pk}/")
    button = page.locator("form[action$='/cancel/'] button")
    button.focus()
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        pass
    page.wait_for_timeout(300)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#import-run")).to_contain_text("abgebrochen")
