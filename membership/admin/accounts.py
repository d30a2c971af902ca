from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from membership import grants
from membership.models import AccessGrant, Restriction, User
from membership.standing import standing

if TYPE_CHECKING:
    GrantInline = admin.TabularInline[AccessGrant, User]
    RestrictionInline = admin.TabularInline[Restriction, User]
    CreationForm = AdminUserCreationForm[User]
    ChangeForm = UserChangeForm[User]
    DjangoUserAdmin = UserAdmin[User]
else:
    CreationForm, ChangeForm, DjangoUserAdmin = AdminUserCreationForm, UserChangeForm, UserAdmin
    GrantInline = RestrictionInline = admin.TabularInline


RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


def _may_touch(request: HttpRequest, account: User | None) -> bool:
    privileged = account is not None and (account.is_staff or account.is_superuser)
    return request.user.is_superuser or not privileged


class NewAccountForm(CreationForm):
    class Meta:
        model = User
        fields = ("email",)


class AccountForm(ChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class GrantsOfAccount(GrantInline):
    """What was given stays as it was; more can be given here, and revoked in the list of grants."""

    model = AccessGrant
    extra = 0
    fields = ["tier", "days", "granted_at", "revoked_at", "source", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["granted_at", "revoked_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("tier")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RestrictionsOfAccount(RestrictionInline):
    model = Restriction
    extra = 0
    fields = ["feature", "limit", "reason", "until"]


@admin.register(User)
class Accounts(DjangoUserAdmin):
    """Accounts. The health profile and the journals are not shown here."""

    form = AccountForm
    add_form = NewAccountForm
    ordering = ["-date_joined"]
    list_display = ["email", "tier_by", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "tier", "granted_tier", "language"]
    list_select_related = ["tier", "granted_tier"]
    list_per_page = 20  # a row costs a fortieth of all the rest of the page
    search_fields = ["email", "id"]
    search_help_text = _("E-mail address or id")
    readonly_fields = ["id", "date_joined", "last_login", "effective_tier", "usage_now"]
    inlines = [GrantsOfAccount, RestrictionsOfAccount]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["id", "email", "password", "date_joined", "last_login"]}),
        (_("Membership"), {"fields": ["effective_tier", "tier", "usage_now"]}),
        (_("Settings"), {"fields": ["language", "units", "energy_unit", "time_zone", "session_days"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """The address of an account is changed by its owner, who has to prove the new one.

        Rights are given by those who have all of them: who may only edit accounts cannot promote their own.
        """
        if obj is None:
            return []
        rights = [] if request.user.is_superuser else RIGHTS
        return [*self.readonly_fields, "email", *rights]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts with rights are changed by those who have all of them; everyone else may look."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password that somebody else has set opens the journals: the mailed link is the way."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else []

    @admin.display(description=_("tier"))
    def tier_by(self, user: User) -> str:
        """The better one of the own and the granted tier; the default tier is an en dash."""
        granted = user.granted_tier if user.granted_until and user.granted_until > timezone.now() else None
        best = max((tier for tier in (user.tier, granted) if tier), key=lambda tier: tier.rank, default=None)
        if best is None:
            return "–"
        if best == granted and user.granted_until:
            day = date_format(timezone.localtime(user.granted_until), "SHORT_DATE_FORMAT")
            return gettext("%(tier)s until %(day)s") % {"tier": best, "day": day}
        return str(best)

    @staticmethod
    def _stored(user: User) -> User:
        """The row as it is: a form that was refused has left what was typed on the instance."""
        return User.objects.select_related("tier", "granted_tier").get(pk=user.pk)

    @admin.display(description=_("effective tier"))
    def effective_tier(self, user: User) -> str:
        effective = grants.effective(self._stored(user))
        if effective.until:
            day = date_format(timezone.localtime(effective.until), "SHORT_DATETIME_FORMAT")
            return gettext("%(tier)s, by a grant until %(day)s") % {"tier": effective.tier, "day": day}
        if effective.why == "account":
            return gettext("%(tier)s, set on the account") % {"tier": effective.tier}
        return gettext("%(tier)s, the default of the installation") % {"tier": effective.tier or "–"}

    @admin.display(description=_("usage now"))
    def usage_now(self, user: User) -> SafeString:
        now = standing(self._stored(user), at=timezone.now())
        rows = (
            (decision.label, decision.used, "∞" if decision.limit is None else decision.limit)
            for decision in (*now.limited, *now.unlimited)
        )
        lines = format_html_join("", "<tr><th>{}</th><td>{}</td><td>/ {}</td></tr>", rows)
        return format_html("<table>{}</table>", lines)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        grants.refresh(form.instance, at=timezone.now())

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Deleting an account deletes everything of it, which is not listed: that would be its journals."""
        named = [gettext("%(account)s and everything it recorded") % {"account": user} for user in objs]
        return named, {str(User._meta.verbose_name_plural): len(named)}, set(), []
