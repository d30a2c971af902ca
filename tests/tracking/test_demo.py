"""The demo member: every journal is full, one thing follows from another, and the seed decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from statistics import correlation, fmean
from typing import Any

import pytest
from django.core.management import call_command

from membership.models import User
from mitai.core import seeding
from tests import factories
from tests.tracking.imports.runs import digest
from tests.tracking.photos.conftest import folder
from tracking import demo
from tracking.demo import life
from tracking.journals import registry
from tracking.journals.activity import Activity
from tracking.journals.daily_activity import DailyActivity
from tracking.journals.nutrition import Nutrition
from tracking.journals.weight import Weight
from tracking.photos.photo_files import PhotoFile
from tracking.readings import Reading

__all__ = ["folder"]
FIRST = date(2024, 1, 1)
Number = Callable[[life.Day], float]


@pytest.fixture(scope="module")
def years() -> Sequence[life.Day]:
    return list(life.days(7, FIRST, 1000))


def related(days: Sequence[life.Day], one: Number, other: Number, *, lag: int = 0) -> float:
    """The correlation of one number with another one `lag` days later."""
    first, second = days[: len(days) - lag], days[lag:]
    return correlation([one(day) for day in first], [other(day) for day in second])


# A life -----------------------------------------------------------------------------------------------------
def test_late_nights_lower_the_heart_rate_variability(years: Sequence[life.Day]) -> None:
    assert related(years, lambda day: day.night.bed, lambda day: day.morning.hrv_ms) < -0.3


def test_training_tells_on_the_next_morning(years: Sequence[life.Day]) -> None:
    assert related(years, lambda day: day.load, lambda day: day.morning.hrv_ms, lag=1) < -0.2
    assert related(years, lambda day: day.load, lambda day: day.morning.resting_bpm, lag=1) > 0.2
    assert related(years, lambda day: day.load, lambda day: day.feeling.soreness, lag=1) > 0.5


def test_a_slow_cut_lowers_the_weight_and_the_intake(years: Sequence[life.Day]) -> None:
    cut, before = years[-life.CUT_DAYS :], years[-2 * life.CUT_DAYS : -life.CUT_DAYS]
    weeks = (life.CUT_DAYS - 7) / 7
    fall = fmean(day.body.weight_kg for day in cut[:7]) - fmean(day.body.weight_kg for day in cut[-7:])
    assert 0.2 < fall / weeks < 0.5
    eaten = [fmean(day.food.kcal for day in part) for part in (before, cut)]
    assert 250 < eaten[0] - eaten[1] < 500


def test_what_happens_is_plausible(years: Sequence[life.Day]) -> None:
    for day in years:
        assert 240 < day.night.asleep < 660, day
        assert 40 < day.morning.resting_bpm < 80, day
        assert 15 < day.morning.hrv_ms < 110, day
        assert 1200 < day.food.kcal < 4500, day
        assert all(one.hr_avg < one.hr_max <= life.HR_MAX for one in day.trainings), day
        assert all(min(night.deep, night.rem, night.light) >= 0 for night in (day.night, day.nap) if night)


def test_a_day_is_the_same_however_many_come_before_it() -> None:
    long, short = list(life.days(3, FIRST, 40)), list(life.days(3, FIRST + timedelta(days=20), 20))
    told = [(a.night, a.trainings, a.feeling) for a in long[21:]]
    assert told == [(b.night, b.trainings, b.feeling) for b in short[1:]]
    assert [a.night for a in long] != [b.night for b in life.days(4, FIRST, 40)]


# In the journals --------------------------------------------------------------------------------------------
@pytest.fixture
def filled(db: None) -> User:
    seeding.run()
    owner = factories.setup_user("demo")
    demo.fill(owner=owner, days=120, seed=1)
    return owner


@pytest.mark.parametrize("slug", sorted(set(registry()) - {"photo"}))
def test_every_journal_has_entries(filled: User, slug: str) -> None:
    assert registry()[slug].model.objects.of(filled).count() >= 8


def test_the_seed_decides_and_nothing_else(db: None) -> None:
    seeding.run()
    owners = [factories.setup_user(name) for name in ("one", "two", "three")]
    for owner, seed in zip(owners, (1, 1, 2), strict=True):
        demo.fill(owner=owner, days=45, seed=seed)
    same, again, other = map(digest, owners)
    assert same == again != other


def test_devices_stand_beside_what_was_typed(filled: User) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for journal, kind in Reading.objects.filter(user=filled).values_list("journal", "source__kind"):
        kinds[journal].add(kind)
    assert {slug for slug, found in kinds.items() if len(found) > 1} >= {"activity", "nutrition"}
    # How hard it was was typed, everything else the watch's; the type follows from its name.
    felt = Activity.objects.of(filled).filter(rpe__isnull=False)
    assert felt.filter(hr_avg_bpm__isnull=False).count() == felt.count() > 20
    unknown = Activity.objects.of(filled).filter(training_type=None)
    assert set(unknown.values_list("name", flat=True)) == {life.OWN_NAME}


def test_of_two_devices_that_count_steps_one_counts(filled: User) -> None:
    said = Reading.objects.filter(user=filled, journal="daily_activity")
    assert said.values("source").distinct().count() == 2
    day = DailyActivity.objects.of(filled).newest_first().first()
    steps = {reading.values["steps"] for reading in said.filter(day=day.day)}
    assert len(steps) == 2
    assert f"{day.steps:.0f}" in steps


def test_the_newest_days_have_single_meals_and_the_older_ones_totals(filled: User) -> None:
    rows = Nutrition.objects.of(filled)
    assert set(rows.filter(source__kind="manual").values_list("meal", flat=True)) == {
        "breakfast",
        "lunch",
        "dinner",
        "snack",
    }
    assert set(rows.exclude(source__kind="manual").values_list("meal", flat=True)) == {"total"}


@pytest.mark.django_db
def test_the_command_makes_a_member_with_photos_too(folder: Any, capsys: pytest.CaptureFixture[str]) -> None:
    seeding.run()
    call_command("seed_demo", email="demo@example.org", days=60, seed=1)
    owner = User.objects.get(email="demo@example.org")
    photos = PhotoFile.objects.of(owner)
    entries = registry()["photo"].model.objects.of(owner)
    assert photos.ready().count() == photos.count() == entries.count() == 6
    assert Weight.objects.of(owner).count() > 40
    assert "entries over 60 days" in capsys.readouterr().out


@pytest.mark.django_db
def test_one_day_fills_every_journal(alice: User, folder: Any) -> None:
    demo.fill(owner=alice, days=1, seed=7)
    empty = [slug for slug, journal in registry().items() if not journal.model.objects.of(alice).exists()]
    assert set(empty) <= {"activity", "photo"}  # not every weekday has a training; photos are the command's
