"""A member with plausible data for a first look: deterministic by seed, the same days every time.

Weight follows a slow cut over the last 160 days, a yearly wave before it, water noise and skipped
days; intake follows weekday and weekend and fits the weight's course; blood pressure is measured in
weeks, mornings and evenings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import sin, tau
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from mitai.core.zones import local_day, offset_minutes
from tracking.goals import set_goal
from tracking.imports.jobs import add_counts, write_facts
from tracking.imports.records import Origin, Record
from tracking.imports.runs import ImportRun
from tracking.imports.spool import origin_key
from tracking.journals import registry
from tracking.journals.base import When
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User

SCALE = Origin("demo", "Waage")
DIARY = Origin("demo", "Ernährungstagebuch")
CUFF = Origin("demo", "Blutdruckmessgerät")
NOW_KG, LOSS_KG_PER_DAY, CUT_DAYS, WAVE_KG = 81.5, 0.05, 160, 1.5
EXPENDITURE_KCAL, KCAL_PER_KG = 2560, 7700
BATCH = 500


def fill(*, owner: User, days: int, seed: int) -> ImportRun:
    """Write `days` days up to yesterday as one import, a profile and a goal."""
    random = Random(seed)  # noqa: S311  (plausible noise, no secret)
    today = local_day(timezone.now(), owner.zone)
    records = [
        record
        for number in range(days)
        for record in _day(random, today - timedelta(days=days - number), number, days, owner.zone)
    ]
    run = ImportRun(
        user=owner,
        client_id=f"demo:{seed}:{days}",
        file_name="Demo",
        size=0,
        format="demo",
        state=ImportRun.State.DONE,
        records=len(records),
    )
    with transaction.atomic():
        run.save(force_insert=True)
        facts = sorted(
            ((_slot(record), record) for record in records), key=lambda fact: (fact[1].journal, fact[0])
        )
        for start in range(0, len(facts), BATCH):
            counts = write_facts(owner=owner, run_id=run.pk, facts=facts[start : start + BATCH])
            run.report = add_counts(run.report, counts)
        run.finished_at = timezone.now()
        run.save()
        Profile.objects.update_or_create(
            user=owner,
            defaults={
                "sex": Profile.Sex.MALE,
                "birth_date": date(1988, 5, 17),
                "height_cm": Decimal(181),
                "height_on": today,
                "activity_level": Profile.Activity.MODERATE,
                "welcomed_at": timezone.now(),
            },
        )
        set_goal(owner=owner, target=Decimal(78))
    return run


def _slot(record: Record) -> str:
    when = When(record.day, record.occurred_at, record.utc_offset_min)
    return registry()[record.journal].slot(when, record.values, origin_key(record.origin), 0)


def _day(random: Random, day: date, number: int, days: int, zone: ZoneInfo) -> Iterator[Record]:
    """The records of one day; every draw happens on every day, so that days do not shift each other."""
    weekend = day.weekday() >= 5
    water, skip_weight, skip_diary = random.gauss(0, 0.45), random.random() < 0.12, random.random() < 0.06
    balance = KCAL_PER_KG * LOSS_KG_PER_DAY if days - number <= CUT_DAYS else 0
    intake = random.gauss(EXPENDITURE_KCAL - balance + (260 if weekend else -104), 170)
    protein, fat = random.gauss(142, 18), random.gauss(78, 12)
    pressures = [(random.gauss(131, 6), random.gauss(83, 4), random.gauss(62, 5)) for _ in range(4)]
    back = days - number
    course = (
        NOW_KG + LOSS_KG_PER_DAY * min(back, CUT_DAYS) + WAVE_KG * sin(max(0, back - CUT_DAYS) / 365 * tau)
    )
    morning = _instant(day, time(6, 40 + day.day % 15), zone)
    if not skip_weight:
        fat_percent = 19 + 0.55 * (course - NOW_KG) + water / 4
        yield _record(
            "weight",
            SCALE,
            day,
            morning,
            zone,
            weight_kg=_number(course + water + 0.2 * weekend, 1),
            body_fat_pct=_number(fat_percent, 1),
        )
    if not skip_diary:
        carbs = max(60.0, (intake - 4 * protein - 9 * fat) / 4)
        yield _record(
            "nutrition",
            DIARY,
            day,
            None,
            zone,
            meal="total",
            energy_kcal=_number(intake, 0),
            protein_g=_number(protein, 0),
            fat_g=_number(fat, 0),
            carbs_g=_number(carbs, 0),
            fibre_g=_number(18 + carbs / 25, 0),
            water_ml=_number(1900 + 9 * protein / 3, 0),
        )
    if back % 90 <= 7:  # a week of measurements each quarter, the last one now
        for index, (systolic, diastolic, pulse) in enumerate(pressures):
            clock = time(6, 50 + index % 2) if index < 2 else time(20, 30 + index % 2)
            yield _record(
                "blood_pressure",
                CUFF,
                day,
                _instant(day, clock, zone),
                zone,
                systolic_mmhg=_number(systolic, 0),
                diastolic_mmhg=_number(min(diastolic, systolic - 20), 0),
                pulse_bpm=_number(pulse, 0),
                context="waking" if index < 2 else "evening",
            )


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _record(
    journal: str, origin: Origin, day: date, instant: datetime | None, zone: ZoneInfo, **values: Any
) -> Record:
    moment = instant or _instant(day, time(22), zone)
    return Record(
        journal=journal,
        origin=origin,
        external_id=f"demo {journal} {moment:%Y%m%d%H%M}",
        day=day,
        occurred_at=instant,
        utc_offset_min=offset_minutes(moment, zone) if instant else None,
        as_of=moment,
        values=values,
        originals={},
        line=0,
    )


def _number(value: float, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits}f}")
