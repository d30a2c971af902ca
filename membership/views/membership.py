"""The membership pages: tier, limits, coupon, trial, credits."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_ratelimit.core import is_ratelimited

from membership import grants, trials
from membership.coupons import Redeemed
from membership.forms import CouponForm
from membership.requests import MemberRequest
from membership.standing import after_trial, purse, standing, statement
from membership.tiers import is_self_hosted

GUESSES = {"user": "10/h", "ip": "60/h"}  # refused codes; who lives behind one address shares the second
PAGE_SIZE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def membership(request: MemberRequest) -> HttpResponse:
    """Tier, limits and what was used of them; a POST redeems a coupon."""
    form, status = CouponForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        if is_self_hosted():
            raise Http404
        status = 422
        if form.is_valid():
            if _guessed_enough(request, count=False):
                status = 429
                form.add_error("code", _("Too many codes that are not valid. Please try again in an hour."))
            elif (redeemed := form.redeem(request.user)) is not None:
                messages.success(request, _said(redeemed, request))
                return redirect("membership:membership")
            else:
                _guessed_enough(request, count=True)
    context = {
        "standing": standing(request.user, at=timezone.now()),
        "form": None if is_self_hosted() else form,
        "self_hosted": is_self_hosted(),
    }
    return render(request, "membership/membership.html", context, status=status)


def _guessed_enough(request: MemberRequest, *, count: bool) -> bool:
    """Whether too many codes were refused of late, to the account or to its address; `count` adds one."""
    asked = [
        is_ratelimited(request, group="coupon", key=key, rate=rate, increment=count)
        for key, rate in GUESSES.items()
    ]
    return any(asked)


def _said(redeemed: Redeemed, request: MemberRequest) -> str:
    """What a coupon gave, and when it counts."""
    if redeemed.grant is None:
        amount = redeemed.coupon.credits or 0
        return ngettext("One credit is yours.", "%(n)d credits are yours.", amount) % {"n": amount}
    tier, days = redeemed.grant.tier, redeemed.grant.days
    ends = [one.end for one in grants.intervals_of(request.user) if one.tier == tier.slug]
    words = {
        "tier": tier.label,
        "days": days,
        "end": date_format(timezone.localtime(ends[-1]), "SHORT_DATE_FORMAT"),
    }
    return (
        ngettext(
            "%(tier)s for one day: your days of it last until %(end)s.",
            "%(tier)s for %(days)d days: your days of it last until %(end)s.",
            days,
        )
        % words
    )


@login_required
@require_safe
def trial(request: MemberRequest) -> HttpResponse:
    """What the trial holds, when it ends, and what happens then."""
    if is_self_hosted():
        raise Http404
    own, changes = after_trial(request.user, at=timezone.now())
    context = {
        "trial": trials.of(request.user),
        "end": trials.end_of(request.user),
        "now": timezone.now(),
        "own": own,
        "changes": changes,
        "days": trials.DAYS,
    }
    return render(request, "membership/trial.html", context)


@login_required
@require_safe
def credits(request: MemberRequest) -> HttpResponse:
    """The statement of credits."""
    if is_self_hosted():
        raise Http404
    context = {
        "purse": purse(request.user),
        "page": Paginator(statement(request.user), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "membership/credits.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of people and for how long, for whoever asks."""
    return render(request, "membership/privacy.html", {"days": trials.DAYS})
