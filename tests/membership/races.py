"""What is asked for at the same moment, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from django.db import connection

from tests.servers import wait_until

Call = Callable[[], object]


def at_once(calls: Sequence[Call], refusals: type[Exception] | tuple[type[Exception], ...]) -> list[str]:
    """What each of the calls came to: "done", or the words of its refusal; all begin together."""
    barrier = Barrier(len(calls))

    def one(call: Call) -> str:
        try:
            connection.ensure_connection()  # connecting takes longer than what is raced
            barrier.wait()
            call()
        except refusals as refusal:
            return str(refusal)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def waits() -> bool:
    """Whether any connection waits for a row another one has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def while_waiting(holder: Callable[[Call], object], waiter: Call) -> list[object]:
    """Runs `holder`, and in the midst of it `waiter`, which has to wait for a row that the first one has.

    `holder` is handed what it calls once it holds the row; that returns when the other waits. What each of
    the two returned, or the exception it raised.
    """
    holds = Event()

    def both_wait() -> None:
        holds.set()
        wait_until(waits, "the second waits for the first")

    def first() -> object:
        try:
            return holder(both_wait)
        except Exception as error:
            return error
        finally:
            holds.set()
            connection.close()

    def second() -> object:
        holds.wait()
        try:
            return waiter()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return [done.result() for done in [pool.submit(first), pool.submit(second)]]
