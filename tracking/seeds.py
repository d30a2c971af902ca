"""What every installation begins with: one limit a journal."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from membership.tiers import ensure_feature
from tracking.journals import registry


def seed_features() -> None:
    """Make the feature `<slug>_entries` of every journal, unlimited until an operator says otherwise."""
    for journal in registry().values():
        ensure_feature(journal.feature, gettext_noop("Entries: %(journal)s") % {"journal": journal.slug})
