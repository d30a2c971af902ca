"""Small factories with fixed values. Alice owns, Bob shares a host, Charlie is a stranger."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone

if TYPE_CHECKING:
    from membership.models import Feature, User

PASSWORD = "correct horse battery"
_numbers = count(1)


def setup_user(
    name: str = "", *, password: str | None = PASSWORD, verified: bool = True, **fields: Any
) -> User:
    """An account `<name>@example.org` that may sign in with PASSWORD: no trial, the default tier."""
    from allauth.account.models import EmailAddress

    from membership.models import User

    email = fields.pop("email", f"{name or f'member{next(_numbers)}'}@example.org")
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    return user


def alice(**fields: Any) -> User:
    """The owner of what a test is about."""
    return setup_user("alice", **fields)


def bob(**fields: Any) -> User:
    """Another member of the same host."""
    return setup_user("bob", **fields)


def charlie(**fields: Any) -> User:
    """A stranger."""
    return setup_user("charlie", **fields)


def today() -> date:
    """The day where members live who were told nothing else; not that of the server's clock."""
    return timezone.now().astimezone(ZoneInfo("Europe/Berlin")).date()


def setup_feature(slug: str, limit: int | None, *, kind: str = "count", period: str = "total") -> Feature:
    """A feature with this limit for everyone, whatever was seeded before."""
    from membership.models import Feature, TierLimit

    feature, _created = Feature.objects.update_or_create(
        slug=slug, defaults={"label": slug, "kind": kind, "period": period, "default_limit": limit}
    )
    TierLimit.objects.filter(feature=feature).delete()
    return feature
