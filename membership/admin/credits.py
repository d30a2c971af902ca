from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from membership import credits
from membership.admin.rights import may_touch
from membership.models import CreditEntry, EntryKind

if TYPE_CHECKING:
    EntryAdmin = admin.ModelAdmin[CreditEntry]
else:
    EntryAdmin = admin.ModelAdmin


@admin.register(CreditEntry)
class Ledger(EntryAdmin):
    """The ledger: read, and corrected by further entries."""

    list_display = ["at", "user", "amount", "balance_after", "kind", "feature", "reason"]
    list_filter = ["kind", "feature"]
    list_select_related = ["user", "feature"]
    search_fields = ["user__email", "user__id", "reason"]
    show_full_result_count = False
    actions = ["refund"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Credits are given on the page of an account."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: CreditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CreditEntry | None = None) -> bool:
        return False

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("membership.add_creditentry")

    @admin.action(description=gettext_lazy("Refund"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[CreditEntry]) -> None:
        done = passed = 0
        for entry in queryset.select_related("user"):
            if entry.kind != EntryKind.CAPTURE or not may_touch(request, entry.user):
                passed += 1
                continue
            try:
                self.log_change(request, entry, f"refunded as {credits.refund(entry=entry).pk}")
                done += 1
            except credits.AlreadyRefunded:
                passed += 1
        self.message_user(request, _("Refunded: %(n)d.") % {"n": done})
        if passed:
            said = _("Left alone, because no use, refunded before or not yours to refund: %(n)d.") % {
                "n": passed
            }
            self.message_user(request, said, messages.WARNING)
