"""History: several series together, two periods beside each other, tables, files, connections, reports."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import fmean
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import translation

from membership.models import User
from tests import factories
from tests.factories import setup_user
from tests.tracking.browsing import journal
from tests.tracking.test_entries import weigh
from tracking import entries, history
from tracking.demo import fill
from tracking.goals import set_goal
from tracking.journals import registry
from tracking.journals.base import When
from tracking.person import Person

pytestmark = pytest.mark.django_db
WEIGHT, STEPS, LOAD = "weight.weight_kg", "daily_activity.steps", "activity.load"


def ago(days: int) -> date:
    return factories.today() - timedelta(days=days)


def walk(owner: User, steps: int, day: date) -> None:
    entries.record(
        owner=owner,
        journal=registry()["daily_activity"],
        values={"steps": Decimal(steps)},
        when=When(day),
        client_id=f"steps {day}",
    )


def series(client: Client, query: str) -> Any:
    return client.get(f"/history/series.json?{query}").json()


def column(chart: Any, key: str) -> Any:
    return next(one for one in chart["series"] if one["key"] == key)


def words(client: Client, path: str) -> str:
    text = re.sub(r"<[^>]+>", " ", client.get(path).content.decode())
    return " ".join(text.replace("\u202f", " ").split())


def test_series_of_several_journals_share_their_days(browser_of_alice: Client, alice: User) -> None:
    weigh(alice, "82", day=ago(2))
    walk(alice, 9000, ago(1))
    weigh(alice, "81.5", day=ago(0))
    chart = series(browser_of_alice, f"s={WEIGHT}&s={STEPS}&range=7")
    assert len(chart["x"]) == 3
    assert column(chart, WEIGHT)["values"] == [82, None, 81.5]
    assert column(chart, STEPS)["values"] == [None, 9000, None]
    assert {one["scale"] for one in chart["series"]} == {"kg", ""}


def test_what_adds_up_is_a_sum_and_everything_else_a_mean(browser_of_alice: Client, alice: User) -> None:
    for clock, rpe in (("00:00", "4"), ("00:01", "8")):
        journal(browser_of_alice, "activity", day=f"{ago(0)}", time=clock, duration_min="30", rpe=rpe)
    chart = series(browser_of_alice, f"s={LOAD}&s=activity.rpe&range=7")
    assert column(chart, LOAD)["values"] == [360]
    assert column(chart, "activity.rpe")["values"] == [6]


def test_the_trend_of_a_day_is_the_same_on_every_range(browser_of_alice: Client, alice: User) -> None:
    for number in range(200):
        weigh(alice, f"{84 - number / 50 + number % 3 / 5:.1f}", day=ago(199 - number))
    found = {
        name: column(series(browser_of_alice, f"s={WEIGHT}.trend&range={name}"), f"{WEIGHT}.trend")["values"][
            -1
        ]
        for name in ("7", "90", "all")
    }
    assert len(set(found.values())) == 1


def test_the_period_before_lies_over_this_one(browser_of_alice: Client, alice: User) -> None:
    for back, kg in ((0, "82"), (7, "83"), (8, "90")):
        weigh(alice, kg, day=ago(back))
    chart = series(browser_of_alice, f"s={WEIGHT}&range=7&beside=before")
    assert column(chart, WEIGHT)["values"][-1] == 82
    beside = column(chart, f"{WEIGHT}.beside")
    assert (beside["values"][-1], beside["dash"]) == (83, True)
    assert "Mittel 82,0\u202fkg" in chart["sentence"]
    assert "86,5\u202fkg (−4,5\u202fkg)" in chart["sentence"]


def test_a_year_before_is_the_same_day_of_the_calendar_year(browser_of_alice: Client, alice: User) -> None:
    weigh(alice, "82", day=ago(0))
    weigh(alice, "88", day=ago(365))
    chart = series(browser_of_alice, f"s={WEIGHT}&range=30&beside=year")
    assert column(chart, f"{WEIGHT}.beside")["values"] == [88]


def test_events_are_marked(browser_of_alice: Client, alice: User) -> None:
    weigh(alice, "82", day=ago(3))
    weigh(alice, "82", day=ago(0))
    set_goal(owner=alice, target=Decimal(78))
    chart = series(browser_of_alice, f"s={WEIGHT}&range=7")
    assert chart["marks"] == [{"x": chart["x"][-1], "label": "Ziel: 78,0\u202fkg"}]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "s=nothing",
        "s=weight.weight_kg&range=1e9",
        "range=all&beside=before",
        "s=%00&beside=x",
        "s=" + "x" * 5000,
    ],
)
def test_an_odd_address_shows_what_is_usual(browser_of_alice: Client, query: str) -> None:
    assert browser_of_alice.get(f"/history/?{query}").status_code == 200
    assert browser_of_alice.get(f"/history/table/?{query}").status_code == 200
    assert series(browser_of_alice, query)["series"] == []


def test_no_more_than_six_series_are_drawn(browser_of_alice: Client, alice: User) -> None:
    fill(owner=alice, days=20, seed=1)
    keys = [key for key in history.lines() if key.startswith(("nutrition.", "vitals."))]
    chart = series(browser_of_alice, "&".join(f"s={key}" for key in keys))
    assert len(chart["series"]) <= 6


def test_labels_are_told_apart_in_both_languages() -> None:
    for language in ("de", "en"):
        with translation.override(language):
            labels = [line.label for line in history.lines().values()]
            assert len(set(labels)) == len(labels)


def test_the_table_and_the_file_hold_the_same_days(browser_of_alice: Client, alice: User) -> None:
    weigh(alice, "82.4", day=ago(1))
    walk(alice, 9000, ago(0))
    query = f"s={WEIGHT}&s={STEPS}&range=7"
    table = words(browser_of_alice, f"/history/table/?{query}")
    assert "82,4" in table
    assert "9.000" in table
    text = b"".join(browser_of_alice.get(f"/history/export.csv?{query}").streaming_content).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["day"], row[WEIGHT], row[STEPS]) for row in rows] == [
        (f"{ago(1)}", "82.400", ""),
        (f"{ago(0)}", "", "9000.000"),
    ]


def test_others_see_nothing_of_it(browser_of_alice: Client) -> None:
    charlie = setup_user("charlie")
    weigh(charlie, "60", day=ago(0))
    assert series(browser_of_alice, f"s={WEIGHT}")["series"] == []


# Connections ------------------------------------------------------------------------------------------------
def test_connections_ask_all_questions_together_and_say_how_many(
    browser_of_alice: Client, alice: User
) -> None:
    fill(owner=alice, days=120, seed=1)
    page = words(browser_of_alice, "/history/connections/")
    held = re.search(r"(\d+) von (\d+) Fragen halten", page)
    assert held
    assert 0 < int(held[1]) < int(held[2])
    assert "verursacht" not in page


def test_without_enough_days_nothing_is_claimed(browser_of_alice: Client, alice: User) -> None:
    fill(owner=alice, days=10, seed=1)
    page = words(browser_of_alice, "/history/connections/")
    assert "Eine Frage braucht vierzehn Tage mit beiden Werten." in page


# Report -----------------------------------------------------------------------------------------------------
def row(page: str, label: str) -> str:
    found = re.search(rf'<th scope="row">{label}.*?</tr>', page, re.DOTALL)
    assert found, label
    shown = re.sub(r"<details.*?</details>", "", found[0], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", shown).replace("\u202f", " ").split())


def test_a_week_is_held_against_the_week_before(browser_of_alice: Client, alice: User) -> None:
    monday = factories.today() - timedelta(days=factories.today().weekday() + 7)
    for number in range(7):
        weigh(alice, f"{82 + number / 10:.1f}", day=monday + timedelta(days=number))
        weigh(alice, "84", day=monday - timedelta(days=7 - number))
    page = browser_of_alice.get(
        f"/history/report/?period=week&of={monday + timedelta(days=3)}"
    ).content.decode()
    mean = fmean(82 + number / 10 for number in range(7))
    assert row(page, "Gewicht") == f"Gewicht kg {mean:.1f} 84,0 −1,7 7".replace(".", ",")


def test_days_to_come_have_no_report(browser_of_alice: Client, alice: User) -> None:
    weigh(alice, "82", day=ago(0))
    later = factories.today() + timedelta(days=400)
    page = words(browser_of_alice, f"/history/report/?of={later}")
    assert "82,0" in page
    assert "Später" not in page


@pytest.mark.parametrize(
    "query", ["of=gestern", "of=0001-01-01", "period=century", "of=9999-12-31&period=month"]
)
def test_an_odd_day_is_no_error(browser_of_alice: Client, query: str) -> None:
    assert browser_of_alice.get(f"/history/report/?{query}").status_code == 200


def test_a_week_that_is_not_over_is_held_against_as_many_days(browser_of_alice: Client, alice: User) -> None:
    monday = factories.today() - timedelta(days=factories.today().weekday())
    days = (factories.today() - monday).days + 1
    for number in range(-7, days):
        train(alice, monday + timedelta(days=number))
    page = browser_of_alice.get("/history/report/").content.decode()
    assert row(page, "Dauer") == f"Dauer min Summe {60 * days} {60 * days} 0 {days}"


def test_the_last_day_of_a_past_week_counts(browser_of_alice: Client, alice: User) -> None:
    monday = factories.today() - timedelta(days=factories.today().weekday() + 7)
    for number in range(7):
        eat(alice, 3500 if number == 6 else 2000, monday + timedelta(days=number))
    page = words(browser_of_alice, f"/history/report/?of={monday}")
    assert page.count("2.214") >= 2  # the row, and the figure below it


def train(owner: User, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, 0, 0, tzinfo=UTC)
    entries.record(owner=owner, journal=registry()["activity"], values={"duration_min": Decimal(60)},
                   when=When(day, moment, 0), client_id=f"train {day}")  # fmt: skip


def eat(owner: User, kcal: int, day: date) -> None:
    values = {"meal": "total", "energy_kcal": Decimal(kcal)}
    entries.record(
        owner=owner, journal=registry()["nutrition"], values=values, when=When(day), client_id=f"eat {day}"
    )


# Thinning ---------------------------------------------------------------------------------------------------
def test_years_are_thinned_and_keep_their_peaks(alice: User) -> None:
    fill(owner=alice, days=1200, seed=1)
    want = history.wanted(QueryDict(f"s={WEIGHT}&s={STEPS}&range=all"))
    person = Person(alice)
    whole = history.daily(person, want.lines, None, factories.today())
    chart = history.chart_json(person, want, factories.today())
    assert len(chart["x"]) <= 1000
    for line in want.lines:
        drawn = [value for value in column(chart, line.key)["values"] if value is not None]
        assert max(drawn) == pytest.approx(max(whole[line.key].values()))
        assert min(drawn) == pytest.approx(min(whole[line.key].values()))


def test_the_page_says_how_each_line_is_computed(browser_of_alice: Client, alice: User) -> None:
    lines = ("weight.weight_kg.trend", "weight.bmi", "activity.load", "weight.weight_kg")
    page = words(browser_of_alice, "/history/?" + "&".join(f"s={key}" for key in lines))
    for said in ("0,9^Tage", "J. Walker", "Gewicht / Größe²", "WHO", "Foster 2001", "wie erfasst"):
        assert said in page
