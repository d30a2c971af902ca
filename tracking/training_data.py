"""The types of training an installation begins with, and the names that phones and files give to activities.

`shipped/training_types.csv` has a row a type. The division into types, what they train and the profiles
(durations, shares of heart rate, RPE) are our own proposals, not published values; operators change them. A
profile leaves out what says nothing about a type, such as the heart rate of lifting weights. The METs are
those of the 2011 edition of the Compendium of Physical Activities.

`shipped/workout_names.csv` has a row for each `HKWorkoutActivityType…` of Apple's HealthKit: its English
names, the German ones one expects, and those seen in files of German phones ("Outdoor Ausführen").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from tracking.training import BOUNDS, TrainingType

SHIPPED = Path(__file__).parent / "shipped"
MET_EDITION = "2011"
CONSTANT = "HKWorkoutActivityType"
NAMES = ("names_en", "names_de", "names_de_seen")
# Not seen yet, but made as the German names that were: "Innenräume Radfahren", "Outdoor Ausführen".
EXPECTED = {"Innenräume Ausführen": "running"}


def rows(file: str) -> list[dict[str, str]]:
    """The rows of one of the shipped files, by the names of their columns."""
    with (SHIPPED / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def types() -> list[TrainingType]:
    """The types in their order, not stored."""
    return [
        TrainingType(
            code=row["code"],
            category=row["category"],
            name_de=row["name_de"],
            name_en=row["name_en"],
            abilities={word[:-1]: int(word[-1]) for word in row["abilities"].split()},
            met=row["met"],
            met_edition=MET_EDITION,
            position=10 * number,  # room for an operator's own between them
            **{end: int(row[end]) for end in BOUNDS if row[end]},
        )
        for number, row in enumerate(rows("training_types.csv"), start=1)
    ]


def names() -> Iterator[tuple[str, str]]:
    """Every name with the code of its type; some names come more than once, always with the same type."""
    for row in rows("training_types.csv"):
        yield row["name_de"], row["code"]
        yield row["name_en"], row["code"]
    for row in rows("workout_names.csv"):
        suffix = row["suffix"]
        in_words = re.sub("(?<=[a-z])(?=[A-Z])", " ", suffix)  # as some programs write it
        listed = [name for column in NAMES for name in row[column].split(";") if name]
        for name in (CONSTANT + suffix, suffix, in_words, *listed):
            yield name, row["training_type"]
    yield from EXPECTED.items()
