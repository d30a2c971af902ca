"""The table of budgets: each row with its checks, or with why nothing of it is measured yet."""

from __future__ import annotations

from dataclasses import dataclass

CROWD = 8
CROWD_SLACK = 4 / 3  # with eight clients the ratio holds within a third
SAME_MEMORY_MIB = 6.0  # "the same for one and ten years": a tenth of the budget


@dataclass(frozen=True)
class Check:
    """One figure that must not exceed its budget. `key` is what the measurements call it."""

    key: str
    label: str
    budget: float
    unit: str


@dataclass(frozen=True)
class Row:
    """One line of the budgets; without checks `absent` says why, in a few words."""

    section: str
    what: str
    checks: tuple[Check, ...] = ()
    absent: str = ""


def page(
    key: str,
    what: str,
    ratio: float,
    queries: int | None,
    *more: Check,
    floor: str = "F-page",
    label: str = "",
) -> Row:
    """A row whose time is a ratio to a floor: one client, eight clients, statements."""
    return Row("Speed", what, (*against(key, ratio, queries, floor=floor, label=label), *more))


def against(key: str, ratio: float, queries: int | None, *, floor: str, label: str = "") -> tuple[Check, ...]:
    """The checks of one address: p50 with one client, p95 with eight, statements."""
    name = f"{label}, " if label else ""
    checks = [
        Check(f"{key}.p50", f"{name}p50, one client", ratio, floor),
        Check(f"{key}.p95", f"{name}p95, eight clients", ratio * CROWD_SLACK, floor),
    ]
    if queries is not None:
        checks.append(Check(f"{key}.queries", f"{name}statements", queries, ""))
    return tuple(checks)


def speed(what: str, *checks: Check) -> Row:
    return Row("Speed", what, checks)


def size(what: str, *checks: Check) -> Row:
    return Row("Size", what, checks)


def browser(what: str, *checks: Check) -> Row:
    return Row("Browser", what, checks)


ROWS = (
    page(
        "overview",
        "Overview, ten years in every journal",
        3.0,
        12,
        Check("overview.growth", "against thirty days, p50", 1.15, "times"),
    ),
    page("journal", "Journal page with form, chart frame and a month of rows", 3.0, 8),
    page("capture", "Capture page", 2.0, 6),
    page("quick", "Quick entry POST, answer with swapped parts", 2.5, 8, floor="F-post"),
    page("series", "Series of one measure over ten years, thinned", 2.0, None, floor="F-json"),
    page(
        "history",
        "History page, four series over ten years",
        4.0,
        None,
        *against("history_data", 2.5, None, floor="F-json", label="data"),
        label="page",
    ),
    page("analysis", "Analysis page with 200 past results", 2.5, None),
    page("admin", "Admin list of 10,000 users, 1,000,000 usage rows", 6.0, 15),
    speed(
        "Apple Health import, whole, written with provenance and undo",
        Check("import.year", "one year", 2.5, "F-parse"),
        Check("import.year_again", "one year, second time", 2.2, "F-parse"),
        Check("import.decade", "ten years", 2.5, "F-parse"),
        Check("import.decade_again", "ten years, second time", 2.2, "F-parse"),
    ),
    speed(
        "Memory of that import above the idle worker",
        Check("import.year_mib", "one year", 60, "MiB"),
        Check("import.decade_mib", "ten years", 60, "MiB"),
        Check("import.growth_mib", "ten years over one year", SAME_MEMORY_MIB, "MiB"),
    ),
    Row("Speed", "CSV import, 10,000 rows", absent="no CSV format yet"),
    Row("Speed", "Export of ten years", absent="a journal's CSV exists, the whole export does not"),
    speed("KI run, our own time per stage", Check("ki.stage_ms", "p50", 60, "ms")),
    speed(
        "Evidence check of a 1,000-word answer against 200 facts", Check("ki.evidence_ms", "p50", 20, "ms")
    ),
    speed(
        "Cold start to the first answered request",
        Check("start.web_s", "web process", 3.5, "s"),
        Check("start.run_s", "`make run`, second time", 5.0, "s"),
    ),
    size(
        "Idle memory of the whole stack (PSS)",
        Check("memory.idle_mib", "web, worker, beat, PostgreSQL, Valkey", 300, "MiB"),
    ),
    size("One web worker after load", Check("memory.web_mib", "RSS", 100, "MiB")),
    size(
        "Modules loaded before first use",
        Check("loaded.worker", "openai, Pillow, analysis libraries in the worker", 0, ""),
        Check("loaded.web", "the same in the web process", 0, ""),
    ),
    size(
        "First load, compressed, everything",
        Check("load.overview_kib", "overview, without chart", 100, "KiB"),
        Check("load.overview_requests", "overview, requests", 12, ""),
        Check("load.journal_kib", "a journal, with chart", 150, "KiB"),
    ),
    size(
        "JavaScript, compressed",
        Check("files.js_kib", "all", 75, "KiB"),
        Check("files.own_js_kib", "our own", 12, "KiB"),
    ),
    size("CSS, compressed", Check("files.css_kib", "all", 15, "KiB")),
    size(
        "Direct dependencies at run time",
        Check("files.unargued", "not argued for in docs/decisions.md", 0, ""),
    ),
    size(
        "Database per member and year with a watch", Check("database.year_mib", "tables, indexes", 6, "MiB")
    ),
    Row("Size", "Test suite on two cores, 10 minutes", absent="`make test` prints its own time"),
    browser(
        "First contentful paint, CPU four times slower",
        *(Check(f"browser.{page}.fcp", page, 1000, "ms") for page in ("overview", "capture", "journal")),
    ),
    browser(
        "Largest contentful paint",
        *(Check(f"browser.{page}.lcp", page, 1500, "ms") for page in ("overview", "capture", "journal")),
    ),
    browser(
        "Layout shift",
        *(Check(f"browser.{page}.cls", page, 0.02, "") for page in ("overview", "capture", "journal")),
    ),
    browser("Interaction to next paint", Check("browser.inp", "typing and saving a weight", 100, "ms")),
    browser("Chart of 3,650 points, CPU as it is", Check("browser.chart_ms", "drawn", 50, "ms")),
    Row("Browser", "Lighthouse", absent="not among our packages, see docs/performance.md"),
)
