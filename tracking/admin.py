"""What operators see of journals and imports: to look at, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tracking.goals import Goal
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.readings import Reading
from tracking.sources import Source


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
