"""Forms from the journals' declarations: the only validation of what a browser or a file row sends."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from mitai.core import units
from mitai.core.ids import uuid7
from mitai.core.numbers import NumberError, format_number, parse_decimal
from mitai.core.units import UnitSystem
from mitai.core.zones import local_day, offset_minutes
from tracking import entries
from tracking.journals.base import Entry, Journal, Measure, When

if TYPE_CHECKING:
    from membership.models import User

GROUP = 3  # digits behind a mark of thousands
CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class MeasureField(forms.Field):
    """A quantity as people type it: comma or point, in the units of the form, which become the stored ones.

    Args:
        measure: what is asked for, with its range and its stored unit.
        system: the units the form is shown and read in; without them the member's.
        last: a stored value to show as placeholder.
    """

    widget = forms.TextInput

    def __init__(
        self,
        measure: Measure,
        *,
        required: bool,
        system: UnitSystem | None = None,
        last: Decimal | None = None,
    ) -> None:
        self.measure = measure
        self.system = system or units.active()
        self.unit = self.system.unit(measure.unit)
        self.known: dict[str, Decimal] = {}
        super().__init__(label=measure.verbose_name, required=required)
        self.widget.attrs |= {
            "inputmode": "decimal",
            "autocomplete": "off",
            "enterkeyhint": "done",
            "data-unit": self.unit,
        }
        if last is not None:
            self.widget.attrs["placeholder"] = format_number(
                self.system.show(last, measure.unit), measure.digits
            )

    def showing(self, value: Decimal | None) -> None:
        """Remember what the form shows for a stored value: sent back untouched it is that value again."""
        if value is not None:
            self.known[_with_point(self.prepare_value(value))] = value

    def to_python(self, value: Any) -> Decimal | None:
        value = str(value or "").strip()
        if self.unit and value.casefold().endswith(self.unit.casefold()):  # "82,4 kg", pasted
            value = value[: -len(self.unit)].rstrip()
        if not value:
            return None
        if _with_point(value) in self.known:
            return self.known[_with_point(value)]
        try:
            number = parse_decimal(value, whole=self.measure.grouped)
        except NumberError:
            raise ValidationError(
                _("“%(value)s” is not a number. Example: %(example)s"),
                code="number",
                params={
                    "value": value[:30],
                    "example": format_number(self._example(), self.measure.digits),
                },
            ) from None
        places = self.system.places(self.measure.unit)
        if number.normalize().as_tuple().exponent < -places:  # type: ignore[operator]
            raise ValidationError(_("At most %(places)d decimals."), code="digits", params={"places": places})
        return self.system.read(number, self.measure.unit)

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        low, high = Decimal(str(self.measure.low)), Decimal(str(self.measure.high))
        if value is None or low <= value <= high:
            return
        lowest, highest = self._bounds()
        raise ValidationError(
            _("%(value)s is not between %(low)s and %(high)s\u202f%(unit)s."),
            code="range",
            params={
                "value": _plain(self.system.as_typed(value, self.measure.unit, 0)),
                "low": _plain(lowest),
                "high": _plain(highest),
                "unit": self.unit,
            },
        )

    def prepare_value(self, value: Any) -> Any:
        """A stored value as one types it: in the form's unit, ungrouped, no digit lost."""
        if not isinstance(value, Decimal):
            return value
        typed = self.system.as_typed(value, self.measure.unit, self.measure.digits)
        digits = -int(typed.as_tuple().exponent)
        if self.measure.grouped and digits == GROUP:  # 17,793 would be read as seventeen thousand
            digits += 1
        return formats.number_format(typed, decimal_pos=digits, use_l10n=True, force_grouping=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)

    def _bounds(self) -> tuple[Decimal, Decimal]:
        """The range in the form's unit."""
        return self.system.bounds(self.measure.low, self.measure.high, self.measure.unit, self.measure.digits)

    def _example(self) -> Decimal:
        """A number within the range, nearer to its low end: high ends are far beyond the usual."""
        low, high = self._bounds()
        return (low + (high - low) / 5).quantize(Decimal(1))


def _plain(number: Decimal) -> str:
    """The number in the active language, without decimals that say nothing."""
    return format_number(number, max(0, -int(number.normalize().as_tuple().exponent)))


def _with_point(text: object) -> str:
    """The text with a point for a comma: the language may have changed since the form was shown."""
    return str(text).replace(",", ".")


class ConfirmationInput(forms.CheckboxInput):
    """A box that says yes to one question: its value names what was asked about."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, "")

    def format_value(self, value: Any) -> None:
        """The value is the question's own, in the attributes."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, False, attrs)  # a new question has not been answered


class DayField(forms.DateField):
    """A calendar day, typed in the browser's own date control."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(
            label=_("Day"),
            required=required,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"],
        )


class TimeField(forms.TimeField):
    def __init__(self, *, required: bool = True) -> None:
        super().__init__(
            label=_("Time"), required=required, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        )


class ClientIdField(forms.Field):
    """The browser's name of a submission; an odd or missing one is replaced, and recognised as none."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)

    def to_python(self, value: Any) -> str:
        return value if isinstance(value, str) and CLIENT_ID.fullmatch(value) else uuid7().hex


class InUnits(forms.BaseForm):
    """A mixin of forms that ask for quantities: they are read in the units they were shown in.

    These travel with the form in the hidden field `units`, because the member may choose others in another
    tab, or send offline what was typed yesterday. A form that does not name any is in the member's units;
    one that names none of ours is asked about, never guessed.
    """

    def take_units(self) -> None:
        """Set `system`, and the hidden field that carries it; to be called before fields are made of it."""
        given = self.data.get("units") if self.is_bound else None
        named = units.active() if given is None else units.SYSTEMS.get(given)
        self.units_unclear = named is None
        self.system = named or units.active()
        if self.units_unclear:  # shown again, the form says in which units it is
            self.data = cast(QueryDict, self.data).copy()
            self.data["units"] = self.system.code
        self.fields["units"] = forms.CharField(
            widget=forms.HiddenInput, initial=self.system.code, required=False
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.units_unclear:
            self.add_error(
                None,
                _("It is not clear in which units this was typed. Please check the numbers and save again."),
            )
        return cleaned


class EntryForm(InUnits, forms.Form):
    """One entry of a journal. `bound` values end in `values` and `when`, ready for tracking.entries.

    Args:
        journal: the declaration the fields come from.
        owner: whose entry it is.
        zone: the zone in which "today", "now" and "future" are meant.
        entry: the row to edit; without it the form is for a new one.
        only: show just these fields (capture page); day and time keep their preset.
        last: the newest entry, for placeholders.
    """

    client_id = ClientIdField()
    browser_zone = forms.Field(widget=forms.HiddenInput(attrs={"data-browser-zone": ""}), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        journal: Journal,
        owner: User,
        zone: ZoneInfo,
        entry: Entry | None = None,
        only: tuple[str, ...] = (),
        last: Entry | None = None,
    ) -> None:
        self.journal, self.owner, self.zone, self.entry = journal, owner, zone, entry
        self.when: When | None = None
        self.needs_confirmation = False
        self.quick = bool(only)
        super().__init__(data, initial=self._initial(), auto_id=f"{self._name()}-%s")
        self.take_units()
        self._add_moment()
        for field in journal.fields:
            if not only or field.name in only:
                self.fields[field.name] = self._field(field, last)
        for name in self.fields:
            self.fields[name].hide_optional = True  # type: ignore[attr-defined]
        if entry is not None:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput)
        self.fields["confirmed"] = forms.CharField(
            required=False, label=_("Yes, that is right"), widget=ConfirmationInput
        )

    def _name(self) -> str:
        return f"entry-{self.entry.pk}" if self.entry else f"new-{self.journal.slug}"

    def _initial(self) -> dict[str, Any]:
        if self.entry is None:
            now = timezone.now().astimezone(self.zone)
            preset = dict(self.journal.preset(now)) if self.journal.preset else {}
            if self.quick:  # left empty it means "now", also when the page was opened yesterday
                return preset | {"client_id": uuid7().hex}
            clock = now.time().replace(second=0, microsecond=0)
            return preset | {"client_id": uuid7().hex, "day": now.date(), "time": clock}
        values = {field.name: getattr(self.entry, field.name) for field in self.journal.fields}
        moment = self._local(self.entry)
        return values | {
            "client_id": uuid7().hex,
            "version": self.entry.changed,
            "day": self.entry.day,
            "time": moment.time() if moment else None,
        }

    def _local(self, entry: Entry) -> datetime | None:
        if entry.occurred_at is None:
            return None
        return entry.occurred_at.astimezone(UTC) + timedelta(minutes=entry.utc_offset_min or 0)

    def _add_moment(self) -> None:
        self.fields["day"] = DayField(required=not self.quick)
        if self.journal.timed:
            self.fields["time"] = TimeField(required=not self.quick)

    def _field(self, field: Any, last: Entry | None) -> forms.Field:
        if isinstance(field, Measure):
            made = MeasureField(
                field, required=not field.blank, system=self.system, last=getattr(last, field.name, None)
            )
            made.showing(getattr(self.entry, field.name, None))
            return made
        other: forms.Field = field.formfield()
        return other

    @property
    def essentials(self) -> list[forms.BoundField]:
        """What is always shown: the quick fields, then day and time."""
        return [self[name] for name in self.journal.quick] + self.moment_fields

    @property
    def extras(self) -> list[forms.BoundField]:
        """What "more" opens."""
        return [
            self[f.name]
            for f in self.journal.fields
            if f.name in self.fields and f.name not in self.journal.quick
        ]

    @property
    def quick_fields(self) -> list[forms.BoundField]:
        """The big inputs of the capture page."""
        return [self[name] for name in self.journal.quick]

    @property
    def moment_fields(self) -> list[forms.BoundField]:
        """Day and time."""
        return [self[name] for name in ("day", "time") if name in self.fields]

    @property
    def moment_open(self) -> bool:
        """Whether day or time ask for attention, or were filled in."""
        return any(field.errors or (self.is_bound and field.value()) for field in self.moment_fields)

    @property
    def extras_open(self) -> bool:
        """Whether something under "more" asks for attention."""
        return any(field.errors for field in self.extras)

    @property
    def moment(self) -> When:
        """The moment of a valid form."""
        assert self.when is not None
        return self.when

    def save_edit(self) -> Entry | None:
        """Save the edited row; None, with the reason as an error of the form, where it cannot be."""
        assert self.entry is not None
        try:
            return entries.edit(
                owner=self.owner,
                entry=self.entry,
                values=self.sentence,
                when=self.moment,
                version=self.cleaned_data["version"],
            )
        except entries.Taken as refusal:
            self.add_error("day", str(refusal.message))
        except entries.Changed as refusal:
            self.entry.refresh_from_db()
            data = cast(QueryDict, self.data).copy()
            data["version"] = str(self.entry.changed)
            self.data = data
            self.add_error(None, str(refusal.message))
        return None

    @property
    def sentence(self) -> dict[str, Any]:
        """The journal's values of a valid form."""
        return {
            field.name: self.cleaned_data[field.name]
            for field in self.journal.fields
            if field.name in self.cleaned_data
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._check_moment(cleaned)
        values = {
            name: value for name, value in cleaned.items() if name in {f.name for f in self.journal.fields}
        }
        if not self.errors:
            for rule in self.journal.rules:
                for name, message in rule(values).items():
                    self.add_error(name if name in self.fields else None, str(message))
        if not self.errors and self.when is not None:
            self._ask(values)
        return cleaned

    def _check_moment(self, cleaned: Mapping[str, Any]) -> None:
        if {"day", "time"} & set(self.errors):
            return
        now = timezone.now()
        local = now.astimezone(self.zone)
        day, clock = cleaned.get("day") or local.date(), cleaned.get("time") or local.time()
        if day.year < 1900:
            self.add_error("day", _("This day is too long ago."))
        elif (
            day.year > local.year + 1
        ):  # and not an instant at the end of the calendar, which no zone can shift
            self.add_error("day", _("This day is in the future."))
        elif self.journal.timed:
            self._check_instant(day, clock, now)
        elif day > local_day(now, self.zone):
            self.add_error("day", _("This day is in the future."))
        else:
            self.when = When(day)

    def _check_instant(self, day: Any, clock: time, now: datetime) -> None:
        wall = datetime.combine(day, clock)
        if self.entry is not None and self.entry.utc_offset_min is not None and day == self.entry.day:
            offset = self.entry.utc_offset_min  # an entry keeps the offset it was made with
            instant = (wall - timedelta(minutes=offset)).replace(tzinfo=UTC)
        else:
            instant = wall.replace(tzinfo=self.zone).astimezone(UTC)
            offset = offset_minutes(instant, self.zone)
            if instant.astimezone(self.zone).replace(tzinfo=None) != wall:
                self.add_error("time", _("On this day the clocks were put forward: there was no such time."))
                return
        if instant > now + timedelta(minutes=1):
            self.add_error(
                "time" if day <= local_day(now, self.zone) else "day", _("This moment is in the future.")
            )
        else:
            self.when = When(day, instant, offset)

    def _ask(self, values: Mapping[str, Any]) -> None:
        """An unlikely value is asked about once and then kept."""
        assert self.when is not None
        if self.journal.doubt is None:
            return
        asked = hashlib.sha256(f"{self.when.day} {sorted(values.items())}".encode()).hexdigest()[:16]
        if self.cleaned_data.get("confirmed") == asked:
            return
        unchanged = self.entry is not None and all(getattr(self.entry, n) == v for n, v in values.items())
        if unchanged:
            return
        with units.override(self.system):  # the question speaks in the units of the form
            question = str(self.journal.doubt(self.owner, values, self.when) or "")
        if question:
            self.needs_confirmation = True
            self.fields["confirmed"].widget.attrs["value"] = asked
            self.add_error(None, question)
