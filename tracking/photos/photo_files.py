"""A photo as a row with a state; its pictures are encrypted files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mitai.core.ids import uuid7
from tracking.photos.refusals import sentence

if TYPE_CHECKING:
    from membership.models import User


class PhotoFileQuerySet(models.QuerySet["PhotoFile"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def ready(self) -> Self:
        """Those that can be shown."""
        return self.filter(state=PhotoFile.State.READY)

    def incoming(self) -> Self:
        """Those a worker has not prepared yet."""
        return self.filter(state=PhotoFile.State.INCOMING)

    def held_by_none(self, now: datetime) -> Self:
        """Those no worker is preparing."""
        return self.exclude(lease_until__gt=now)


class PhotoFile(models.Model):
    """One uploaded photo: incoming -> ready, or failed with the code of a sentence.

    `width` and `height` are pixels of the version `original`, upright; 0 until it is ready. `tries` counts
    the workers that began with it, `lease_until` is how long the last one has it for itself.
    """

    class State(models.TextChoices):
        INCOMING = "incoming", pgettext_lazy("photo", "being prepared")
        READY = "ready", pgettext_lazy("photo", "ready")
        FAILED = "failed", pgettext_lazy("photo", "failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.INCOMING)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[PhotoFile]] = PhotoFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        indexes = [
            # The sweeper's question, every minute: what still waits.
            models.Index("created_at", condition=models.Q(state="incoming"), name="photo_file_incoming"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def problem(self) -> str:
        """Why it failed, in one sentence in the active language; empty when it did not."""
        return sentence(self.error_code) if self.error_code else ""
