"""For operators: journals and imports to look at, types of training and the names of activities to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracking import activity_names
from tracking.goals import Goal
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.readings import Reading
from tracking.sources import Source
from tracking.training import RULES, STRONGEST, Ability, NameMapping, TrainingType, normalise

if TYPE_CHECKING:
    TypeForm = forms.ModelForm[TrainingType]
    MappingForm = forms.ModelForm[NameMapping]
    TypeAdmin = admin.ModelAdmin[TrainingType]
    MappingAdmin = admin.ModelAdmin[NameMapping]
else:
    TypeForm = MappingForm = forms.ModelForm
    TypeAdmin = MappingAdmin = admin.ModelAdmin


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the member's own actions change."""

    list_select_related = ["user"]
    show_full_result_count = False
    search_fields = ("=user__email", "=id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """How imports went; what stood in their lines is their members' business."""

    exclude = ("errors", "foreseen", "clock")
    list_display = ("created_at", "user", "file_name", "format", "state", "records", "error_code")
    list_filter = ("state", "format")
    date_hierarchy = "created_at"


@admin.register(Reading)
class ReadingAdmin(ReadOnlyAdmin):
    list_display = ("user", "journal", "slot", "source", "suppressed", "as_of")
    list_select_related = ["user", "source"]
    list_filter = ("journal",)


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ("user", "kind", "name", "device")


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin):
    list_display = ("user", "kind", "created_at", "closed_at")


def register_journals() -> None:
    """One list a journal; a journal that came later is registered by calling this again."""
    for journal in registry().values():
        if not admin.site.is_registered(journal.model):
            columns = (
                "day",
                "user",
                *(measure.name for measure in journal.measures[:3]),
                "source",
                "deleted_at",
            )
            attributes = {
                "list_display": columns,
                "list_select_related": ["user", "source"],
                "date_hierarchy": "day",
            }
            admin.site.register(journal.model, type(f"{journal.slug}_admin", (ReadOnlyAdmin,), attributes))


register_journals()


# Training ---------------------------------------------------------------------------------------------------
class AbilityField(forms.TypedChoiceField):
    """How much a type trains one ability; nothing, or 1 to 3."""

    def __init__(self, ability: Ability) -> None:
        amounts = [("", "–"), *((amount, str(amount)) for amount in range(1, STRONGEST + 1))]
        super().__init__(label=ability.label, choices=amounts, coerce=int, empty_value=None, required=False)


ABILITY_FIELDS = {f"ability_{ability}": ability for ability in Ability}


class TrainingTypeForm(TypeForm):
    """A type with a field for each ability."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, ability in ABILITY_FIELDS.items():
            self.initial[name] = str(self.instance.abilities.get(ability, ""))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for low, high in RULES:
            least, most = values.get(low), values.get(high)
            if least is not None and most is not None and least > most:
                self.add_error(high, _("At least %(low)s, as the field before says.") % {"low": least})
        self.instance.abilities = {
            str(ability): values[name] for name, ability in ABILITY_FIELDS.items() if values.get(name)
        }
        return values


@admin.register(TrainingType)
class TrainingTypeAdmin(TypeAdmin):
    """Types are switched off instead of deleted, and keep their code: what was recorded names it."""

    # Django's admin asks the form for fields that no model has, so they are declared, not added later.
    form = type(
        "TrainingTypeForm",
        (TrainingTypeForm,),
        {name: AbilityField(ability) for name, ability in ABILITY_FIELDS.items()},
    )
    list_display = ["__str__", "code", "category", "met", "active"]
    list_filter = ["category", "active"]
    search_fields = ["code", "name_de", "name_en"]

    def get_fieldsets(self, request: HttpRequest, obj: TrainingType | None = None) -> Any:
        # Who may only look is shown no fields, and the administration cannot show those that no model has.
        names = [*ABILITY_FIELDS]
        rows = [tuple(names[start : start + 3]) for start in range(0, len(names), 3)]
        abilities = rows if self.may_edit(request, obj) else ["trains"]
        return [
            (None, {"fields": ["code", ("name_de", "name_en"), "category", ("position", "active")]}),
            (_("Abilities"), {"fields": abilities, "description": _("1 a little, 3 above all.")}),
            (_("Energy"), {"fields": [("met", "met_edition")]}),
            (
                _("Profile"),
                {
                    "fields": RULES,
                    "description": _(
                        "What a session should be like. An empty field is no rule. "
                        "Hard is at or above 80 % of the highest heart rate."
                    ),
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: TrainingType | None = None) -> list[str]:
        return ["trains"] if obj is None else ["trains", "code"]

    def may_edit(self, request: HttpRequest, obj: TrainingType | None) -> bool:
        return self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: TrainingType | None = None) -> bool:
        return False

    @admin.display(description=_("abilities"))
    def trains(self, training_type: TrainingType) -> str:
        """What it trains, most of all first."""
        by_amount = sorted(training_type.abilities.items(), key=lambda pair: -pair[1])
        return ", ".join(f"{Ability(key).label} {amount}" for key, amount in by_amount)


class NameMappingForm(MappingForm):
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        key = normalise(name)
        if NameMapping.objects.filter(user=None, key=key).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("This name has a type already."))
        self.instance.key = key
        return name


@admin.register(NameMapping)
class NameMappingAdmin(MappingAdmin):
    """What names mean to everyone; what a member assigned is that member's own."""

    form = NameMappingForm
    fields = ["name", "training_type"]
    autocomplete_fields = ["training_type"]
    list_display = ["name", "training_type"]
    list_filter = ["training_type__category"]
    list_select_related = ["training_type"]
    search_fields = ["name", "key", "training_type__name_de", "training_type__name_en"]
    ordering = ["key"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(user=None)

    def save_model(self, request: HttpRequest, obj: NameMapping, form: Any, change: bool) -> None:
        before = NameMapping.objects.filter(pk=obj.pk).values_list("key", flat=True)
        keys = {*before, obj.key}
        super().save_model(request, obj, form, change)
        self._apply(keys)

    def delete_model(self, request: HttpRequest, obj: NameMapping) -> None:
        super().delete_model(request, obj)
        self._apply({obj.key})

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        keys = set(queryset.values_list("key", flat=True))
        super().delete_queryset(request, queryset)
        self._apply(keys)

    def _apply(self, keys: set[str]) -> None:
        """The past of all members follows, in the worker."""
        transaction.on_commit(lambda: activity_names.wake(sorted(keys)))
