"""From the command to the first answered request, and what the whole site holds while nobody asks."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.load import memory
from tests.load.client import Target, ask
from tests.load.report import Results
from tests.load.stack import Stack, Web, site
from tests.servers import ROOT

SETTLE_S = 12  # the worker answers and beat has sent its first messages
LOAD_ROUNDS, CLIENTS = 1, 8  # some seven hundred requests
PAGES = (
    "/",
    "/capture/",
    "/journal/weight/",
    "/journal/nutrition/",
    "/history/",
    "/analysis/",
    "/membership/",
)
HEAVY = ("openai", "PIL", "numpy", "scipy", "pandas", "matplotlib")
LOADED = {
    "worker": "import django, mitai.celery; django.setup(); sharing.load(pages=False)",
    "web": "import mitai.wsgi; sharing.load(pages=True)",
}


def whole_site(results: Results, folder: Path) -> None:
    """`make run` the first time, then the second time with its memory, idle and after load."""
    with site(folder) as first:
        results.about["`make run`, first time"] = f"{first.answered():.1f} s"
    with site(folder) as second:
        results.put(start__run_s=second.answered())
        if not memory.measurable():
            results.remarks.append("This system does not tell the memory of processes.")
            return
        time.sleep(SETTLE_S)
        idle(results, second.process.pid)
        cookie = second.demo_cookie()
        ask(second.port, "crowd", [Target(page, (page,), (cookie,)) for page in PAGES], LOAD_ROUNDS, CLIENTS)
        results.put(memory__web_mib=max(memory.rss_mib(pid) for pid in web_workers(second.process.pid)))


def idle(results: Results, pid: int) -> None:
    shares = memory.by_role(pid)
    household = shares.pop(memory.HOUSEHOLD, 0.0)
    results.put(memory__idle_mib=sum(shares.values()))
    told = ", ".join(f"{name} {value:.0f}" for name, value in sorted(shares.items()))
    results.remarks.append(f"Idle PSS in MiB: {told}; beside it {memory.HOUSEHOLD} {household:.0f}.")


def web_workers(pid: int) -> list[int]:
    """The processes below gunicorn's first."""
    web = [one for one in memory.descendants(pid) if memory.role(one) == "web"]
    return web[1:]


def web_process(results: Results, stack: Stack, times: int) -> None:
    """The web process alone, its servers being up."""
    taken = []
    for _ in range(times):
        running = Web(stack.guard, stack.folder)
        try:
            taken.append(running.answered())
        finally:
            running.stop()
    results.put(start__web_s=median(taken))


def loaded_modules(results: Results) -> None:
    """What the processes load before anybody asks for anything."""
    for name, code in LOADED.items():
        found_so_far = f"[name for name in {HEAVY!r} if name in sys.modules]"
        told = f"import json, sys; from mitai.core import sharing; {code}; print(json.dumps({found_so_far}))"
        done = subprocess.run(
            [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        results.figures[f"loaded.{name}"] = len(found)
        if found:
            results.remarks.append(f"The {name} process loads {', '.join(found)} before its first use.")
