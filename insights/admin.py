"""For operators: prompts with their versions, runs and consents to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from insights import prompts
from insights.models import Consent, Prompt, PromptVersion, Run, Stage, StageName

if TYPE_CHECKING:
    PromptForm = forms.ModelForm[Prompt]
    PromptAdmin = admin.ModelAdmin[Prompt]
    VersionInline = admin.TabularInline[PromptVersion, Prompt]
    StageInline = admin.StackedInline[Stage, Run]
    RunAdmin = admin.ModelAdmin[Run]
    ConsentAdmin = admin.ModelAdmin[Consent]
else:
    PromptForm = forms.ModelForm
    PromptAdmin = RunAdmin = ConsentAdmin = admin.ModelAdmin
    VersionInline, StageInline = admin.TabularInline, admin.StackedInline


class ReadOnly:
    """To look at: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewVersionForm(PromptForm):
    """Edits the current version; saving makes the next one."""

    role = forms.CharField(label=_("role"), widget=forms.Textarea(attrs={"rows": 12, "cols": 100}))
    text = forms.CharField(label=_("text"), widget=forms.Textarea(attrs={"rows": 24, "cols": 100}))

    class Meta:
        model = Prompt
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance.current
        allowed = ", ".join(
            f"{{{name}}}" for name in sorted(prompts.PLACEHOLDERS[StageName(self.instance.stage)])
        )
        self.fields["role"].help_text = _("Placeholders: %(names)s") % {"names": "{language}"}
        self.fields["text"].help_text = _("Placeholders: %(names)s") % {"names": allowed}
        if version is not None:
            self.initial.update(role=version.role, text=version.text)

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        try:
            prompts.check_role(role)
        except prompts.PromptError as error:
            raise forms.ValidationError(str(error.message)) from error
        return role

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            prompts.check(self.instance.stage, text)
        except prompts.PromptError as error:
            raise forms.ValidationError(str(error.message)) from error
        return text


class Versions(ReadOnly, VersionInline):
    model = PromptVersion
    extra = 0
    fields = readonly_fields = ("number", "shipped", "created_at", "role", "text")
    ordering = ["-number"]
    verbose_name_plural = _("all versions")


@admin.register(Prompt)
class Prompts(PromptAdmin):
    form = NewVersionForm
    inlines = [Versions]
    list_display = ["stage", "language", "version"]

    @admin.display(description=_("version"))
    def version(self, prompt: Prompt) -> str:
        return str(prompt.current.number) if prompt.current else "–"

    def save_model(self, request: HttpRequest, obj: Prompt, form: Any, change: bool) -> None:
        prompts.add_version(prompt=obj, role=form.cleaned_data["role"], text=form.cleaned_data["text"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # stages and languages come with the program

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # results point to their wording


class Stages(ReadOnly, StageInline):
    """Without request and answer: those are the member's, not the operator's."""

    model = Stage
    extra = 0
    fields = readonly_fields = (
        "number",
        "name",
        "state",
        "attempt",
        "prompt_version",
        "endpoint",
        "model",
        "tokens_in",
        "tokens_out",
        "cost_micro",
        "ms",
        "error_code",
        "error",
        "started_at",
        "finished_at",
    )


@admin.register(Run)
class Runs(ReadOnly, RunAdmin):
    inlines = [Stages]
    list_display = ["created", "user", "kind", "state", "evaluator", "charged", "finished"]
    list_filter = ["state", "kind"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    date_hierarchy = "created"
    fields = readonly_fields = (
        "user",
        "kind",
        "state",
        "language",
        "evaluator",
        "endpoint",
        "charged",
        "created",
        "finished",
    )


@admin.register(Consent)
class Consents(ReadOnly, ConsentAdmin):
    list_display = ["user", "endpoint", "text_version", "given", "withdrawn"]
    list_select_related = ["user"]
    search_fields = ["user__email", "endpoint"]
