"""Invented Apple Health exports of any size: nearly all of it samples of a watch, as in real ones.

`python -m tests.tracking.imports.generate 60 /tmp/export.xml` writes one of about 60 MB.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout)*)>
<!ATTLIST VisionPrescription
  type             CDATA #REQUIRED
  dateIssued       CDATA #REQUIRED
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
]>
<HealthData locale="de_DE">
 <ExportDate value="2024-03-10 18:00:00 +0100"/>
"""
TAIL = "</HealthData>\n"
DEVICE = (
    "&lt;&lt;HKDevice: 0x282a1b2c0&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, "
    "hardware:Watch6,2, software:10.3&gt;"
)
WATCH = (
    ("HeartRate", "count/min", 55, 170, 60),
    ("ActiveEnergyBurned", "kcal", 0, 9, 25),
    ("StepCount", "count", 1, 200, 10),
)
FOOD = (
    ("DietaryEnergyConsumed", "kcal", 900),
    ("DietaryProtein", "g", 60),
    ("DietaryCarbohydrates", "g", 110),
    ("DietaryFatTotal", "g", 50),
    ("DietaryFiber", "g", 12),
    ("DietarySugar", "g", 40),
    ("DietaryWater", "mL", 500),
)
ZONE = timezone(timedelta(hours=1))
IN_THE_FILES = ("blood_pressure", "nutrition", "weight")  # what `export` writes of


def record(
    kind: str,
    value: object,
    unit: str,
    start: datetime | str,
    *,
    source: str = "Waage",
    end: datetime | str | None = None,
    inner: str = "",
    device: str = "",
) -> str:
    """One Record element as Apple writes it."""
    first, last = _text(start), _text(start if end is None else end)
    made = f' device="{device}"' if device else ""
    tag = (
        f'<Record type="HKQuantityTypeIdentifier{kind}" sourceName="{source}" sourceVersion="10.3"{made} '
        f'unit="{unit}" creationDate="{last}" startDate="{first}" endDate="{last}" value="{value}"'
    )
    return f"{tag}>{inner}</Record>" if inner else f"{tag}/>"


def correlation(kind: str, *records: str) -> str:
    inner = "".join(records)
    return f'<Correlation type="HKCorrelationTypeIdentifier{kind}" sourceName="x">{inner}</Correlation>'


def export(elements: Iterable[str], *, head: str = HEAD, tail: str = TAIL) -> bytes:
    """A whole file with these elements."""
    return (head + "".join(f" {element}\n" for element in elements) + tail).encode()


def elements(days: int, seed: int = 7, a_day: int = 420) -> Iterator[str]:
    """So many days of someone with a watch, a scale, a diary and a blood pressure monitor."""
    chance = random.Random(seed)
    for number in range(days):
        morning = datetime(2014, 1, 1, 7, tzinfo=ZONE) + timedelta(days=number)
        yield record("BodyMass", f"{82 + chance.gauss(0, 1):.2f}", "kg", morning)
        yield record("BodyFatPercentage", f"{chance.uniform(0.18, 0.22):.3f}", "%", morning)
        yield from _watch(chance, morning, a_day)
        yield from _meals(chance, morning)
        upper, lower = chance.randint(110, 150), chance.randint(65, 95)
        pair = [
            record("BloodPressureSystolic", upper, "mmHg", morning, source="OMRON connect"),
            record("BloodPressureDiastolic", lower, "mmHg", morning, source="OMRON connect"),
        ]
        yield from [*pair, correlation("BloodPressure", *pair)]


def _watch(chance: random.Random, morning: datetime, a_day: int) -> Iterator[str]:
    for number in range(a_day):
        start = morning + timedelta(seconds=number * 120 + chance.randint(0, 90))
        kind, unit, low, high, lasts = WATCH[number % len(WATCH)]
        motion = '\n  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>\n '
        yield record(
            kind,
            chance.randint(low, high),
            unit,
            start,
            end=start + timedelta(seconds=lasts),
            source="Apple\u00a0Watch von Max",
            device=DEVICE,
            inner=motion if kind == "HeartRate" else "",
        )


def _meals(chance: random.Random, morning: datetime) -> Iterator[str]:
    for hour, (kind, unit, most) in enumerate(FOOD):
        yield record(
            kind, f"{chance.uniform(0, most):.1f}", unit, morning + timedelta(hours=hour), source="Yazio"
        )


def _text(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else moment.strftime("%Y-%m-%d %H:%M:%S %z")


def write(path: Path, megabytes: float) -> None:
    """A file of about this size."""
    of_a_day = sum(len(element.encode()) + 2 for element in elements(1))
    with path.open("wb") as file:
        file.write(HEAD.encode())
        for element in elements(max(1, round(megabytes * 1e6 / of_a_day))):
            file.write(f" {element}\n".encode())
        file.write(TAIL.encode())


if __name__ == "__main__":
    write(Path(sys.argv[2]), float(sys.argv[1]))
