"""All limits of all tiers as one editable table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from membership.models import Feature, FeatureKind, Tier, TierLimit
from membership.models.tier import limit_in_words

if TYPE_CHECKING:
    LimitAdmin = admin.ModelAdmin[TierLimit]
else:
    LimitAdmin = admin.ModelAdmin

WORDS: dict[str, int | None] = {
    "∞": None, "unlimited": None, "unbegrenzt": None, "off": 0, "aus": 0, "on": 1, "an": 1,
}  # fmt: skip
ONLY_SWITCHED = {"on", "an"}  # one use a month is not what these mean
MOST = 2**31 - 1
Key = tuple[int, int | None]  # feature and tier; None is the column of the defaults


def read(text: str) -> int | None:
    """The limit somebody typed, in the words of either language.

    Raises:
        ValueError: for anything but these words and whole numbers that fit.
    """
    word = text.strip().casefold()
    if word in WORDS:
        return WORDS[word]
    if not (word.isascii() and word.isdigit() and int(word) <= MOST):
        raise ValueError(text)
    return int(word)


class LimitField(forms.CharField):
    """A cell; empty where the column allows it: the default of the feature counts."""

    default_error_messages = {
        "required": _("Say ∞, off or a number."),
        "limit": _("“%(text)s” is no limit: ∞, off or a whole number."),
    }

    def __init__(self, *, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            try:
                if self.kind != FeatureKind.BOOLEAN and value.strip().casefold() in ONLY_SWITCHED:
                    raise ValueError(value)
                read(value)
            except ValueError as error:
                raise forms.ValidationError(
                    self.error_messages["limit"], params={"text": value}, code="limit"
                ) from error


class Matrix(forms.Form):
    """A field a cell. What was shown is sent along, so that only cells that were typed in are written."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.features = list(Feature.objects.all())
        self.tiers = list(Tier.objects.all())
        self.rows = {(row.feature_id, row.tier_id): row for row in TierLimit.objects.all()}
        for feature in self.features:
            self._add(
                (feature.pk, None), feature, limit_in_words(feature.default_limit, feature.kind), _("default")
            )
            for tier in self.tiers:
                row = self.rows.get((feature.pk, tier.pk))
                self._add(
                    (feature.pk, tier.pk),
                    feature,
                    limit_in_words(row.limit, feature.kind) if row else "",
                    tier,
                )

    @staticmethod
    def name(key: Key) -> str:
        return f"limit-{key[0]}-{key[1] or 'default'}"

    def _add(self, key: Key, feature: Feature, text: str, column: object) -> None:
        self.fields[self.name(key)] = LimitField(
            kind=feature.kind,
            label=f"{feature.slug}, {column}",
            initial=text,
            required=key[1] is None,
            max_length=12,
            show_hidden_initial=True,
            widget=forms.TextInput(attrs={"size": 6, "aria-label": f"{feature}, {column}"}),
        )

    def lines(self) -> Iterator[tuple[Feature, Sequence[forms.BoundField]]]:
        """A feature and its cells: the default first, then the tiers in the order of their ranks."""
        for feature in self.features:
            columns = [None, *(tier.pk for tier in self.tiers)]
            yield feature, [self[self.name((feature.pk, column))] for column in columns]

    def save(self) -> list[tuple[Feature, str]]:
        """Write the cells that were changed; what was changed, in words, by feature."""
        changes: list[tuple[Feature, str]] = []
        with transaction.atomic():
            for feature in self.features:
                said = [
                    self._save_default(feature),
                    *(self._save_limit(feature, tier) for tier in self.tiers),
                ]
                if any(said):
                    changes.append((feature, "; ".join(part for part in said if part)))
        return changes

    def _typed(self, key: Key) -> str | None:
        """What was typed into a cell, None where nothing was changed."""
        name = self.name(key)
        return self.cleaned_data[name] if name in self.changed_data else None

    def _save_default(self, feature: Feature) -> str:
        text = self._typed((feature.pk, None))
        if text is None:
            return ""
        feature.default_limit = read(text)
        feature.save(update_fields=["default_limit"])
        return f"default: {text}"

    def _save_limit(self, feature: Feature, tier: Tier) -> str:
        text = self._typed((feature.pk, tier.pk))
        if text is None:
            return ""
        if text:
            TierLimit.objects.update_or_create(tier=tier, feature=feature, defaults={"limit": read(text)})
        else:
            TierLimit.objects.filter(tier=tier, feature=feature).delete()
        return f"{tier.slug}: {text or 'default'}"


@admin.register(TierLimit)
class Limits(LimitAdmin):
    """The list of limits is the table itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TierLimit | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        matrix = Matrix(request.POST if request.method == "POST" else None)
        if matrix.is_bound and not self.has_change_permission(request):
            raise PermissionDenied
        if matrix.is_bound and matrix.is_valid():
            return self._saved(request, matrix)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Limits"),
            "opts": self.opts,
            "matrix": matrix,
            "may_change": self.has_change_permission(request),
        }
        return render(
            request, "admin/membership/tierlimit/matrix.html", context, status=422 if matrix.is_bound else 200
        )

    def _saved(self, request: HttpRequest, matrix: Matrix) -> HttpResponse:
        with transaction.atomic():
            changes = matrix.save()
            for feature, said in changes:
                admin.site._registry[Feature].log_change(request, feature, said)
        if changes:
            self.message_user(request, _("Saved. The new limits count at once."))
        else:
            self.message_user(request, _("Nothing was changed."))
        return redirect(request.path)
