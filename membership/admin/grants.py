from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from membership import grants
from membership.admin.rights import may_touch
from membership.models import AccessGrant

if TYPE_CHECKING:
    GrantAdmin = admin.ModelAdmin[AccessGrant]
else:
    GrantAdmin = admin.ModelAdmin


@admin.register(AccessGrant)
class Grants(GrantAdmin):
    """Grants are facts: they are added and revoked, never changed."""

    list_display = ["user", "tier", "days", "granted_at", "revoked_at", "source", "reason"]
    list_filter = ["source", "tier"]
    list_select_related = ["user", "tier"]
    search_fields = ["user__email", "user__id"]
    autocomplete_fields = ["user"]
    fields = ["user", "tier", "days", "reason"]
    actions = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: AccessGrant | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AccessGrant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: AccessGrant, form: Any, change: bool) -> None:
        if not may_touch(request, obj.user):
            raise PermissionDenied
        super().save_model(request, obj, form, change)
        grants.refresh(obj.user, at=timezone.now())

    @admin.action(description=_("Revoke from now on"), permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessGrant]) -> None:
        now = timezone.now()
        for grant in queryset.filter(revoked_at=None).select_related("user", "tier"):
            if not may_touch(request, grant.user):
                raise PermissionDenied
            grants.revoke(grant=grant, at=now)
            self.log_change(request, grant, "revoked")
        self.message_user(request, _("Revoked. What was left of it counts no more."))
