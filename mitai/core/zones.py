"""Local days, offsets and calendar periods. Instants are aware datetimes, zones are ZoneInfo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

if TYPE_CHECKING:
    from django.http import HttpRequest

PeriodKind = Literal["total", "day", "week", "month"]
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period in one zone: its first local day and the instant the next one begins."""

    start: date
    resets_at: datetime | None


@cache
def zone_names() -> tuple[str, ...]:
    """The names of places, and UTC first: those a member may choose."""
    places = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    )
    return "UTC", *places


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of such a name, or None for any other (browsers send all sorts)."""
    return ZoneInfo(name) if name in zone_names() else None


def cookie_zone(request: HttpRequest) -> ZoneInfo | None:
    """The zone that app.js keeps in a cookie, percent-encoded as cookies are; None without one."""
    return known_zone(unquote(request.COOKIES.get("tz", "")))


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant in a zone."""
    return instant.astimezone(zone).date()


def offset_minutes(instant: datetime, zone: ZoneInfo) -> int:
    """The zone's offset from UTC at an instant, in minutes east."""
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None  # an aware datetime always has one
    return int(offset.total_seconds() // 60)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant a local day begins, in UTC; where midnight is skipped, the first instant after it."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def period(kind: PeriodKind, at: datetime, zone: ZoneInfo) -> Period:
    """The calendar period that holds `at`; weeks begin on Monday (ISO 8601); "total" never resets."""
    day = local_day(at, zone)
    if kind == "total":
        return Period(EPOCH, None)
    if kind == "day":
        start, following = day, day + timedelta(days=1)
    elif kind == "week":
        start = day - timedelta(days=day.weekday())
        following = start + timedelta(days=7)
    else:
        start = day.replace(day=1)
        following = (start + timedelta(days=32)).replace(day=1)
    return Period(start, midnight(following, zone))
