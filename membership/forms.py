"""What members type about their membership."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from membership import coupons
from membership.coupons import CouponRefused, Redeemed
from membership.models import User


class CouponForm(forms.Form):
    """A code to redeem."""

    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def redeem(self, user: User) -> Redeemed | None:
        """Redeem it; where it is refused this is an error of the field."""
        try:
            return coupons.redeem(user=user, code=self.cleaned_data["code"])
        except CouponRefused as refusal:
            self.add_error("code", str(refusal.message))
            return None
