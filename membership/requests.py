"""The request of a signed-in member, for the annotations of views behind `login_required`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from membership.models import User


class MemberRequest(HttpRequest):
    """A request whose `user` is an account, with what django-htmx adds."""

    user: User
    htmx: HtmxDetails
