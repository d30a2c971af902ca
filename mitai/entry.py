"""The entry point of every container: `python -m mitai.entry COMMAND [WORDS]`.

Waits for database and broker, migrates and seeds, then becomes the command. Web, worker and beat may start
at once: one of them prepares the database, the others wait for it.
"""

from __future__ import annotations

import os
import sys
import time

import django

from mitai.core import health
from mitai.preparation import failing_in_one_line, prepare_database

PATIENCE_S = 120.0


def _missing() -> str:
    """What does not answer yet and why, in few words; empty when both do."""
    for name in ("database", "broker"):
        try:
            health.CHECKS[name]()
        except health.FAILURES as error:
            return f"{name}: {(str(error) or type(error).__name__).splitlines()[0]}"
    return ""


def wait(*, patience_s: float = PATIENCE_S) -> None:
    """Return once database and broker answer; end the process with one line after `patience_s` seconds.

    Says what is missing, and again when that changes.
    """
    until = time.monotonic() + patience_s
    said = ""
    while missing := _missing():
        if time.monotonic() > until:
            sys.exit(f"mitai: not ready after {patience_s:g} s, {missing}")
        if missing != said:
            print(f"Waiting for the {missing}", flush=True)
            said = missing
        time.sleep(0.5)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("python -m mitai.entry COMMAND [WORDS]")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitai.settings")
    django.setup()
    wait()
    with failing_in_one_line():
        prepare_database()
    try:
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command the container was given
    except FileNotFoundError:
        sys.exit(f"mitai: no such command: {sys.argv[1]}")


if __name__ == "__main__":
    main()
