"""What "today" and "now" mean for a request: a member on a journey lives by the zone of the place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from mitai.core.zones import known_zone, local_day

if TYPE_CHECKING:
    from membership.requests import MemberRequest


def browser_zone(request: MemberRequest) -> ZoneInfo:
    """The zone the browser says it is in (form field or cookie), else the account's."""
    named = request.POST.get("browser_zone") or request.COOKIES.get("tz", "")
    zone: ZoneInfo = known_zone(named) or request.user.zone
    return zone


def today_of(request: MemberRequest) -> date:
    """Today where the browser is."""
    return local_day(timezone.now(), browser_zone(request))
