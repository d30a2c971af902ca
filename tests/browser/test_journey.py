"""The whole way of a newcomer, in a real browser on a phone: from the sign-up to an evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from insights.models import Run, RunState
from membership import access, grants
from membership.models import User
from mitai.core import seeding
from tests import llm_server
from tests.browser.conftest import wait_for
from tests.llm_server import Handler, LlmServer
from tests.servers import SmtpSink
from tracking.goals import Goal
from tracking.journals.blood_pressure import BloodPressure
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight
from tracking.profile import Profile

if TYPE_CHECKING:
    from tests.conftest import StartWorker

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL, PASSWORD = "nora@example.org", "drei kleine Wörter"
EXPORT = Path(__file__).resolve().parents[1] / "tracking" / "imports" / "samples" / "apple_export_de.zip"
DRAWN = """canvas => {
    if (!canvas) return false;
    const { width, height } = canvas;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const pen = copy.getContext("2d", { willReadFrequently: true });
    pen.drawImage(canvas, 0, 0);
    const { data } = pen.getImageData(0, 0, width, height);
    return data.some((value, i) => i % 4 === 3 && value > 0);
}"""


may_end = Event()


def held_back(handler: Handler) -> None:
    """The last stage's answer, which waits until the test has looked."""
    may_end.wait(30)
    llm_server.ok("Dein Bericht. **Weiter so.**")(handler)


@pytest.fixture
def site(settings: Settings, live_server: LiveServer, smtp_sink: SmtpSink) -> Iterator[LlmServer]:
    """A seeded site that sends mails and knows a language model which takes its time."""
    may_end.clear()
    seeding.run()
    settings.BASE_URL = live_server.url
    with llm_server.running() as server:
        server.script(llm_server.ok(delay=1.5), llm_server.ok(delay=1.5), held_back)
        settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = server.url, "geheim", "test/model"
        yield server


def save(form: Locator) -> None:
    form.locator("button.button--primary").click()


def sign_up(page: Page, mails: SmtpSink) -> None:
    page.goto("/")
    page.locator("a[href^='/accounts/signup/']").click()
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password1]").fill(PASSWORD)
    save(page.locator("form[action='/accounts/signup/']"))
    expect(page).to_have_url(re.compile("/accounts/confirm-email/$"))
    expect(page.locator("main")).to_contain_text(EMAIL)
    text = mails.wait_for(1)[0].get_body(("plain",))
    assert text is not None
    (link,) = re.findall(r"http://\S+/accounts/confirm-email/\S+", str(text.get_content()))
    page.goto(link)
    save(page.locator("main form"))
    expect(page).to_have_url(re.compile("/welcome/$"))


def take_first_steps(page: Page) -> None:
    page.locator("[name=sex]").select_option("female")
    page.locator("[name=birth_date]").fill("1988-05-17")
    page.locator("[name=height_cm]").fill("172,5")
    page.locator("[name=activity_level]").select_option("light")
    page.locator("[name=target_value]").fill("78")
    save(page.locator("main form"))
    expect(page).to_have_url(re.compile("/capture/$"))


def capture_everything(page: Page) -> None:
    weight, saves = page.locator("#weight"), page.locator(".capture")
    expect(weight.locator("[name$=weight_kg]")).to_be_focused()
    page.keyboard.type("82,4")
    page.keyboard.press("Enter")
    expect(weight).to_have_class(re.compile("quick--done"))
    expect(weight.get_by_role("status")).to_contain_text("82,4")
    nutrition = page.locator("#nutrition")
    nutrition.locator("[name$=energy_kcal]").fill("2.150")
    nutrition.locator("[name$=protein_g]").fill("95,5")
    save(saves)
    expect(nutrition).to_have_class(re.compile("quick--done"))
    pressure = page.locator("#blood_pressure")
    pressure.locator("[name$=systolic_mmhg]").fill("84")
    pressure.locator("[name$=diastolic_mmhg]").fill("138")
    save(saves)
    expect(pressure.locator("[name$=diastolic_mmhg]")).to_have_attribute("aria-invalid", "true")
    pressure.locator("[name$=systolic_mmhg]").fill("138")
    pressure.locator("[name$=diastolic_mmhg]").fill("84")
    save(saves)
    expect(pressure).to_have_class(re.compile("quick--done"))
    expect(page).to_have_url(re.compile("/capture/$"))


def correct_delete_and_undo(page: Page) -> None:
    page.goto("/journal/weight/")
    row = page.locator(".entry-row")
    row.locator("a[href$='/edit/']").click()
    row.locator("[name=weight_kg]").fill("82,6")
    save(row)
    expect(row.locator(".entry-row__values")).to_contain_text("82,6")
    row.locator("button[formaction$='/delete/']").click()
    expect(row).to_have_count(0)
    page.locator("[data-toast-undo] button").click()
    expect(row.locator(".entry-row__values")).to_contain_text("82,6")
    expect(page).to_have_url(re.compile("/journal/weight/$"))


def bring_the_export(page: Page) -> None:
    page.goto("/import/")
    page.locator("input[type=file]").set_input_files(EXPORT)
    save(page.locator("#upload-form"))
    page.wait_for_url(re.compile("/import/[0-9a-f-]{36}/$"))
    expect(page.locator("#import-preview table")).to_be_visible(timeout=30_000)
    page.locator("#import-run form[action$='/confirm/'] button").click()
    expect(page.locator("#import-run form[action$='/undo/']")).to_be_visible(timeout=30_000)
    report = page.locator("#import-run table")
    expect(report.locator("a[href='/journal/weight/']")).to_be_visible()


def look_at_the_overview(page: Page) -> None:
    page.goto("/")
    expect(page.locator("section:has(#tile-weight)")).to_contain_text("kg")
    expect(page.locator("section:has(#tile-weight) svg.sparkline")).to_be_visible()
    expect(page.locator("#tile-pressure")).to_be_visible()
    expect(page.locator(".chips .chip--done")).to_have_count(3)
    page.goto("/history/?range=all")
    canvas = page.locator("canvas").first
    expect(canvas).to_be_visible()
    wait_for(page, f"({DRAWN})(document.querySelector('canvas'))")


def agree(page: Page, host: str) -> None:
    page.goto("/analysis/")
    expect(page.locator("form[action='/analysis/start/']")).to_have_count(0)
    page.locator("main a[href='/analysis/consent/']").first.click()
    expect(page.locator("main")).to_contain_text(host)
    expect(page.locator("main pre").first).to_contain_text("82")
    save(page.locator("form[action='/analysis/consent/']"))
    expect(page).to_have_url(re.compile("/analysis/$"))


def start_and_watch(page: Page) -> None:
    save(page.locator("form[action='/analysis/start/']"))
    page.wait_for_url(re.compile("/analysis/[0-9a-f-]{36}/$"))
    page.evaluate("window.sameDocument = true")
    expect(page.locator(".stage--running").first).to_be_visible()
    expect(page.locator(".stage--done")).to_have_count(2, timeout=30_000)
    assert page.evaluate("window.sameDocument"), "the stages came without a reload"
    page.reload()
    expect(page.locator(".stage--done")).to_have_count(2)
    page.evaluate("window.sameDocument = true")
    may_end.set()
    expect(page.locator(".stage--done")).to_have_count(3, timeout=30_000)
    assert page.evaluate("window.sameDocument"), "the last stage came without a reload"
    expect(page.locator("#run .prose strong").first).to_have_text("Weiter so.")
    expect(page.locator("#run")).not_to_have_attribute("hx-trigger", re.compile("."))


def test_from_the_sign_up_to_an_evaluation(
    page: Page, site: LlmServer, smtp_sink: SmtpSink, celery_worker_process: StartWorker
) -> None:
    celery_worker_process(LLM_BASE_URL=site.url, LLM_API_KEY="geheim", LLM_MODEL="test/model")
    sign_up(page, smtp_sink)
    nora = User.objects.get(email=EMAIL)
    assert grants.effective(nora).tier.slug == "trial"

    take_first_steps(page)
    profile = Profile.objects.get(user=nora)
    assert (profile.sex, str(profile.height_cm)) == ("female", "172.500")
    assert Goal.objects.get(user=nora).target_value == 78

    capture_everything(page)
    assert [str(one.weight_kg) for one in Weight.objects.of(nora)] == ["82.400"]
    assert [str(one.energy_kcal) for one in Nutrition.objects.of(nora)] == ["2150.000"]
    assert [one.systolic_mmhg for one in BloodPressure.objects.of(nora)] == [138]

    correct_delete_and_undo(page)
    bring_the_export(page)
    weights = [str(one.weight_kg) for one in Weight.objects.of(nora).oldest_first()]
    assert weights == ["82.400", "82.327", "82.600"]

    look_at_the_overview(page)
    agree(page, site.url.split("/")[2])
    assert site.seen == []
    start_and_watch(page)
    assert Run.objects.get(user=nora).state == RunState.DONE
    assert len(site.seen) == 3
    assert access.check(nora, "ai_calls").used == 3
