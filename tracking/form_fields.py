"""The fields journals' forms are made of: quantities as people type them, ratings, moments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from mitai.core import units
from mitai.core.errors import Refusal
from mitai.core.ids import uuid7
from mitai.core.numbers import NumberError, format_number, parse_decimal
from mitai.core.units import UnitSystem
from tracking import sets
from tracking.journals.base import Upload
from tracking.measures import Measure, Scale

SETS_LONGEST = 8000  # characters
GROUP = 3  # digits behind a mark of thousands
HOURS = re.compile(r"(\d{1,2}):([0-5]\d)")  # 1:30 for ninety minutes
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
        if self.measure.unit == "min" and (typed := HOURS.fullmatch(value)):
            return Decimal(60 * int(typed[1]) + int(typed[2]))
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
        if -int(number.normalize().as_tuple().exponent) > places:
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
    """A time of the day to the minute, typed in the browser's own control."""

    def __init__(self, *, label: Any, required: bool = True, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        )


class ScaleInput(forms.RadioSelect):
    """Steps side by side, below them what the two ends mean."""

    template_name = "components/scale.html"

    def __init__(self, ends: tuple[Any, Any]) -> None:
        self.ends = ends
        super().__init__()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"ends": self.ends}


class ScaleField(forms.TypedChoiceField):
    """A rating from 1 to 5, one tap; one that can be taken back has a step for none."""

    def __init__(self, scale: Scale, *, required: bool, clearable: bool) -> None:
        steps = [(str(step), str(step)) for step in range(int(scale.low), int(scale.high) + 1)]
        super().__init__(
            label=scale.verbose_name,
            required=required,
            choices=[("", "–"), *steps] if clearable else steps,
            coerce=Decimal,
            empty_value=None,
            widget=ScaleInput(scale.ends),
        )

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.0f}" if isinstance(value, Decimal) else value


class PhotoField(forms.FileField):
    """A file that is looked at before anything else is done with it; what cannot be taken is said here."""

    def __init__(self, upload: Upload, *, label: Any, required: bool) -> None:
        self.upload = upload
        super().__init__(
            label=label, required=required, widget=forms.FileInput(attrs={"accept": upload.accept})
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        try:
            if data is not None:
                self.upload.look(data)
        except Refusal as refusal:
            raise ValidationError(str(refusal.message), code="refused") from None
        return super().clean(data, initial)


class SetsField(forms.CharField):
    """Sets of strength training as lines of text, in the units of the form."""

    widget = forms.Textarea(attrs={"rows": 3, "maxlength": SETS_LONGEST, "autocapitalize": "sentences"})

    def __init__(self, *, label: Any, system: UnitSystem, shown: Sequence[Mapping[str, Any]]) -> None:
        self.system, self.shown = system, sets.taken(shown)
        help_text = _(
            "One exercise a line: Bench press w40x10 80x8 80x8@8. “w” is a warm-up, “@” the effort."
        )
        super().__init__(label=label, required=False, max_length=SETS_LONGEST, help_text=help_text)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        text = super().clean(value)
        try:
            found = sets.read(text, self.system, self.shown)
        except sets.Unreadable as wrong:
            raise ValidationError(
                _("Line %(line)d, “%(text)s”, is no exercise with sets as in “Squat 100x5 100x5”."),
                code="sets",
                params={"line": wrong.line, "text": wrong.text[:60]},
            ) from None
        if len(found) > sets.MOST_SETS:
            raise ValidationError(
                _("At most %(most)d sets."), code="too_many", params={"most": sets.MOST_SETS}
            )
        return sets.kept(found)

    def prepare_value(self, value: Any) -> Any:
        return sets.write(sets.taken(value), self.system) if isinstance(value, list) else value


class ClientIdField(forms.Field):
    """The browser's name of a submission; an odd or missing one is replaced, and recognised as none."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)

    def to_python(self, value: Any) -> str:
        return value if isinstance(value, str) and CLIENT_ID.fullmatch(value) else uuid7().hex


class InUnits(forms.BaseForm):
    """A mixin of forms that ask for quantities: they are read in the units they were shown in.

    `shown_units` names those of values that a new form begins with, None where they are the member's.

    These travel with the form in the hidden field `units`, because the member may choose others in another
    tab, or send offline what was typed yesterday. A form that does not name any is in the member's units;
    one that names none of ours is asked about, never guessed.
    """

    shown_units: str | None = None

    def take_units(self) -> None:
        """Set `system`, and the hidden field that carries it; to be called before fields are made of it."""
        name = self.add_prefix("units")
        given = self.data.get(name) if self.is_bound else self.shown_units
        named = units.active() if given is None else units.SYSTEMS.get(given)
        self.units_unclear = named is None
        self.system = named or units.active()
        if self.units_unclear and self.is_bound:  # shown again, the form says in which units it is
            self.data = cast(QueryDict, self.data).copy()
            self.data[name] = self.system.code
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
