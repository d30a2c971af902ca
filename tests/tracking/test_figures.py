"""Every figure on the overview, the goals and the report, computed once more from the stored rows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from statistics import fmean

import pytest
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from membership.models import User
from mitai.core.numbers import format_number
from tests import factories
from tests.tracking import plain
from tracking.demo import fill
from tracking.goals import Goal, set_goal
from tracking.topics import TOPICS

pytestmark = pytest.mark.django_db
DAYS, SEED = 400, 7


@pytest.fixture
def demo(alice: User) -> User:
    fill(owner=alice, days=DAYS, seed=SEED)
    return alice


def words(page: str) -> str:
    return " ".join(
        unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").replace("\u00a0", " ").split()
    )


def cards(client: Client, path: str) -> dict[str, str]:
    """The words of each card of a page, by what names it, without what explains them."""
    page = re.sub(
        r'<details class="why">.*?</details>', "", client.get(path).content.decode(), flags=re.DOTALL
    )
    found = re.findall(
        r'<section class="card[^"]*"[^>]*aria-labelledby="([\w-]+)">(.*?)</section>', page, re.DOTALL
    )
    return {name: words(card) for name, card in found}


def number(value: float, digits: int = 0, *, signed: bool = False) -> str:
    with translation.override("de"):
        return format_number(value, digits, signed=signed)


def day(value: date) -> str:
    with translation.override("de"):
        return date_format(value, "SHORT_DATE_FORMAT")


def test_the_overview(browser_of_alice: Client, demo: User) -> None:
    today = factories.today()
    found = cards(browser_of_alice, "/")
    weights = plain.by_day(plain.rows(demo, "weight", "weight_kg"), "weight_kg")
    fitted = plain.line(plain.of_last(weights, today, 28))
    goal = float(Goal.objects.get(kind="weight").target_value)
    smooth = plain.trend(weights)

    weight = found["tile-weight"]
    assert f"Trend {number(smooth, 1)} kg" in weight
    assert f"letzte Messung {number(weights[-1][1], 1)} kg" in weight
    assert f"{number(abs(7 * fitted.slope), 1)} kg/Woche" in weight
    low, high = (7 * (fitted.slope + sign * fitted.margin) for sign in (-1, 1))
    assert f"{number(low, 1, signed=True)} bis {number(high, 1, signed=True)} kg" in weight

    assert f"{number(goal - smooth, 1, signed=True)} kg bis {number(goal, 1)} kg" in found["tile-goal"]
    reached = fitted.last + timedelta(days=round((goal - fitted.level) / fitted.slope))
    assert day(reached) in found["tile-goal"]

    eaten = {on: kcal for on, kcal in plain.complete(demo, today).items() if (today - on).days <= 7}
    proteins = plain.diary(demo, "protein_g")
    uses = plain.expenditure(demo, weights, today)
    energy = found["tile-energy"]
    assert f"{number(fmean(eaten.values()))} kcal" in energy
    assert f"aus {len(eaten)} vollständigen Tagen" in energy
    assert f"{number(abs(fmean(eaten.values()) - uses.kcal))} kcal" in energy
    assert f"{number(uses.kcal)} ± {number(uses.margin)} kcal" in energy
    assert f"{number(fmean(proteins[on] for on in eaten))} g" in energy

    nights = plain.of_last(plain.asleep_h(demo), today, 7)
    assert f"{number(fmean(hours for _on, hours in nights), 1)} h" in found["tile-sleep"]
    assert f"Erholung {number(plain.recovery(demo, today))} von 100" in found["tile-recovery"]
    week, month = plain.load_of(demo, today, 7), plain.load_of(demo, today, 28)
    assert number(week) in found["tile-training"]
    assert f"das {number((week / 7) / (month / 28), 2)}-Fache" in found["tile-training"]
    systolic, diastolic = plain.pressure(demo, today)
    assert f"{number(systolic)}/{number(diastolic)} mmHg" in found["tile-pressure"]


def test_the_goals(browser_of_alice: Client, demo: User) -> None:
    today = factories.today()
    for kind, target, second in (("waist", "80", None), ("steps", "12000", None), ("training", "5", None),
                                 ("sleep", "8", None), ("blood_pressure", "130", "82")):  # fmt: skip
        set_goal(
            owner=demo, kind=kind, target=Decimal(target), second=None if second is None else Decimal(second)
        )
    found = cards(browser_of_alice, "/goals/")

    waists = plain.by_day(plain.rows(demo, "circumference", "waist_cm"), "waist_cm")
    fitted = plain.line(plain.of_last(waists, today, 90))
    assert f"{number(waists[-1][1], 1)} cm" in found["goal-waist"]
    reached = fitted.last + timedelta(days=round((80 - fitted.level) / fitted.slope))
    assert day(reached) in found["goal-waist"]

    steps = plain.by_day(plain.rows(demo, "daily_activity", "steps"), "steps")
    mean = fmean(value for on, value in steps if 0 < (today - on).days <= 7)
    assert f"{number(mean)} je Tag" in found["goal-steps"]
    assert f"{int(100 * mean / 12000)} %" in found["goal-steps"]
    assert f"Es fehlen {number(12000 - mean)} je Tag" in found["goal-steps"]

    trained = [row for row in plain.rows(demo, "activity") if (today - row["day"]).days < 28]
    assert f"{number(len(trained) / 4, 1)} je Woche" in found["goal-training"]

    nights = plain.of_last(plain.asleep_h(demo), today, 7)
    hours = fmean(hours for _on, hours in nights)
    assert f"{number(hours, 1)} h je Nacht" in found["goal-sleep"]
    assert f"Es fehlen {number(8 - hours, 1)} h je Nacht" in found["goal-sleep"]

    systolic, diastolic = plain.pressure(demo, today)
    assert f"{systolic:.0f}/{diastolic:.0f} mmHg" in found["goal-blood_pressure"]

    weights = plain.by_day(plain.rows(demo, "weight", "weight_kg"), "weight_kg")
    assert f"{number(plain.trend(weights), 1)} kg" in found["goal-weight"]


MEANS = {
    "Gewicht": ("weight", "weight_kg", 1),
    "Taille": ("circumference", "waist_cm", 1),
    "Schritte": ("daily_activity", "steps", 0),
    "Ruhepuls": ("vitals", "resting_hr_bpm", 0),
    "HRV \\(SDNN\\)": ("vitals", "hrv_sdnn_ms", 0),
    "Stimmung": ("wellbeing", "mood", 1),
    "Stress": ("wellbeing", "stress", 1),
}


def report_row(page: str, label: str) -> str:
    found = re.search(rf'<th scope="row">{label}\W.*?</tr>', page, re.DOTALL)
    assert found, label
    return words(re.sub(r"<details.*?</details>", "", found[0], flags=re.DOTALL))


def test_the_report_of_a_month(browser_of_alice: Client, demo: User) -> None:
    today = factories.today()
    end = today.replace(day=1) - timedelta(days=1)
    start = end.replace(day=1)
    before_end = start - timedelta(days=1)
    before = before_end.replace(day=1)
    page = browser_of_alice.get(f"/history/report/?period=month&of={end}").content.decode()

    def said(values: dict[date, float], digits: int, *, add: bool = False) -> str:
        now = [value for on, value in values.items() if start <= on <= end]
        then = [value for on, value in values.items() if before <= on <= before_end]
        one, other = (sum(now), sum(then)) if add else (fmean(now), fmean(then))
        shown = number(one, digits), number(other, digits), number(one - other, digits, signed=True)
        return " ".join([*shown, str(len(now))])

    for label, (slug, name, digits) in MEANS.items():
        values = dict(plain.by_day(plain.rows(demo, slug, name), name))
        assert report_row(page, label).endswith(said(values, digits)), label
    assert report_row(page, "Eiweiß").endswith(said(plain.diary(demo, "protein_g"), 0))
    assert report_row(page, "Belastung").endswith(said(plain.loads(demo), 0, add=True))
    minutes: dict[date, float] = {}
    for row in plain.rows(demo, "activity", "duration_min"):
        minutes[row["day"]] = minutes.get(row["day"], 0) + row["duration_min"]
    assert report_row(page, "Dauer").endswith(said(minutes, 0, add=True))


def test_every_number_says_why_it_is_this_one(browser_of_alice: Client, demo: User) -> None:
    """Each card that shows a value has its formula and the source of that."""
    for slug in TOPICS:
        page = browser_of_alice.get(f"/history/{slug}/").content.decode()
        shown = re.findall(r'<section class="card" id="[\w-]+"[^>]*>(.*?)</section>', page, re.DOTALL)
        valued = [card for card in shown if 'class="result__' in card.split("</h2>")[1]]
        assert valued, slug
        for card in valued:
            assert "Warum diese Zahl?" in card
            assert re.search(r"<dt>Formel</dt><dd>[^<]+</dd>", card)
            assert re.search(r"<dt>Quelle der Formel</dt><dd>[^<]+</dd>", card)


@pytest.mark.parametrize("days", [0, 1, 8, 20])
def test_little_data_is_no_error_and_no_number_is_made_up(
    browser_of_alice: Client, alice: User, days: int
) -> None:
    if days:
        fill(owner=alice, days=days, seed=SEED)
    for slug in TOPICS:
        text = words(browser_of_alice.get(f"/history/{slug}/").content.decode())
        assert "nan" not in text.lower().split()
        assert "None" not in text
