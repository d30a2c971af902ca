"""What every installation begins with: one limit a journal."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext_noop

from membership.tiers import ensure_feature
from tracking.journals import registry

ENTRIES = gettext_noop("Entries")


def seed_features() -> None:
    """Make the feature `<slug>_entries` of every journal, unlimited until an operator says otherwise."""
    with translation.override("en"):  # labels are stored in English and shown in the reader's language
        for journal in registry().values():
            ensure_feature(journal.feature, f"{ENTRIES}: {journal.label}")
