"""Whose account an operator may do something to."""

from __future__ import annotations

from django.http import HttpRequest

from membership.models import User


def may_touch(request: HttpRequest, account: User | None) -> bool:
    """Accounts with rights, one's own among them, are for those who have all rights; others may look."""
    privileged = account is not None and (account.is_staff or account.is_superuser)
    return request.user.is_superuser or not privileged
