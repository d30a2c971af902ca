"""What every installation begins with: one limit a journal, types of training, and what names mean."""

from __future__ import annotations

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_noop

from membership.tiers import ensure_feature
from tracking import training_data
from tracking.journals import registry
from tracking.training import NameMapping, TrainingType, normalise

ENTRIES = gettext_noop("Entries")


def seed_features() -> None:
    """Make the feature `<slug>_entries` of every journal, unlimited until an operator says otherwise."""
    with translation.override("en"):  # labels are stored in English and shown in the reader's language
        for journal in registry().values():
            ensure_feature(journal.feature, f"{ENTRIES}: {journal.label}")


@transaction.atomic
def seed_training() -> None:
    """Make missing types of training, and with each new one the names that mean it.

    Names come with their type only: one that an operator deleted or gave to another type stays as it is.
    """
    known = set(TrainingType.objects.values_list("code", flat=True))
    made = {made.code: made for made in training_data.types() if made.code not in known}
    TrainingType.objects.bulk_create(made.values())
    NameMapping.objects.bulk_create(
        [
            NameMapping(name=name, key=normalise(name), training_type=made[code])
            for name, code in training_data.names()
            if code in made
        ],
        ignore_conflicts=True,
    )
