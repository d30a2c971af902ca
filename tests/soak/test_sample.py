"""A small sample of `make soak`, seeded, with the same code on servers and processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.servers import ROOT
from tests.soak.__main__ import ROUNDS


@pytest.fixture(scope="module")
def reports() -> dict[str, Any]:
    """What each scenario did and what differed, after one run of all."""
    command = [sys.executable, "-m", "tests.soak", "--sample", "--seed", "1", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {report["name"]: report for report in map(json.loads, ended.stdout.splitlines())}
    assert set(found) == set(ROUNDS), ended.stderr
    assert ended.returncode == any(report["differences"] for report in found.values())
    return found


@pytest.mark.parametrize("scenario", ROUNDS)
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    reports: dict[str, Any], scenario: str
) -> None:
    assert reports[scenario]["differences"] == []
    assert not any("left out" in what for what in reports[scenario]["done"])
