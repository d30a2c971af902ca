"""The trial: once per account and per address, begun by itself, with a word before it ends."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from membership import grants
from membership.adapter import absolute
from membership.models import AccessGrant, GrantSource, Tier, TrialUse, User
from membership.tiers import is_self_hosted

logger = structlog.get_logger(__name__)
DAYS, TIER = 14, "trial"
REMINDED_BEFORE = timedelta(days=3)


def digest(email: str) -> str:
    """A keyed hash of an address as it counts: lower case, without what follows a plus before the @.

    Nobody without the installation's key can tell which address it is of, or try addresses against it.
    """
    local, _at, domain = email.strip().lower().rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    key = hashlib.sha256(b"mitai.trial:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()


def start(*, user: User, at: datetime | None = None) -> None:
    """Give the trial, once per account and address for ever.

    Nothing where an operator removed its tier, or where the installation's own tier is as good.
    """
    tier = Tier.objects.filter(slug=TIER).first()
    default = Tier.objects.filter(slug=settings.DEFAULT_TIER).first()
    if tier is None or (default is not None and default.rank >= tier.rank):
        return
    now = at or timezone.now()
    with transaction.atomic():
        _use, first = TrialUse.objects.get_or_create(digest=digest(user.email))
        if not first:
            return
        _trial, created = AccessGrant.objects.get_or_create(
            user=user,
            source=GrantSource.TRIAL,
            defaults={"tier": tier, "days": DAYS, "granted_at": now},
        )
        if created:
            grants.refresh(user, at=now)


def of(user: User) -> AccessGrant | None:
    """The account's trial, whether it runs or is over."""
    return AccessGrant.objects.filter(user=user, source=GrantSource.TRIAL).select_related("tier").first()


def end_of(user: User) -> datetime | None:
    """When the days of the trial are lived; None without one, or where an operator ended it early."""
    trial = of(user)
    if trial is None or trial.revoked_at is not None:
        return None
    return grants.ends_of(user).get(trial.pk)


def remind_everyone(*, at: datetime) -> None:
    """Mail everyone whose trial ends within three days, once; not who has as good a tier without it."""
    if is_self_hosted():
        return
    soon = at + REMINDED_BEFORE
    waiting = AccessGrant.objects.filter(
        source=GrantSource.TRIAL, revoked_at=None, reminded_at=None, user__is_active=True
    )
    for trial in waiting.filter(user__granted_until__lte=soon).select_related("user__tier", "tier"):
        try:  # one address, or the server: the next round tries again
            grants.refresh_when_over(trial.user, at=at)
            end, own = end_of(trial.user), grants.own_tier(trial.user)
            if end is not None and at < end <= soon and (own is None or own.rank < trial.tier.rank):
                _remind(trial, end, at)
        except (SMTPException, OSError, DatabaseError) as error:
            logger.warning("reminder not sent", account=str(trial.user_id), error=type(error).__name__)


@transaction.atomic
def _remind(trial: AccessGrant, end: datetime, at: datetime) -> None:
    """The mail is part of the transaction: where no server takes it, the next round tries again."""
    if not AccessGrant.objects.filter(pk=trial.pk, reminded_at=None).update(reminded_at=at):
        return
    user = trial.user
    with translation.override(user.language), timezone.override(user.zone):
        context = {"end": end, "address": absolute("/membership/trial/")}
        send_mail(
            render_to_string("membership/mail/trial_ends_subject.txt", context).strip(),
            render_to_string("membership/mail/trial_ends_message.txt", context),
            None,
            [user.email],
        )
