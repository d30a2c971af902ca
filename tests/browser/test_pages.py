"""The member's own pages on a phone: nothing is saved twice, nothing typed is lost."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from membership.models import User
from tests import factories
from tests.browser.conftest import Problems, wait_for
from tracking import entries
from tracking.journals import registry
from tracking.journals.base import When
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight

pytestmark = pytest.mark.django_db(transaction=True)
WEIGHT, SAVE = "[name=weight-weight_kg]", ".capture__save"


@pytest.fixture
def weight(alice: User) -> Weight:
    """A weight of Alice."""
    recorded = entries.record(
        owner=alice,
        journal=registry()["weight"],
        values={"weight_kg": Decimal("82.4")},
        when=When(date(2026, 3, 2)),
        client_id="first",
    )
    assert isinstance(recorded, Weight)
    return recorded


def weights(owner: User) -> list[str]:
    return [str(one.weight_kg) for one in Weight.objects.of(owner).oldest_first()]


@pytest.mark.parametrize("page_of", ["capture", "journal"])
def test_a_double_click_on_save_is_one_row(phone_of_alice: Page, alice: User, page_of: str) -> None:
    phone_of_alice.goto(f"/{page_of}/nutrition/" if page_of == "journal" else "/capture/")
    form = phone_of_alice.locator(".capture" if page_of == "capture" else "#entry-form")
    form.locator("[name$=energy_kcal]").fill("640")
    form.locator("button.button--primary").dblclick()
    if page_of == "capture":
        expect(phone_of_alice.locator("#nutrition")).to_have_class(re.compile("quick--done"))
    else:
        expect(phone_of_alice.locator(".entry-row")).to_have_count(1)
    phone_of_alice.wait_for_load_state("networkidle")
    assert Nutrition.objects.of(alice).count() == 1


def test_the_same_form_sent_twice_is_one_row(phone_of_alice: Page, alice: User) -> None:
    """A request that is sent again by the network, with a slow first answer."""
    phone_of_alice.goto("/capture/")
    form = phone_of_alice.locator(".capture")
    form.locator("[name=nutrition-energy_kcal]").fill("640")
    sent = form.evaluate(
        """async form => {
            const body = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, { method: "POST", body });
            const answers = await Promise.all([send(), send(), send()]);
            return answers.map(answer => answer.status);
        }"""
    )
    assert sent == [200, 200, 200]
    assert Nutrition.objects.of(alice).count() == 1


def test_going_back_after_saving_shows_what_is_saved_and_saves_nothing(
    phone_of_alice: Page, alice: User
) -> None:
    phone_of_alice.goto("/capture/")
    phone_of_alice.locator(WEIGHT).fill("82,4")
    phone_of_alice.locator(WEIGHT).press("Enter")
    expect(phone_of_alice.locator("#weight")).to_have_class(re.compile("quick--done"))
    phone_of_alice.goto("/journal/weight/")
    phone_of_alice.locator(".entry-row a[href$='/edit/']").click()
    expect(phone_of_alice.locator(".entry-row [name=weight_kg]")).to_have_value("82,4")
    phone_of_alice.go_back()
    expect(phone_of_alice.locator("#weight.quick--done, .capture__done li").first).to_contain_text("82,4")
    phone_of_alice.go_forward()
    expect(phone_of_alice.locator(".entry-row")).to_contain_text("82,4")
    assert weights(alice) == ["82.400"]


def test_of_two_tabs_on_one_row_the_second_is_told_and_keeps_what_was_typed(
    phone_of_alice: Page, alice: User, weight: Weight
) -> None:
    tabs = [phone_of_alice, phone_of_alice.context.new_page()]
    for tab in tabs:
        tab.goto("/journal/weight/")
        tab.locator(".entry-row a[href$='/edit/']").click()
    for tab, typed in zip(tabs, ["82,6", "82,8"], strict=True):
        tab.locator(".entry-row [name=weight_kg]").fill(typed)
        tab.locator(".entry-row button.button--primary").click()
    expect(tabs[0].locator(".entry-row__values")).to_contain_text("82,6")
    second = tabs[1].locator(".entry-row")
    expect(second.locator("[data-form-error]")).to_be_visible()
    expect(second.locator("[name=weight_kg]")).to_have_value("82,8")
    assert weights(alice) == ["82.600"]
    second.locator("button.button--primary").click()
    expect(second.locator(".entry-row__values")).to_contain_text("82,8")
    assert weights(alice) == ["82.800"]


def test_an_unlikely_weight_is_asked_about_and_kept_when_meant(
    phone_of_alice: Page, alice: User, weight: Weight
) -> None:
    phone_of_alice.goto("/capture/")
    row = phone_of_alice.locator("#weight")
    phone_of_alice.locator("#capture-moment summary").click()
    phone_of_alice.locator("[name=day]").fill("2026-03-03")
    row.locator("[name=weight-weight_kg]").fill("92,4")
    phone_of_alice.locator(SAVE).click()
    expect(row.locator("[name=weight-confirmed]")).to_be_visible()
    expect(row.locator("[name=weight-weight_kg]")).to_have_value("92,4")
    assert weights(alice) == ["82.400"]
    row.locator("[name=weight-confirmed]").check()
    phone_of_alice.locator(SAVE).click()
    expect(row.get_by_role("status")).to_contain_text("92,4")
    assert weights(alice) == ["82.400", "92.400"]


@pytest.mark.parametrize("address", ["/capture/", "/journal/weight/"])
def test_a_lost_network_is_said_and_the_value_is_saved_later(
    phone_of_alice: Page, alice: User, problems: Problems, address: str
) -> None:
    phone_of_alice.goto(address)
    field = phone_of_alice.locator("[name$=weight_kg]")
    phone_of_alice.context.set_offline(True)
    field.fill("82,4")
    field.press("Enter")
    expect(phone_of_alice.locator("[data-toast]").first).to_contain_text("Keine Verbindung")
    expect(field).to_have_value("82,4")
    phone_of_alice.context.set_offline(False)
    expect(field.locator("xpath=ancestor::form").locator("button.button--primary")).to_be_enabled()
    phone_of_alice.wait_for_timeout(300)  # until the browser has told of it too
    problems.clear()  # the request that found no network
    field.press("Enter")
    expect(phone_of_alice.locator("#weight.quick--done, .entry-row").first).to_be_visible()
    assert weights(alice) == ["82.400"]


def test_an_answer_that_is_lost_on_the_way_does_not_make_a_second_row(
    phone_of_alice: Page, alice: User, problems: Problems
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    phone_of_alice.goto("/capture/")
    phone_of_alice.route("**/capture/", lose, times=1)
    phone_of_alice.locator("[name=nutrition-energy_kcal]").fill("640")
    phone_of_alice.locator(SAVE).click()
    expect(phone_of_alice.locator("[data-toast]").first).to_be_visible()
    problems.clear()  # the answer that was lost
    phone_of_alice.locator(SAVE).click()
    expect(phone_of_alice.locator("#nutrition")).to_have_class(re.compile("quick--done"))
    assert Nutrition.objects.of(alice).count() == 1


def test_a_session_that_is_over_is_said_and_the_value_stays(phone_of_alice: Page, alice: User) -> None:
    phone_of_alice.goto("/capture/")
    field = phone_of_alice.locator(WEIGHT)
    field.fill("82,4")
    phone_of_alice.context.clear_cookies(name="sessionid")
    field.press("Enter")
    expect(phone_of_alice.locator("[data-toast]")).to_be_visible()
    expect(field).to_have_value("82,4")
    expect(phone_of_alice.locator("h1")).to_have_count(1)


def test_a_part_that_is_read_without_a_session_leads_to_the_login_and_back(
    phone_of_alice: Page, weight: Weight
) -> None:
    phone_of_alice.goto("/journal/weight/")
    phone_of_alice.context.clear_cookies(name="sessionid")
    phone_of_alice.locator(".entry-row a[href$='/edit/']").click()
    phone_of_alice.wait_for_url("**/accounts/login/?next=%2Fjournal%2Fweight%2F")


def test_keys_alone_record_a_weight(phone_of_alice: Page, alice: User) -> None:
    page = phone_of_alice
    page.goto("/more/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "/capture/":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "where the focus is can be seen"
    page.keyboard.press("Enter")
    page.wait_for_url("**/capture/")
    expect(page.locator(WEIGHT)).to_be_focused()
    page.keyboard.type("82.4")
    page.keyboard.press("Enter")
    expect(page.locator("#weight")).to_have_class(re.compile("quick--done"))
    expect(page.locator("[name=nutrition-energy_kcal]")).to_be_focused()
    assert weights(alice) == ["82.400"]


def test_the_address_of_the_shortcut_begins_in_its_row(phone_of_alice: Page) -> None:
    phone_of_alice.goto("/capture/?with=blood_pressure#blood_pressure")
    expect(phone_of_alice.locator("#blood_pressure [name$=systolic_mmhg]")).to_be_focused()


def test_several_journals_are_saved_at_once_or_not_at_all(phone_of_alice: Page, alice: User) -> None:
    page = phone_of_alice
    page.goto("/capture/")
    page.locator(WEIGHT).fill("82,4")
    page.locator("[name=nutrition-energy_kcal]").fill("abc")
    page.locator(SAVE).click()
    expect(page.locator("[name=nutrition-energy_kcal]")).to_be_focused()
    expect(page.locator("[name=nutrition-energy_kcal]")).to_have_value("abc")
    expect(page.locator(WEIGHT)).to_have_value("82,4")
    assert weights(alice) == []
    page.locator("[name=nutrition-energy_kcal]").fill("640")
    page.locator(SAVE).click()
    expect(page.locator("#weight, #nutrition").and_(page.locator(".quick--done"))).to_have_count(2)
    assert weights(alice) == ["82.400"]
    assert Nutrition.objects.of(alice).count() == 1


def test_the_chosen_scheme_holds_on_every_page(phone_of_alice: Page) -> None:
    phone_of_alice.goto("/more/")
    phone_of_alice.locator("[data-theme-choice=dark]").click()
    dark = phone_of_alice.evaluate("getComputedStyle(document.body).backgroundColor")
    for address in ("/", "/capture/", "/accounts/email/"):
        phone_of_alice.goto(address)
        assert phone_of_alice.evaluate("document.documentElement.dataset.theme") == "dark"
        assert phone_of_alice.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_offline_the_pages_of_a_member_become_the_offline_page(
    phone_of_alice: Page, weight: Weight, problems: Problems
) -> None:
    page = phone_of_alice
    page.goto("/journal/weight/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_for(page, "navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto("/journal/weight/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keine Verbindung")
    assert "82,4" not in page.content()
    page.context.set_offline(False)
    problems.clear()


@pytest.mark.parametrize(
    "address",
    ["/", "/capture/", "/journal/nutrition/", "/history/", "/import/", "/settings/", "/welcome/", "/more/"],
)
def test_no_page_is_wider_than_the_window(phone_of_alice: Page, weight: Weight, address: str) -> None:
    phone_of_alice.goto(address)
    phone_of_alice.wait_for_load_state("networkidle")
    widths = (360, 390, 899, 900, 1280)
    needed = []
    for width in widths:
        phone_of_alice.set_viewport_size({"width": width, "height": 844})
        needed.append(phone_of_alice.evaluate("document.documentElement.scrollWidth"))
    assert needed == list(widths)


def test_a_chart_says_its_sentence_and_what_a_doctor_should_see(phone_of_alice: Page, alice: User) -> None:
    now = timezone.now().replace(microsecond=0)
    entries.record(
        owner=alice,
        journal=registry()["blood_pressure"],
        values={"systolic_mmhg": Decimal(182), "diastolic_mmhg": Decimal(96)},
        when=When(factories.today(), now, 60),
        client_id="high",
    )
    phone_of_alice.goto("/journal/blood_pressure/")
    chart = phone_of_alice.locator("#journal-chart")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".chart__sentence")).to_have_text(re.compile("^Erster Eindruck .*135/85\u202fmmHg"))
    expect(chart.locator(".notice--error p")).to_have_text(re.compile("180/120\u202fmmHg"))
    phone_of_alice.goto("/journal/weight/?range=30")
    chart = phone_of_alice.locator("#journal-chart")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".chart__message")).to_have_text("Keine Werte in diesen 30 Tagen.")
    expect(chart.locator(".chart__sentence")).to_have_text("")
    expect(chart.locator(".notice")).to_have_count(0)
