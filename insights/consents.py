"""Who agreed that which endpoint gets their numbers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insights.models import Consent
from mitai.core.errors import Forbidden

if TYPE_CHECKING:
    from membership.models import User

TEXT_VERSION = 1  # raised when the page says something new; older consents then no longer count


class ConsentNeeded(Forbidden):
    """The member has not agreed to this endpoint."""

    def __init__(self) -> None:
        super().__init__(_("Please read first what is sent where, and agree."))


def holds(user: User, endpoint: str) -> bool:
    """Whether numbers of this member may go to the endpoint now; an empty endpoint is this process."""
    if not endpoint:
        return True
    return Consent.objects.filter(
        user=user, endpoint=endpoint, text_version=TEXT_VERSION, withdrawn__isnull=True
    ).exists()


def newest(user: User, count: int) -> list[Consent]:
    """What the member agreed to: what is not withdrawn, then what was, each the newest first."""
    open_first = F("withdrawn").desc(nulls_first=True)
    return list(Consent.objects.filter(user=user).order_by(open_first, "-given")[:count])


@transaction.atomic
def give(*, user: User, endpoint: str, at: datetime | None = None) -> Consent:
    """Record the agreement; one to an older text is closed, the same one again changes nothing."""
    now = at or timezone.now()
    kept = Consent.objects.filter(user=user, endpoint=endpoint, withdrawn__isnull=True)
    kept.exclude(text_version=TEXT_VERSION).update(withdrawn=now)
    consent, _new = Consent.objects.get_or_create(
        user=user, endpoint=endpoint, text_version=TEXT_VERSION, withdrawn=None, defaults={"given": now}
    )
    return consent


def withdraw(*, user: User, endpoint: str | None = None, at: datetime | None = None) -> None:
    """End the agreement to one endpoint, or to all; stages not yet sent are not sent any more."""
    consents = Consent.objects.filter(user=user, withdrawn__isnull=True)
    if endpoint is not None:
        consents = consents.filter(endpoint=endpoint)
    consents.update(withdrawn=at or timezone.now())
