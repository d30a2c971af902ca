"""The seam for payments: nothing here sells anything, but whatever will has one door to come through."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from membership import grants
from membership.models import AccessGrant, GrantSource, Tier, User

REFERENCE_LONGEST = 80


def complete(*, user: User, tier: Tier, days: int, reference: str, at: datetime | None = None) -> AccessGrant:
    """Give what was paid for, once for each payment.

    To be called by whatever receives the payment, after it was verified there. `reference` is the payment's
    own name, at most 80 characters; called again with it, as payment services do, it answers with the grant
    of the first time.

    Raises:
        ValueError: without a reference of that length, or for a payment that another account made.
    """
    if not 1 <= len(reference) <= REFERENCE_LONGEST:
        raise ValueError(f"a payment has a reference of 1 to {REFERENCE_LONGEST} characters")
    try:
        with transaction.atomic():
            grant = AccessGrant.objects.create(
                user=user,
                tier=tier,
                days=days,
                granted_at=at or timezone.now(),
                source=GrantSource.PURCHASE,
                reference=reference,
            )
            grants.refresh(user, at=grant.granted_at)
            return grant
    except IntegrityError:
        known = AccessGrant.objects.filter(source=GrantSource.PURCHASE, reference=reference).first()
        if known is None:
            raise
        if known.user_id != user.pk:
            raise ValueError(f"payment {reference} is of another account") from None
        return known
