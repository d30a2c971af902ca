"""What a member's Apple Health export becomes in the journals."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.imports.conftest import Outcome, Put
from tests.tracking.imports.generate import correlation, elements, export, record
from tracking.imports import apple_health, recognise
from tracking.imports.apple_samples import Rejected, parse_moment, parse_quantity
from tracking.imports.errors import ImportRefused
from tracking.imports.records import Clock, Context, Item, LineError, Progress, Record

SAMPLES = Path(__file__).parent / "samples"
MORNING = "2024-03-01 07:00:00 +0100"
SAMPLE = (SAMPLES / "apple_export_v14.xml").read_bytes()

Read = Callable[[Iterable[str]], Outcome]
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def in_pieces(content: bytes, sizes: Iterable[int]) -> list[Item]:
    reader, at = apple_health.Reader(Clock()), 0
    for size in sizes:
        reader.feed(content[at : at + size])
        at += size
    reader.feed(content[at:])
    return list(reader.close().results())


# The sample -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["apple_export_v14.xml", "apple_export_de.zip"])
def test_sample_gives_the_known_numbers(name: str) -> None:
    found = Outcome(SAMPLES / name)
    assert [(item.day, item.values, item.originals) for item in found.of("weight")] == [
        (date(2024, 3, 1), {"weight_kg": Decimal("82.400")}, {}),
        (date(2024, 3, 2), {"weight_kg": Decimal("82.327")}, {"weight_kg": "181.5 lb"}),
        (date(2024, 3, 1), {"body_fat_pct": Decimal("19.200")}, {}),
    ]
    [pressure] = found.of("blood_pressure")
    assert pressure.values == {"systolic_mmhg": 134, "diastolic_mmhg": 84}
    assert pressure.occurred_at == datetime(2024, 3, 1, 6, 30, tzinfo=UTC)
    assert pressure.utc_offset_min == 60
    assert found.errors == []
    assert found.records[0].line == 17


def test_format_is_recognised_by_its_content() -> None:
    assert recognise(SAMPLES / "apple_export_v14.xml").NAME == "apple_health"
    assert recognise(SAMPLES / "apple_export_de.zip").NAME == "apple_health"


def test_same_export_gives_the_same_facts_again() -> None:
    first, second = (Outcome(SAMPLES / "apple_export_v14.xml") for _ in range(2))
    assert first.records == second.records
    assert len({item.external_id for item in first.records}) == len(first.records)
    assert all(len(item.external_id) <= 64 for item in first.records)


# Weight ---------------------------------------------------------------------------------------------------
def test_copies_are_one_weigh_in(outcome: Read) -> None:
    assert len(outcome([record("BodyMass", 82.4, "kg", MORNING)] * 8).records) == 1


def test_weigh_ins_within_two_minutes_and_fifty_grams_are_one(outcome: Read) -> None:
    found = outcome(
        [
            record("BodyMass", "82.40", "kg", MORNING),
            record("BodyMass", "82.45", "kg", "2024-03-01 07:02:00 +0100", source="iPhone"),
            record("BodyMass", "82.51", "kg", "2024-03-01 07:01:00 +0100"),
            record("BodyMass", "82.40", "kg", "2024-03-01 07:02:01 +0100"),
        ]
    )
    assert [item.values["weight_kg"] for item in found.records] == [
        Decimal("82.4"),
        Decimal("82.51"),
        Decimal("82.4"),
    ]


def test_metadata_zone_moves_the_day(outcome: Read) -> None:
    zone = '<MetadataEntry key="HKTimeZone" value="America/New_York"/>'
    [there, here] = outcome(
        [
            record("BodyMass", 80, "kg", "2024-03-02 04:00:00 +0100", inner=zone),
            record("BodyMass", 81, "kg", "2024-03-02 04:00:00 +0100"),
        ]
    ).records
    assert (there.day, there.utc_offset_min) == (date(2024, 3, 1), -300)
    assert (here.day, here.utc_offset_min) == (date(2024, 3, 2), 60)
    assert there.occurred_at == here.occurred_at


def test_unknown_zone_leaves_the_offset(outcome: Read) -> None:
    zone = '<MetadataEntry key="HKTimeZone" value="../../etc/passwd"/>'
    [found] = outcome([record("BodyMass", 80, "kg", MORNING, inner=zone)]).records
    assert found.utc_offset_min == 60


def test_same_weigh_in_of_an_export_in_pounds_is_the_same_fact(outcome: Read) -> None:
    [kilograms] = outcome([record("BodyMass", "82.4", "kg", MORNING)]).records
    [pounds] = outcome([record("BodyMass", "181.6609", "lb", "2024-03-01 06:00:00 +0000")]).records
    assert pounds.external_id == kilograms.external_id


@pytest.mark.parametrize(
    ("kind", "value", "unit", "start", "reason"),
    [
        ("BodyMass", "19.9", "kg", MORNING, "out_of_range"),
        ("BodyMass", "401", "kg", MORNING, "out_of_range"),
        ("BodyMass", "1e9999", "kg", MORNING, "bad_number"),
        ("BodyMass", "1e99", "kg", MORNING, "out_of_range"),
        ("BodyMass", "viel", "kg", MORNING, "bad_number"),
        ("BodyMass", "NaN", "kg", MORNING, "bad_number"),
        ("BodyMass", "80", "stein", MORNING, "unknown_unit"),
        ("BodyMass", "80", "kg", "gestern", "bad_date"),
        ("BodyMass", "80", "kg", "2024-02-30 07:00:00 +0100", "bad_date"),
        ("BodyMass", "80", "kg", "2024-03-01 07:00:00 +9900", "bad_date"),
        ("BodyMass", "80", "kg", "0001-01-01 00:00:00 +0100", "bad_date"),
        ("BodyMass", "80", "kg", "9998-01-01 07:00:00 +0100", "future"),
        ("DietaryProtein", "80", "g", "2199-01-01 07:00:00 +0100", "future"),
        ("BloodPressureSystolic", "120", "mmHg", "2199-01-01 07:00:00 +0100", "future"),
        ("BodyFatPercentage", "0.01", "%", MORNING, "out_of_range"),
        ("BloodPressureSystolic", "301", "mmHg", MORNING, "out_of_range"),
        ("BloodPressureSystolic", "120", "mmHg", MORNING, "unpaired"),
        ("DietaryProtein", "-1", "g", MORNING, "out_of_range"),
    ],
)
def test_what_cannot_be_is_left_out_and_named_with_its_line(
    outcome: Read, kind: str, value: str, unit: str, start: str, reason: str
) -> None:
    found = outcome([record("BodyMass", 82.4, "kg", MORNING), record(kind, value, unit, start)])
    assert len(found.records) == 1
    [error] = found.errors
    assert (error.line, error.reason) == (export([]).count(b"\n") + 1, reason)
    assert value in error.value or start == error.value


def test_nothing_can_be_later_than_the_export(outcome: Read) -> None:
    later = record("BodyMass", 80, "kg", "2024-03-12 07:00:00 +0100")  # the file says it is of the tenth
    found = outcome([record("BodyMass", 82.4, "kg", MORNING), later])
    assert [item.values["weight_kg"] for item in found.records] == [Decimal("82.400")]
    assert [error.reason for error in found.errors] == ["future"]


# Food -----------------------------------------------------------------------------------------------------
def test_food_of_a_day_is_one_total_a_source(outcome: Read) -> None:
    found = outcome(
        [
            record("DietaryEnergyConsumed", 500, "Cal", MORNING, source="Yazio"),
            record("DietaryEnergyConsumed", 700, "kcal", "2024-03-01 12:00:00 +0100", source="Yazio"),
            record("DietaryEnergyConsumed", 700, "kcal", "2024-03-01 12:00:00 +0100", source="Yazio"),
            record("DietaryProtein", 0, "g", "2024-03-01 12:00:00 +0100", source="Yazio"),
            record(
                "DietaryWater",
                "0.5",
                "L",
                "2024-03-01 13:00:00 +0100",
                end="2024-03-01 13:05:00 +0100",
                source="Yazio",
            ),
            record("DietaryEnergyConsumed", "418.4", "kJ", MORNING, source="MyFitnessPal"),
            record("DietaryEnergyConsumed", 300, "kcal", "2024-03-02 08:00:00 +0100", source="Yazio"),
            correlation(
                "Food",
                record("DietaryEnergyConsumed", 700, "kcal", "2024-03-01 12:30:00 +0100", source="Yazio"),
            ),
        ]
    )
    other, first, second = found.of("nutrition")
    assert other.values == {"meal": "total", "energy_kcal": 100}
    assert other.originals == {"energy_kcal": "418.4 kJ"}
    assert first.values == {"meal": "total", "energy_kcal": 1200, "protein_g": 0, "water_ml": 500}
    assert (first.n, first.as_of) == (4, datetime(2024, 3, 1, 12, 5, tzinfo=UTC))
    assert (first.occurred_at, first.utc_offset_min) == (None, None)
    assert second.day == date(2024, 3, 2)


def test_partial_day_is_the_same_fact_with_an_earlier_end(outcome: Read) -> None:
    breakfast = record("DietaryEnergyConsumed", 500, "kcal", MORNING)
    lunch = record("DietaryEnergyConsumed", 700, "kcal", "2024-03-01 12:00:00 +0100")
    [partial], [whole] = outcome([breakfast]).records, outcome([breakfast, lunch]).records
    assert partial.external_id == whole.external_id
    assert (partial.as_of, partial.n) < (whole.as_of, whole.n)


def test_impossible_day_total_leaves_the_other_fields(outcome: Read) -> None:
    found = outcome(
        [record("DietaryEnergyConsumed", 15000, "kcal", f"2024-03-01 0{hour}:00:00 +0100") for hour in (7, 8)]
        + [record("DietaryProtein", 60, "g", MORNING)]
    )
    assert found.records[0].values == {"meal": "total", "protein_g": 60}
    assert [(error.reason, error.label) for error in found.errors] == [("out_of_range", "energy_kcal")]


# Blood pressure -------------------------------------------------------------------------------------------
def pressure(upper: object, lower: object, start: str = MORNING, unit: str = "mmHg") -> list[str]:
    return [
        record("BloodPressureSystolic", upper, unit, start),
        record("BloodPressureDiastolic", lower, unit, start),
    ]


def test_pair_only_inside_a_correlation_counts_once(outcome: Read) -> None:
    found = outcome([correlation("BloodPressure", *pressure(134, 84))] * 2)
    assert [item.values for item in found.records] == [{"systolic_mmhg": 134, "diastolic_mmhg": 84}]


def test_correlations_tell_values_of_the_same_second_apart(outcome: Read) -> None:
    both = [pressure(134, 84), pressure(150, 80)]
    found = outcome([*both[0], *both[1], *(correlation("BloodPressure", *pair) for pair in both)])
    assert [tuple(item.values.values()) for item in found.records] == [(134, 84), (150, 80)]
    assert found.errors == []


def test_values_of_the_same_second_are_not_mixed(outcome: Read) -> None:
    found = outcome([record("BodyMass", 80, "kg", MORNING), *pressure(134, 84), *pressure(150, 80)])
    assert found.of("blood_pressure") == []
    assert {error.reason for error in found.errors} == {"ambiguous_pair"}


@pytest.mark.parametrize(("upper", "lower"), [(0, 0), (120, 0), (0, 80)])
def test_failed_measurement_is_left_out_and_named(outcome: Read, upper: int, lower: int) -> None:
    found = outcome(
        [
            record("BodyMass", 80, "kg", MORNING),
            *pressure(upper, lower),
            correlation("BloodPressure", *pressure(upper, lower)),
        ]
    )
    assert [item.journal for item in found.records] == ["weight"]
    [error] = found.errors
    assert (error.reason, error.value, error.label) == ("device_error", f"{upper}/{lower}", "blood_pressure")


def test_pounds_are_rounded_once(outcome: Read) -> None:
    """61.38 lb are 27.8414996706 kg: six places on the way to three would make 27.842 of it."""
    [found] = outcome([record("BodyMass", "61.38", "lb", MORNING)]).records
    assert found.values == {"weight_kg": Decimal("27.841")}


def test_lower_value_above_the_upper_is_named(outcome: Read) -> None:
    [error] = outcome([record("BodyMass", 80, "kg", MORNING), *pressure(80, 120)]).errors
    assert (error.reason, error.value) == ("systolic_not_above", "80/120")


def test_kilopascal_become_millimetres_of_mercury(outcome: Read) -> None:
    [found] = outcome(pressure("16", "10.7", unit="kPa")).records
    assert found.values == {"systolic_mmhg": Decimal("120.010"), "diastolic_mmhg": Decimal("80.257")}
    assert found.originals == {"systolic_mmhg": "16 kPa", "diastolic_mmhg": "10.7 kPa"}


# What Apple breaks ----------------------------------------------------------------------------------------
def test_vertical_tab_and_doubled_start_date_do_not_hurt(outcome: Read) -> None:
    statistics = f'<WorkoutStatistics type="x" startDate="{MORNING}" startDate="{MORNING}" sum="1"/>'
    workout = f'<Workout workoutActivityType="x" sourceName="a\x0bb">{statistics}</Workout>'
    assert len(outcome([workout, record("BodyMass", 80, "kg", MORNING)]).records) == 1


def test_raw_greater_sign_in_a_name(outcome: Read) -> None:
    [found] = outcome([record("BodyMass", 80, "kg", MORNING, source="a > b")]).records
    assert found.origin.name == "a > b"


def test_no_break_space_in_a_name_is_a_space(outcome: Read) -> None:
    [found] = outcome([record("BodyMass", 80, "kg", MORNING, source="Waage&#160;von\u00a0Max")]).records
    assert found.origin.name == "Waage von Max"


def refusal(path: Path) -> ImportRefused:
    with pytest.raises(ImportRefused) as refused:
        list(apple_health.read(path, Context(zone=UTC)))
    return refused.value


def test_file_that_breaks_off_is_refused_with_its_line_and_nothing_was_handed_out(put: Put) -> None:
    whole = export(elements(2, a_day=6))
    given: list[object] = []
    with pytest.raises(ImportRefused) as refused:
        given.extend(apple_health.read(put(whole[: len(whole) // 2]), Context(zone=UTC)))
    assert refused.value.code == "broken_xml"
    assert refused.value.line == whole[: len(whole) // 2].count(b"\n") + 1
    assert str(refused.value.line) in refused.value.message
    assert not any(isinstance(item, Record) for item in given)


BOMB = '<!DOCTYPE HealthData [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
ROOT = '<HealthData locale="de_DE">'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"{BOMB}{ROOT}<Me x='&b;'/></HealthData>", "entities"),
        (f"{BOMB}{ROOT}&b;</HealthData>", "entities"),
        (f"<!DOCTYPE HealthData>{BOMB}{ROOT}</HealthData>", "entities"),
        (f"{ROOT}</HealthData>", "nothing_recognised"),
        (f"{ROOT}<Record type='HKQuantityTypeIdentifierStepCount'/></HealthData>", "nothing_recognised"),
        ("<gpx><trk/></gpx>", "not_recognised"),
        (f"{ROOT}<Me></HealthData>", "broken_xml"),
        (f"<?xml version='1.0' encoding='klingon'?>{ROOT}</HealthData>", "broken_xml"),
        ("<!DOCTYPE HealthData [", "broken_xml"),
        ("   ", "broken_xml"),
        (f"{ROOT}<!-- {'<x ' * 4_000_000}", "broken_xml"),
    ],
)
def test_refused_as_a_whole(put: Put, content: str, code: str) -> None:
    assert refusal(put(content.encode())).code == code


def test_progress_reaches_the_end(put: Put) -> None:
    path = put(export(elements(20, a_day=300)))
    size = path.stat().st_size
    told = [item for item in apple_health.read(path, Context(zone=UTC)) if isinstance(item, Progress)]
    assert [item.done for item in told] == sorted(item.done for item in told)
    assert told[-1] == Progress(size, size)
    assert len(told) > size // 2**20


# Properties -----------------------------------------------------------------------------------------------
BREAKABLE = export(
    [
        '<Workout sourceName="a\x01b"><WorkoutStatistics type="x" startDate="1" startDate="2"/></Workout>',
        *elements(1, a_day=2),
        record(
            "BodyMass",
            80,
            "kg",
            MORNING,
            inner='\n<MetadataEntry key="HKTimeZone" value="Asia/Tokyo"/>\n',
            source="a > b",
        ),
        record("BodyMass", 8000, "kg", MORNING),
        "<!-- <Record type='HKQuantityTypeIdentifierBodyMass'/> ]> -->",
        correlation("BloodPressure", *pressure(140, 90)),
    ]
)


@MANY
@given(sizes=st.lists(st.integers(1, 400), max_size=60), content=st.sampled_from([SAMPLE, BREAKABLE]))
def test_where_the_file_is_cut_into_pieces_does_not_matter(sizes: list[int], content: bytes) -> None:
    assert in_pieces(content, sizes) == in_pieces(content, [])


@pytest.mark.parametrize("inside", [False, True])
def test_comment_full_of_tags_is_parsed_in_few_calls(monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    """Each call in the middle of a comment makes expat begin the comment anew: the square of its length."""
    calls = 0
    parse = apple_health.Reader._parse

    def counted(reader: apple_health.Reader, data: bytes, *, listen: bool, final: bool = False) -> None:
        nonlocal calls
        calls += 1
        parse(reader, data, listen=listen, final=final)

    monkeypatch.setattr(apple_health.Reader, "_parse", counted)
    comment = "<!-- " + "<IdentifierBody </Record " * 5000 + "-->"
    zone = '<MetadataEntry key="HKTimeZone" value="Asia/Tokyo"/>'
    after = record("BodyMass", 80, "kg", MORNING, inner=(comment if inside else "") + zone)
    found, _clock = in_pieces(export([after] if inside else [comment, after]), [])
    assert isinstance(found, Record)
    assert found.utc_offset_min == 9 * 60
    assert calls < 40


@pytest.mark.parametrize("content", [SAMPLE, BREAKABLE, b"\xef\xbb\xbf" + SAMPLE])
def test_byte_by_byte_gives_the_same(content: bytes) -> None:
    assert in_pieces(content, [1] * len(content)) == in_pieces(content, [])


@MANY
@given(seed=st.integers(0, 10_000))
def test_order_of_the_file_does_not_matter(seed: int) -> None:
    mixed = [*elements(3, a_day=3), *elements(2, seed=8, a_day=1)]
    as_written = without_lines(in_pieces(export(mixed), []))
    random.Random(seed).shuffle(mixed)
    assert without_lines(in_pieces(export(mixed), [])) == as_written


def without_lines(items: Iterable[Item]) -> list[Item]:
    return [replace(item, line=0) if isinstance(item, (Record, LineError)) else item for item in items]


@MANY
@given(garbage=st.binary(max_size=300), at=st.integers(0, len(SAMPLE)))
def test_garbage_is_refused_and_never_breaks_anything(put: Put, garbage: bytes, at: int) -> None:
    for content in (
        garbage,
        ROOT.encode() + garbage,
        SAMPLE[:at] + garbage + SAMPLE[at:],
        b"PK\x03\x04" + garbage,
    ):
        path = put(content)
        with suppress(ImportRefused):
            recognise(path)
        with suppress(ImportRefused):
            list(apple_health.read(path, Context(zone=UTC)))


@MANY
@given(text=st.text(max_size=30), unit=st.sampled_from(["kg", "lb", "%", "kJ", "x"]))
def test_any_text_is_a_value_or_rejected(text: str, unit: str) -> None:
    with suppress(Rejected):
        assert parse_quantity("weight_kg", text, unit)[0].is_finite()
    with suppress(Rejected):
        parse_moment(text, text)


@MANY
@given(
    moment=st.datetimes(datetime(1900, 1, 2), datetime(9998, 1, 1)), minutes=st.integers(-14 * 60, 14 * 60)
)
def test_moment_is_read_as_it_was_written(moment: datetime, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{moment:%Y-%m-%d %H:%M:%S} {sign}{size // 60:02}{size % 60:02}"
    found = parse_moment(text)
    assert (found.day, found.offset_min) == (moment.date(), minutes)
    assert found.instant == datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
