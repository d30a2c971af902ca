from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from membership import grants
from membership.models import Feature, Tier, TierLimit

if TYPE_CHECKING:
    TierAdmin = admin.ModelAdmin[Tier]
    FeatureAdmin = admin.ModelAdmin[Feature]
else:
    TierAdmin = FeatureAdmin = admin.ModelAdmin


class LimitsGoAlong:
    """Limits have no list to be deleted from; they go with their tier or feature."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        named, counts, lacking, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        return named, counts, lacking - {TierLimit._meta.verbose_name}, protected


@admin.register(Tier)
class Tiers(LimitsGoAlong, TierAdmin):
    list_display = ["name", "slug", "rank", "monthly_credits", "is_public"]
    search_fields = ["name", "slug"]

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        """Of two tiers the one with the higher rank counts, so a new rank changes what grants give."""
        super().save_model(request, obj, form, change)
        if change and "rank" in form.changed_data:
            grants.refresh_everyone(at=timezone.now())


@admin.register(Feature)
class Features(LimitsGoAlong, FeatureAdmin):
    list_display = ["slug", "label", "kind", "period", "default_limit", "credit_price"]
    list_filter = ["kind", "period"]
    search_fields = ["slug", "label"]
