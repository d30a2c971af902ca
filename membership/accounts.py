"""Accounts made without a browser: by commands, by the demo and by tests."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from membership import trials
from membership.models import User


def create_member(*, email: str, password: str | None = None, **fields: Any) -> User:
    """An account with a verified address and its trial, as after the mailed link was followed."""
    with transaction.atomic():
        user = User.objects.create_user(email, password, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        trials.start(user=user)
    return user
