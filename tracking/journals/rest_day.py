"""Days of rest, and what they rest from. One row a day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking.journals.base import Entry, Journal, Preset, needs_one_of, per_day

DIMENSIONS = ("strength", "cardio", "relaxation")


class RestDay(Entry):
    """A day that leaves out strength or endurance training, or is kept free to relax."""

    strength = models.BooleanField(_("No strength training"), default=False)
    cardio = models.BooleanField(_("No endurance training"), default=False)
    relaxation = models.BooleanField(_("Time to relax"), default=False)
    reason = models.CharField(_("Reason"), max_length=200, blank=True, default="")


JOURNAL = Journal(
    slug="rest_day",
    label=_("Rest day"),
    intro=_("Rest is part of training. Say what the day rests from."),
    model=RestDay,
    slot=per_day,
    icon="armchair",
    quick=[*DIMENSIONS],
    presets=[
        Preset("full", _("Full rest"), dict.fromkeys(DIMENSIONS, "on")),
        Preset("no-strength", _("No strength"), {"strength": "on"}),
        Preset("no-cardio", _("No endurance"), {"cardio": "on"}),
        Preset("relaxation", _("Relaxation"), {"relaxation": "on"}),
    ],
    rules=[needs_one_of(*DIMENSIONS, message=_("Please choose what the day rests from."))],
    position=90,
)
