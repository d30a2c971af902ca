"""What the wanted samples of an Apple Health export say, and how they come together to records."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mitai.core import units
from tracking.imports.errors import ImportRefused
from tracking.imports.records import Clock, LineError, Origin, Record

KIND = "apple_health"
PREFIX = "HKQuantityTypeIdentifier"
NUTRITION = {
    "DietaryEnergyConsumed": "energy_kcal",
    "DietaryProtein": "protein_g",
    "DietaryFatTotal": "fat_g",
    "DietaryCarbohydrates": "carbs_g",
    "DietarySugar": "sugar_g",
    "DietaryFiber": "fibre_g",
    "DietaryWater": "water_ml",
}
WEIGHT = {"BodyMass": "weight_kg", "BodyFatPercentage": "body_fat_pct"}
PRESSURE = {"BloodPressureSystolic": "systolic_mmhg", "BloodPressureDiastolic": "diastolic_mmhg"}
TYPES = NUTRITION | WEIGHT | PRESSURE
JOURNALS = {"nutrition": NUTRITION, "weight": WEIGHT, "blood_pressure": PRESSURE}

UNITS = {  # as stored; a field name ends with it
    "weight_kg": "kg",
    "body_fat_pct": "%",
    "systolic_mmhg": "mmHg",
    "diastolic_mmhg": "mmHg",
    "energy_kcal": "kcal",
    "water_ml": "ml",
    **dict.fromkeys(("protein_g", "fat_g", "carbs_g", "sugar_g", "fibre_g"), "g"),
}
SAME_WEIGH_IN = timedelta(seconds=120)  # domain.md B1
SLACK = timedelta(days=1)  # between the clocks of a device, the export and this machine
SAME_WEIGHT = Decimal("0.05")
MOST_KEPT = 200_000  # facts and line errors in memory: weighing hourly for twenty years
PLACES_OF_A_SUM = 6  # a day's sum is rounded to three at the end

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d):?(\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d\d?)?", re.ASCII)
_MILLI = Decimal("0.001")
_NAME_LONGEST = 200
_LONGEST = 60  # characters of a value worth repeating in a line error


class Rejected(Exception):
    """One sample cannot be taken: why, and the text that is wrong."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(reason, value)
        self.reason = reason
        self.value = value[:_LONGEST]


@dataclass(slots=True)
class Sample:
    """One Record element as it stands in the file; `kind` is its type without the prefix."""

    kind: str
    attributes: Mapping[str, str]
    line: int
    zone_name: str = ""

    @property
    def name(self) -> str:
        """The field of ours that it fills."""
        return TYPES[self.kind]


class Moment(NamedTuple):
    """An instant, and the local clock that goes with it."""

    instant: datetime
    offset_min: int
    day: date


class Fact(NamedTuple):
    """One instant sample in our unit. Facts compare by time, then by what they say."""

    instant: datetime
    value: Decimal
    source: str
    offset_min: int
    day: date
    original: str
    line: int


@lru_cache(maxsize=512)  # the samples of a meal share their times
def parse_moment(text: str, zone_name: str = "") -> Moment:
    """The instant of `2024-03-01 07:00:00 +0100`; the local clock is that of the zone, if one is known.

    Raises:
        Rejected: "bad_date".
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise Rejected("bad_date", text)
    offset = _offset(*match.group(7, 8, 9))
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    if offset is None or not 1900 <= year < 9999:
        raise Rejected("bad_date", text)
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError:
        raise Rejected("bad_date", text) from None
    zone = _zone(zone_name[:_LONGEST]) if zone_name else None
    if zone is not None:
        local = local.astimezone(zone)
    shift = local.utcoffset() or timedelta()
    return Moment(local.astimezone(UTC), round(shift.total_seconds() / 60), local.date())


@lru_cache(maxsize=256)
def _offset(sign: str, hours: str, minutes: str) -> timedelta | None:
    """The offset, or None beyond the fourteen hours that exist."""
    size = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or size > timedelta(hours=14):
        return None
    return -size if sign == "-" else size


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, no zone's name, or a folder of zones
        return None


def _told_at(moment: Moment, offset_min: int) -> Moment:
    local = moment.instant + timedelta(minutes=offset_min)
    return Moment(moment.instant, offset_min, local.date())


def parse_quantity(name: str, value: str, unit: str, *, places: int = 3) -> tuple[Decimal, str]:
    """The value in the unit of the field, rounded once, and the text of the file if it was converted.

    Raises:
        Rejected: "bad_number" or "unknown_unit".
    """
    if len(value) > _LONGEST or _NUMBER.fullmatch(value) is None:
        raise Rejected("bad_number", value)
    told, number = f"{value} {unit}", Decimal(value)
    if number.adjusted() > 9:
        raise Rejected("out_of_range", told)
    if name == "body_fat_pct":
        number = units.percent(number)  # Apple writes a fraction and calls it per cent
    try:
        ours = units.convert(number, unit, UNITS[name], places=places)
        return ours, told if units.is_converted(unit, UNITS[name]) else ""
    except units.UnknownUnit:
        raise Rejected("unknown_unit", told) from None


def _exact(value: Decimal) -> Decimal:
    """The value to the three places we store."""
    return value.quantize(_MILLI, ROUND_HALF_UP)


@cache
def _range(name: str) -> tuple[Decimal, Decimal]:
    """The range that the journal of a field has."""
    from tracking.journals import registry  # only here: the rest reads without a database

    slug = next(slug for slug, names in JOURNALS.items() if name in names.values())
    measure = registry()[slug].measure(name)
    return Decimal(str(measure.low)), Decimal(str(measure.high))


def _check_range(name: str, value: Decimal, text: str) -> None:
    low, high = _range(name)
    if not low <= value <= high:
        raise Rejected("out_of_range", text)


def source_name(text: str) -> str:
    """The name as people read it: Apple puts no-break spaces into some."""
    return _readable(text[: 2 * _NAME_LONGEST])  # cut before it is remembered


@lru_cache(maxsize=1024)
def _readable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())[:_NAME_LONGEST]


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


@dataclass(slots=True)
class DayTotal:
    """What one source says about the food of one day: a sum a field, and which samples were counted.

    A sample is known by a 64-bit hash in a sorted array: eight bytes instead of the eighty of a set.
    """

    as_of: datetime
    line: int
    sums: dict[str, Decimal] = field(default_factory=dict)
    originals: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    known: array[int] = field(default_factory=lambda: array("q"))

    def add(self, name: str, value: Decimal, raw: tuple[str, Decimal], key: tuple[object, ...]) -> bool:
        """Count the sample, unless it was counted already."""
        digest = hash((name, *key))
        at = bisect_left(self.known, digest)
        if at < len(self.known) and self.known[at] == digest:
            return False
        self.known.insert(at, digest)
        unit, so_far = self.originals.get(name, (raw[0], Decimal(0)))
        self.originals[name] = (unit, so_far + raw[1]) if unit == raw[0] else ("", Decimal(0))
        self.sums[name] = self.sums.get(name, Decimal(0)) + value
        return True


@dataclass(slots=True)
class Pressures:
    """What one source measured at one instant: upper and lower values, and pairs known to belong together."""

    upper: set[Fact] = field(default_factory=set)
    lower: set[Fact] = field(default_factory=set)
    pairs: set[tuple[Fact, Fact]] = field(default_factory=set)


class Gathered:
    """All wanted samples of a file, deduplicated; independent of their order in the file."""

    def __init__(self, clock: Clock) -> None:
        self.found = False
        self._clock = clock
        self._told: dict[int, int] = {}
        self._kept = 0
        self._latest = datetime.now(UTC) + SLACK
        self._errors: dict[tuple[object, ...], LineError] = {}
        self._body: dict[str, dict[tuple[object, ...], Fact]] = {name: {} for name in WEIGHT.values()}
        self._days: dict[tuple[date, str], DayTotal] = {}
        self._pressures: dict[tuple[datetime, str], Pressures] = {}
        self._correlation: dict[str, Fact] = {}

    def exported_at(self, text: str) -> None:
        """When the file was written, if it says so: nothing in it can be later."""
        with suppress(Rejected):
            self._latest = min(self._latest, parse_moment(text).instant + SLACK)

    def _moment(self, text: str, zone_name: str = "") -> Moment:
        """Like `parse_moment`, by the clock the moment was first told by.

        What lies after the export was never measured: a clock was wrong.
        """
        moment = parse_moment(text, zone_name)
        if moment.instant > self._latest:
            raise Rejected("future", text)
        if not zone_name:
            hour = int(moment.instant.timestamp()) // 3600
            known = self._clock.at(hour)
            if known is not None and known != moment.offset_min:
                moment = _told_at(moment, known)
            self._told[hour] = moment.offset_min
        return moment

    def _more(self) -> None:
        """One thing more to remember.

        Raises:
            ImportRefused: it is far more than a body can have been measured.
        """
        self._kept += 1
        if self._kept > MOST_KEPT:
            raise ImportRefused("too_many")

    def take(self, sample: Sample, *, nested: bool) -> None:
        """Take one sample. Nested ones stand outside too: of them only pairs of pressures are learnt."""
        self.found = True
        try:
            if sample.kind in PRESSURE:
                self._take_pressure(sample, nested=nested)
            elif nested:
                return
            elif sample.kind in WEIGHT:
                self._take_body(sample)
            else:
                self._take_food(sample)
        except Rejected as error:
            at = sample.attributes.get("startDate")
            self._refuse(sample.line, error.reason, error.value, sample.name, at)

    def _refuse(self, line: int, reason: str, value: str, label: str, at: object) -> None:
        """Note what is left out, once for all its copies, with the first of their lines."""
        key = (reason, value, label, at)
        if key not in self._errors or line < self._errors[key].line:
            self._errors[key] = LineError(line, reason, value, label)
            self._more()

    def correlation_begins(self) -> None:
        self._correlation = {}

    def correlation_ends(self) -> None:
        upper, lower = (self._correlation.get(name) for name in PRESSURE.values())
        if upper and lower and (upper.instant, upper.source) == (lower.instant, lower.source):
            self._at(upper).pairs.add((upper, lower))
        self._correlation = {}

    def results(self) -> Iterator[Record | LineError | Clock]:
        """Line errors first, then the records of each journal in the order of time, and the clock."""
        records = [*self._weights(), *self._fats(), *self._totals(), *self._blood_pressures()]
        yield from sorted(self._errors.values(), key=lambda error: error.line)
        yield from records
        yield Clock.of(self._told)

    # Taking -----------------------------------------------------------------------------------------------
    def _fact(self, sample: Sample) -> Fact:
        get = sample.attributes.get
        moment = self._moment(get("startDate", ""), sample.zone_name)
        value, original = parse_quantity(sample.name, get("value", ""), get("unit", ""))
        return Fact(
            moment.instant,
            value,
            source_name(get("sourceName", "")),
            moment.offset_min,
            moment.day,
            original,
            sample.line,
        )

    def _take_body(self, sample: Sample) -> None:
        fact = self._fact(sample)
        _check_range(sample.name, fact.value, _told(sample))
        if _keep(self._body[sample.name], (fact.instant, fact.value, fact.source), fact):
            self._more()

    def _take_pressure(self, sample: Sample, *, nested: bool) -> None:
        fact = self._fact(sample)
        if fact.value:  # zero is what a device writes when it failed
            _check_range(sample.name, fact.value, _told(sample))
        if nested:
            self._correlation[sample.name] = fact
        else:
            at = self._at(fact)
            (at.upper if sample.kind == "BloodPressureSystolic" else at.lower).add(fact)
            self._more()

    def _take_food(self, sample: Sample) -> None:
        get = sample.attributes.get
        start = self._moment(get("startDate", ""), sample.zone_name)
        end = self._moment(get("endDate") or get("startDate", "")).instant
        text, unit = get("value", ""), get("unit", "")
        value, original = parse_quantity(sample.name, text, unit, places=PLACES_OF_A_SUM)
        _check_range(sample.name, value, _told(sample))
        source = source_name(get("sourceName", ""))
        day = self._days.setdefault((start.day, source), DayTotal(end, sample.line))
        raw = (unit, Decimal(text)) if original else ("", Decimal(0))
        if day.add(sample.name, value, raw, (start.instant, end, value)):
            day.as_of = max(day.as_of, end)

    def _at(self, fact: Fact) -> Pressures:
        return self._pressures.setdefault((fact.instant, fact.source), Pressures())

    # Handing out ------------------------------------------------------------------------------------------
    def _weights(self) -> Iterator[Record]:
        kept: list[Fact] = []
        for fact in sorted(self._body["weight_kg"].values()):
            if not _weighed_again(kept, fact):
                kept.append(fact)
        return (_body_record("weight_kg", fact) for fact in kept)

    def _fats(self) -> Iterator[Record]:
        return (_body_record("body_fat_pct", fact) for fact in sorted(self._body["body_fat_pct"].values()))

    def _totals(self) -> Iterator[Record]:
        for (day, source), total in sorted(self._days.items(), key=lambda item: item[0]):
            values: dict[str, object] = {"meal": "total"}
            for name, amount in sorted(total.sums.items()):
                low, high = _range(name)
                if low <= amount <= high:
                    values[name] = _exact(amount)
                else:
                    told = f"{_exact(amount).normalize():f}"
                    self._refuse(total.line, "out_of_range", told, name, (day, source))
            if len(values) > 1:
                yield _total_record(day, source, total, values)

    def _blood_pressures(self) -> Iterator[Record]:
        for (_instant, _source), at in sorted(self._pressures.items(), key=lambda item: item[0]):
            for upper, lower in self._paired(at):
                if upper.value > lower.value > 0:
                    yield _pressure_record(upper, lower)
                else:
                    reason = "systolic_not_above" if upper.value and lower.value else "device_error"
                    told = f"{upper.value.normalize():f}/{lower.value.normalize():f}"
                    self._refuse(upper.line, reason, told, "blood_pressure", upper.instant)

    def _paired(self, at: Pressures) -> Iterator[tuple[Fact, Fact]]:
        """Which upper and lower values belong together; what cannot be told is an error."""
        uppers, lowers = _by_value(at.upper), _by_value(at.lower)
        pairs = {
            (upper.value, lower.value): (uppers.get(upper.value, upper), lowers.get(lower.value, lower))
            for upper, lower in sorted(at.pairs, reverse=True)
        }
        for upper_value, lower_value in pairs:
            uppers.pop(upper_value, None)
            lowers.pop(lower_value, None)
        yield from (pair for _values, pair in sorted(pairs.items()))
        if len(uppers) == len(lowers) == 1:
            yield from zip(uppers.values(), lowers.values(), strict=True)
            return
        reason = "ambiguous_pair" if uppers and lowers else "unpaired"
        for name, facts in zip(PRESSURE.values(), (uppers, lowers), strict=True):
            for fact in facts.values():
                why = reason if fact.value else "device_error"
                self._refuse(fact.line, why, f"{fact.value.normalize():f}", name, fact.instant)


def _told(sample: Sample) -> str:
    return f"{sample.attributes.get('value', '')} {sample.attributes.get('unit', '')}"


def _keep(facts: dict[tuple[object, ...], Fact], key: tuple[object, ...], fact: Fact) -> bool:
    """Keep one of identical facts, always the same whatever their order; whether it is a new one."""
    known = facts.get(key)
    if known is None or fact < known:
        facts[key] = fact
    return known is None


def _by_value(facts: Iterable[Fact]) -> dict[Decimal, Fact]:
    found: dict[Decimal, Fact] = {}
    for fact in sorted(facts):
        found.setdefault(fact.value, fact)
    return found


def _weighed_again(kept: list[Fact], fact: Fact) -> bool:
    """Whether one of the weigh-ins just before says the same, from whatever source."""
    for earlier in reversed(kept):
        if fact.instant - earlier.instant > SAME_WEIGH_IN:
            return False
        if abs(fact.value - earlier.value) <= SAME_WEIGHT:
            return True
    return False


def _body_record(name: str, fact: Fact) -> Record:
    return Record(
        journal="weight",
        origin=Origin(KIND, fact.source),
        day=fact.day,
        occurred_at=fact.instant,
        external_id=_digest(name, fact.instant.isoformat(), fact.value, fact.source),
        utc_offset_min=fact.offset_min,
        as_of=fact.instant,
        values={name: fact.value},
        originals={name: fact.original} if fact.original else {},
        line=fact.line,
    )


def _total_record(day: date, source: str, total: DayTotal, values: Mapping[str, object]) -> Record:
    originals = {
        name: f"{amount.normalize():f} {unit}"
        for name, (unit, amount) in sorted(total.originals.items())
        if unit and name in values
    }
    return Record(
        journal="nutrition",
        origin=Origin(KIND, source),
        day=day,
        external_id=_digest("nutrition", day, source),
        occurred_at=None,
        utc_offset_min=None,
        as_of=total.as_of,
        values=values,
        originals=originals,
        line=total.line,
        n=len(total.known),
    )


def _pressure_record(upper: Fact, lower: Fact) -> Record:
    facts = dict(zip(PRESSURE.values(), (upper, lower), strict=True))
    return Record(
        journal="blood_pressure",
        origin=Origin(KIND, upper.source),
        day=upper.day,
        occurred_at=upper.instant,
        external_id=_digest(
            "blood_pressure", upper.instant.isoformat(), upper.value, lower.value, upper.source
        ),
        utc_offset_min=upper.offset_min,
        as_of=upper.instant,
        values={name: fact.value for name, fact in facts.items()},
        originals={name: fact.original for name, fact in facts.items() if fact.original},
        line=upper.line,
    )
