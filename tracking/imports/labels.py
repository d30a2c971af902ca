"""What a line error concerns, in words, and the journal it belongs to."""

from __future__ import annotations

from functools import cache

from tracking.journals import registry
from tracking.measures import Text


@cache
def _known() -> dict[str, tuple[str, Text]]:
    found: dict[str, tuple[str, Text]] = {}
    for slug, journal in registry().items():
        for field in journal.fields:
            found.setdefault(field.name, (slug, field.verbose_name))
    return found | {slug: (slug, journal.label) for slug, journal in registry().items()}


def journal_of(label: str) -> str:
    """The slug of the journal a label (a field's name or a slug) belongs to; of an unknown one itself."""
    return _known().get(label, (label, label))[0]


def words_of(label: str) -> Text:
    """A label as the member knows it: "Weight", "Protein", "Blood pressure"."""
    return _known().get(label, (label, label))[1]
