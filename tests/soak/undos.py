"""Imports, hand and undos in any order, against what stays of them done afresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from mitai.core.ids import uuid7
from tests.soak import members
from tests.soak.house import House
from tests.soak.members import Member
from tests.soak.report import Report
from tests.tracking.imports import runs
from tests.tracking.imports.generate import IN_THE_FILES, ZONE, correlation, export, record
from tracking import entries
from tracking.imports import choices
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.journals.base import When

STEPS = 18
DAYS = 6
FIRST = date(2024, 3, 1)
SOURCES = ("Waage", "Uhr", "Yazio")


def soak(house: House, chance: Random, report: Report, rounds: Iterator[int]) -> None:
    """Each round is one long course of a member's doings."""
    for _ in rounds:
        Course(Member(house), Member(house), chance, report).run()


@dataclass
class Course:
    """`doer` does everything; `fresh` does by hand the same, and imports only what is never undone.

    What is undone is decided before it begins. What is done by hand is done where it means the same to both:
    a row is only edited or thrown away where both see one.
    """

    doer: Member
    fresh: Member
    chance: Random
    report: Report
    imports: list[ImportRun] = field(default_factory=list)
    deleted: list[tuple[str, str]] = field(default_factory=list)

    def run(self) -> None:
        plan = [
            self.chance.choice(["bring", "bring", "record", "edit", "delete", "restore", "undo"])
            for _ in range(STEPS)
        ]
        for step in plan:
            getattr(self, step)()
            self.report.did(f"steps: {step}")
        self.chance.shuffle(self.imports)
        for run in self.imports:
            self.take_back(run)
        self.report.did("courses compared with what stays of them")
        self.report.same(f"after {plan}", runs.digest(self.doer.user), runs.digest(self.fresh.user))

    # Imports ------------------------------------------------------------------------------------------------
    def bring(self) -> None:
        """Import some days; two files in three are undone one day, half of them only at the end."""
        content = self.file()
        run = members.bring(self.doer, content)
        if self.chance.random() < 1 / 3:
            members.bring(self.fresh, content)
        else:
            self.imports.append(run)

    def undo(self) -> None:
        """Undo any import that does not stay; what was undone at once leaves no trace either."""
        if self.imports:
            self.take_back(self.imports.pop(self.chance.randrange(len(self.imports))))
            return
        before = runs.digest(self.doer.user)
        self.take_back(members.bring(self.doer, self.file()))
        self.report.same("an import undone at once", runs.digest(self.doer.user), before)

    def take_back(self, run: ImportRun) -> None:
        choices.undo(owner=self.doer.user, run=run)
        self.report.did("imports undone")

    def file(self) -> bytes:
        found: list[str] = []
        for _ in range(self.chance.randrange(1, 12)):
            moment = datetime(
                2024, 3, self.chance.randrange(1, DAYS + 1), self.chance.choice([6, 7, 19]), tzinfo=ZONE
            )
            found += self.sample(moment, self.chance.choice(SOURCES))
        return export(found)

    def sample(self, moment: datetime, source: str) -> list[str]:
        kind, number = self.chance.choice(["kg", "%", "kcal", "g", "mmHg"]), self.chance.randrange(30)
        if kind == "mmHg":
            upper = record("BloodPressureSystolic", 120 + number, kind, moment, source=source)
            lower = record("BloodPressureDiastolic", 70 + number, kind, moment, source=source)
            return [upper, lower, correlation("BloodPressure", upper, lower)]
        name, value = {
            "kg": ("BodyMass", 80 + number / 10),
            "%": ("BodyFatPercentage", (20 + number / 10) / 100),
            "kcal": ("DietaryEnergyConsumed", 400 + number),
            "g": ("DietaryProtein", 10 + number),
        }[kind]
        return [record(name, value, kind, moment, source=source)]

    # By hand ------------------------------------------------------------------------------------------------
    def both(self, act: Callable[[Member], object]) -> None:
        for member in (self.doer, self.fresh):
            act(member)

    def record(self) -> None:
        slug = self.chance.choice(IN_THE_FILES)
        day = FIRST + timedelta(days=self.chance.randrange(DAYS))
        moment, values = when(slug, day, self.chance.randrange(24)), self.values(slug)
        self.both(
            lambda member: entries.record(
                owner=member.user, journal=registry()[slug], values=values, when=moment, client_id=uuid7().hex
            )
        )

    def edit(self) -> None:
        """Give every value anew: a value that was left as it is would still be the import's."""
        found = self.common()
        if found is None:
            return
        slug, slot = found
        values = dict.fromkeys(f.name for f in registry()[slug].fields) | self.values(slug)

        def act(member: Member) -> None:
            row = row_of(member, slug, slot)
            moment = When(row.day, row.occurred_at, row.utc_offset_min)
            kept = values | ({"meal": row.meal} if slug == "nutrition" else {})
            entries.edit(owner=member.user, entry=row, values=kept, when=moment, version=row.changed)

        self.both(act)

    def delete(self) -> None:
        found = self.common()
        if found is not None:
            self.both(lambda member: entries.delete(owner=member.user, entry=row_of(member, *found)))
            self.deleted.append(found)

    def restore(self) -> None:
        """Take the last deletion back, where something would come back for both."""
        if self.deleted:
            slug, slot = self.deleted.pop()
            self.both(lambda member: bring_back(member, slug, slot))

    def common(self) -> tuple[str, str] | None:
        """A row that both see."""
        seen = [
            {(slug, slot) for slug, journal in registry().items() for slot in slots(member, journal)}
            for member in (self.doer, self.fresh)
        ]
        shared = sorted(seen[0] & seen[1])
        return self.chance.choice(shared) if shared else None

    def values(self, slug: str) -> dict[str, Any]:
        """Values that no file has."""
        number = Decimal(self.chance.randrange(1000)) / 1000
        if slug == "weight":
            return {"weight_kg": 90 + number, "body_fat_pct": 25 + number, "note": str(number)}
        if slug == "nutrition":
            return {"meal": "lunch", "energy_kcal": 900 + number, "protein_g": 60 + number}
        return {"systolic_mmhg": 180 + number, "diastolic_mmhg": 110 + number}


def when(slug: str, day: date, hour: int) -> When:
    if not registry()[slug].timed:
        return When(day)
    return When(day, datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZONE), 60)


def slots(member: Member, journal: Any) -> list[str]:
    return list(journal.model.objects.of(member.user).values_list("slot", flat=True))


def row_of(member: Member, slug: str, slot: str) -> Any:
    return registry()[slug].model.objects.get(user=member.user, slot=slot)


def bring_back(member: Member, slug: str, slot: str) -> None:
    try:
        entries.restore(owner=member.user, entry=row_of(member, slug, slot))
    except entries.NothingToUndo:
        return
