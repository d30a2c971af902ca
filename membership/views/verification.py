from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_ratelimit.decorators import ratelimit

from membership.account_forms import ResendForm, limit
from membership.adapter import VERIFICATION_EMAIL


@require_http_methods(["GET", "HEAD", "POST"])
@ratelimit(key="ip", rate="5/m", method="POST")
def resend_verification(request: HttpRequest) -> HttpResponse:
    """Send the verification mail again. The answer is the same for every address."""
    if request.method in {"GET", "HEAD"}:  # the language buttons come back here after a refused form
        return redirect("account_email_verification_sent")
    form = ResendForm(request.POST)
    if not form.is_valid():
        return render(request, "account/verification_sent.html", {"form": form}, status=422)
    email = form.cleaned_data["email"]
    limit(request, action="resend_address", email=email)
    request.session[VERIFICATION_EMAIL] = email
    _send_again(request, email)
    messages.success(request, _("The mail is on its way. Please look into your spam folder too."))
    return redirect("account_email_verification_sent")


def _send_again(request: HttpRequest, email: str) -> None:
    """One mail for every address: the link, or that it has an account already, or that it has none."""
    address = EmailAddress.objects.filter(email=email).order_by("-verified").first()
    if address is not None and address.verified:
        get_adapter(request).send_account_already_exists_mail(email)
    else:
        send_verification_email_to_address(request, address or EmailAddress(email=email), signup=False)
