"""The client: a process of its own, so that it shares no interpreter with what it measures.

Reads one JSON order from standard input and answers with milliseconds by target. `turns` asks every target
once in each turn over one connection, so that a noisy moment falls on all of them; `crowd` lets several
clients ask one target at a time, round after round.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WARM = 3


@dataclass(frozen=True)
class Target:
    """Addresses asked one after the other; what counts is the time of all of them.

    `cookies` are handed out to the clients in turn. In `body` each `{n}` becomes a number never used before,
    and `{day}` a day of the distant past that was not used before either.
    """

    name: str
    paths: tuple[str, ...]
    cookies: tuple[str, ...]
    method: str = "GET"
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def ask(
    port: int, mode: str, targets: Sequence[Target], rounds: int, clients: int = 1
) -> dict[str, list[float]]:
    """Run the client and return milliseconds by target.

    Raises:
        RuntimeError: an answer was none of 2xx.
    """
    order = {
        "port": port,
        "mode": mode,
        "rounds": rounds,
        "clients": clients,
        "targets": [asdict(target) for target in targets],
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.client"],
        cwd=ROOT,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    answer: dict[str, list[float]] = json.loads(done.stdout)
    return answer


_numbers = count(int(time.time() * 1000))
_lock = threading.Lock()


def _fresh() -> int:
    with _lock:
        return next(_numbers)


def _day(number: int) -> str:
    """One of some twenty thousand days long before anything that was recorded."""
    number %= 20_000
    return f"{1950 + number // 336}-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}"


class Client:
    """One browser: a connection that is kept."""

    def __init__(self, port: int, number: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.number = number

    def time(self, target: Target) -> float:
        """Milliseconds of one visit."""
        begun = time.perf_counter()
        for path in target.paths:
            self._visit(target, path)
        return (time.perf_counter() - begun) * 1000

    def _visit(self, target: Target, path: str) -> None:
        fresh = _fresh()
        body = target.body.replace("{n}", str(fresh)).replace("{day}", _day(fresh))
        cookie = target.cookies[self.number % len(target.cookies)]
        self.connection.request(target.method, path, body or None, {"Cookie": cookie, **target.headers})
        answer = self.connection.getresponse()
        answer.read()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{target.method} {path} answers {answer.status}")


def turns(port: int, targets: Sequence[Target], rounds: int) -> dict[str, list[float]]:
    """One client, every target once a turn; the first turns only warm up."""
    client = Client(port, 0)
    taken: dict[str, list[float]] = {target.name: [] for target in targets}
    for turn in range(rounds + WARM):
        for target in targets:
            spent = client.time(target)
            if turn >= WARM:
                taken[target.name].append(spent)
    return taken


def crowd(port: int, targets: Sequence[Target], rounds: int, clients: int) -> dict[str, list[float]]:
    """Several clients on one target at a time; each asks it ten times a round."""
    people = [Client(port, number) for number in range(clients)]
    taken: dict[str, list[float]] = {target.name: [] for target in targets}
    for turn in range(rounds + 1):
        for target in targets:
            spent = list(_together(people, target, WARM if turn == 0 else 10))
            if turn:
                taken[target.name] += spent
    return taken


def _together(people: Sequence[Client], target: Target, times: int) -> Iterator[float]:
    found: list[list[float]] = [[] for _ in people]
    failed: list[Exception] = []

    def visit(client: Client) -> None:
        try:
            found[client.number].extend(client.time(target) for _ in range(times))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=visit, args=(client,)) for client in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return (value for values in found for value in values)


def main() -> None:
    order: dict[str, Any] = json.load(sys.stdin)
    targets = [
        Target(**{**one, "paths": tuple(one["paths"]), "cookies": tuple(one["cookies"])})
        for one in order["targets"]
    ]
    if order["mode"] == "turns":
        taken = turns(order["port"], targets, order["rounds"])
    else:
        taken = crowd(order["port"], targets, order["rounds"], order["clients"])
    json.dump(taken, sys.stdout)


if __name__ == "__main__":
    main()
