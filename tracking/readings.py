"""What was recorded, as it was recorded. Only tracking.entries writes here."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from mitai.core.ids import uuid7
from tracking.sources import MANUAL, Source, manual_source_id


class Reading(models.Model):
    """One immutable statement about one slot: by hand or from an import.

    `values` holds field values in the stored units (None says "none" on purpose); `originals` holds
    what a converted value was in the file, "181.5 lb". `suppressed` is a deletion by hand: from then
    on no import speaks for the slot. `as_of` is when the statement was true, `count` how many samples
    a day total rests on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    journal = models.CharField(_("Journal"), max_length=40)
    slot = models.CharField(max_length=120)
    source = models.ForeignKey("tracking.Source", on_delete=models.CASCADE, related_name="readings")
    run = models.ForeignKey(
        "tracking.ImportRun", on_delete=models.CASCADE, null=True, related_name="readings"
    )
    external_id = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    day = models.DateField()
    occurred_at = models.DateTimeField(null=True)
    utc_offset_min = models.SmallIntegerField(null=True)
    values = models.JSONField(default=dict)
    originals = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    suppressed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "source", "journal", "external_id", "run"],
                name="reading_known_once",
                nulls_distinct=False,
            ),
        ]
        # Resolving a slot reads all of its readings; undoing an import finds them by its run.
        indexes = [models.Index(fields=["user", "journal", "slot"], name="reading_slot")]

    def __str__(self) -> str:
        return f"{self.journal} {self.slot}"


class Submission(models.Model):
    """A form that was already taken: a double click or a replayed post finds its entry here."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client_id = models.CharField(max_length=64)
    journal = models.CharField(max_length=40)
    entry = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_id"], name="submission_once")]
        indexes = [models.Index(fields=["created_at"], name="submission_age")]  # purging, and the dashboard

    def __str__(self) -> str:
        return self.client_id


class SyncClock(models.Model):
    """The member's change counter: every change of an entry carries a higher number than all before.

    Its row is the one lock of a member's records. Whoever holds it sees every reading committed
    before, and numbers become visible in their order.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    value = models.BigIntegerField(default=0)
    purged_through = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.value)

    @staticmethod
    def advance(user_id: UUID, by: int) -> int:
        """Lock the member's clock, move it on and return its new value.

        With the clock the member's source "by hand" comes into being, so whoever holds it may refer to it.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO tracking_syncclock AS clock (user_id, value, purged_through) VALUES (%s, %s, 0) "
                "ON CONFLICT (user_id) DO UPDATE SET value = clock.value + %s RETURNING value, xmax = 0",
                [user_id, by, by],
            )
            value, new = cursor.fetchone()
        if new:
            Source.objects.bulk_create(
                [Source(pk=manual_source_id(user_id), user_id=user_id, kind=MANUAL)], ignore_conflicts=True
            )
        return int(value)
