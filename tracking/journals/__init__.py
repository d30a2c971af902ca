"""One module a journal; a journal is registered by being there.

A module holds the model, its ranges with their source, its rules and `JOURNAL`, the declaration.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from django.http import Http404

from tracking.journals.base import Journal


@cache
def registry() -> dict[str, Journal]:
    """All journals by slug, in the order in which pages show them."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")
    found = [importlib.import_module(f"{__name__}.{name}").JOURNAL for name in names]
    for journal in found:  # what the admin calls its rows
        journal.model._meta.verbose_name = journal.model._meta.verbose_name_plural = journal.label
    return {journal.slug: journal for journal in sorted(found, key=lambda j: (j.position, j.slug))}


def journal_or_404(slug: str) -> Journal:
    """The journal of a slug in an address."""
    try:
        return registry()[slug]
    except KeyError:
        raise Http404(slug) from None
