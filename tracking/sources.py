"""Where a value came from, and whose word counts first."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mitai.core.ids import uuid7

MANUAL = "manual"
# Names the one source "typed by hand" of each member, so that it is known without being looked up.
_BY_HAND = uuid.UUID("6f1d6a52-0f0e-5d0b-9a55-6f2b1f6d7c11")


class Source(models.Model):
    """One origin of readings: the member's hand, or an application or device within an import."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200, blank=True)
    device = models.CharField(max_length=200, blank=True)
    fibre_included = models.BooleanField(null=True)  # whether its carbohydrates count the fibre

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "name", "device"], name="source_known_once"),
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def label(self) -> str | Promise:
        """What the member reads: "by hand", or the name the file gave."""
        return _("by hand") if self.kind == MANUAL else self.name or self.kind


def manual_source_id(user_id: uuid.UUID) -> uuid.UUID:
    """The key of the member's own source "by hand"."""
    return uuid.uuid5(_BY_HAND, str(user_id))


class SourceOrder(models.Model):
    """The member's wish which sources count first for one measure; without it the journal's rule holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    measure = models.CharField(max_length=60)
    sources = models.JSONField(default=list)  # source keys as text, the first counts most

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "measure"], name="source_order_once")]

    def __str__(self) -> str:
        return self.measure
