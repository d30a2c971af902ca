"""`make bench` and `make bench-quick`: everything of the table that exists, measured in one run.

python -m tests.load [--quick] [--only PART ...]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mitai import embedded
from mitai.guard import Guard
from tests import llm_server
from tests.load import report, starts
from tests.load.report import Results
from tests.load.stack import Stack, forget_surroundings

PARTS = ("site", "pages", "evaluations", "imports", "browser")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is measured and how long that took."""
    print(f"{what} …", end=" ", flush=True)
    begun = time.monotonic()
    yield
    print(f"{time.monotonic() - begun:.0f} s", flush=True)


class Bench:
    """One run: its folder, its servers, its results."""

    def __init__(self, folder: Path, *, quick: bool, parts: tuple[str, ...]) -> None:
        self.folder = folder
        self.quick = quick
        self.parts = parts
        self.results = Results(about=surroundings(quick))

    def run(self) -> None:
        if "site" in self.parts:
            what = "The whole site, `make run`"
            with told(what):
                self._attempt(what, lambda: starts.whole_site(self.results, self.folder))
        with llm_server.running() as server:
            stack = Stack(self.folder, server.url)
            try:
                self._inside(stack, server)
            finally:
                stack.stop()

    def _inside(self, stack: Stack, server: llm_server.LlmServer) -> None:
        """What needs Django: its settings are read here, with the addresses of the stack."""
        import django

        django.setup()
        from tests.load.measurements import Measurements

        measurements = Measurements(self.results, stack, server, quick=self.quick)
        for name in ("prepare", *(part for part in PARTS if part in self.parts)):
            step: Callable[[], None] = getattr(measurements, name)
            with told(measurements.WHAT[name]):
                self._attempt(measurements.WHAT[name], step)

    def _attempt(self, what: str, step: Callable[[], None]) -> None:
        """One part; where it breaks the others still count, and the run as a whole does not pass."""
        try:
            step()
        except Exception as error:
            traceback.print_exc()
            self.results.broken.append(f"{what}: {error}".splitlines()[0])


def surroundings(quick: bool) -> dict[str, object]:
    """Where and how this was measured."""
    load = os.getloadavg()
    return {
        "run": "quick" if quick else "whole",
        "begun": time.strftime("%Y-%m-%d %H:%M"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load before (1, 5, 15 minutes)": ", ".join(f"{value:.1f}" for value in load),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and rows, under two minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    options = parser.parse_args()
    target = embedded.data_folder() / "bench"
    guard = Guard()
    folder = Path(tempfile.mkdtemp(prefix="mitai-bench-"))
    guard.remove(folder)
    forget_surroundings()
    begun = time.monotonic()
    try:
        bench = Bench(folder, quick=options.quick, parts=tuple(options.only))
        bench.run()
    finally:
        guard.close()
    bench.results.about["took"] = f"{time.monotonic() - begun:.0f} s"
    name = "bench-quick" if options.quick else "bench"
    report.write(bench.results, target, name)
    print(f"\n{report.markdown(bench.results)}\nWritten to {target / name}.md and .json")
    sys.exit(1 if report.failures(bench.results) or bench.results.broken else 0)


if __name__ == "__main__":
    main()
