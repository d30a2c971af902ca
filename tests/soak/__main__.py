"""`make soak`: kills, crowds, doubles, outages, full disks and undone imports against real processes.

python -m tests.soak [--sample] [--seed N] [--json] [scenario …]

Ends with 0 when nothing differed, with 1 after saying what did. The seed is printed; SOAK_SEED or --seed
repeats what was decided by chance, though not how fast the processes were. SOAK_MINUTES bounds the whole.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from random import Random

from mitai.embedded import EmbeddedError
from mitai.guard import Guard
from tests import llm_server
from tests.soak.house import House
from tests.soak.report import Report

# Scenario: rounds in full, rounds of the sample in the suite. What is longest comes last.
ROUNDS = {
    "crowds": (20, 6),
    "doubles": (3, 1),
    "disks": (6, 1),
    "undos": (40, 3),
    "outages": (6, 2),
    "kills": (50, 3),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="the few rounds that the test suite runs")
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**6))
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON a scenario")
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=", ".join(ROUNDS))
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(ROUNDS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    print(f"SOAK_SEED={options.seed}", file=sys.stderr if options.json else sys.stdout, flush=True)
    until = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES") or 10)
    reports = []
    with _folder() as folder, llm_server.running() as llm:
        house = _house(folder, llm)
        try:
            for name in options.scenarios or ROUNDS:
                rounds = ROUNDS[name][options.sample]
                reports.append(_soak(house, name, Random(f"{options.seed} {name}"), rounds, until))
                _tell(reports[-1], options.json)
        finally:
            house.close()
    sys.exit(any(report.differences for report in reports))


class _folder:
    """A folder that is gone afterwards, also when this process is killed."""

    def __enter__(self) -> Path:
        base = "/tmp" if len(tempfile.gettempdir()) > 60 else None  # noqa: S108 - sockets have short paths
        self.path = Path(tempfile.mkdtemp(prefix="mitai-soak-", dir=base))
        self._guard = Guard()
        self._guard.remove(self.path)
        return self.path

    def __exit__(self, *error: object) -> None:
        self._guard.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _house(folder: Path, llm: llm_server.LlmServer) -> House:
    try:
        house = House(folder, llm)
    except EmbeddedError as error:
        sys.exit(str(error))
    import django

    django.setup()
    house.open()
    return house


def _soak(house: House, name: str, chance: Random, count: int, until: float) -> Report:
    """Run a scenario and count everything again; what it breaks off with is a difference too."""
    from django.db import connection

    from tests.soak.recount import recount

    report = Report(name)
    begun = time.monotonic()
    try:
        importlib.import_module(f"tests.soak.{name}").soak(
            house, chance, report, _rounds(report, count, until)
        )
        recount(report, house.database.url, house.folder / "data")
    except Exception as error:
        report.differences.append(f"{type(error).__name__}: {error}")
        traceback.print_exc()
        for worker in house.crew:
            print(f"{worker.name}, exit {worker.process.poll()}:\n{worker.output()[-3000:]}", file=sys.stderr)
        house.kill_crew()
    finally:
        connection.close()
    report.seconds = round(time.monotonic() - begun)
    return report


def _rounds(report: Report, count: int, until: float) -> Iterator[int]:
    """Numbers of rounds, until there were enough or the time is over."""
    for number in range(count):
        if time.monotonic() > until:
            report.did(f"of {count} rounds left out, the time was over", count - number)
            return
        yield number


def _tell(report: Report, as_json: bool) -> None:
    print(json.dumps(report.as_json()) if as_json else "\n".join(report.lines()), flush=True)


if __name__ == "__main__":
    main()
