"""How allauth behaves here: whose language a mail is in, where its links lead, how long a session lasts."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import Any, cast
from urllib.parse import quote

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from membership.models import User
from mitai.core.errors import Refusal

logger = structlog.get_logger(__name__)
FIRST_LOGIN = "mitai.first_login"  # in the request that logs in
VERIFICATION_EMAIL = "verification_email"
DAY_S = 24 * 3600
SAME_SIGN_UP = timedelta(minutes=2)


class MailUnavailable(Refusal):
    """The mail server did not take a mail somebody waits for."""

    status = 503


def absolute(path: str) -> str:
    """The full address of a path, as it stands in mails, whatever host the request named."""
    return f"{settings.BASE_URL}{path}"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is switched off."),
        "duplicate_email": _("This is already the address of your account."),
        "email_password_mismatch": _("E-mail address and password do not match."),
        "email_taken": _("This address cannot be used."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "invalid_login": _("E-mail address and password do not match."),
        "invalid_password_reset": _("This link is expired or was used before."),
        "same_as_current": _("This is already the address of your account."),
        "too_many_login_attempts": _(
            "Too many attempts in a short time. Please wait a minute and try again."
        ),
    }

    # Accounts -----------------------------------------------------------------------------------------------
    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        """A new account speaks the language of the sign-up page and lives in the browser's time zone."""
        account = cast("User", user)
        language = translation.get_language()
        if language in dict(settings.LANGUAGES):
            account.language = language
        account.time_zone = form.cleaned_data.get("browser_zone") or account.time_zone
        return super().save_user(request, account, form, commit)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Whoever follows the link has the address: an account that never proved it steps aside."""
        with transaction.atomic():
            claims = User.objects.filter(email=email_address.email, last_login=None)
            claims.exclude(pk=email_address.user_id).exclude(emailaddress__verified=True).delete()
            confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    # Sessions -----------------------------------------------------------------------------------------------
    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        account = cast("User", user)
        first = account.last_login is None
        super().login(request, account)
        request.session.set_expiry(account.session_days * DAY_S)
        request.META[FIRST_LOGIN] = first

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The first login leads to the first steps, every other one to the overview."""
        if request.META.get(FIRST_LOGIN):
            return resolve_url(settings.FIRST_LOGIN_REDIRECT_URL)
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def respond_email_verification_sent(
        self, request: HttpRequest, user: AbstractBaseUser | None
    ) -> HttpResponseBase:
        """The page that asks to look into the mailbox knows the address, to send the mail again."""
        if user is not None:
            request.session[VERIFICATION_EMAIL] = cast("User", user).email
        return super().respond_email_verification_sent(request, user)

    # Mails --------------------------------------------------------------------------------------------------
    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail in the language of the account it is about, with links to BASE_URL.

        Raises:
            MailUnavailable: the mail server cannot be reached or refuses.
        """
        links = {
            "login_url": absolute(reverse("account_login")),
            "signup_url": absolute(reverse("account_signup")),
            "reset_url": absolute(reverse("account_reset_password")),
        }
        with translation.override(_language(email, context.get("user"))):
            message = self.render_mail(template_prefix, email, {**context, **links, "email": email})
        try:
            message.send()
        except (SMTPException, OSError) as error:
            raise MailUnavailable(
                _("The mail could not be sent just now. Please try again in a few minutes.")
            ) from error

    def get_email_confirmation_url(self, request: HttpRequest | None, emailconfirmation: Any) -> str:
        return absolute(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_reset_password_from_key_url(self, key: str) -> str:
        # The key is "<account>-<token>", as allauth made it; its URL pattern takes the two apart.
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return absolute(path.replace("UID-KEY", quote(key)))

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """A sign-up whose mail did not go out stands; the page that follows offers to send it again."""
        try:
            super().send_confirmation_mail(request, emailconfirmation, signup)
        except MailUnavailable as error:
            if not signup:
                raise
            messages.error(request, str(error.message))

    def send_account_already_exists_mail(self, email: str) -> None:
        """Say so, unless the account is so young that this is the same sign-up sent twice."""
        just_now = timezone.now() - SAME_SIGN_UP
        if User.objects.filter(email=email, last_login=None, date_joined__gt=just_now).exists():
            return
        try:
            self.send_mail("account/email/account_already_exists", email, {})
        except MailUnavailable as error:
            messages.error(self.request, str(error.message))  # as for an address without an account

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell of a change that was made; it stands, whether the mail goes out or not."""
        try:
            super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email)
        except MailUnavailable:
            logger.warning("notification mail not sent", user=str(user.pk), mail=template_prefix)


def _language(email: str, user: User | None) -> str:
    """The language of the account, else the one the request is in."""
    owner = user or User.objects.filter(emailaddress__email=email).order_by("-emailaddress__verified").first()
    return owner.language if owner else translation.get_language() or settings.LANGUAGE_CODE
