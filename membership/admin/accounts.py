from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from membership import access, coupons, grants
from membership.admin.acts import ACTS, Act, ActForm
from membership.admin.rights import may_touch
from membership.dashboard import dashboard as read_dashboard
from membership.models import AccessGrant, CreditAccount, Redemption, Restriction, User
from mitai.core import panels
from mitai.core.ids import uuid7

if TYPE_CHECKING:
    GrantInline = admin.TabularInline[AccessGrant, User]
    RestrictionInline = admin.TabularInline[Restriction, User]
    CreationForm = AdminUserCreationForm[User]
    ChangeForm = UserChangeForm[User]
    DjangoUserAdmin = UserAdmin[User]
else:
    CreationForm, ChangeForm, DjangoUserAdmin = AdminUserCreationForm, UserChangeForm, UserAdmin
    GrantInline = RestrictionInline = admin.TabularInline


ONCE_S = 24 * 3600
RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


class NewAccountForm(CreationForm):
    class Meta:
        model = User
        fields = ("email",)


class AccountForm(ChangeForm):
    class Meta:
        model = User
        fields = "__all__"


def _numbered(entry: LogEntry, account: User) -> LogEntry:
    LogEntry.objects.filter(pk=entry.pk).update(object_repr=str(account.pk))
    return entry


def asked_once(field: Any, request: HttpRequest) -> Any:
    """The choices of a relation, read once for a page and not for each of its rows."""
    known = request.__dict__.setdefault("_choices", {})
    model = field.queryset.model
    if model not in known:
        known[model] = list(field.choices)
    field.choices = known[model]
    return field


class GrantsOfAccount(GrantInline):
    """What was given stays as it was; more can be given here, and revoked in the list of grants."""

    model = AccessGrant
    extra = 0
    fields = ["tier", "days", "granted_at", "revoked_at", "source", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["granted_at", "revoked_at", "source"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return asked_once(super().formfield_for_foreignkey(db_field, request, **kwargs), request)

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

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return asked_once(super().formfield_for_foreignkey(db_field, request, **kwargs), request)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("feature")


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
    search_help_text = _("E-mail address, id, or a coupon's code")
    readonly_fields = [
        "id",
        "date_joined",
        "last_login",
        "effective_tier",
        "usage_now",
        "credits_now",
        "redeemed",
    ]
    change_form_template = "admin/membership/user/change_form.html"
    inlines = [GrantsOfAccount, RestrictionsOfAccount]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["id", "email", "password", "date_joined", "last_login"]}),
        (_("Membership"), {"fields": ["effective_tier", "tier", "usage_now", "credits_now", "redeemed"]}),
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
        return super().has_change_permission(request, obj) and may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An operator is switched off, not deleted: the log says what they did, and goes with them."""
        helps = obj is not None and obj.is_staff
        return super().has_delete_permission(request, obj) and may_touch(request, obj) and not helps

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password that somebody else has set opens the journals: the mailed link is the way."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Whose address holds it, whose id it is, and who redeemed the coupon it is the code of."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(email__icontains=term)
        with suppress(ValueError):
            found |= Q(pk=UUID(term))
        if code := coupons.normalise(term):
            found |= Q(pk__in=Redemption.objects.filter(coupon__code_normalised=code).values("user"))
        return queryset.filter(found), False

    # One click ----------------------------------------------------------------------------------------------
    def get_urls(self) -> Any:
        view = self.admin_site.admin_view
        return [
            path("dashboard/", view(self.dashboard), name="membership_dashboard"),
            path("<uuid:pk>/act/<slug:slug>/", view(self.act), name="membership_user_act"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        acts = self._acts(request, account) if account else []
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "acts": acts, "once": uuid7().hex}
        )

    def _acts(self, request: HttpRequest, account: User) -> list[tuple[Act, ActForm]]:
        """What the operator may do to this account."""
        if not self.has_change_permission(request, account):
            return []
        may = [one for one in ACTS.values() if request.user.has_perm(one.right)]
        return [(one, one.form(prefix=one.slug)) for one in may]

    @method_decorator(require_POST)
    def act(self, request: HttpRequest, pk: UUID, slug: str) -> HttpResponse:
        """Do one thing to an account; the log of the admin keeps who did it."""
        account, act = get_object_or_404(User, pk=pk), ACTS.get(slug)
        if act is None:
            raise Http404
        if not (self.has_change_permission(request, account) and request.user.has_perm(act.right)):
            raise PermissionDenied
        form = act.form(request.POST, prefix=act.slug)
        said: Iterable[str] = ()
        if form.is_valid():
            once = request.POST.get("once", "")[:60]  # of the page: a double click does it once
            try:
                with transaction.atomic():
                    if once and not cache.add(f"act:{once}", 1, ONCE_S):
                        raise ValidationError(_("This was done already."))
                    done = form.act(request, account)
                    self.log_change(request, account, f"{act.slug}: {done}")
                self.message_user(request, done)
            except ValidationError as error:
                said = error.messages
        else:
            said = [f"{form[name].label}: {text}" for name, texts in form.errors.items() for text in texts]
        for text in said:
            self.message_user(request, text, messages.ERROR)
        return redirect("admin:membership_user_change", account.pk)

    @method_decorator(require_safe)
    def dashboard(self, request: HttpRequest) -> HttpResponse:
        """Sign-ups, usage and redemptions of the last weeks, with what the upper floors add."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dashboard"),
            "opts": self.opts,
            "dashboard": read_dashboard(timezone.now()),
            "panels": panels.render_all(request, panels.Place.DASHBOARD),
        }
        return render(request, "admin/membership/user/dashboard.html", context)

    # The log names accounts by their number: it stays when an account and its address are gone.
    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        return _numbered(super().log_addition(request, obj, message), obj)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        return _numbered(super().log_change(request, obj, message), obj)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[User]) -> Any:
        keys = [str(account.pk) for account in queryset]
        logged = super().log_deletions(request, queryset)
        LogEntry.objects.filter(object_id__in=keys).update(object_repr=F("object_id"))
        return logged

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
        if "_as_stored" not in user.__dict__:
            stored = User.objects.select_related("tier", "granted_tier").get(pk=user.pk)
            user.__dict__["_as_stored"] = stored
        found: User = user.__dict__["_as_stored"]
        return found

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
        decisions = access.check_all(self._stored(user)).values()
        limited = sorted(decisions, key=lambda decision: decision.limit is None)
        rows = (
            (decision.label, decision.used, "∞" if decision.limit is None else decision.limit)
            for decision in limited
        )
        lines = format_html_join("", "<tr><th>{}</th><td>{}</td><td>/ {}</td></tr>", rows)
        return format_html("<table>{}</table>", lines)

    @admin.display(description=_("credits"))
    def credits_now(self, user: User) -> str:
        account = CreditAccount.objects.filter(user=user.pk).first()
        if account is None:
            return "0"
        return gettext("%(free)d, and %(held)d held") % {
            "free": account.balance - account.held,
            "held": account.held,
        }

    @admin.display(description=_("coupons"))
    def redeemed(self, user: User) -> str:
        found = Redemption.objects.filter(user=user.pk).select_related("coupon")[:20]
        days = ((one.coupon.code, timezone.localtime(one.redeemed_at)) for one in found)
        return ", ".join(f"{code} ({date_format(day, 'SHORT_DATE_FORMAT')})" for code, day in days) or "–"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        grants.refresh(form.instance, at=timezone.now())

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Deleting an account deletes everything of it, which is not listed: that would be its journals."""
        named = [gettext("%(account)s and everything it recorded") % {"account": user} for user in objs]
        return named, {str(User._meta.verbose_name_plural): len(named)}, set(), []
