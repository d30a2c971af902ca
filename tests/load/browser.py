"""What a phone sees: Chromium, 390 x 844, four times slower; in a process of its own.

Reads {"port", "cookie"} as JSON from standard input and answers with figures by key.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
SLOWDOWN = 4
PAGES = {"overview": "/", "capture": "/capture/", "journal": "/journal/weight/"}
VISITS = 3
DRAWINGS = 5
POINTS = 3650
WEIGHT = 'input[name="weight-weight_kg"]'
KIB = 1024
QUIET_MS = 1500

# Before anything of the page runs: keep every paint, shift and interaction.
OBSERVE = """
window.seen = {lcp: 0, cls: 0, inp: 0};
const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
  .observe({type, durationThreshold: 16, buffered: true});
watch("largest-contentful-paint", (paint) => { seen.lcp = paint.startTime; });
watch("layout-shift", (shift) => { if (!shift.hadRecentInput) seen.cls += shift.value; });
watch("event", (event) => { if (event.interactionId) seen.inp = Math.max(seen.inp, event.duration); });
"""
PAINTS = """() => ({
  fcp: performance.getEntriesByName("first-contentful-paint")[0].startTime, lcp: seen.lcp, cls: seen.cls})"""
# From the moment the series is read until the drawing stands on the canvas; uPlot draws in a microtask.
DRAW = """async () => {
  const modules = document.querySelector("script[data-modules]").dataset;
  const {draw} = await import(modules.chart);
  const figure = document.querySelector("figure[data-chart]");
  let read = 0;
  const json = Response.prototype.json;
  Response.prototype.json = async function () {
    const data = await json.call(this);
    read = performance.now();
    return data;
  };
  await draw(figure, modules);
  await Promise.resolve();
  const spent = performance.now() - read;
  Response.prototype.json = json;
  if (!figure.querySelector("canvas")) throw new Error("nothing was drawn");
  return spent;
}"""


def measure(port: int, cookie: str) -> dict[str, float]:
    """Run the browser and return its figures.

    Raises:
        RuntimeError: the browser did not do as asked.
    """
    order = json.dumps({"port": port, "cookie": cookie})
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.browser"],
        cwd=ROOT,
        input=order,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Chromium: {done.stderr.strip()}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def found() -> str | None:
    """Where Chromium is, as the browser tests look for it."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


class Phone:
    """Opens pages as a browser that was never here before."""

    def __init__(self, browser: Browser, origin: str, cookie: str) -> None:
        self.browser = browser
        self.origin = origin
        self.cookies: list[Any] = [
            {"name": name, "value": value, "url": origin}
            for name, value in (pair.split("=", 1) for pair in cookie.split("; "))
        ]

    @contextmanager
    def fresh(self, slowdown: int = 1) -> Iterator[tuple[BrowserContext, Page]]:
        context = self.browser.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            locale="de-DE",
            timezone_id="Europe/Berlin",
            base_url=self.origin,
        )
        try:
            context.add_cookies(self.cookies)
            context.add_init_script(OBSERVE)
            page = context.new_page()
            if slowdown > 1:
                context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
            yield context, page
        finally:
            context.close()


def paints(phone: Phone) -> dict[str, float]:
    """First and largest paint in milliseconds and layout shift, the median of some first visits."""
    figures: dict[str, float] = {}
    for name, path in PAGES.items():
        visits = []
        for _ in range(VISITS):
            with phone.fresh(SLOWDOWN) as (_context, page):
                page.goto(path, wait_until="load")
                page.wait_for_timeout(QUIET_MS)
                visits.append(page.evaluate(PAINTS))
        for figure in ("fcp", "lcp", "cls"):
            figures[f"browser.{name}.{figure}"] = median(visit[figure] for visit in visits)
    return figures


def interaction(phone: Phone) -> dict[str, float]:
    """The slowest interaction of typing a weight and saving it."""
    with phone.fresh(SLOWDOWN) as (_context, page):
        page.goto("/capture/", wait_until="load")
        page.wait_for_timeout(QUIET_MS)
        page.locator(WEIGHT).first.click()
        page.keyboard.type("82,4")
        with page.expect_response(lambda answer: answer.request.method == "POST") as saved:
            page.keyboard.press("Enter")
        if saved.value.status != 200:
            raise RuntimeError(f"saving answered {saved.value.status}")
        page.wait_for_timeout(QUIET_MS)
        slowest = page.evaluate("() => seen.inp")
    return {"browser.inp": slowest}


def chart(phone: Phone) -> dict[str, float]:
    """Drawing ten years of points that nobody thinned."""
    days = list(range(0, POINTS * 86400, 86400))
    column = {"unit": "kg", "scale": "kg", "digits": 1}
    values = [82 + (n * 7919 % 100) / 50 for n in range(POINTS)]
    series = [
        {**column, "key": "w", "label": "Gewicht", "kind": "points", "values": values},
        {**column, "key": "t", "label": "Trend", "kind": "line", "values": [82.5] * POINTS},
    ]

    def answer(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"x": days, "series": series})

    with phone.fresh() as (_context, page):
        page.route("**/series.json*", answer)
        page.goto("/journal/weight/", wait_until="load")
        page.wait_for_timeout(QUIET_MS)
        spent = [page.evaluate(DRAW) for _ in range(DRAWINGS)]
    return {"browser.chart_ms": median(spent)}


def first_load(phone: Phone, name: str, path: str) -> dict[str, float]:
    """Bytes over the wire with their headers, and requests, of a page with everything it asks for."""
    with phone.fresh() as (context, page):
        asked: list[Request] = []
        context.on("requestfinished", lambda request: asked.append(request))
        page.goto(path, wait_until="load")
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.wait_for_timeout(QUIET_MS)
        sizes = [size for request in asked if (size := _bytes(request)) is not None]
    return {f"load.{name}_kib": sum(sizes) / KIB, f"load.{name}_requests": len(sizes)}


def _bytes(request: Request) -> int | None:
    """What came over the wire, headers included; None where the browser had it already."""
    answer, sizes = request.response(), request.sizes()
    if answer is None or answer.from_service_worker or sizes["responseBodySize"] < 0:
        return None
    told = int(answer.headers.get("content-length", 0))  # of a worker's own script Chromium tells no size
    return sizes["responseHeadersSize"] + max(sizes["responseBodySize"], told)


def main() -> None:
    order = json.load(sys.stdin)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=found(), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        phone = Phone(running, f"http://127.0.0.1:{order['port']}", order["cookie"])
        figures = {
            **first_load(phone, "overview", "/"),
            **first_load(phone, "journal", "/journal/weight/"),
            **paints(phone),
            **interaction(phone),
            **chart(phone),
        }
        running.close()
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
