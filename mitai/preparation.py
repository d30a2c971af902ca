"""The database made ready for this version: migrated and seeded, by one process at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

ALONE = 0x6D69746169  # "mitai": the advisory lock of whoever prepares


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process prepares this database, from whatever host.

    Asked again and again instead of waited for: a statement that waits holds a snapshot, and building an
    index concurrently waits for those.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ALONE])
            if cursor.fetchone() == (True,):
                break
            time.sleep(0.5)
    try:
        yield
    finally:
        connection.close()  # the lock goes with its connection


def prepare_database() -> None:
    """Apply the migrations that are missing, then `manage.py seed`; harmless when there is nothing to do.

    Any number of processes may call it at once: the first one works, the others wait for it.
    """
    with _alone():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            print("Preparing the database", flush=True)
            call_command("migrate", interactive=False, verbosity=0)
        call_command("seed", verbosity=0)


@contextmanager
def failing_in_one_line() -> Iterator[None]:
    """End the process with one line for what an operator can mend: a setting, a database that is away."""
    try:
        yield
    except CommandError as error:
        sys.exit(f"mitai: {error}")
    except OperationalError as error:
        sys.exit(f"mitai: DATABASE_URL: {str(error).splitlines()[0]}")
