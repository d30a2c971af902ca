"""The account pages' forms: allauth's, with our words, our limits per address and one password field."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.core import context
from allauth.core.internal import ratelimit
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from membership.adapter import DAY_S, VERIFICATION_EMAIL
from membership.models import User
from mitai.core.errors import TooMany
from mitai.core.zones import cookie_zone, known_zone

PASSWORD_HELP = _("At least 10 characters; several words are easy to keep in mind.")
WINDOW_S = 60
EMAIL_LENGTH = 254  # that of the column


def limit(request: HttpRequest, *, action: str, email: str = "") -> None:
    """Count an attempt, on an address (whether it has an account or not) or of a network.

    Raises:
        TooMany: more attempts within the window than ACCOUNT_RATE_LIMITS allows for the action.
    """
    key = email.lower() or None
    if not ratelimit.consume(request, app="allauth.account", action=action, key=key):
        raise TooMany(
            _("Too many attempts in a short time. Please wait a minute and try again."), retry_after=WINDOW_S
        )


def _dress(
    field: forms.Field,
    label: str | Promise,
    *,
    help_text: str | Promise = "",
    autocomplete: str | None = None,
) -> None:
    """Our label and help; no placeholder that only repeats the label."""
    field.label, field.help_text = str(label), str(help_text)
    field.widget.attrs.pop("placeholder", None)
    if autocomplete is not None:
        field.widget.attrs["autocomplete"] = autocomplete


def _limit_length(field: forms.Field) -> None:
    """An address longer than its column is an error at the field, never cut."""
    field.validators.append(MaxLengthValidator(EMAIL_LENGTH))
    field.widget.attrs["maxlength"] = str(EMAIL_LENGTH)


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["login"], _("E-mail address"), autocomplete="username")
        _limit_length(self.fields["login"])
        _dress(self.fields["password"], _("Password"))

    def clean_login(self) -> str:
        email: str = super().clean_login()
        limit(self.request, action="login_address", email=email)
        return email

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """allauth gives every session the same length afterwards; the account says how long it is."""
        response: HttpResponse = super().login(request, redirect_url)
        if isinstance(request.user, User):
            request.session.set_expiry(request.user.session_days * DAY_S)
        return response


class SignupForm(allauth_forms.SignupForm):
    browser_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-browser-zone": ""})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["email"], _("E-mail address"), autocomplete="username")
        _limit_length(self.fields["email"])
        _dress(self.fields["password1"], _("Password"), help_text=PASSWORD_HELP)

    def clean(self) -> dict[str, Any]:
        """What can be sent counts, with its network and its address; a typing error does not."""
        cleaned: dict[str, Any] = super().clean()
        if not self.errors:
            request, email = context.request, cleaned["email"]
            limit(request, action="signup_network")
            limit(request, action="signup_address", email=email)
            request.session[VERIFICATION_EMAIL] = email
        return cleaned

    def clean_browser_zone(self) -> str:
        """The browser's zone, else that of its cookie, else none; browsers send all sorts."""
        request = context.request
        zone = known_zone(self.cleaned_data["browser_zone"]) or cookie_zone(request)
        return zone.key if zone else ""

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account; the answer does not tell whether the address has one already.

        Neither does the time it takes, and of two sign-ups at the same moment the second one is answered
        like one a day later.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        try:
            with transaction.atomic():
                user, response = super().try_save(request)
        except IntegrityError:
            return None, prevent_enumeration(request, email=self.cleaned_data["email"])
        return user, response


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["email"], _("E-mail address"), autocomplete="username")
        _limit_length(self.fields["email"])


class NewPasswordFields:
    """One field for the new password; a typing error is mended by the mailed link."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        _dress(self.fields["password1"], _("New password"), help_text=PASSWORD_HELP)


class ResetPasswordKeyForm(NewPasswordFields, allauth_forms.ResetPasswordKeyForm):
    pass


class SetPasswordForm(NewPasswordFields, allauth_forms.SetPasswordForm):
    pass


class ChangePasswordForm(NewPasswordFields, allauth_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["oldpassword"], _("Current password"))


class AddEmailForm(allauth_forms.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["email"], _("New e-mail address"))
        _limit_length(self.fields["email"])


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["password"], _("Password"))


class ResendForm(forms.Form):
    """Asks for the verification mail once more."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()
