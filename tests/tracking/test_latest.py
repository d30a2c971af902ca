"""The newest entry of each journal is read as it stands in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from membership.models import User
from mitai.core import seeding
from tests import factories
from tests.queries import at_most
from tests.tracking.photos import camera
from tests.values import stored_values
from tracking import entries
from tracking.journals import registry
from tracking.journals.base import When
from tracking.latest import latest_of

pytestmark = pytest.mark.django_db


def test_it_is_the_row_to_the_last_digit_and_moment(alice: User, settings: Settings) -> None:
    seeding.run()
    settings.DEFAULT_TIER = "selfhosted"
    today, now = factories.today(), timezone.now()
    for ago, journal in ((ago, journal) for ago in (3, 1, 40) for journal in registry().values()):
        moment = now - timedelta(days=ago)
        values = stored_values(journal, moment) | (
            {"file": camera.prepared(alice)} if journal.uploads else {}
        )
        day = today - timedelta(days=ago)
        when = When(day, moment, 60) if journal.timed else When(day)
        client_id = f"{journal.slug} {ago}"
        entries.record(owner=alice, journal=journal, values=values, when=when, client_id=client_id)
    with at_most(1):
        found = latest_of(alice, list(registry().values()), today)
    for slug, journal in registry().items():
        row = journal.model.objects.of(alice).newest_first().first()
        read = found[slug].entry
        assert row.day == today - timedelta(days=1)
        for field in journal.model._meta.concrete_fields:
            assert getattr(read, field.attname) == getattr(row, field.attname), (slug, field.name)
        assert found[slug].uses == 2
        assert not found[slug].done(today)
        assert found[slug].done(row.day)


def test_what_is_deleted_later_or_somebody_elses_is_not_there(alice: User) -> None:
    weight, today = registry()["weight"], factories.today()
    for owner, ago in ((alice, 1), (factories.setup_user("bob"), 0)):
        row = entries.record(
            owner=owner,
            journal=weight,
            values={"weight_kg": "80"},
            when=When(today - timedelta(days=ago)),
            client_id="a",
        )
        if owner == alice:
            entries.delete(owner=owner, entry=row)
    found = latest_of(alice, [weight], today)["weight"]
    assert (found.entry, found.uses) == (None, 0)
    assert latest_of(alice, [], today) == {}
