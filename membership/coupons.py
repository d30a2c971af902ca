"""Coupons: codes as people type them, redeemed at most as often as they may be."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from membership import credits, grants
from membership.models import (
    AccessGrant,
    Coupon,
    CouponBatch,
    CreditEntry,
    EntryKind,
    GrantSource,
    Redemption,
    Tier,
    User,
)
from mitai.core.errors import Refusal

# Made-up codes leave out whatever one reads as something else.
ALPHABET = "34679ACDEFGHJKMNPRTUVWXY"
GROUPS, GROUP = 3, 4
SHORTEST = 4
MOST_OF_A_BATCH = 5000
# Read as one: Latin letters and digits that look alike, and letters of other alphabets that look Latin.
ALIKE = str.maketrans(
    "OQILSBZ" + "АВЕКМНОРСТУХІЈЅ" + "ΑΒΕΗΙΚΜΝΟΡΤΥΧΖ",
    "0011582" + "A8EKMH0PCTYX1J5" + "A8EH1KMN0PTYX2",
)


class CouponRefused(Refusal):
    """The code gives nothing; why is told only to who redeemed it before."""

    status = 422


def normalise(code: str) -> str:
    """A code as it is compared: upper case, without separators, what looks alike as one.

    >>> normalise("friends-o1l") == normalise("FRIENDS 0I1")
    True
    """
    folded = unicodedata.normalize("NFKC", code).upper()
    return "".join(one for one in folded.translate(ALIKE) if one.isascii() and one.isalnum())


def check_code(code: str) -> str:
    """The normalised code of a new coupon.

    Raises:
        ValidationError: it is too short, or holds what is neither letter, digit nor hyphen.
    """
    if code and not all(one.isascii() and (one.isalnum() or one == "-") for one in code):
        raise ValidationError(_("Letters from A to Z, digits and hyphens only."), code="code")
    if len(normalise(code)) < SHORTEST:
        raise ValidationError(_("At least %(n)d letters or digits."), params={"n": SHORTEST}, code="code")
    return normalise(code)


def make_code(prefix: str = "") -> str:
    """A new code that nobody guesses: 55 bits of chance behind the prefix."""
    groups = ["".join(secrets.choice(ALPHABET) for _place in range(GROUP)) for _group in range(GROUPS)]
    return "-".join([*([prefix.upper()] if prefix else []), *groups])


def make_batch(*, batch: CouponBatch) -> list[Coupon]:
    """Save a batch with its codes, each giving what the batch says."""
    with transaction.atomic():
        batch.save()
        codes = {normalise(code): code for code in (make_code(batch.prefix) for _n in range(batch.size))}
        while len(codes) < batch.size:
            code = make_code(batch.prefix)
            codes[normalise(code)] = code
        return Coupon.objects.bulk_create(
            Coupon(
                code=code,
                code_normalised=normalised,
                batch=batch,
                tier=batch.tier,
                days=batch.days,
                credits=batch.credits,
                max_redemptions=batch.max_redemptions,
                valid_from=batch.valid_from,
                valid_until=batch.valid_until,
            )
            for normalised, code in codes.items()
        )


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a coupon gave: the grant, or the entry of credits."""

    coupon: Coupon
    grant: AccessGrant | None
    entry: CreditEntry | None


def redeem(*, user: User, code: str, at: datetime | None = None) -> Redeemed:
    """Redeem a code for an account, once each.

    Raises:
        CouponRefused: unknown, used up, not valid now or switched off, all said alike after the same two
            statements; redeemed by this account before, which is told with the day; or of a tier that gives
            it nothing, because its own is as good.
    """
    now, normalised = at or timezone.now(), normalise(code)
    before = Redemption.objects.filter(coupon__code_normalised=normalised, user=user)
    known = before.select_related("coupon").first()
    coupon = Coupon.objects.filter(code_normalised=normalised).select_related("tier").first()
    if known is not None:
        raise CouponRefused(_redeemed_before(known, now))
    if coupon is None or not _counts(coupon, now):
        raise CouponRefused(_unknown())
    if coupon.tier is not None and _has_as_good(user, coupon.tier):
        raise CouponRefused(
            gettext("Your own tier is as good. Keep this code for later: its days would pass unused.")
        )
    try:
        with transaction.atomic():
            # The count is the check: of two that want the last use, the second waits and finds it gone.
            valid = Q(valid_until=None) | Q(valid_until__gt=now)
            left = Q(max_redemptions=None) | Q(redeemed__lt=F("max_redemptions"))
            rows = Coupon.objects.filter(valid & left, pk=coupon.pk, is_active=True, valid_from__lte=now)
            if rows.update(redeemed=F("redeemed") + 1):
                return _give(user, coupon, now)
    except IntegrityError:  # the same account in another tab was first; the count is taken back
        if not before.exists():
            raise
    known = before.select_related("coupon").first()
    raise CouponRefused(_redeemed_before(known, now) if known else _unknown())


def _counts(coupon: Coupon, now: datetime) -> bool:
    """Whether a coupon can be redeemed, as far as can be told before it is."""
    begun = coupon.valid_from <= now and (coupon.valid_until is None or now < coupon.valid_until)
    left = coupon.max_redemptions is None or coupon.redeemed < coupon.max_redemptions
    return coupon.is_active and begun and left


def _has_as_good(user: User, tier: Tier) -> bool:
    """Whether the account's own tier, or the installation's, is as good without any grant."""
    own = grants.own_tier(user)
    return own is not None and own.rank >= tier.rank


def _give(user: User, coupon: Coupon, now: datetime) -> Redeemed:
    grant = entry = None
    if coupon.tier is not None:
        assert coupon.days is not None
        grant = grants.give(
            user=user,
            tier=coupon.tier,
            days=coupon.days,
            source=GrantSource.COUPON,
            reason=coupon.code,
            at=now,
        )
    else:
        assert coupon.credits is not None
        entry = credits.give(
            user=user, amount=coupon.credits, kind=EntryKind.COUPON, reason=coupon.code, at=now
        )
    Redemption.objects.create(coupon=coupon, user=user, grant=grant, redeemed_at=now)
    return Redeemed(coupon, grant, entry)


def _unknown() -> str:
    return gettext("This code is not valid, or not any more. Please check what you typed.")


def _redeemed_before(before: Redemption, now: datetime) -> str:
    """What its holder may know: when it was redeemed, and that the code has ended where it has."""
    day = date_format(timezone.localtime(before.redeemed_at), "SHORT_DATE_FORMAT")
    said = gettext("You redeemed this code on %(day)s.") % {"day": day}
    ended = before.coupon.valid_until
    if ended is not None and ended <= now:
        return said + " " + gettext("It has expired since; what it gave you stays.")
    return said
