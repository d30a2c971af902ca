"""Sleep: one row a session from bed to waking; of a day's sessions the longest is the main one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracking.analysis import sleep as analysis
from tracking.analysis.sleep import ROUNDING_MIN, Phase
from tracking.journals.base import Computed, Entry, Journal, Point, Series, per_instant
from tracking.measures import EarlierMoment, Measure, Scale, within
from tracking.person import Person

DAY = timedelta(days=1)
PARTS = ("deep_min", "rem_min", "light_min", "awake_min")
ENDS = ("bed_at", "occurred_at")
NAP = _("nap")


class Sleep(Entry):
    """One session; `occurred_at` is waking up, which also decides the day. Watches estimate the phases."""

    bed_at = EarlierMoment(_("Went to bed"), help_text=_("By the clock of the place where you woke up."))
    quality = Scale(_("Quality"), ends=(_("bad"), _("very good")))
    deep_min = Measure(_("Deep sleep"), unit="min", low=0, high=1440)
    rem_min = Measure(_("REM sleep"), unit="min", low=0, high=1440)
    light_min = Measure(_("Light sleep"), unit="min", low=0, high=1440)
    awake_min = Measure(_("Awake in between"), unit="min", low=0, high=1440)
    segments = models.JSONField(default=list, editable=False)  # [phase, start, end] as a device tells them

    class Meta(Entry.Meta):
        # A session is shorter than a day; no part of it can be longer.
        constraints = [
            *Entry.Meta.constraints,
            within("sleep", "quality", 1, 5),
            *(within("sleep", name, 0, 1440) for name in PARTS),
            models.CheckConstraint(
                condition=Q(bed_at__lt=F("occurred_at")) & Q(bed_at__gt=F("occurred_at") - DAY),
                name="sleep_bed_before_waking",
            ),
        ]


def bed_before_waking(values: Mapping[str, Any]) -> dict[str, Any]:
    """From bed to waking it is less than a day: the same clock twice is a slip."""
    if values["occurred_at"] - values["bed_at"] >= DAY:
        return {"bed_at": _("Going to bed and waking up are at the same time.")}
    return {}


def parts_fit(values: Mapping[str, Any]) -> dict[str, Any]:
    """Phases and waking together are no longer than the time in bed, but for their rounding."""
    stay = (values["occurred_at"] - values["bed_at"]).total_seconds() / 60
    given = [name for name in PARTS if values.get(name) is not None]
    if sum(float(values[name]) for name in given) > stay + ROUNDING_MIN:
        return {given[0]: _("The phases together are longer than the time in bed.")}
    return {}


def _session(values: Mapping[str, Any]) -> analysis.Session | None:
    bed, wake = values["bed_at"], values["occurred_at"]
    if bed is None or wake is None or bed >= wake:
        return None
    return analysis.Session(bed, wake, *(values.get(name) for name in PARTS))


def _in_bed(point: Point, person: Person) -> float | None:
    session = _session(point.values)
    return session.in_bed_min / 60 if session else None


def _asleep(point: Point, person: Person) -> float | None:
    session = _session(point.values)
    minutes = analysis.asleep_min(session) if session else None
    return None if minutes is None else minutes / 60


def _efficiency(point: Point, person: Person) -> float | None:
    session = _session(point.values)
    return analysis.efficiency(session) if session else None


def _share(phase: Phase) -> Any:
    def share(point: Point, person: Person) -> float | None:
        session = _session(point.values)
        return analysis.phase_shares(session).get(phase) if session else None

    return share


def naps(rows: Sequence[Any]) -> dict[UUID, Any]:
    """A mark for those of some whole days' sessions that are not the day's longest."""
    return {row.pk: NAP for row in rows if row is not _main([one for one in rows if one.day == row.day])}


def _main(sessions: Sequence[Any]) -> Any:
    return min(sessions, key=lambda one: (one.bed_at - one.occurred_at, one.occurred_at))


def main_sessions(rows: models.QuerySet[Any], names: Sequence[str]) -> dict[date, dict[str, float | None]]:
    """These columns of the longest session of each day: a nap is not a short night."""
    longest = rows.annotate(stay=F("occurred_at") - F("bed_at")).order_by("day", "-stay", "occurred_at")
    found = longest.distinct("day").values_list("day", *names)
    return {day: dict(zip(names, map(_plain, values), strict=True)) for day, *values in found}


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


NEEDS = [*ENDS, *PARTS]
JOURNAL = Journal(
    slug="sleep",
    label=_("Sleep"),
    intro=_("When you went to bed and when you woke up is enough to begin with."),
    model=Sleep,
    slot=per_instant,
    icon="moon",
    quick=["bed_at", "time"],
    headline=["asleep_h"],
    unlisted=PARTS,
    time_label=_("Woke up"),
    computed=[
        Computed(
            "asleep_h",
            _("Asleep"),
            "h",
            1,
            _asleep,
            NEEDS,
            _("deep + REM + light; without phases time in bed − awake in between"),
            _("definition"),
        ),
        Computed(
            "in_bed_h",
            _("In bed"),
            "h",
            1,
            _in_bed,
            ENDS,
            _("waking up − going to bed"),
            _("definition"),
        ),
        Computed(
            "efficiency_pct",
            _("Efficiency"),
            "%",
            0,
            _efficiency,
            NEEDS,
            _("time asleep / time in bed"),
            _("definition"),
        ),
        Computed(
            "deep_share_pct",
            _("Deep sleep"),
            "%",
            0,
            _share(Phase.DEEP),
            NEEDS,
            _("deep sleep / time asleep"),
            _("definition"),
        ),
        Computed(
            "rem_share_pct",
            _("REM sleep"),
            "%",
            0,
            _share(Phase.REM),
            NEEDS,
            _("REM sleep / time asleep"),
            _("definition"),
        ),
    ],
    series=[Series("asleep_h", kind="bars"), Series("in_bed_h"), Series("efficiency_pct", kind="line")],
    rules=[bed_before_waking, parts_fit],
    daily=main_sessions,
    marks=naps,
    position=40,
)
