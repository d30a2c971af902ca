"""An import as a row with a state; the task that works on it is only the wake-up."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mitai.core.ids import uuid7

if TYPE_CHECKING:
    from membership.models import User


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def newest_first(self) -> Self:
        """For lists: without what only the page of a run shows."""
        return self.order_by("-created_at").defer("report", "foreseen", "errors", "clock")

    def under_way(self, ids: Collection[str]) -> set[str]:
        """Those of the ids whose import has not ended: what it reserved is still its own."""
        return {str(pk) for pk in self.filter(pk__in=ids, finished_at=None).values_list("pk", flat=True)}


class ImportRun(models.Model):
    """One uploaded file on its way into the journals.

    arriving -> queued -> reading (-> preview) -> writing -> done (-> undone); it may be cancelled until it is
    done, and fail while a worker has it.

    `fingerprint` names a file that arrives in parts, so that the rest of it finds its beginning. `position`
    counts the records already written (while reading: already compared for the preview): a worker that takes
    the run up goes on there. `stage_since` and `stage_from` are when the stage began, and with how much done.
    `report` holds the counts by journal, `foreseen` what the preview shows, `errors` the first line errors.
    """

    class State(models.TextChoices):
        ARRIVING = "arriving", _("arriving")
        QUEUED = "queued", _("waiting")
        READING = "reading", pgettext_lazy("import", "reading")
        PREVIEW = "preview", _("waiting for you")
        WRITING = "writing", _("writing")
        DONE = "done", _("finished")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        UNDONE = "undone", _("undone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client_id = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    format = models.CharField(max_length=40, blank=True)
    file_name = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField()
    preview = models.BooleanField(default=False)  # whether the member wants to see it before it is written
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)
    foreseen = models.JSONField(default=dict)
    clock = models.JSONField(default=list)  # the stretches of records.Clock
    errors = models.JSONField(default=list)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    attempt = models.PositiveIntegerField(default=0)  # which worker's word counts
    tries = models.PositiveSmallIntegerField(default=0)  # of workers, since the run last came further
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)  # when reading began: what was here is known as of then
    stage_since = models.DateTimeField(null=True)
    stage_from = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[ImportRun]] = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(fields=["user", "client_id"], name="import_run_once"),
            models.UniqueConstraint(
                fields=["user", "fingerprint"],
                condition=models.Q(state="arriving"),
                name="import_run_arriving_once",
            ),
        ]
        indexes = [models.Index("user", models.F("created_at").desc(), name="import_run_newest")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def subject(self) -> str:
        """What its reservation of a limit is held for."""
        return f"import:{self.pk}"


ACTIVE = (ImportRun.State.QUEUED, ImportRun.State.READING, ImportRun.State.WRITING)  # a worker's to do
OPEN = (ImportRun.State.ARRIVING, ImportRun.State.PREVIEW, *ACTIVE)  # neither done nor given up
