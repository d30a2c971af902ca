"""Where a member is signed in: read in two queries, ended at once.

allauth notes browser and address when a member signs in (`UserSession`), and never again: nothing is written
for a page that is read. The note goes with its session (`mitai.core.sessions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from mitai.core.browsers import describe

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from membership.models import User
    from membership.requests import MemberRequest


@dataclass(frozen=True, slots=True)
class SessionView:
    """One browser that is signed in; `since` is None for one that signed in before that was noted."""

    id: int | None
    browser: str
    address: str
    since: datetime | None
    current: bool


def others(request: MemberRequest) -> QuerySet[Any]:
    """The member's sessions but the one that asks."""
    sessions = UserSession.objects.filter(user=request.user)
    return sessions.exclude(session_key=request.session.session_key)


def sessions_of(request: MemberRequest) -> list[SessionView]:
    """The member's living sessions, the one that asks first, then the newest."""
    noted = list(UserSession.objects.filter(user=request.user).order_by("-created_at"))
    rows = Session.objects.filter(session_key__in=[one.session_key for one in noted])
    stored = {row.session_key: row for row in rows}
    views = [
        _view(one, current=one.session_key == request.session.session_key)
        for one in noted
        if _lives(stored.get(one.session_key), request)
    ]
    if not any(view.current for view in views):
        views.append(_unnoted(request))
    return sorted(views, key=lambda view: not view.current)


def end_others(request: MemberRequest) -> None:
    """Sign the member out everywhere else."""
    for session in others(request):
        session.end()


def _view(session: UserSession, *, current: bool) -> SessionView:
    return SessionView(session.pk, describe(session.user_agent), session.ip, session.created_at, current)


def _unnoted(request: MemberRequest) -> SessionView:
    """The session that asks, as its request tells."""
    user_agent = request.headers.get("User-Agent", "")
    return SessionView(None, describe(user_agent), get_adapter().get_client_ip(request), None, True)


def _lives(row: Session | None, request: MemberRequest) -> bool:
    """Whether a session still opens the account.

    One without a row was ended while the cache was away, and may be there again with it: it counts.
    """
    if row is None:
        return True
    return row.expire_date > timezone.now() and _is_of_password(
        request.session.decode(row.session_data), request.user
    )


def _is_of_password(data: Mapping[str, Any], user: User) -> bool:
    """Whether a session was begun with the password the account has now; another one ended it."""
    valid = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return data.get(HASH_SESSION_KEY) in valid
