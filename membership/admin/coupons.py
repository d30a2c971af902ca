from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from membership import coupons
from membership.models import Coupon, CouponBatch, Redemption

if TYPE_CHECKING:
    BatchAdmin = admin.ModelAdmin[CouponBatch]
    CouponModelForm = forms.ModelForm[Coupon]
    BatchModelForm = forms.ModelForm[CouponBatch]
    ModelAdmin = admin.ModelAdmin[Coupon]
    RedemptionAdmin = admin.ModelAdmin[Redemption]
else:
    BatchAdmin = RedemptionAdmin = ModelAdmin = admin.ModelAdmin
    CouponModelForm = BatchModelForm = forms.ModelForm

GIVES = ["tier", "days", "credits"]
WINDOW = ["valid_from", "valid_until"]


class CouponForm(CouponModelForm):
    """A coupon; without a code one is made up."""

    class Meta:
        model = Coupon
        fields = ["code", *GIVES, "max_redemptions", *WINDOW, "is_active", "note"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if self.instance._state.adding:
            code = (cleaned.get("code") or coupons.make_code()).upper()
            try:
                self.instance.code_normalised = coupons.check_code(code)
            except ValidationError as error:
                self.add_error("code", error)
                return cleaned
            if Coupon.objects.filter(code_normalised=self.instance.code_normalised).exists():
                self.add_error("code", gettext("There is a code like this one already."))
            cleaned["code"] = code
        most = cleaned.get("max_redemptions")
        if most is not None and most < self.instance.redeemed:
            said = gettext("It was redeemed more often already: %(n)d times.") % {"n": self.instance.redeemed}
            self.add_error("max_redemptions", said)
        return cleaned


class BatchForm(BatchModelForm):
    class Meta:
        model = CouponBatch
        fields = ["name", "prefix", "size", *GIVES, "max_redemptions", *WINDOW]

    def clean_prefix(self) -> str:
        prefix: str = self.cleaned_data["prefix"].upper()
        if prefix and not (prefix.isascii() and prefix.isalnum()):
            raise ValidationError(gettext("Letters from A to Z and digits only."))
        return prefix

    def clean_size(self) -> int:
        size: int = self.cleaned_data["size"]
        if not 1 <= size <= coupons.MOST_OF_A_BATCH:
            raise ValidationError(gettext("1 to %(most)d codes.") % {"most": coupons.MOST_OF_A_BATCH})
        return size


def gives(gift: Coupon | CouponBatch) -> str:
    """What a code gives, in words."""
    if gift.tier is not None:
        return gettext("%(tier)s, %(days)s days") % {"tier": gift.tier, "days": gift.days}
    return gettext("%(n)s credits") % {"n": gift.credits}


@admin.register(Coupon)
class Coupons(ModelAdmin):
    """Codes. What one gives is fixed when it is made; until when, how often and whether is not."""

    form = CouponForm
    list_display = ["code", "what", "uses", "valid_until", "is_active", "batch", "note"]
    list_filter = ["is_active", "tier", "batch"]
    list_select_related = ["tier", "batch"]
    search_fields = ["code"]
    search_help_text = _("Code, name of a batch, or the address of an account that redeemed it")
    actions = ["switch_off"]

    def get_readonly_fields(self, request: HttpRequest, obj: Coupon | None = None) -> list[str]:
        return ["code", *GIVES, "redeemed_by"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Coupon | None = None) -> Any:
        return [*self.form.Meta.fields, *(["redeemed_by"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Coupon, form: Any, change: bool) -> None:
        """What was typed, and no more: meanwhile somebody may have redeemed it."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            obj.save()

    def has_delete_permission(self, request: HttpRequest, obj: Coupon | None = None) -> bool:
        """What was redeemed stays known: a code is switched off."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(code_normalised__contains=coupons.normalise(term)) if coupons.normalise(term) else Q()
        found |= Q(batch__name__icontains=term)
        if "@" in term:
            found = Q(pk__in=Redemption.objects.filter(user__email__icontains=term).values("coupon"))
        return queryset.filter(found), False

    @admin.display(description=_("gives"))
    def what(self, coupon: Coupon) -> str:
        return gives(coupon)

    @admin.display(description=_("redeemed"), ordering="redeemed")
    def uses(self, coupon: Coupon) -> str:
        return f"{coupon.redeemed} / {'∞' if coupon.max_redemptions is None else coupon.max_redemptions}"

    @admin.display(description=_("redeemed"))
    def redeemed_by(self, coupon: Coupon) -> SafeString:
        address = reverse("admin:membership_redemption_changelist")
        return format_html('<a href="{}?coupon={}">{}</a>', address, coupon.pk, coupon.redeemed)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> None:
        for coupon in queryset.filter(is_active=True):
            coupon.is_active = False
            coupon.save(update_fields=["is_active"])
            self.log_change(request, coupon, "switched off")
        self.message_user(request, _("Switched off: nobody can redeem them any more."))


@admin.register(CouponBatch)
class Batches(BatchAdmin):
    """Many codes at once, and as a table to hand out."""

    form = BatchForm
    list_display = ["name", "what", "size", "redeemed", "created_at", "as_csv"]
    list_select_related = ["tier"]
    search_fields = ["name", "prefix"]
    actions = ["switch_off"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponBatch]:
        return super().get_queryset(request).annotate(times=Sum("coupons__redeemed"))

    def has_change_permission(self, request: HttpRequest, obj: CouponBatch | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CouponBatch | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CouponBatch, form: Any, change: bool) -> None:
        coupons.make_batch(batch=obj)

    def get_urls(self) -> Any:
        name = "membership_couponbatch_csv"
        return [path("<int:pk>/csv/", self.admin_site.admin_view(self.csv), name=name), *super().get_urls()]

    @method_decorator(require_safe)
    def csv(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The codes of a batch; none of the columns can hold a formula."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        batch = CouponBatch.objects.filter(pk=pk).first()
        if batch is None:
            raise Http404
        self.log_change(request, batch, "downloaded as CSV")
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="mitai-coupons-{batch.pk}.csv"'
        table = csv.writer(answer)
        table.writerow(["code", "tier", "days", "credits", "redemptions", "redeemed", "valid_until"])
        for one in batch.coupons.select_related("tier").order_by("code"):
            until = one.valid_until.isoformat() if one.valid_until else ""
            tier = one.tier.slug if one.tier else ""
            table.writerow([one.code, tier, one.days, one.credits, one.max_redemptions, one.redeemed, until])
        return answer

    @admin.display(description=_("gives"))
    def what(self, batch: CouponBatch) -> str:
        return gives(batch)

    @admin.display(description=_("redeemed"))
    def redeemed(self, batch: Any) -> int:
        return int(batch.times or 0)

    @admin.display(description="CSV")
    def as_csv(self, batch: CouponBatch) -> SafeString:
        address = reverse("admin:membership_couponbatch_csv", args=[batch.pk])
        return format_html('<a href="{}">{}</a>', address, _("Download"))

    @admin.action(description=_("Switch off all codes"), permissions=["add"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[CouponBatch]) -> None:
        for batch in queryset:
            Coupon.objects.filter(batch=batch).update(is_active=False)
            self.log_change(request, batch, "switched off")
        self.message_user(request, _("Switched off: nobody can redeem them any more."))


@admin.register(Redemption)
class Redemptions(RedemptionAdmin):
    """Who redeemed what; nothing to change."""

    list_display = ["redeemed_at", "user", "coupon"]
    list_select_related = ["user", "coupon"]
    date_hierarchy = "redeemed_at"
    search_fields = ["user__email", "coupon__code"]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """The page of a coupon leads to its redemptions."""
        return lookup == "coupon" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Redemption | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Redemption | None = None) -> bool:
        return False
