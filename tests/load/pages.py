"""Pages against the floor: one client, eight clients, statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.load import members
from tests.load.budgets import CROWD
from tests.load.client import Target, ask
from tests.load.report import Results
from tests.load.stack import Stack
from tests.queries import statements

if TYPE_CHECKING:
    from membership.models import User

FLOORS = ("F-page", "F-json", "F-post")
AGAINST = {"series": "F-json", "history_data": "F-json", "quick": "F-post"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTMX = {"HX-Request": "true", "X-CSRFToken": members.CSRF}
QUICK = "/capture/"
FOUR = ("weight.weight_kg", "nutrition.energy_kcal", "sleep.asleep_h", "vitals.resting_hr_bpm")
WEIGHT = "weight-client_id=bench-{n}&weight-weight_kg=82%2C4&day={day}"


def targets(decade: User, months: Sequence[User], operator: User | None) -> list[Target]:
    """Everything that is asked, the floors first."""
    own, young = (members.cookie(decade),), tuple(members.cookie(month) for month in months)
    four = "?range=all&" + "&".join(f"s={key}" for key in FOUR)
    found = [
        Target("F-page", ("/floor/page",), own),
        Target("F-json", ("/floor/json",), own),
        Target("F-post", ("/floor/post",), young, "POST", "value=82.4", FORM),
        Target("overview", ("/",), own),
        Target("young", ("/",), young),
        Target("journal", ("/journal/weight/",), own),
        Target("capture", ("/capture/",), own),
        Target("quick", (QUICK,), young, "POST", WEIGHT, FORM | HTMX),
        Target("series", ("/journal/weight/series.json?range=all",), own),
        Target("history", (f"/history/{four}",), own),
        Target("history_data", (f"/history/series.json{four}",), own),
        Target("analysis", ("/analysis/",), own),
    ]
    if operator is not None:
        found.append(Target("admin", ("/admin/membership/user/",), (members.cookie(operator),)))
    return found


def measure(results: Results, stack: Stack, asked: Sequence[Target], *, turns: int, rounds: int) -> None:
    """Times as ratios. Without `rounds` the eight clients stay at home."""
    with stack.web("tests.load.floor:application") as web:
        alone = ask(web.port, "turns", asked, turns)
        together = ask(web.port, "crowd", asked, rounds, CROWD) if rounds else {}
    p50 = {name: median(values) for name, values in alone.items()}
    p95 = {name: quantiles(values, n=20)[-1] for name, values in together.items()}
    results.floors |= {name: p50[name] for name in FLOORS}
    results.floors |= {f"{name}, eight clients, p95": p95[name] for name in FLOORS if p95}
    results.figures |= {f"{name}.p50": ratio for name, ratio in against_floor(p50).items()}
    results.figures |= {f"{name}.p95": ratio for name, ratio in against_floor(p95).items()}
    results.figures["overview.growth"] = p50["overview"] / p50["young"]


def against_floor(times: Mapping[str, float]) -> dict[str, float]:
    """Each time as a multiple of the floor it is held against."""
    return {
        name: value / times[AGAINST.get(name, "F-page")]
        for name, value in times.items()
        if name not in FLOORS
    }


def count(results: Results, asked: Sequence[Target]) -> None:
    """Statements of each address, once it is warm."""
    for target in asked:
        if target.name not in FLOORS:
            results.figures[f"{target.name}.queries"] = _statements(target)


def _statements(target: Target) -> int:
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies.load(target.cookies[0])
    for path in target.paths:
        _ask(client, target, path, "warm", "1940-01-01")
    with CaptureQueriesContext(connection) as captured:
        for path in target.paths:
            _ask(client, target, path, "counted", "1940-01-02")
    return len(statements(captured))


def _ask(client: Client, target: Target, path: str, name: str, day: str) -> None:
    headers = {name: value for name, value in target.headers.items() if name != "Content-Type"}
    body = target.body.replace("{n}", name).replace("{day}", day)
    answer = (
        client.post(path, dict(parse_qsl(body)), headers=headers)
        if target.method == "POST"
        else client.get(path, headers=headers)
    )
    assert answer.status_code == 200, f"{path} answers {answer.status_code}"
