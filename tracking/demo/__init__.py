"""A member with plausible years in every journal for a first look: deterministic by seed.

`life` says what happened on each day, `telling` which device or hand recorded what of it; here it is written:
what devices brought as one import, what was typed as readings by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from mitai.core.zones import local_day
from tracking import entries
from tracking.demo import life, pictures
from tracking.demo.telling import BY_HAND, GIRTHS, Teller
from tracking.goals import set_goal
from tracking.imports.jobs import add_counts, readings_of, write_facts
from tracking.imports.records import Record
from tracking.imports.runs import ImportRun
from tracking.imports.spool import origin_key
from tracking.journals import registry
from tracking.journals.base import When
from tracking.photos import album, jobs
from tracking.profile import Profile
from tracking.readings import SyncClock
from tracking.sources import Source, manual_source_id

if TYPE_CHECKING:
    from membership.models import User

BATCH = 500
PHOTO_DAYS, PHOTO_EVERY = 180, 28
Facts = Sequence[tuple[str, Record]]


def fill(*, owner: User, days: int, seed: int) -> ImportRun:
    """Write `days` days up to yesterday, a profile and a goal; the import holds what devices brought."""
    today = local_day(timezone.now(), owner.zone)
    teller = Teller(owner.zone)
    lived = life.days(seed, today - timedelta(days=days), days)
    facts = [(_slot(record), record) for day in lived for record in teller.records(day)]
    facts.sort(key=lambda fact: (fact[1].journal, fact[0], fact[1].as_of))
    with transaction.atomic():
        run = _bring(owner, [fact for fact in facts if fact[1].origin != BY_HAND], f"demo:{seed}:{days}")
        _type(owner, [fact for fact in facts if fact[1].origin == BY_HAND])
        _introduce(owner, today)
    return run


def _bring(owner: User, facts: Facts, client_id: str) -> ImportRun:
    run = ImportRun(
        user=owner,
        client_id=client_id,
        file_name="Demo",
        size=0,
        format="demo",
        state=ImportRun.State.DONE,
        records=len(facts),
    )
    run.save(force_insert=True)
    for start in range(0, len(facts), BATCH):
        counts = write_facts(owner=owner, run_id=run.pk, facts=facts[start : start + BATCH])
        run.report = add_counts(run.report, counts)
    run.finished_at = timezone.now()
    run.save()
    return run


def _type(owner: User, facts: Facts) -> None:
    """Readings by hand, as if each had been typed at its time."""
    SyncClock.advance(owner.pk, 0)
    sources = {origin_key(BY_HAND): Source.objects.get(pk=manual_source_id(owner.pk))}
    for start in range(0, len(facts), BATCH):
        readings = readings_of(owner, None, facts[start : start + BATCH], sources)
        entries.write_batch(owner=owner, readings=readings)


def add_photos(*, owner: User, days: int, seed: int) -> int:
    """Drawn photos of every fourth week of the last half year, ready to be seen; how many."""
    today, teller = local_day(timezone.now(), owner.zone), Teller(owner.zone)
    shown = [day for day in life.days(seed, today - timedelta(days=days), days) if _is_pictured(day)]
    waist, slope = GIRTHS["waist_cm"]
    facts = []
    for lived, pose in product(shown, pictures.POSES):
        content = pictures.drawn(pose, waist + slope * (lived.body.course_kg - life.NOW_KG), lived.day.day)
        photo = album.receive(owner=owner, upload=SimpleUploadedFile(f"{pose}.jpg", content))
        jobs.process(photo.pk)
        facts.append(teller.photo(lived, pose, photo))
    with transaction.atomic():
        _type(owner, [(_slot(record), record) for record in facts])
    return len(facts)


def _is_pictured(lived: life.Day) -> bool:
    return lived.back <= PHOTO_DAYS and lived.back % PHOTO_EVERY == 1


def _introduce(owner: User, today: date) -> None:
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


def _slot(record: Record) -> str:
    when = When(record.day, record.occurred_at, record.utc_offset_min)
    source = record.origin.kind if record.origin == BY_HAND else origin_key(record.origin)
    return registry()[record.journal].slot(when, record.values, source, 0)
