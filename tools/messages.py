"""The German catalogue: what the code says, what is translated, what is missing. Needs no gettext programs.

python -m tools.messages check    every text has its German with the same placeholders, and it is compiled
python -m tools.messages update   brings locale/de in step with the code and compiles it
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["mitai", "membership", "tracking", "insights", "templates"]
CATALOGUE = Path("locale/de/LC_MESSAGES/django.po")
# What scripts say; only the administration's do, so every text in it replaces another package's.
SCRIPTS = CATALOGUE.with_name("djangojs.po")
FORMS = 2  # German has one for one thing and one for several
# The comment of a text that another package says and we say better: it stays, though our code lacks it.
REPLACES = "Replaces the German of another package."
# Function name -> which argument is the context, the singular, the plural.
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
SUFFIXES = {".py", ".html", ".txt", ".js", ".webmanifest"}
STRING = r"""[urUR]?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*((?:{STRING}\s*,?\s*)+)")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+#0]*\d*(?:\.\d+)?[sdfr]|\{\w*\}")


@dataclass(frozen=True)
class Message:
    context: str | None
    text: str
    plural: str | None = None


def _of(name: str, words: list[str | None]) -> Message | None:
    """The message of one call, None when its text is not written out in the code."""
    context, text, plural = CALLS[name]

    def word(index: int | None) -> str | None:
        return words[index] if index is not None and index < len(words) else None

    found = word(text)
    return Message(word(context), found, word(plural)) if found else None


def in_python(source: str) -> Iterator[Message]:
    aliases = {name: name for name in CALLS}
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("utils.translation"):
            aliases |= {item.asname or item.name: item.name for item in node.names if item.name in CALLS}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        if name not in aliases:
            continue
        words = [
            item.value if isinstance(item, ast.Constant) and isinstance(item.value, str) else None
            for item in node.args
        ]
        message = _of(aliases[name], words)
        if message is not None:
            yield message


def in_template(source: str) -> Iterator[Message]:
    from django.utils.translation.template import templatize

    for found in TEMPLATE_CALL.finditer(templatize(source)):
        words: list[str | None] = [str(ast.literal_eval(word)) for word in re.findall(STRING, found[2])]
        message = _of(found[1], words)
        if message is not None:
            yield message


def of_the_code(root: Path = ROOT) -> dict[Message, list[str]]:
    """Every message of the product with the files that say it."""
    found: dict[Message, list[str]] = {}
    for path in _sources(root):
        messages = (in_python if path.suffix == ".py" else in_template)(path.read_text())
        for message in messages:
            places = found.setdefault(message, [])
            place = str(path.relative_to(root))
            if place not in places:
                places.append(place)
    return found


def _sources(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and "migrations" not in path.parts:
                yield path


def _problems_of(message: Message, entry: polib.POEntry | None) -> Iterator[str]:
    """What of a text of the code is not (yet) in the catalogue."""
    if entry is None:
        yield f"no German for {message.text!r}"
    elif message.plural is not None and entry.msgid_plural != message.plural:
        yield f"plural differs from the code: {message.text!r}"
    elif message.plural is None and entry.msgid_plural:
        yield f"{message.text!r} is said with a plural and without; give one of them a context"


def _problems_in(entry: polib.POEntry) -> Iterator[str]:
    """What is unfinished in an entry of the catalogue."""
    if "fuzzy" in entry.flags:
        yield f"fuzzy: {entry.msgid!r}"
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if not all(texts) or len(texts) != (FORMS if entry.msgid_plural else 1):
        yield f"no German for {entry.msgid!r}"
        return
    for said, german in zip([entry.msgid, entry.msgid_plural], texts, strict=False):
        wanted, used = Counter(PLACEHOLDER.findall(said)), Counter(PLACEHOLDER.findall(german))
        if wanted != used:
            names = ", ".join(sorted((wanted - used) + (used - wanted)))
            yield f"placeholders of {said!r} differ: {names}"


def problems(messages: Iterable[Message], catalogue: Path) -> Iterator[str]:
    """One line for each missing, unfinished or uncompiled translation."""
    if not catalogue.exists():
        yield f"{catalogue} is missing"
        return
    entries = polib.pofile(str(catalogue))
    known = {(entry.msgctxt, entry.msgid): entry for entry in entries if not entry.obsolete}
    for message in messages:
        yield from _problems_of(message, known.get((message.context, message.text)))
    for entry in known.values():
        yield from _problems_in(entry)
    compiled = catalogue.with_suffix(".mo")
    if not compiled.exists() or _spoken(polib.mofile(str(compiled))) != _spoken(entries.translated_entries()):
        yield f"{compiled.name} is not in step with {catalogue.name}: make messages"


def _spoken(entries: Iterable[polib.POEntry]) -> set[tuple[str | None, str, str, tuple[str, ...]]]:
    """What members read: compared between the catalogue and its compiled file."""
    return {
        (entry.msgctxt, entry.msgid, entry.msgstr, tuple(entry.msgstr_plural.values())) for entry in entries
    }


def update(root: Path = ROOT) -> None:
    """Add what is new (empty), mark what is gone as obsolete, sort, compile."""
    path = root / CATALOGUE
    catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
    catalogue.metadata = {
        "Project-Id-Version": "Mitai Jinkendo",
        "Language": "de",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    code = of_the_code(root)
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    wanted = set()
    for message, places in code.items():
        key = (message.context, message.text)
        wanted.add(key)
        entry = known.get(key)
        if entry is None:
            entry = polib.POEntry(msgctxt=message.context, msgid=message.text)
            catalogue.append(entry)
            known[key] = entry
        entry.obsolete = False
        if message.plural is not None and entry.msgid_plural != message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = entry.msgstr_plural or {0: "", 1: ""}
        entry.occurrences = [(place, "") for place in places]
    for key, entry in known.items():
        entry.obsolete = key not in wanted and entry.tcomment != REPLACES
    catalogue.sort(key=lambda entry: (entry.obsolete, entry.occurrences[:1], entry.msgid))
    path.parent.mkdir(parents=True, exist_ok=True)
    _save(catalogue, path)
    if (root / SCRIPTS).exists():
        _save(polib.pofile(str(root / SCRIPTS)), root / SCRIPTS)


def _save(catalogue: polib.POFile, path: Path) -> None:
    catalogue.wrapwidth = 110
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitai.settings")
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    if verb not in {"check", "update"}:
        sys.exit("python -m tools.messages check|update")
    if verb == "update":
        update()
    messages = of_the_code()
    found = [*problems(messages, ROOT / CATALOGUE), *problems([], ROOT / SCRIPTS)]
    print("\n".join(found) or f"{len(messages)} texts, all in German")
    sys.exit(bool(found) and verb == "check")


if __name__ == "__main__":
    main()
