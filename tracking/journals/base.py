"""What every journal is made of: the abstract entry, its slot and its declaration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from mitai.core.ids import uuid7
from tracking.analysis.weight import Target
from tracking.measures import DECIMALS, Measure, Text
from tracking.row_views import Assessment, Link, Picture

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from membership.models import User
    from tracking.person import Person


class WrongDoor(RuntimeError):
    """Entries and readings are written by tracking.entries alone."""


class EntryQuerySet(models.QuerySet[Any]):
    """The words in which entries are read. `of` is where every read begins."""

    def of(self, user: User) -> Self:
        """The member's rows that are not deleted."""
        return self.filter(user=user, deleted_at__isnull=True)

    def between(self, start: date | None, end: date | None) -> Self:
        """Rows of local days from `start` to `end`, both included; None leaves that side open."""
        rows = self if start is None else self.filter(day__gte=start)
        return rows if end is None else rows.filter(day__lte=end)

    def newest_first(self) -> Self:
        return self.order_by("-day", "-occurred_at", "-slot")

    def oldest_first(self) -> Self:
        return self.order_by("day", "occurred_at", "slot")

    def update(self, **kwargs: Any) -> int:
        raise WrongDoor("use tracking.entries")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise WrongDoor("use tracking.entries")


class Entry(models.Model):
    """The row that counts for one slot of a journal, resolved from its readings."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    slot = models.CharField(max_length=120)
    day = models.DateField(_("Day"))
    occurred_at = models.DateTimeField(null=True, blank=True)
    utc_offset_min = models.SmallIntegerField(null=True, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True, default="")
    source = models.ForeignKey("tracking.Source", on_delete=models.RESTRICT, null=True, related_name="+")
    chosen = models.JSONField(default=dict)
    deleted_at = models.DateTimeField(null=True, blank=True)
    changed = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Any]] = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        # (user, day DESC) serves lists, charts and the overview; (user, changed) the pull of changes.
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "slot"], name="%(class)s_slot"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("user", models.F("day").desc(), name="%(class)s_day"),
            models.Index("user", "changed", name="%(class)s_changed"),
        ]

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.day}"


COMMON_FIELDS = frozenset(f.name for f in Entry._meta.local_fields) - {"note"}


@dataclass(frozen=True, slots=True)
class When:
    """The moment of an entry: its local day, and for instants the UTC instant with the offset it had."""

    day: date
    occurred_at: datetime | None = None
    utc_offset_min: int | None = None


Slot = Callable[[When, Mapping[str, Any], str, int], str]


def per_day(when: When, values: Mapping[str, Any], source: str, number: int) -> str:
    """One row a day; recording again replaces it."""
    return when.day.isoformat()


def per_instant(when: When, values: Mapping[str, Any], source: str, number: int) -> str:
    """One row an instant; `number` seconds later where the instant is taken."""
    assert when.occurred_at is not None
    instant = when.occurred_at.astimezone(UTC).replace(microsecond=0)
    return datetime.fromtimestamp(instant.timestamp() + number, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


WHOLE_DAY = "total"
TIME = _("Time")


def per_meal(when: When, values: Mapping[str, Any], source: str, number: int) -> str:
    """One row a meal and source; a further one of the same meal is numbered, the whole day is one row."""
    further = f" {number + 1}" if number and values["meal"] != WHOLE_DAY else ""
    return f"{when.day.isoformat()} {values['meal']} {source}{further}"


def per_day_and(name: str) -> Slot:
    """One row a day and value of one field; recording again replaces it."""

    def slot(when: When, values: Mapping[str, Any], source: str, number: int) -> str:
        return f"{when.day.isoformat()} {values[name]}"

    return slot


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured at one point of an axis: `x` is the local day, or the local wall clock, as if UTC."""

    x: int
    day: date
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """A number that follows from an entry and the person it is about: computed each time, stored nowhere.

    `of` gets the entry's values of the columns in `needs` (measures as floats) and answers None where
    something is missing. `formula` says how it is computed, `source` whose formula it is.
    """

    name: str
    verbose_name: Text
    unit: str
    digits: int
    of: Callable[[Point, Person], float | None]
    needs: Sequence[str]
    formula: Text
    source: Text


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a form takes: `look` raises a Refusal where it cannot, `receive` makes a row of it.

    `receive` is a context: what fails inside it leaves nothing behind.
    """

    accept: str
    look: Callable[[UploadedFile[Any]], None]
    receive: Callable[[User, UploadedFile[Any]], AbstractContextManager[models.Model]]


@dataclass(frozen=True, slots=True)
class Preset:
    """One tap that fills in an entry: a button of its own in the form."""

    slug: str
    label: Text
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a journal's chart: a measure or a computed number, and how it is drawn."""

    name: str
    kind: Literal["points", "line", "bars"] = "points"
    trend: bool = False


def needs_one_of(*names: str, message: Text) -> Callable[[Mapping[str, Any]], Mapping[str, Text]]:
    """A rule: an entry without any of these says nothing; the message stands at the first."""

    def rule(values: Mapping[str, Any]) -> Mapping[str, Text]:
        said = any(values.get(name) not in (None, "") and values[name] is not False for name in names)
        return {} if said else {names[0]: message}

    return rule


Daily = Callable[["models.QuerySet[Any]", Sequence[str]], Mapping[date, Mapping[str, float | None]]]
Meaning = Callable[[Sequence["Point"], date, Target | None, "Person"], str]
Cautions = Callable[[Sequence["Point"], date], list[str]]
Begin = Callable[[datetime], Mapping[str, Any]]
Marks = Callable[[Sequence[Any]], Mapping[UUID, Text]]
Asks = Callable[[Mapping[str, Any], "Person"], Collection[str]]
Derive = Callable[["User", Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
Rule = Callable[[Mapping[str, Any]], Mapping[str, Text]]
Doubt = Callable[["User", Mapping[str, Any], When], Text | None]


@dataclass(frozen=True)
class Journal:
    """The declaration of a journal; everything generic (form, list, chart, CSV, admin, limit) reads it.

    Attributes:
        slug: its name in addresses and features; `<slug>_entries` is its limit.
        slot: which rows are the same row: `per_day`, `per_day_and`, `per_instant`, `per_meal`.
        split: the field that sets rows of one day apart, where the slot names one.
        quick: the fields of the capture page, in order.
        headline: the fields and computed numbers that a row shows first; the quick fields without it.
        unlisted: what a row leaves out where a computed number that needs it says it better.
        series: what its chart shows.
        pick: which imported reading of a slot counts when no order of sources says so.
        rules: errors across fields, by field name.
        doubt: a question to ask before an unlikely value is kept.
        pair: two quick measures of one unit that are read together, "119/76 mmHg".
        meaning: one plain sentence about the points of a chart, given today, the member's goal and the
            member; without it the chart says where its first measure goes.
        reads: further columns that the meaning rests on, flags as 0 and 1.
        caution: what to tell at once about an entry just recorded, or nothing.
        cautions: what a doctor should see of the points of a chart, given today; one text each.
        goal: whether the member's goal is drawn as a line.
        adds: of quantities of which a day has several, those that add up; the others are averaged.
        daily: the day's totals of some measures of a set of rows, for journals with several rows a day that
            add up.
        marks: what to say beside some of the rows of whole days: that a meal does not count, that this sleep
            is a nap.
        begin: what a new form begins with at a local moment.
        presets: buttons that fill in an entry with one tap.
        lacking: one sentence on what keeps numbers from being computed, or does not fit together, or nothing.
        choices: for a relation what its form field offers, grouped.
        uploads: files that a form takes, by the field that refers to what becomes of them.
        picture: the picture of a row.
        links: further pages, and what asks for attention there.
        assess: an entry held against what it should be, rule by rule.
        computed: numbers that follow from an entry, shown in its row and, where a series names them, drawn.
        asks: of all fields those that the form asks for, given what is filled in and the person; a field that
            holds a value is always shown.
        chooser: the field on which `asks` depends.
        derived: fields that are worked out where nobody stated them, see `derive`.
        derive: the derived values of many rows at once: (owner, values of each) -> values of each.
        time_label: what the time of a timed entry is.
        repeats: whether a row is worth recording again: as a favourite, or with those of the day before; rows
            are told apart by `split`.
        limit: the feature that limits its entries, `<slug>_entries` without it.
    """

    slug: str
    label: Text
    model: type[Any]
    slot: Slot
    icon: str
    quick: Sequence[str]
    split: str = ""
    headline: Sequence[str] = ()
    unlisted: Sequence[str] = ()
    series: Sequence[Series] = ()
    intro: Text = ""
    pick: Literal["first", "latest"] = "latest"
    rules: Sequence[Rule] = ()
    doubt: Doubt | None = None
    pair: tuple[str, str] | None = None
    meaning: Meaning | None = None
    reads: Sequence[str] = ()
    caution: Callable[[Any], str] | None = None
    cautions: Cautions | None = None
    goal: bool = False
    adds: Sequence[str] = ()
    daily: Daily | None = None
    marks: Marks | None = None
    begin: Begin | None = None
    presets: Sequence[Preset] = ()
    lacking: Callable[[Any, Person], str] | None = None
    choices: Mapping[str, Callable[[], Sequence[Any]]] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    picture: Callable[[Any], Picture | None] | None = None
    links: Callable[[User], Sequence[Link]] | None = None
    assess: Callable[[Any, Person], Assessment | None] | None = None
    computed: Sequence[Computed] = ()
    asks: Asks | None = None
    chooser: str = ""
    derived: Sequence[str] = ()
    derive: Derive | None = None
    time_label: Text = TIME
    repeats: bool = False
    limit: str = ""
    position: int = 100

    @property
    def timed(self) -> bool:
        return self.slot is per_instant

    @property
    def once_a_day(self) -> bool:
        return self.slot is per_day

    @property
    def feature(self) -> str:
        return self.limit or f"{self.slug}_entries"

    @property
    def fields(self) -> list[Any]:
        """The model's own fields in declared order, the note last."""
        own = [f for f in self.model._meta.concrete_fields if f.name not in COMMON_FIELDS]
        return sorted(own, key=lambda f: f.name == "note")

    @property
    def measures(self) -> list[Measure]:
        return [f for f in self.fields if isinstance(f, Measure)]

    @property
    def joins(self) -> list[str]:
        """The relations that showing a row follows."""
        return ["source", *(f.name for f in self.fields if f.is_relation)]

    def column(self, name: str) -> str:
        """The column that holds a field: a relation's is that of its key."""
        return str(self.model._meta.get_field(name).attname)

    def quantity(self, name: str) -> Measure | Computed:
        """The measure or the computed number of that name."""
        found = next((c for c in self.computed if c.name == name), None)
        return found or self.measure(name)

    def measure(self, name: str) -> Measure:
        found = self.model._meta.get_field(name)
        assert isinstance(found, Measure)
        return found

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Field values as a reading keeps them: numbers as text to three decimals, None for "none"."""
        return {name: _plain(value) for name, value in values.items()}

    def to_python(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A reading's values as the model's columns take them, every field of the journal present."""
        return {f.attname: _typed(f, values.get(f.name)) for f in self.fields}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value.quantize(Decimal(1).scaleb(-DECIMALS)).normalize() + 0) if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, models.Model):
        return _plain(value.pk)
    return str(value) if isinstance(value, UUID) else value


def _typed(field_: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None if field_.null else field_.get_default()
    try:
        return field_.to_python(value)
    except ValidationError as error:
        raise ValueError(f"{field_.name}: {value!r}") from error
