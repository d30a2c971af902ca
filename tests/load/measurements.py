"""The parts of a run in their order, once Django is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitai import supervisor
from tests.factories import setup_user
from tests.llm_server import LlmServer
from tests.load import browser, evaluations, imports, members, pages, sizes, starts
from tests.load.budgets import CROWD
from tests.load.report import Results
from tests.load.stack import Stack

if TYPE_CHECKING:
    from membership.models import User


class Measurements:
    """One method a part; each puts its figures into the results."""

    WHAT = {
        "prepare": "Members, and the accounts of an installation",
        "site": "Start of the web process, sizes",
        "pages": "Pages against the floor",
        "evaluations": "Evaluations",
        "imports": "Apple Health imports",
        "browser": "Chromium",
    }

    def __init__(self, results: Results, stack: Stack, server: LlmServer, *, quick: bool) -> None:
        self.results = results
        self.stack = stack
        self.server = server
        self.quick = quick

    def prepare(self) -> None:
        """An installation with members; the site's own demo member stays aside."""
        if not (self.stack.folder / "prepared.stamp").exists():
            supervisor.prepare()
        members.prepare_floor()
        members.count_entries()
        self.decade = members.member("decade", members.DECADE, members.RESULTS)
        self.months = [members.member(f"month{n}", members.MONTH) for n in range(1 if self.quick else CROWD)]
        self.operator: User | None = None
        if not self.quick:
            members.accounts()
            self.operator = setup_user("operator", is_staff=True, is_superuser=True)
        members.analyse()

    def site(self) -> None:
        starts.web_process(self.results, self.stack, 1 if self.quick else 3)
        starts.loaded_modules(self.results)
        sizes.measure(self.results)

    def pages(self) -> None:
        asked = pages.targets(self.decade, self.months, self.operator)
        pages.measure(
            self.results, self.stack, asked, turns=30 if self.quick else 100, rounds=0 if self.quick else 4
        )
        pages.count(self.results, asked)

    def evaluations(self) -> None:
        evaluations.stages(self.results, self.stack, self.server, self.months[0], 3 if self.quick else 8)
        evaluations.evidence_check(self.results, 5 if self.quick else 20)

    def imports(self) -> None:
        imports.measure(self.results, self.stack, "year", imports.YEAR)
        if not self.quick:
            imports.measure(self.results, self.stack, "decade", imports.DECADE)
        imports.compare(self.results)

    def browser(self) -> None:
        if self.quick:
            return
        if browser.found() is None:
            self.results.remarks.append("No Chromium here: nothing measured in the browser.")
            return
        with self.stack.web() as web:
            self.results.figures |= browser.measure(web.port, members.cookie(self.decade))
