"""A journal is one module: everything else comes with it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import clear_url_caches

from membership import access
from membership.models import Restriction, User
from mitai.core import seeding
from tests.factories import setup_user, today
from tests.queries import at_most
from tracking import entries, journals
from tracking.admin import register_journals
from tracking.journals.base import When

MODULE = '''
from django.utils.translation import gettext_lazy as _
from tracking.journals.base import Entry, Journal, Series, per_day
from tracking.measures import Measure, within

class Girth(Entry):
    """Girth of the belly, once a day."""
    belly_cm = Measure(_("Knee"), unit="cm", low=40, high=200, digits=1)

    class Meta(Entry.Meta):
        app_label = "tracking"
        constraints = [*Entry.Meta.constraints, within("girth", "belly_cm", 40, 200)]

JOURNAL = Journal(slug="girth", label="Girth", model=Girth, slot=per_day, icon="ruler", quick=["belly_cm"],
                  series=[Series("belly_cm")])
'''


@pytest.fixture
def girth(tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """One more module in the journals' folder, and its table as a migration would make it."""
    (tmp_path / "girth.py").write_text(MODULE)
    monkeypatch.setattr(journals, "__path__", [*journals.__path__, str(tmp_path)])
    journals.registry.cache_clear()
    model = journals.registry()["girth"].model
    with connection.schema_editor() as editor:
        editor.create_model(model)
    register_journals()
    _read_addresses_anew()
    seeding.run()
    yield journals.registry()["girth"]
    admin.site.unregister(model)
    sys.modules.pop("tracking.journals.girth")
    del apps.all_models["tracking"]["girth"]
    apps.clear_cache()
    journals.registry.cache_clear()
    _read_addresses_anew()


def _read_addresses_anew() -> None:
    """A process that starts with the module there has its admin addresses from the beginning."""
    importlib.reload(importlib.import_module("mitai.urls"))
    clear_url_caches()


@pytest.fixture
def alice(girth: Any) -> Client:
    client = Client()
    client.force_login(setup_user("alice", is_staff=True, is_superuser=True))
    return client


def add(client: Client, value: str, day: str = "2026-03-01", **more: str) -> Any:
    fields = {"belly_cm": value, "day": day, "client_id": f"{day}{value}", **more}
    return client.post("/journal/girth/", fields, headers={"HX-Request": "true"})


def test_form_list_edit_delete_undo_chart_csv_and_capture_come_with_it(alice: Client, girth: Any) -> None:
    assert "Girth" in alice.get("/journal/girth/").content.decode()
    assert 'id="girth"' in alice.get("/capture/?with=girth").content.decode()
    assert add(alice, "92,5").status_code == 200
    assert add(alice, "39").status_code == 422
    row = girth.model.objects.get()
    edited = alice.post(
        f"/journal/girth/{row.pk}/edit/",
        {"belly_cm": "93", "day": "2026-03-01", "client_id": "e", "version": row.changed},
        headers={"HX-Request": "true"},
    )
    assert "93,0" in edited.content.decode()
    alice.post(f"/journal/girth/{row.pk}/delete/")
    assert "93,0" not in alice.get("/journal/girth/").content.decode()
    alice.post(f"/journal/girth/{row.pk}/restore/")
    assert "93,0" in alice.get("/journal/girth/?month=2026-03").content.decode()
    assert alice.get("/journal/girth/series.json?range=all").json()["series"][0]["values"] == [93.0]
    assert b"2026-03-01,93,,by hand" in b"".join(alice.get("/journal/girth/export.csv")).replace(
        b"von Hand", b"by hand"
    )


def test_its_rows_are_the_owners_alone(alice: Client, girth: Any) -> None:
    add(alice, "92,5")
    bob = Client()
    bob.force_login(setup_user("bob"))
    assert bob.get(f"/journal/girth/{girth.model.objects.get().pk}/edit/").status_code == 404


def test_its_limit_and_its_admin_come_with_it(alice: Client, girth: Any) -> None:
    owner = User.objects.get(email="alice@example.org")
    assert access.check(owner, "girth_entries").limit is None
    assert alice.get("/admin/tracking/girth/").status_code == 200
    feature = Restriction._meta.get_field("feature").related_model.objects.get(slug="girth_entries")
    Restriction.objects.create(user=owner, feature=feature, limit=1, reason="test")
    assert add(alice, "92,5").status_code == 200
    refused = add(alice, "92,5", day="2026-03-02")
    assert refused.status_code == 403
    assert girth.model.objects.count() == 1


def test_its_list_costs_the_same_for_one_and_for_twenty_rows(alice: Client, girth: Any) -> None:
    for day in range(1, 21):
        add(alice, "92,5", day=f"2026-03-{day:02}")
        if day in {1, 20}:
            with at_most(8):
                assert alice.get("/journal/girth/?month=2026-03").status_code == 200


def test_the_database_refuses_what_the_form_would(alice: Client, girth: Any) -> None:
    owner = User.objects.get(email="alice@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        entries.record(
            owner=owner,
            journal=girth,
            values={"belly_cm": Decimal(201)},
            when=When(date(2026, 3, 1)),
            client_id="x",
        )


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "Keine Werte in diesen 30 Tagen."),
        ([92.5], "Ein Wert (Knee) in 28 Tagen, 92,5\u202fcm; eine Richtung braucht 7 über 10 Tage."),
        (
            [92.5, 93, 91.5],
            "3 Werte (Knee) in 28 Tagen, zwischen 91,5 und 93,0\u202fcm; "
            "eine Richtung braucht 7 über 10 Tage.",
        ),
        (
            [92 - 0.1 * day for day in range(14)],
            "Die Werte (Knee) fallen um 0,7 bis 0,7\u202fcm pro Woche.",
        ),
        (
            [92 + 0.1 * day for day in range(14)],
            "Die Werte (Knee) steigen um 0,7 bis 0,7\u202fcm pro Woche.",
        ),
        (
            [92, 93] * 7,
            "Die Werte (Knee) halten sich: Zwischen \u22120,4 und +0,6\u202fcm pro Woche sind möglich.",
        ),
    ],
)
def test_its_chart_says_where_it_goes_without_an_analysis_of_its_own(
    alice: Client, values: list[float], text: str
) -> None:
    for number, value in enumerate(values, start=1):
        add(alice, f"{value:.1f}", day=f"{today() - timedelta(days=len(values) - number)}")
    assert alice.get("/journal/girth/series.json?range=30").json()["sentence"] == text


def test_its_chart_says_of_old_values_when_the_last_one_was(alice: Client) -> None:
    day = today() - timedelta(days=60)
    add(alice, "92,5", day=f"{day}")
    sentence = alice.get("/journal/girth/series.json?range=90").json()["sentence"]
    assert sentence.startswith(f"Der letzte Wert (Knee) ist 92,5\u202fcm vom {day:%d.%m.%Y};")
