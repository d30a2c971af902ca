"""What an operator does to an account with one click: each a small form on its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from membership import access, credits, grants, trials
from membership.models import EntryKind, Tier, User
from membership.models.coupon import MOST_CREDITS, MOST_DAYS


class ActForm(forms.Form):
    """The fields of an act; without any it is a button alone."""

    def act(self, request: HttpRequest, user: User) -> str:
        """Do it, and say what was done; a ValidationError is an error of the form."""
        raise NotImplementedError


class GiveForm(ActForm):
    tier = forms.ModelChoiceField(Tier.objects.all(), label=gettext_lazy("tier"), empty_label=None)
    days = forms.IntegerField(label=gettext_lazy("days"), min_value=1, max_value=MOST_DAYS, initial=90)
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].initial = Tier.objects.filter(is_public=True).order_by("-rank").first()

    def act(self, request: HttpRequest, user: User) -> str:
        given = self.cleaned_data
        grants.give(user=user, tier=given["tier"], days=given["days"], reason=given["reason"])
        return _("%(tier)s given for %(days)s days.") % given


class CreditsForm(ActForm):
    amount = forms.IntegerField(
        label=gettext_lazy("credits"), min_value=-MOST_CREDITS, max_value=MOST_CREDITS, initial=10
    )
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=200)

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError(_("More or fewer than none."))
        return amount

    def act(self, request: HttpRequest, user: User) -> str:
        amount, reason = self.cleaned_data["amount"], self.cleaned_data["reason"]
        try:
            credits.give(user=user, amount=amount, kind=EntryKind.OPERATOR, reason=reason)
        except credits.NotEnough:
            raise forms.ValidationError(
                _("There are only %(n)d credits to take.") % {"n": credits.available(user)}
            ) from None
        return _("%(amount)+d credits.") % {"amount": amount}


class ResetForm(ActForm):
    def act(self, request: HttpRequest, user: User) -> str:
        access.reset(user=user)
        return _("Usage of the running periods begins anew.")


class ResendForm(ActForm):
    def act(self, request: HttpRequest, user: User) -> str:
        # An account made in the admin has no row yet, and a link needs one.
        address, _new = EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"primary": True}
        )
        if address.verified:
            raise forms.ValidationError(_("This address is verified already."))
        send_verification_email_to_address(request, address, signup=False)
        return _("The mail with the link is on its way.")


class SignOutForm(ActForm):
    def act(self, request: HttpRequest, user: User) -> str:
        sessions = list(UserSession.objects.filter(user=user))
        for session in sessions:
            session.end()
        return _("Sessions ended: %(n)d.") % {"n": len(sessions)}


class EndTrialForm(ActForm):
    def act(self, request: HttpRequest, user: User) -> str:
        trial, end = trials.of(user), trials.end_of(user)
        if trial is None or end is None or end <= timezone.now():
            raise forms.ValidationError(_("There is no trial to end."))
        grants.revoke(grant=trial)
        return _("The trial was ended.")


@dataclass(frozen=True, slots=True)
class Act:
    """A form, what its button says, and the right it takes."""

    slug: str
    label: Any
    form: Callable[..., ActForm]
    right: str


ACTS = {
    one.slug: one
    for one in (
        Act("give", gettext_lazy("Give a tier"), GiveForm, "membership.add_accessgrant"),
        Act("credits", gettext_lazy("Give credits"), CreditsForm, "membership.add_creditentry"),
        Act("reset", gettext_lazy("Reset usage"), ResetForm, "membership.change_user"),
        Act("resend", gettext_lazy("Resend verification"), ResendForm, "membership.change_user"),
        Act("sign-out", gettext_lazy("End sessions"), SignOutForm, "membership.change_user"),
        Act("end-trial", gettext_lazy("End the trial"), EndTrialForm, "membership.add_accessgrant"),
    )
}
