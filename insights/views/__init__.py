from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from membership.models import User


class MemberRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User
