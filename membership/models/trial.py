"""Which addresses have had a trial, readable by nobody."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrialUse(models.Model):
    """An address that had its trial: a keyed hash of it alone, which stays when its account is deleted."""

    digest = models.CharField(max_length=64, primary_key=True)
    used_on = models.DateField(auto_now_add=True)

    class Meta:
        verbose_name = _("used trial")
        verbose_name_plural = _("used trials")

    def __str__(self) -> str:
        return self.digest[:8]
