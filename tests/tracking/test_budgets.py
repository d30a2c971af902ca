"""Statements a page may send, for thirty days and for ten years: history costs nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from membership.models import User
from tests.factories import setup_user
from tests.queries import at_most
from tests.rows import as_row
from tracking.demo import fill
from tracking.journals import registry
from tracking.topics import TOPICS

FOUR = "s=weight.weight_kg&s=daily_activity.steps&s=sleep.asleep_h&s=vitals.resting_hr_bpm"
BUDGETS = [
    ("/", 12),
    *((f"/journal/{slug}/", 8) for slug in registry()),
    *((f"/journal/{slug}/series.json?range=all", 6) for slug in registry()),
    ("/capture/", 8),
    ("/photos/", 8),
    ("/training/names/", 8),
    ("/journal/nutrition/favourites/", 8),
    ("/history/?range=all", 4),
    (f"/history/series.json?range=all&{FOUR}", 8),
    ("/history/connections/", 12),
    ("/history/report/?period=month", 30),
    *((f"/history/{slug}/", 14) for slug in TOPICS),
    ("/history/blood-pressure/print/", 8),
    ("/goals/", 10),
    ("/import/", 8),
    ("/more/", 8),
    ("/settings/", 8),
    ("/membership/sessions/", 8),
]


@pytest.mark.django_db
@pytest.mark.parametrize("days", [30, 3650])
def test_no_page_asks_more_for_a_longer_history(days: int) -> None:
    owner: User = setup_user("alice")
    fill(owner=owner, days=days, seed=1)
    client = Client()
    client.force_login(owner)
    client.get("/")
    for path, budget in BUDGETS:
        with at_most(budget):
            response = client.get(path)
        assert response.status_code == 200, path


SAVED = {
    "weight": {"weight_kg": "82"},
    "nutrition": {"meal": "snack", "energy_kcal": "300"},
    "blood_pressure": {"systolic_mmhg": "128", "diastolic_mmhg": "82"},
}


@pytest.mark.django_db
def test_saving_costs_the_same_after_ten_years() -> None:
    owner = setup_user("alice")
    fill(owner=owner, days=3650, seed=1)
    client = Client()
    client.force_login(owner)
    for journal, values in SAVED.items():
        for number in range(2):
            row = as_row(journal, {**values, "client_id": f"{journal}{number}"})
            with at_most(8):
                response = client.post("/capture/", row, headers={"HX-Request": "true"})
            assert response.status_code == 200


@pytest.mark.django_db
def test_a_long_chart_is_thinned_and_keeps_its_extremes() -> None:
    owner = setup_user("alice")
    fill(owner=owner, days=1200, seed=1)
    client = Client()
    client.force_login(owner)
    chart = client.get("/journal/weight/series.json?range=all").json()
    drawn = [v for v in chart["series"][0]["values"] if v is not None]
    from tracking.journals.weight import Weight

    weights = [float(w) for w in Weight.objects.of(owner).values_list("weight_kg", flat=True)]
    assert len(chart["x"]) <= 800
    assert (min(drawn), max(drawn)) == (min(weights), max(weights))


@pytest.mark.django_db
def test_a_days_trend_is_the_same_number_on_every_range() -> None:
    owner = setup_user("alice")
    fill(owner=owner, days=365, seed=1)
    client = Client()
    client.force_login(owner)
    trends = {}
    for name in ("7", "30", "90", "365", "all"):
        chart = client.get(f"/journal/weight/series.json?range={name}").json()
        column = next(c for c in chart["series"] if c["key"] == "weight_kg_trend")
        trends[name] = column["values"][-1]
    assert len(set(trends.values())) == 1, trends
