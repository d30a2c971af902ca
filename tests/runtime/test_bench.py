"""The benchmark itself: it knows every budget, says what it left out, and counts like the budgets do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.factories import setup_user
from tests.load import evaluations, imports, members, memory, pages, report, sizes
from tests.load.budgets import ROWS, Check
from tests.load.report import Results
from tests.servers import ROOT

if TYPE_CHECKING:
    from pytest_django import Settings

CHECKS = [check for row in ROWS for check in row.checks]


def full(factor: float) -> Results:
    """Figures at a multiple of every budget."""
    return Results({check.key: check.budget * factor for check in CHECKS}, floors={"F-page": 5.0})


def over(results: Results) -> list[Check]:
    return [check for check in CHECKS if report.verdict(check, results.figures) == "FAIL"]


def test_a_row_is_measured_or_says_why_not() -> None:
    assert [row.what for row in ROWS if bool(row.checks) == bool(row.absent)] == []
    assert len({check.key for check in CHECKS}) == len(CHECKS)


def test_figures_at_their_budget_pass_and_above_it_fail() -> None:
    assert over(full(1.0)) == []
    assert over(full(1.01)) == [check for check in CHECKS if check.budget]
    assert report.failures(full(1.01))


def test_the_report_names_every_row_and_what_was_left_out() -> None:
    whole, nothing = report.markdown(full(1.0)), report.markdown(Results())
    for row in ROWS:
        assert row.what in whole
        assert row.what in nothing
        assert row.absent in whole
    assert "Left out" not in whole
    assert "| pass |" not in nothing


def test_a_part_that_broke_is_named_in_the_report() -> None:
    results = full(1.0)
    results.broken.append("Chromium: it ended")
    assert "BROKEN: Chromium: it ended" in report.markdown(results)
    assert report.as_json(results)["broken"] == ["Chromium: it ended"]


def test_the_document_names_every_row() -> None:
    text = (ROOT / "docs" / "performance.md").read_text()
    assert [row.what for row in ROWS if row.what not in text] == []


def test_files_and_dependencies_keep_their_budgets() -> None:
    results = Results()
    sizes.measure(results)
    measured = {check.key for check in CHECKS if check.key.startswith("files.")}
    assert results.figures.keys() == measured
    assert over(results) == []


@pytest.mark.django_db
def test_pages_keep_their_budgets_of_statements(settings: Settings) -> None:
    from mitai.core import seeding

    settings.LLM_BASE_URL = "http://127.0.0.1:9/v1"
    seeding.run()
    owner = members.member("alice", 30, results=3)
    operator = setup_user("operator", is_staff=True, is_superuser=True)
    results = Results()
    pages.count(results, pages.targets(owner, [owner], operator))
    counted = {check.key for check in CHECKS if check.key.endswith(".queries")}
    assert counted <= results.figures.keys()
    assert over(results) == []


def test_every_page_is_held_against_a_floor() -> None:
    times = {"F-page": 2.0, "F-json": 4.0, "F-post": 5.0, "overview": 6.0, "series": 8.0, "quick": 10.0}
    assert pages.against_floor(times) == {"overview": 3.0, "series": 2.0, "quick": 2.0}


def test_memory_is_told_by_what_a_process_is() -> None:
    if not memory.measurable():
        pytest.skip("this system does not tell the memory of processes")
    shares = memory.by_role(os.getpid())
    assert sum(shares.values()) >= memory.pss_mib(os.getpid()) > 1
    assert memory.rss_mib(os.getpid()) > 1


def test_the_floor_of_an_import_reads_the_file_it_is_given(tmp_path: Path) -> None:
    path = imports.written(tmp_path / "export.xml", 1)
    assert path.read_text().count("<Record ") > 400
    assert imports.parse_floor(path) > 0


def test_the_answer_of_the_evidence_check_is_as_long_as_its_budget_says() -> None:
    text = evaluations.answer_of(evaluations.WORDS)
    assert len(text.split()) >= evaluations.WORDS
    results = Results()
    evaluations.evidence_check(results, 1)
    assert results.figures["ki.evidence_ms"] > 0
