"""What happens here when something happens in allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed

from membership import trials


def begin_trial(sender: Any, email_address: EmailAddress, **kwargs: Any) -> None:
    """The first verified address of an account starts its trial."""
    trials.start(user=email_address.user)


def connect() -> None:
    email_confirmed.connect(begin_trial, dispatch_uid="membership.begin_trial")
