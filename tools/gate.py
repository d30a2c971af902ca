"""`make test`: every check, then every test; stops at the first that fails.

python -m tools.gate [--without-tests] [words for pytest]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mitai.embedded import die_with_parent, end_with_parent

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
FLOORS = ["mitai", "membership", "tracking", "insights"]
# Each process starts a pair of servers of its own. In their order, browsers first: else the files with few
# and long tests come last, and a core waits.
TOGETHER = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]


@dataclass(frozen=True)
class Step:
    heading: str
    command: list[str]


def _module(name: str, *words: str) -> list[str]:
    return [PYTHON, "-m", name, *words]


def _manage(*words: str) -> list[str]:
    return [PYTHON, "manage.py", *words]


def _floors() -> list[str]:
    return [name for name in FLOORS if (ROOT / name).is_dir()]


CHECKS = [
    Step("Style (ruff)", _module("ruff", "check", "--quiet", ".")),
    Step("Format (ruff)", _module("ruff", "format", "--check", "--quiet", ".")),
    Step("Types (mypy)", _module("mypy", "--no-error-summary", *_floors(), "tests", "tools", "manage.py")),
    Step("Floors (import-linter)", [str(Path(PYTHON).parent / "lint-imports"), "--no-cache", "--no-logo"]),
    Step("Security (bandit)", _module("bandit", "--quiet", "-ll", "-c", "pyproject.toml", "-r", *_floors())),
    Step("Translations", _module("tools.messages", "check")),
    Step("Locks", _module("tools.locks", "check")),
    Step("Deployment (check --deploy)", _manage("check", "--deploy", "--fail-level", "WARNING")),
    Step("Migrations (makemigrations --check)", _manage("makemigrations", "--check", "--dry-run")),
]


def _environment(folder: str) -> dict[str, str]:
    """As in production, with servers that are not there: no check may need one."""
    return os.environ | {
        "DATABASE_URL": f"postgresql://mitai@/mitai?host={folder}",
        "REDIS_URL": f"unix://{folder}/valkey.sock?db=0",
        "SECRET_KEY": "gate-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "DATA_ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
        "BASE_URL": "https://mitai.example",
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "mitai.settings",
        # makemigrations compares with the applied migrations when there is a database; here is none.
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
    }


def _run(step: Step, environment: Mapping[str, str]) -> int:
    print(f"== {step.heading}", flush=True)
    begin = time.monotonic()
    child = subprocess.Popen(
        step.command, cwd=ROOT, env=environment, preexec_fn=die_with_parent(signal.SIGTERM)
    )

    def stop(number: int, frame: object) -> None:
        child.send_signal(signal.SIGINT)  # pytest then runs its own endings

    signal.signal(signal.SIGTERM, stop)
    while True:
        try:
            code = child.wait()
            break
        except KeyboardInterrupt:
            continue  # Ctrl-C reaches the child too; wait until it has put everything away
    print(f"   {'ok' if code == 0 else 'FAILED'} after {time.monotonic() - begin:.1f} s", flush=True)
    return code


def main() -> None:
    end_with_parent(signal.SIGTERM)
    parser = argparse.ArgumentParser(prog="python -m tools.gate", description=__doc__)
    parser.add_argument("--without-tests", action="store_true")
    options, words = parser.parse_known_args()
    tests = (
        [] if options.without_tests else [Step("Tests (pytest)", _module("pytest", "-q", *TOGETHER, *words))]
    )
    with tempfile.TemporaryDirectory(prefix="mitai-gate-") as folder:
        # The tests start servers of their own and name them before the settings are read.
        steps = [*((step, _environment(folder)) for step in CHECKS), *((step, os.environ) for step in tests)]
        for step, environment in steps:
            if code := _run(step, environment):
                sys.exit(code if code > 0 else 128 - code)
    print("All good.")


if __name__ == "__main__":
    main()
