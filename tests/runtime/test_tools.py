"""What `make test` checks beside the tests finds what it is there to find."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from tests.servers import ROOT
from tools import locks, messages


def test_make_without_a_target_lists_every_target() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test", "help"} <= set(targets)
    assert all(f"make {name}" in listed for name in targets)


def test_continuous_integration_runs_make_test() -> None:
    assert "make -C" in (ROOT / ".ci/run").read_text()
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_only_the_standard_library_is_imported_by_the_analysis() -> None:
    allowed = set(sys.stdlib_module_names)
    for path in (ROOT / "tracking" / "analysis").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in allowed or name.startswith("tracking.analysis"), (path, name)


# Locks ------------------------------------------------------------------------------------------------------
@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the lock check reads."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    for name in ("pyproject.toml", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_locks_are_in_order(project: Path) -> None:
    assert list(locks.problems(project)) == []


@pytest.mark.parametrize(
    "name", ["requirements/production.txt", "requirements/development.txt", "package-lock.json"]
)
def test_a_lock_that_names_an_address_is_refused(project: Path, name: str) -> None:
    with (project / name).open("a") as file:
        file.write("# --index-url https" + "://packages.example/simple\n")
    assert any("names an address" in line for line in locks.problems(project))


def test_a_pin_without_a_hash_is_refused(project: Path) -> None:
    with (project / "requirements/production.txt").open("a") as file:
        file.write("zebra==1.0\n")
    assert "production.txt: zebra has no hash" in list(locks.problems(project))


def test_a_dependency_that_is_not_pinned_is_refused(project: Path) -> None:
    replace(project / "pyproject.toml", '"celery>=5.7,<5.8"', '"celery>=5.9"')
    found = [line for line in locks.problems(project) if "celery>=5.9" in line]
    assert len(found) == 3


def test_a_larger_lock_with_another_version_is_refused(project: Path) -> None:
    path = project / "requirements/embedded.txt"
    path.write_text(re.sub(r"^nh3==\S+", "nh3==99.0", path.read_text(), count=1, flags=re.MULTILINE))
    assert any(line.startswith("embedded.txt: nh3==") for line in locks.problems(project))


# Translations -----------------------------------------------------------------------------------------------
PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext as p
TITLE = _("Weight")
def count(n): return ngettext("%(n)s entry", "%(n)s entries", n) % {"n": n}
MAY = p("month", "May")
"""
TEMPLATE = """{% load i18n %}<h1>{% translate "Overview" %}</h1>{{ _("History")|upper }}
{% blocktranslate count n=rows %}one row{% plural %}{{ n }} rows{% endblocktranslate %}
{% blocktranslate trimmed %}
  Two
  lines
{% endblocktranslate %}"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "tracking").mkdir()
    (tmp_path / "tracking/page.py").write_text(PYTHON)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text(TEMPLATE)
    return tmp_path


def test_texts_of_code_and_templates_are_found(house: Path) -> None:
    assert set(messages.of_the_code(house)) == {
        messages.Message(None, "Weight"),
        messages.Message(None, "%(n)s entry", "%(n)s entries"),
        messages.Message("month", "May"),
        messages.Message(None, "Overview"),
        messages.Message(None, "History"),
        messages.Message(None, "one row", "%(n)s rows"),
        messages.Message(None, "Two lines"),
    }


def translate_all(house: Path) -> polib.POFile:
    messages.update(house)
    catalogue = polib.pofile(str(house / messages.CATALOGUE))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: f"ein {entry.msgid}", 1: f"viele {entry.msgid_plural}"}
        else:
            entry.msgstr = f"de {entry.msgid}"
    save(catalogue)
    return catalogue


def save(catalogue: polib.POFile) -> None:
    catalogue.save()
    catalogue.save_as_mofile(catalogue.fpath.removesuffix(".po") + ".mo")


def wrong(house: Path) -> list[str]:
    return list(messages.problems(messages.of_the_code(house), house / messages.CATALOGUE))


def test_a_complete_catalogue_passes_and_stays_as_it_is(house: Path) -> None:
    translate_all(house)
    assert wrong(house) == []
    before = (house / messages.CATALOGUE).read_text()
    messages.update(house)
    assert wrong(house) == []
    assert [entry.msgstr for entry in polib.pofile(before)] == [
        entry.msgstr for entry in polib.pofile(str(house / messages.CATALOGUE))
    ]


def test_what_the_code_no_longer_says_goes_and_a_replaced_text_stays(house: Path) -> None:
    catalogue = translate_all(house)
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Weg"))
    catalogue.append(polib.POEntry(msgid="Theirs", msgstr="Unser", tcomment=messages.REPLACES))
    save(catalogue)
    messages.update(house)
    compiled = polib.mofile(str(house / messages.CATALOGUE.with_suffix(".mo")))
    assert compiled.find("Theirs")
    assert not compiled.find("Gone")


def test_a_missing_entry_is_named(house: Path) -> None:
    translate_all(house)
    (house / "tracking/new.py").write_text(
        'from django.utils.translation import gettext as _\nNEW = _("Fresh")\n'
    )
    assert wrong(house) == ["no German for 'Fresh'"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda entry: entry.flags.append("fuzzy"), "fuzzy"),
        (lambda entry: setattr(entry, "msgstr", ""), "no German"),
    ],
)
def test_an_unfinished_entry_is_named(house: Path, change: object, complaint: str) -> None:
    catalogue = translate_all(house)
    entry = catalogue.find("Weight")
    assert callable(change)
    change(entry)
    save(catalogue)
    assert any(complaint in line and "Weight" in line for line in wrong(house))


def test_a_placeholder_that_the_code_does_not_fill_is_named(house: Path) -> None:
    catalogue = translate_all(house)
    entry = catalogue.find("%(n)s entry")
    assert entry is not None
    entry.msgstr_plural = {0: "%(m)s Eintrag", 1: "%(n)s Einträge"}
    save(catalogue)
    assert any("placeholders" in line for line in wrong(house))


@pytest.mark.parametrize(
    ("forms", "lost"),
    [
        ({0: "ein Eintrag", 1: "%(n)s Einträge"}, "placeholders of '%(n)s entry' differ: %(n)s"),
        ({0: "%(n)s Eintrag", 1: "Einträge"}, "placeholders of '%(n)s entries' differ: %(n)s"),
        ({0: "%(n)s Eintrag", 1: "%(n)d Einträge"}, "placeholders of '%(n)s entries' differ: %(n)d, %(n)s"),
    ],
)
def test_a_placeholder_lost_in_a_plural_is_named(house: Path, forms: dict[int, str], lost: str) -> None:
    catalogue = translate_all(house)
    entry = catalogue.find("%(n)s entry")
    assert entry is not None
    entry.msgstr_plural = forms
    save(catalogue)
    assert wrong(house) == [lost]


def test_a_plural_without_its_second_form_is_named(house: Path) -> None:
    catalogue = translate_all(house)
    entry = catalogue.find("%(n)s entry")
    assert entry is not None
    entry.msgstr_plural = {0: "%(n)s Eintrag"}
    save(catalogue)
    assert "no German for '%(n)s entry'" in wrong(house)


def test_a_placeholder_lost_in_a_replaced_text_is_named(house: Path) -> None:
    catalogue = translate_all(house)
    catalogue.append(polib.POEntry(msgid="%s of theirs", msgstr="Unser", tcomment=messages.REPLACES))
    save(catalogue)
    assert wrong(house) == ["placeholders of '%s of theirs' differ: %s"]


def test_a_catalogue_that_was_not_compiled_is_named(house: Path) -> None:
    catalogue = translate_all(house)
    entry = catalogue.find("Weight")
    assert entry is not None
    entry.msgstr = "Gewicht"
    catalogue.save()
    assert any("not in step" in line for line in wrong(house))
