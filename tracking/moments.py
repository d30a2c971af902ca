"""When an entry was: the day and time of a form, as the clocks of its place have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed_zone
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mitai.core.zones import local_day, offset_minutes
from tracking.form_fields import DayField, TimeField
from tracking.journals.base import Entry, Journal, When
from tracking.measures import EarlierMoment


def place_of(instant: datetime | None, offset_min: int | None, zone: ZoneInfo) -> tzinfo:
    """The zone something was recorded in: `zone` where that had its offset, else the offset alone."""
    if instant is None or offset_min is None or offset_minutes(instant, zone) == offset_min:
        return zone
    return fixed_zone(timedelta(minutes=offset_min))


class WithMoment(forms.BaseForm):
    """A mixin of forms of entries: the fields `day` and `time`, and what they and other clocks mean.

    `zone` is where "today", "now" and "future" are meant; `entry` is the row to edit, if there is one; `when`
    is the moment, once it is known to be one.
    """

    journal: Journal
    zone: ZoneInfo
    entry: Entry | None
    quick: bool
    when: When | None = None

    def add_moment(self) -> None:
        self.fields["day"] = DayField(required=not self.quick)
        if self.journal.timed:
            required = not self.quick or "time" in self.journal.quick
            self.fields["time"] = TimeField(label=self.journal.time_label, required=required)

    @property
    def moment_fields(self) -> list[forms.BoundField]:
        """Day and time."""
        return [self[name] for name in ("day", "time") if name in self.fields]

    @property
    def shared_fields(self) -> list[forms.BoundField]:
        """Day and time as far as they are the whole page's."""
        return [field for field in self.moment_fields if field.name not in self.journal.quick]

    @property
    def has_shared_time(self) -> bool:
        """Whether the page's time is this form's too."""
        return self.journal.timed and "time" not in self.journal.quick

    @property
    def moment_errors(self) -> bool:
        """Whether day or time are wrong."""
        return any(field.errors for field in self.moment_fields)

    @property
    def moment(self) -> When:
        """The moment of a valid form."""
        assert self.when is not None
        return self.when

    def clock_of(self, instant: datetime) -> time:
        """The wall clock of an instant where and when the entry was made."""
        return instant.astimezone(self._place).time()

    @property
    def _place(self) -> tzinfo:
        """The zone of the entry; where it was made elsewhere, its offset is what is known of the place."""
        entry = self.entry
        return self.zone if entry is None else place_of(entry.occurred_at, entry.utc_offset_min, self.zone)

    def check_moment(self, cleaned: Mapping[str, Any]) -> None:
        if {"day", "time"} & set(self.errors):
            return
        now = timezone.now()
        local = now.astimezone(self.zone)
        day, clock = cleaned.get("day") or local.date(), cleaned.get("time") or local.time()
        if day.year < 1900:
            self.add_error("day", _("This day is too long ago."))
        elif (
            day.year > local.year + 1
        ):  # and not an instant at the end of the calendar, which no zone can shift
            self.add_error("day", _("This day is in the future."))
        elif self.journal.timed:
            self._check_instant(day, clock, now)
        elif day > local_day(now, self.zone):
            self.add_error("day", _("This day is in the future."))
        else:
            self.when = When(day)

    def place_moments(self, cleaned: dict[str, Any]) -> None:
        """Clock times become the last such moments before the entry's; untouched they keep their seconds."""
        for field in self.journal.fields:
            clock = cleaned.get(field.name)
            if not isinstance(field, EarlierMoment) or clock is None:
                continue
            before = getattr(self.entry, field.name, None)
            if self.when is None or self.when.occurred_at is None:
                continue
            place = place_of(self.when.occurred_at, self.when.utc_offset_min, self.zone)
            latest = self.when.occurred_at.astimezone(place)
            day = latest.date() if clock < latest.time() else latest.date() - timedelta(days=1)
            # An hour that comes twice holds two such moments: the one that is there, else the last.
            first, last = (
                datetime.combine(day, clock, place).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
            )
            if last.astimezone(place).time() != clock:
                self.add_error(
                    field.name, _("On this day the clocks were put forward: there was no such time.")
                )
            kept = before is not None and before.replace(second=0, microsecond=0) in {first, last}
            cleaned[field.name] = before if kept else last if last < self.when.occurred_at else first

    def _check_instant(self, day: Any, clock: time, now: datetime) -> None:
        wall = datetime.combine(day, clock)
        if self.entry is not None and self.entry.utc_offset_min is not None and day == self.entry.day:
            offset = self.entry.utc_offset_min  # an entry keeps the offset it was made with
            instant = (wall - timedelta(minutes=offset)).replace(tzinfo=UTC)
        else:
            instant = wall.replace(tzinfo=self.zone).astimezone(UTC)
            offset = offset_minutes(instant, self.zone)
            if instant.astimezone(self.zone).replace(tzinfo=None) != wall:
                self.add_error("time", _("On this day the clocks were put forward: there was no such time."))
                return
        if instant > now + timedelta(minutes=1):
            self.add_error(
                "time" if day <= local_day(now, self.zone) else "day", _("This moment is in the future.")
            )
        else:
            self.when = When(day, instant, offset)
