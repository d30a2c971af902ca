"""What a browser without JavaScript can do: everything that matters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from membership.models import User
from tests.browser.conftest import PHONE, Problems, sign_in
from tests.factories import PASSWORD
from tracking.imports.runs import ImportRun
from tracking.journals.caliper import Caliper
from tracking.journals.weight import Weight

pytestmark = pytest.mark.django_db(transaction=True)
EXPORT = Path(__file__).resolve().parents[1] / "tracking" / "imports" / "samples" / "apple_export_de.zip"


@pytest.fixture
def quiet(browser: Browser, live_server: LiveServer, problems: Problems) -> Iterator[Page]:
    """A phone whose browser runs no scripts."""
    context = browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]},
        locale="de-DE",
        base_url=live_server.url,
        java_script_enabled=False,
    )
    context.set_default_timeout(10_000)
    problems.watch(context)
    yield context.new_page()
    context.close()


def test_signing_in_recording_editing_deleting_undoing_and_uploading_work(quiet: Page, alice: User) -> None:
    quiet.goto("/capture/")
    quiet.locator("[name=login]").fill(alice.email)
    quiet.locator("[name=password]").fill(PASSWORD)
    quiet.locator("main form button.button--primary").click()
    expect(quiet).to_have_url(re.compile("/capture/$"))

    quiet.locator("[name=weight-weight_kg]").fill("82,4,5")
    quiet.locator(".capture__save").click()
    expect(quiet.locator("[name=weight-weight_kg]")).to_have_value("82,4,5")
    quiet.locator("[name=weight-weight_kg]").fill("82,4")
    quiet.locator(".capture__save").click()
    expect(quiet).to_have_url(re.compile("/capture/$"))
    expect(quiet.locator(".capture__done li")).to_contain_text("82,4")

    quiet.goto("/journal/weight/")
    row = quiet.locator(".entry-row")
    row.locator("a[href$='/edit/']").click()
    quiet.locator(".entry-row [name=weight_kg]").fill("82,6")
    quiet.locator(".entry-row button.button--primary").click()
    expect(row).to_contain_text("82,6")
    row.locator("button[formaction$='/delete/']").click()
    assert not Weight.objects.of(alice).exists()
    quiet.locator("form[action$='/restore/'] button").click()
    expect(row).to_contain_text("82,6")

    quiet.goto("/import/")
    quiet.locator("input[type=file]").set_input_files(EXPORT)
    quiet.locator("#upload-form button.button--primary").click()
    expect(quiet).to_have_url(re.compile("/import/[0-9a-f-]{36}/$"))
    expect(quiet.locator("#import-run")).to_contain_text(EXPORT.name)
    assert ImportRun.objects.of(alice).get().state == ImportRun.State.QUEUED


@pytest.mark.parametrize("address", ["/journal/caliper/", "/capture/?with=caliper"])
def test_another_method_asks_for_other_folds_and_what_was_typed_is_in_no_address(
    quiet: Page, live_server: LiveServer, alice: User, address: str
) -> None:
    sign_in(quiet.context, live_server.url, alice)
    quiet.goto(address)
    quiet.locator("[name$=triceps_mm]").fill("14,5")
    quiet.locator("[name$=method]").select_option("jp7")
    quiet.get_by_role("button", name="Felder zeigen").click()
    expect(quiet.locator("[name$=midaxillary_mm]")).to_be_visible()
    expect(quiet.locator("[name$=triceps_mm]")).to_have_value("14,5")
    assert "triceps" not in quiet.url
    assert not Caliper.objects.exists()
