"""What there is to see: one recipe for each picture, by the route it shows.

A route without a recipe stands in NO_PAGES with the reason, or `unseen()` names it and the test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Locator, Page

from tools.browser import wait_for
from tools.screenshots.scenes import Cast

Act = Callable[[Page, Cast], None]
Words = Callable[[Cast], tuple[object, ...]]
MAILS = Path(__file__).resolve().parents[2] / "templates" / "account" / "email"


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of the file.
        shows: the name of the route it shows; "" where that is an error no route is meant to give.
        visitor: a name of `Cast.users`, or "stranger".
        at: the route where the visitor begins, if that is another one: some addresses only take forms.
        args: what the address names.
        tail: what follows the path, a query or a path of nobody.
        act: what the visitor does before the picture is taken.
        model: seen where a language model is configured.
    """

    name: str
    shows: str
    visitor: str = "member"
    at: str = ""
    args: Words = lambda cast: ()
    tail: str = ""
    act: Act | None = None
    model: bool = False

    def path(self, cast: Cast) -> str:
        """Where the visitor begins."""
        route = self.at or self.shows
        return f"{reverse(route, args=self.args(cast)) if route else ''}{self.tail}"


# What visitors do -------------------------------------------------------------------------------------------
def fill(selector: str, **values: str) -> Act:
    """Fill fields of a form and send it."""

    def act(page: Page, cast: Cast) -> None:
        form = page.locator(selector).first
        for name, value in values.items():
            form.locator(f"[name={name}]").first.fill(value)
        press(page, form.locator("button.button--primary").first)

    return act


def post(path: Callable[[Cast], str], *, token: bool = True) -> Act:
    """Send an empty form to an address, with the page's token or a wrong one."""

    def act(page: Page, cast: Cast) -> None:
        found = page.locator("[name=csrfmiddlewaretoken]").first.input_value() if token else "wrong"
        page.evaluate(
            """([path, token]) => {
                const form = Object.assign(document.createElement("form"), {method: "post", action: path});
                const field = {name: "csrfmiddlewaretoken", value: token};
                form.append(Object.assign(document.createElement("input"), field));
                document.body.append(form);
                form.submit();
            }""",
            [path(cast), found],
        )
        page.wait_for_url(f"**{path(cast)}")

    return act


def click(selector: str) -> Act:
    def act(page: Page, cast: Cast) -> None:
        press(page, page.locator(selector).first)

    return act


def open_details(page: Page, cast: Cast) -> None:
    """Unfold everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def press(page: Page, button: Locator) -> None:
    """Press a button and wait for what it brought; its toast stays, as under a pointer."""
    with page.expect_response(lambda answer: answer.request.resource_type in {"document", "fetch", "xhr"}):
        button.click()
    page.wait_for_load_state()
    wait_for(page, "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    for toast in page.locator("[data-toast]").all():
        toast.dispatch_event("pointerenter")


# The pictures -----------------------------------------------------------------------------------------------
def topic(slug: str) -> Words:
    return lambda cast: (slug,)


def journal(slug: str) -> Words:
    return lambda cast: (slug,)


def entry(cast: Cast) -> tuple[object, ...]:
    return "weight", cast.entry


def restore(cast: Cast) -> str:
    return reverse("tracking:entry_restore", args=entry(cast))


def imported(state: str) -> Words:
    return lambda cast: (cast.imports[state],)


def evaluated(name: str) -> Words:
    return lambda cast: (cast.runs[name],)


STRANGERS = [
    Shot("login", "account_login", "stranger"),
    Shot(
        "login-wrong",
        "account_login",
        "stranger",
        act=fill("main form", login="nobody@mitai.example", password="ein falsches"),  # noqa: S106
    ),
    Shot("signup", "account_signup", "stranger"),
    Shot(
        "signup-errors",
        "account_signup",
        "stranger",
        act=fill("main form", email="nora@mitai", password1="12345"),
    ),
    Shot("signup-sent", "account_email_verification_sent", "stranger"),
    Shot(
        "signup-sent-error",
        "membership:resend_verification",
        "stranger",
        at="account_email_verification_sent",
        act=fill("#resend", email="nora@mitai"),
    ),
    Shot("reset", "account_reset_password", "stranger"),
    Shot("reset-sent", "account_reset_password_done", "stranger"),
    Shot("reset-new-password", "account_reset_password_from_key", "stranger", args=lambda cast: cast.reset),
    Shot(
        "reset-new-password-errors",
        "account_reset_password_from_key",
        "stranger",
        args=lambda cast: cast.reset,
        act=fill("main form", password1="1234567890"),
    ),
    Shot("reset-dead-link", "account_reset_password_from_key", "stranger", args=lambda cast: ("1", "no-key")),
    Shot("reset-done", "account_reset_password_from_key_done", "stranger"),
    Shot("confirm", "account_confirm_email", "stranger", args=lambda cast: (cast.confirmation,)),
    Shot("confirm-dead-link", "account_confirm_email", "stranger", args=lambda cast: ("no-key",)),
    Shot("inactive", "account_inactive", "stranger"),
    Shot("offline", "offline", "stranger"),
    Shot("stranger-404", "", "stranger", tail="/nothing-here/"),
]
RECORDING = [
    Shot("overview", "tracking:overview"),
    Shot("overview-empty", "tracking:overview", "empty"),
    Shot("capture", "tracking:capture"),
    Shot("capture-empty", "tracking:capture", "empty"),
    Shot(
        "capture-error",
        "tracking:capture",
        at="tracking:capture",
        tail="?with=weight",
        act=fill(".capture", **{"weight-weight_kg": "82,4,5"}),
    ),
    Shot("journal-weight", "tracking:journal", args=journal("weight")),
    Shot("journal-weight-empty", "tracking:journal", "empty", args=journal("weight")),
    Shot("journal-weight-open", "tracking:journal", args=journal("weight"), act=open_details),
    Shot("journal-nutrition", "tracking:journal", args=journal("nutrition")),
    Shot("journal-nutrition-open", "tracking:journal", args=journal("nutrition"), act=open_details),
    Shot("favourites", "tracking:favourites", args=journal("nutrition")),
    Shot("favourites-empty", "tracking:favourites", "empty", args=journal("nutrition")),
    *(
        Shot(f"journal-{slug}", "tracking:journal", args=journal(slug), act=open_details)
        for slug in (
            "sleep",
            "activity",
            "daily_activity",
            "vitals",
            "wellbeing",
            "rest_day",
            "circumference",
            "caliper",
            "photo",
        )
    ),
    Shot("training-names", "tracking:training_names"),
    Shot("training-names-empty", "tracking:training_names", "empty"),
    Shot("photos", "tracking:photos"),
    Shot("photos-empty", "tracking:photos", "empty"),
    Shot("journal-pressure", "tracking:journal", args=journal("blood_pressure")),
    Shot(
        "capture-pressure-error",
        "tracking:capture",
        at="tracking:capture",
        tail="?with=blood_pressure",
        act=fill(
            ".capture",
            **{"blood_pressure-systolic_mmhg": "80", "blood_pressure-diastolic_mmhg": "900"},
        ),
    ),
    Shot(
        "journal-pressure-error",
        "tracking:journal",
        args=journal("blood_pressure"),
        act=fill("#entry-form", systolic_mmhg="80", diastolic_mmhg="900"),
    ),
    Shot("table", "tracking:table", args=journal("weight")),
    Shot("entry-edit", "tracking:entry_edit", args=entry),
    Shot("entry-why", "tracking:entry_why", args=entry),
    Shot(
        "entry-why-inline",
        "tracking:entry_why",
        at="tracking:journal",
        args=journal("weight"),
        act=click(".entry-row a[href$='/why/']"),
    ),
    Shot(
        "entry-edit-inline",
        "tracking:entry_edit",
        at="tracking:journal",
        args=journal("weight"),
        act=click(".entry-row a[href$='/edit/']"),
    ),
    Shot("overview-pounds", "tracking:overview", "pounds"),
    Shot("capture-pounds", "tracking:capture", "pounds"),
    Shot("journal-weight-pounds", "tracking:journal", "pounds", args=journal("weight")),
    Shot("history-pounds", "tracking:history", "pounds"),
    Shot("goals-pounds", "tracking:goals", "pounds"),
    Shot("history", "tracking:history"),
    Shot("history-all", "tracking:history", tail="?range=all"),
    Shot("history-empty", "tracking:history", "empty"),
    Shot(
        "history-several",
        "tracking:history",
        tail="?s=weight.weight_kg.trend&s=sleep.asleep_h&s=activity.load&range=90&beside=before",
        act=open_details,
    ),
    Shot("history-table", "tracking:history_table", tail="?s=weight.weight_kg&s=sleep.asleep_h&range=30"),
    Shot("connections", "tracking:connections", act=open_details),
    Shot("connections-empty", "tracking:connections", "empty"),
    Shot("report", "tracking:report"),
    Shot("report-month", "tracking:report", tail="?period=month"),
    Shot("report-pounds", "tracking:report", "pounds"),
    Shot("report-empty", "tracking:report", "empty"),
    *(
        Shot(f"topic-{slug}", "tracking:topic", args=topic(slug), act=open_details)
        for slug in ("body", "energy", "training", "recovery", "sleep", "blood-pressure")
    ),
    Shot("topic-body-pounds", "tracking:topic", "pounds", args=topic("body")),
    Shot("topic-recovery-empty", "tracking:topic", "empty", args=topic("recovery")),
    Shot("pressure-print", "tracking:pressure_print"),
    Shot("goals", "tracking:goals"),
    Shot("goals-empty", "tracking:goals", "empty"),
    Shot("goal-pounds", "tracking:goal", "pounds", args=topic("weight")),
    Shot("goal-error", "tracking:goal", args=topic("weight"), act=fill("#goal-form", target_value="7")),
    Shot("goal-pair", "tracking:goal", args=topic("blood_pressure")),
]
IMPORTS = [
    Shot("imports", "tracking:imports"),
    Shot("imports-empty", "tracking:imports", "empty"),
    Shot("imports-limit", "tracking:imports", "limited"),
    *(
        Shot(f"import-{state}", "tracking:import_run", args=imported(state), act=open_details)
        for state in (
            "arriving",
            "queued",
            "reading",
            "preview",
            "writing",
            "done",
            "failed",
            "cancelled",
            "undone",
        )
    ),
]
ANALYSIS = [
    Shot("analysis", "insights:analysis"),
    Shot("analysis-empty", "insights:analysis", "empty"),
    Shot("analysis-model", "insights:analysis", model=True),
    Shot("analysis-model-no-consent", "insights:analysis", "empty", model=True),
    Shot("consent", "insights:consent", model=True),
    Shot("consent-open", "insights:consent", "empty", model=True, act=open_details),
    *(
        Shot(f"run-{name}", "insights:run", args=evaluated(name))
        for name in ("done", "queued", "running", "model", "partial", "failed")
    ),
    Shot("run-model-open", "insights:run", args=evaluated("model"), act=open_details),
]
ACCOUNT = [
    Shot("welcome", "tracking:welcome", "newcomer"),
    Shot("more", "tracking:more"),
    Shot("settings", "tracking:settings"),
    Shot("settings-model", "tracking:settings", model=True),
    Shot("settings-pounds", "tracking:settings", "pounds"),
    Shot("sessions", "membership:sessions"),
    Shot("settings-error", "tracking:settings", act=fill("#profile", height_cm="17")),
    Shot("membership", "membership:membership"),
    Shot("membership-limited", "membership:membership", "limited"),
    Shot("membership-given", "membership:membership", "open"),
    Shot(
        "membership-coupon-error",
        "membership:membership",
        "open",
        act=fill("form:has([name=code])", code="WRONG-CODE"),
    ),
    Shot("membership-trial", "membership:trial"),
    Shot("membership-credits", "membership:credits", "open"),
    Shot("privacy", "membership:privacy", "stranger"),
    Shot("password-change", "account_change_password"),
    Shot(
        "password-change-errors",
        "account_change_password",
        act=fill("main form", oldpassword="falsch", password1="kurz"),
    ),
    Shot("password-set", "account_set_password", "open"),
    Shot("email", "account_email"),
    Shot("email-waiting", "account_email", "newcomer"),
    Shot("reauthenticate", "account_reauthenticate"),
    Shot("logout", "account_logout"),
]
ERRORS = [
    Shot("error-403", "", at="tracking:more", act=post(lambda cast: reverse("tracking:goals"), token=False)),
    Shot("error-404", "", tail="/nothing-here/"),
    Shot("error-409", "tracking:entry_restore", at="tracking:more", act=post(restore)),
    Shot("error-422", "insights:start", at="tracking:more", act=post(lambda cast: reverse("insights:start"))),
]
# What changes what the others show comes last.
LAST = [
    Shot(
        "capture-saved",
        "tracking:capture",
        at="tracking:capture",
        tail="?with=weight",
        act=fill(".capture", **{"weight-weight_kg": "81,2"}),
    ),
    Shot(
        "entry-deleted",
        "tracking:entry_delete",
        at="tracking:journal",
        args=journal("weight"),
        act=click(".entry-row form[action$='/delete/'] button"),
    ),
]
NO_PAGES = {
    "tracking:series": "numbers for a chart",
    "tracking:history_series": "numbers for a chart",
    "tracking:history_csv": "a file",
    "tracking:journal_csv": "a file",
    "tracking:entry_row": "a row of the journal's page",
    "tracking:favourite_keep": "leads to the favourites",
    "tracking:favourite_rename": "leads to the favourites",
    "tracking:favourite_remove": "leads to the favourites",
    "tracking:training_name_change": "leads to the names",
    "tracking:training_name_forget": "leads to the names",
    "tracking:goal_close": "leads back to the goals",
    "tracking:import_parts": "spoken by upload.js",
    "tracking:import_part": "spoken by upload.js",
    "tracking:import_confirm": "leads to the import",
    "tracking:import_cancel": "leads to the import",
    "tracking:import_undo": "leads to the import",
    "tracking:photo_file": "a picture",
    "membership:session_end": "leads back to the list",
    "membership:sessions_end": "leads back to the list",
    "insights:consent_withdraw": "leads to the analysis",
    "insights:run_delete": "leads to the analysis",
    "account_confirm_login_code": "logging in by code is off",
    "set_language": "leads back",
    "live": "JSON",
    "ready": "JSON",
    "manifest": "JSON",
    "service_worker": "a script",
}


def shots() -> list[Shot]:
    """All pictures in the order in which they are taken."""
    return [*STRANGERS, *RECORDING, *IMPORTS, *ANALYSIS, *ACCOUNT, *ERRORS, *operators(), *LAST]


def operators() -> Iterator[Shot]:
    """The administration: its login, and for each kind the list and the page of the first one."""
    yield Shot("admin-login", "admin:login", "stranger")
    yield Shot("admin", "admin:index", "operator")
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        yield Shot(f"admin-{model._meta.model_name}", f"admin:{name}_changelist", "operator")
        first = model._default_manager.order_by("pk").first()
        if first is not None:
            yield Shot(
                f"admin-{model._meta.model_name}-one",
                f"admin:{name}_change",
                "operator",
                args=lambda cast, pk=first.pk: (pk,),  # type: ignore[misc]
            )


def unseen() -> list[str]:
    """Routes with neither a picture nor a reason for having none, and names that are no route (any more)."""
    seen = {shot.shows for shot in [*STRANGERS, *RECORDING, *IMPORTS, *ANALYSIS, *ACCOUNT, *ERRORS, *LAST]}
    return sorted((set(routes(get_resolver())) ^ (seen | set(NO_PAGES))) - {""})


def routes(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of all routes but the administration's, which lists its pages itself."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"
        elif pattern.app_name != "admin":
            yield from routes(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)


def mail_names() -> list[str]:
    """The mails that the site sends."""
    return sorted(path.name.removesuffix("_message.html") for path in MAILS.glob("*_message.html"))
