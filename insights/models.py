"""Prompts with their versions, consents, and runs with their stages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from insights.errors import sentence
from insights.providers.base import Fact
from mitai.core.ids import uuid7

if TYPE_CHECKING:
    from membership.models import User

ATTEMPTS = 3


class StageName(models.TextChoices):
    """What a stage evaluates; the order of the three is that of the pipeline."""

    WEIGHT = "weight", _("Weight trend")
    NUTRITION = "nutrition", _("Nutrition")
    OVERALL = "overall", _("Overall evaluation")


class RunKind(models.TextChoices):
    PIPELINE = "pipeline", _("Three stages")
    OVERALL = "overall", _("Overall only")


class RunState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    PARTIAL = "partial", _("done in part")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class StageState(models.TextChoices):
    WAITING = "waiting", _("waiting for the others")
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


def known(table: str, field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The column holds one of the choices and nothing else."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"{table}_{field}_known"
    )


class Prompt(models.Model):
    """What a language model is asked in one stage and language. Its text lives in its versions."""

    stage = models.CharField(_("stage"), max_length=20, choices=StageName)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        ordering = ["stage", "language"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "language"], name="prompt_stage_language"),
            known("prompt", "stage", StageName),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} ({self.language})"

    @property
    def current(self) -> PromptVersion | None:
        """The version that new runs use."""
        return self.versions.order_by("-number").first()


class PromptVersion(models.Model):
    """One wording of a prompt, never changed: results keep which one they came from."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    role = models.TextField(_("role"))
    text = models.TextField(_("text"))
    shipped = models.BooleanField(_("shipped with the installation"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("prompt version")
        verbose_name_plural = _("prompt versions")
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="promptversion_number")]

    def __str__(self) -> str:
        return f"{self.prompt} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a prompt's version is never changed: add the next one")
        super().save(*args, **kwargs)


class Consent(models.Model):
    """A member's agreement that one endpoint gets the computed numbers; kept after it is withdrawn."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(_("endpoint"), max_length=200)
    text_version = models.PositiveSmallIntegerField(_("version of the text"))
    given = models.DateTimeField(_("given"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            # Also serves the look-up before every run.
            models.UniqueConstraint(
                fields=["user", "endpoint"], condition=Q(withdrawn__isnull=True), name="consent_open_once"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn__isnull=True) | Q(withdrawn__gte=F("given")),
                name="consent_withdrawn_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} v{self.text_version}"


class RunQuerySet(models.QuerySet["Run"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def under_way(self, ids: Collection[str]) -> set[str]:
        """Those of the ids whose run has not ended: what it reserved is still its own."""
        return {str(pk) for pk in self.filter(pk__in=ids, finished=None).values_list("pk", flat=True)}

    def newest_first(self) -> Self:
        return self.order_by("-created", "-pk")

    def finished(self) -> Self:
        """Runs that have something to read."""
        return self.filter(state__in=[Run.State.DONE, Run.State.PARTIAL])


class Run(models.Model):
    """One evaluation a member asked for, with the facts as they were then."""

    Kind = RunKind
    State = RunState

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.PIPELINE)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.QUEUED)
    language = models.CharField(_("language"), max_length=5)
    evaluator = models.CharField(_("evaluator"), max_length=300)
    endpoint = models.CharField(_("endpoint"), max_length=200, blank=True, default="")  # empty: stays here
    charged = models.BooleanField(_("counts against the limits"), default=False)
    facts = models.JSONField(_("facts"))
    client_id = models.CharField(max_length=64)
    created = models.DateTimeField(_("created"), db_default=Now())
    finished = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[models.Manager[Run]] = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            # A double click, a replayed form: one run.
            models.UniqueConstraint(fields=["user", "client_id"], name="run_client_id"),
            known("run", "kind", RunKind),
            known("run", "state", RunState),
        ]
        indexes = [
            # The analysis page: a member's runs, newest first.
            models.Index("user", F("created").desc(), name="run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("insights:run", args=[self.pk])

    @property
    def subject(self) -> str:
        """Under which its use is reserved."""
        return f"run:{self.pk}"

    @property
    def active(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def known_facts(self) -> tuple[Fact, ...]:
        return tuple(Fact(**fact) for fact in self.facts)


class StageQuerySet(models.QuerySet["Stage"]):
    def takeable(self, now: datetime) -> Self:
        """Stages a worker may take: queued ones, and running ones whose worker was lost."""
        lost = Q(state=Stage.State.RUNNING, lease_until__lt=now)
        return self.filter(Q(state=Stage.State.QUEUED) | lost, attempt__lt=ATTEMPTS)

    def worn_out(self, now: datetime) -> Self:
        """Stages whose worker was lost for the last time."""
        return self.filter(state=Stage.State.RUNNING, lease_until__lt=now, attempt__gte=ATTEMPTS)

    def unsent(self, now: datetime, resend_after: datetime) -> Self:
        """Takeable stages that no message in the broker stands for (any more)."""
        never = Q(sent_at__isnull=True) | Q(sent_at__lt=resend_after)
        return self.takeable(now).filter(never | Q(state=Stage.State.RUNNING, sent_at__lt=F("lease_until")))


class Stage(models.Model):
    """One question to the evaluator and its answer."""

    State = StageState

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("stage"), max_length=20, choices=StageName)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    prompt_version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, null=True, blank=True)
    endpoint = models.CharField(_("endpoint"), max_length=200, blank=True, default="")
    model = models.CharField(_("model"), max_length=200, blank=True, default="")
    request = models.JSONField(_("what was sent"), default=dict, blank=True)
    answer = models.TextField(_("answer"), blank=True, default="")
    tokens_in = models.PositiveIntegerField(_("tokens in"), null=True, blank=True)
    tokens_out = models.PositiveIntegerField(_("tokens out"), null=True, blank=True)
    cost_micro = models.PositiveBigIntegerField(_("cost, millionths"), null=True, blank=True)
    ms = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    error_code = models.CharField(_("error"), max_length=30, blank=True, default="")
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[models.Manager[Stage]] = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="stage_run_number"),
            known("stage", "name", StageName),
            known("stage", "state", StageState),
            models.CheckConstraint(condition=Q(attempt__lte=ATTEMPTS), name="stage_attempts"),
            models.CheckConstraint(condition=~Q(state="done") | ~Q(answer=""), name="stage_done_has_answer"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="stage_running_has_lease"
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error_code=""), name="stage_failed_has_code"
            ),
        ]
        indexes = [
            # The sweeper: the few open stages among all that ever were.
            models.Index("lease_until", condition=Q(state__in=["queued", "running"]), name="stage_open"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_name_display()}"

    @property
    def closed(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def error(self) -> str:
        """Why there is no answer, in one sentence."""
        return sentence(self.error_code)
