from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from membership import grants
from membership.models import Feature, Tier

if TYPE_CHECKING:
    TierAdmin = admin.ModelAdmin[Tier]
    FeatureAdmin = admin.ModelAdmin[Feature]
else:
    TierAdmin = FeatureAdmin = admin.ModelAdmin


@admin.register(Tier)
class Tiers(TierAdmin):
    list_display = ["name", "slug", "rank", "is_public"]
    search_fields = ["name", "slug"]

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        """Of two tiers the one with the higher rank counts, so a new rank changes what grants give."""
        super().save_model(request, obj, form, change)
        if change and "rank" in form.changed_data:
            grants.refresh_everyone(at=timezone.now())


@admin.register(Feature)
class Features(FeatureAdmin):
    list_display = ["slug", "label", "kind", "period", "default_limit"]
    list_filter = ["kind", "period"]
    search_fields = ["slug", "label"]
