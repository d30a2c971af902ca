"""What "today" and "now" mean for a request: a member on a journey lives by the zone of the place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from mitai.core.zones import cookie_zone, known_zone, local_day

if TYPE_CHECKING:
    from membership.requests import MemberRequest


def browser_zone(request: MemberRequest) -> ZoneInfo:
    """The zone the browser says it is in (form field or cookie), else the account's."""
    typed = known_zone(request.POST.get("browser_zone", ""))
    zone: ZoneInfo = typed or cookie_zone(request) or request.user.zone
    return zone


def today_of(request: MemberRequest) -> date:
    """Today where the browser is."""
    return local_day(timezone.now(), browser_zone(request))
