"""Why the numbers that follow from an entry are what they are: formula, inputs, readings, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracking.journals.activity import MULTIPLE
from tracking.journals.base import Computed, Journal
from tracking.lists import column_of, part_of, point_of
from tracking.person import Person
from tracking.readings import Reading
from tracking.row_views import Part
from tracking.topics.asked import Asked
from tracking.topics.figure import Given, Why, given, short


@dataclass(frozen=True, slots=True)
class Reason:
    """A computed number of an entry, and why it is this number."""

    part: Part
    why: Why


def reasons(journal: Journal, entry: Any, person: Person) -> list[Reason]:
    """One for each number that follows from the entry."""
    origins = _origins(entry)
    point, asked = point_of(journal, entry), Asked(person)
    found = []
    for number in journal.computed:
        value = number.of(point, asked.begin())
        if value is None:
            continue
        part = Part(str(number.verbose_name), value, number.unit, number.digits, "")
        why = Why(
            formula=number.formula,
            source=number.source,
            given=[*_inputs(journal, number, entry, person, origins), *asked.answers],
            days=1,
            first=entry.day,
            last=entry.day,
        )
        found.append(Reason(part, why))
    return found


def _inputs(
    journal: Journal, number: Computed, entry: Any, person: Person, origins: Mapping[str, str]
) -> list[Given]:
    """The entry's own values that the number needs, each with the reading it comes from."""
    known = {field.name: field for field in journal.fields}
    inputs = []
    for name in number.needs:
        if name == MULTIPLE and (multiple := column_of(entry, name)) is not None:
            inputs.append(given("MET", float(multiple), "", 1, origin=str(entry.training_type)))
        elif name in known and (part := part_of(known[name], entry, person)) is not None:
            inputs.append(
                Given(part.label, part.plain.removeprefix(part.label).strip(), origins.get(name, ""))
            )
    return inputs


def _origins(entry: Any) -> dict[str, str]:
    """For each measure the source of the reading that counts, and what it was before it was converted."""
    chosen = {name: str(key) for name, key in entry.chosen.items()}
    readings = {
        str(reading.pk): reading
        for reading in Reading.objects.filter(user=entry.user_id, pk__in=set(chosen.values())).select_related(
            "source"
        )
    }
    return {
        name: _origin(readings[key], reading_name=name) for name, key in chosen.items() if key in readings
    }


def _origin(reading: Reading, *, reading_name: str) -> str:
    words = [str(reading.source), short(reading.day)]
    if original := reading.originals.get(reading_name):
        words.append(str(original))
    return ", ".join(words)
