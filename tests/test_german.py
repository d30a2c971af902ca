"""German is the first language: du on every page, in every mail, and in what other packages say here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import django
import polib
import pytest
import time_machine
from django.apps import apps
from django.conf import settings as configured
from django.contrib import admin
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation.trans_real import DjangoTranslation
from pytest_django import Settings

from membership.models import Feature, Tier, User
from mitai.core import seeding
from mitai.core.numbers import format_number
from tests import factories, llm_server
from tools import messages
from tools.screenshots import pages, scenes
from tracking import entries
from tracking.goals import set_goal
from tracking.journals import registry
from tracking.journals.base import When
from tracking.training import NameMapping, TrainingType

FORMAL = re.compile(r"\b(?:Sie|Ihr|Ihre[mnrs]?|Ihnen)\b")
OURS = Path(configured.BASE_DIR)
DOMAINS = ("django", "djangojs")
SCRIPT_CALL = re.compile(r"""\bn?gettext\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
# Formal or English texts that nobody meets, by how they begin, with the reason; a test holds the reasons.
UNREACHABLE = {
    "You are seeing this message because ": "CSRF_FAILURE_VIEW",
    "If you have configured your browser to ": "CSRF_FAILURE_VIEW",
    "If you are using the <meta ": "CSRF_FAILURE_VIEW",
    "Your password has been set.  You may": "admin_password_reset",
    "The password reset link was invalid, possibly": "admin_password_reset",
    "We’ve emailed you instructions for setting": "admin_password_reset",
    "Please go to the following page and choose": "admin_password_reset",
    "Thanks for using our site!": "admin_password_reset",
    "In case you’ve forgotten, you are:": "admin_password_reset",
}


# Other packages ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Foreign:
    """A text of another package with its German, which is empty where the package has none."""

    domain: str
    context: str | None
    text: str
    plural: str
    german: tuple[str, ...]
    places: tuple[str, ...]


def foreign_texts() -> Iterator[Foreign]:
    """What Django, the installed apps and the administration's scripts say."""
    known = set()
    for text in catalogued_texts():
        known.add((text.domain, text.text))
        yield text
    for path in (Path(admin.__file__).parent / "static/admin/js").glob("*.js"):
        for single, double in SCRIPT_CALL.findall(path.read_text()):
            text = (single or double).replace("\\'", "'")
            if ("djangojs", text) not in known:
                yield Foreign("djangojs", None, text, "", (), ())


def catalogued_texts() -> Iterator[Foreign]:
    """What the German catalogues of Django and the installed apps hold, translated or not."""
    homes = [Path(django.__file__).parent / "conf", *(Path(app.path) for app in apps.get_app_configs())]
    for home in homes:
        for domain in DOMAINS:
            path = home / "locale/de/LC_MESSAGES" / f"{domain}.po"
            for entry in polib.pofile(str(path)) if path.exists() else []:
                if entry.obsolete:
                    continue
                german = tuple(entry.msgstr_plural.values()) or (entry.msgstr,)
                yield Foreign(
                    domain,
                    entry.msgctxt,
                    entry.msgid,
                    entry.msgid_plural,
                    german if entry.translated() else (),
                    tuple(place for place, _line in entry.occurrences),
                )


def said(foreign: Foreign) -> str:
    """What a German page says for it: our catalogue wins over the package's."""
    spoken = DjangoTranslation("de", domain=foreign.domain)
    if foreign.context:
        return str(spoken.pgettext(foreign.context, foreign.text))
    if not foreign.plural:
        return str(spoken.gettext(foreign.text))
    return " ".join(spoken.ngettext(foreign.text, foreign.plural, n) for n in (1, 2))


def is_met(foreign: Foreign) -> bool:
    """Whether the text can reach a page: allauth says where each of its texts is from."""
    if any(foreign.text.startswith(start) for start in UNREACHABLE):
        return False
    return not foreign.places or any(place_is_met(place) for place in foreign.places)


def place_is_met(place: str) -> bool:
    """Whether a file of allauth is in use: its app is installed, and no template of ours stands in for it."""
    parts = Path(place).parts
    if parts[0] != "templates":
        return len(parts) == 1 or not is_left_out(parts[0])
    return not is_left_out(parts[1]) and not is_ours("/".join(parts[1:]))


def is_left_out(name: str) -> bool:
    """Whether this is an app of allauth that is not installed."""
    import allauth

    has_models = (Path(allauth.__file__).parent / name / "apps.py").exists()
    return has_models and not apps.is_installed(f"allauth.{name}")


def is_ours(template: str) -> bool:
    try:
        return Path(get_template(template).origin.name).is_relative_to(OURS / "templates")
    except TemplateDoesNotExist:
        return False


def test_no_formal_text_of_another_package_is_said() -> None:
    formal = [text for text in foreign_texts() if FORMAL.search(" ".join(text.german))]
    assert len(formal) > 50
    left = [text for text in formal if is_met(text) and FORMAL.search(said(text))]
    assert [text.text for text in left] == []


def test_no_text_of_another_package_is_said_in_english() -> None:
    untranslated = [text for text in foreign_texts() if not text.german]
    assert len(untranslated) > 10
    assert [text.text for text in untranslated if is_met(text) and said(text) == text.text] == []


def test_the_reasons_why_formal_texts_are_not_met_hold() -> None:
    assert configured.CSRF_FAILURE_VIEW.startswith("mitai.")
    with pytest.raises(NoReverseMatch):
        reverse("admin_password_reset")
    texts = [text.text for text in foreign_texts() if not text.german or FORMAL.search(" ".join(text.german))]
    assert [start for start in UNREACHABLE if not any(text.startswith(start) for text in texts)] == []


def test_what_we_replace_is_still_said_by_another_package() -> None:
    known = {(text.domain, text.context, text.text) for text in foreign_texts()}
    stale = [
        entry.msgid
        for domain, path in zip(DOMAINS, (messages.CATALOGUE, messages.SCRIPTS), strict=True)
        for entry in polib.pofile(str(OURS / path))
        if entry.tcomment == messages.REPLACES and (domain, entry.msgctxt, entry.msgid) not in known
    ]
    assert stale == []


# Our own words ----------------------------------------------------------------------------------------------
def test_our_catalogue_says_du_and_never_shouts() -> None:
    wrong = []
    for path in (messages.CATALOGUE, messages.SCRIPTS):
        for entry in polib.pofile(str(OURS / path)):
            text = " ".join(entry.msgstr_plural.values()) or entry.msgstr
            if not entry.obsolete and (FORMAL.search(text) or "!" in text):
                wrong.append(text)
    assert wrong == []


def test_a_number_keeps_its_unit_beside_it() -> None:
    """A narrow space, which does not break; what is written to a language model has plain ones."""
    apart = re.compile(r"(?:\)s|\d) (?:kg|lb|cm|kcal|kJ|mmHg|ml|MB|%\(unit\)s)\b")
    wrong = []
    for entry in polib.pofile(str(OURS / messages.CATALOGUE)):
        on_pages = any(not place.startswith("insights/") for place, _line in entry.occurrences)
        texts = (entry.msgid, entry.msgid_plural, entry.msgstr, *entry.msgstr_plural.values())
        wrong += [text for text in texts if on_pages and not entry.obsolete and apart.search(text)]
    assert wrong == []


# Numbers, days, plurals -------------------------------------------------------------------------------------
def weigh(owner: User, *values: str) -> None:
    """One weight a day, the last one today."""
    today = timezone.localdate(timezone=owner.zone)
    for ago, value in enumerate(values):
        entries.record(
            owner=owner,
            journal=registry()["weight"],
            values={"weight_kg": Decimal(value)},
            when=When(today - timedelta(days=ago)),
            client_id=f"{len(values)} {ago}",
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "day", "in_list", "weight", "one", "two", "goal"),
    [
        ("de", "Donnerstag, 12. März", "Do 12.", "82,4", "1 Eintrag", "2 Einträge", "12.03.2026"),
        ("en", "Thursday, 12 March", "Thu 12", "82.4", "1 entry", "2 entries", "12 Mar 2026"),
    ],
)
def test_numbers_days_and_plurals_follow_the_language(
    language: str, day: str, in_list: str, weight: str, one: str, two: str, goal: str
) -> None:
    seeding.run()
    alice = factories.alice(language=language)
    client = Client()
    with time_machine.travel(datetime(2026, 3, 12, 12, tzinfo=UTC), tick=False):
        client.force_login(alice)
        weigh(alice, "82.4")
        set_goal(owner=alice, target=Decimal("78.5"))
        single = client.get("/journal/weight/").content.decode()
        goals = client.get("/goals/").content.decode()
        weigh(alice, "82.4", "82.6")
        double = client.get("/journal/weight/").content.decode()
    assert {day, in_list, one} <= set(words(single))
    assert f'{weight}<span class="unit">\u202fkg</span>' in single
    assert two in words(double)
    assert goal in words(goals)


@pytest.mark.parametrize(("language", "said"), [("de", "1.234,5"), ("en", "1,234.5")])
def test_thousands_are_grouped_as_the_language_does(language: str, said: str) -> None:
    with translation.override(language):
        assert format_number(Decimal("1234.5"), 1) == said


# Pages and mails --------------------------------------------------------------------------------------------
class Words(HTMLParser):
    """The texts of a page as somebody reads them, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        named = dict(attributes)
        self.texts += [
            named[name] or "" for name in ("aria-label", "placeholder", "title", "alt") if name in named
        ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(re.sub(r"\s+", " ", data).strip())


def words(page: str) -> list[str]:
    reader = Words()
    reader.feed(page)
    return reader.texts


def english_that_has_german() -> set[str]:
    """Texts that stand in German otherwise: met on a German page, somebody forgot to translate them there.

    Operators see the names of tiers and features as they stored them, and the other language calls itself so.
    """
    ours = polib.pofile(str(OURS / messages.CATALOGUE))
    german = {entry.msgstr for entry in ours}
    stored = {str(name) for kind in (Tier, Feature) for row in kind.objects.all() for name in (row, row.slug)}
    return {entry.msgid for entry in ours if entry.msgid != entry.msgstr} - german - stored - {"English"}


def stored_on(page: str) -> set[str]:
    """What the lists of readings, training types and names show as it is stored, in whichever language."""
    rows: dict[str, Iterable[str]] = {
        "admin-reading": registry(),
        "admin-trainingtype": TrainingType.objects.values_list("code", flat=True),
        "admin-namemapping": NameMapping.objects.values_list("name", flat=True),
    }
    return set(rows.get(page, ()))


@pytest.mark.django_db
def test_every_german_page_and_mail_says_du_in_german(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    seeding.run()
    english, wrong = english_that_has_german(), []
    with llm_server.running() as model:
        cast = scenes.cast("de", model=model, days=30)
        seen = {shot.name: page_of(shot, cast) for shot in pages.shots()}
    seen |= scenes.mails(cast.users["member"], pages.mail_names())
    for name, page in seen.items():
        stored = stored_on(name)
        for text in words(page):
            if FORMAL.search(text) or "!" in text or text in english - stored:
                wrong.append(f"{name}: {text}")
    assert "\n".join(wrong) == ""


def page_of(shot: pages.Shot, cast: scenes.Cast) -> str:
    """What stands on the page where the picture begins."""
    client = Client(headers={"accept-language": cast.language})
    if shot.visitor != "stranger":
        client.force_login(cast.users[shot.visitor])
    return client.get(shot.path(cast), follow=True).content.decode()
