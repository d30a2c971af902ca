"""Forms from the journals' declarations: the only validation of what a browser or a file row sends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mitai.core import units
from mitai.core.ids import uuid7
from tracking import entries
from tracking.form_fields import (
    ClientIdField,
    ConfirmationInput,
    InUnits,
    MeasureField,
    PhotoField,
    ScaleField,
    SetsField,
    TimeField,
)
from tracking.journals.base import Entry, Journal, Preset
from tracking.measures import EarlierMoment, Measure, Scale, Sets
from tracking.moments import WithMoment
from tracking.person import Person

SHARED = frozenset({"day", "time", "browser_zone", "units"})  # said once for all rows of the capture page


class EntryForm(WithMoment, InUnits, forms.Form):
    """One entry of a journal. `bound` values end in `sentence` and `moment`, ready for tracking.entries.

    Args:
        journal: the declaration the fields come from.
        person: whose entry it is.
        zone: the zone in which "today", "now" and "future" are meant.
        entry: the row to edit; without it the form is for a new one.
        quick: one row of the capture page. Its names begin with the journal's slug, since the rows of the
            page are sent together; day and time, left empty, mean now, and are the page's unless the journal
            asks for its own.
        last: the newest entry, for placeholders.
        given: what a new form begins with, as an address has it.
        said: the values of the entry where something recorded earlier is said again: the form then asks for
            the moment alone. `number` sets several of one submission apart.
    """

    client_id = ClientIdField()
    browser_zone = forms.Field(widget=forms.HiddenInput(attrs={"data-browser-zone": ""}), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: Any = None,
        *,
        journal: Journal,
        person: Person,
        zone: ZoneInfo,
        entry: Entry | None = None,
        quick: bool = False,
        last: Entry | None = None,
        given: Mapping[str, Any] | None = None,
        said: Mapping[str, Any] | None = None,
        number: int = 0,
    ) -> None:
        self.journal, self.person, self.zone, self.entry = journal, person, zone, entry
        self.owner = person.user
        self.said, self.number = said, number
        self.needs_confirmation = False
        self.quick = quick
        self.shown_units = (given or {}).get("units")
        super().__init__(data, files, auto_id=f"{self._name()}-%s", prefix=journal.slug if quick else None)
        self.initial = self._initial(last)
        if not self.is_bound:
            self.initial |= self._given(given or {})
        self._take_preset()
        self.take_units()
        self.add_moment()
        for field in self._asked():
            self.fields[field.name] = self._field(field, last)
        for name in self.fields:
            self.fields[name].hide_optional = True  # type: ignore[attr-defined]
        if entry is not None:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput)
        self.fields["confirmed"] = forms.CharField(
            required=False, label=_("Yes, that is right"), widget=ConfirmationInput
        )
        self._mind_chooser()

    def add_prefix(self, field_name: str) -> str:
        if self.quick and field_name in SHARED and field_name not in self.journal.quick:
            return field_name
        return super().add_prefix(field_name)

    def _name(self) -> str:
        if self.quick:
            return "capture"
        return f"entry-{self.entry.pk}" if self.entry else f"new-{self.journal.slug}"

    def _initial(self, last: Entry | None) -> dict[str, Any]:
        if self.entry is not None:
            return self._initial_of(self.entry)
        now = timezone.now().astimezone(self.zone)
        begin = dict(self.journal.begin(now)) if self.journal.begin else {}
        if self.journal.chooser and last is not None:
            begin[self.journal.chooser] = getattr(last, self.journal.chooser)
        if self.quick:  # left empty it means "now", also when the page was opened yesterday
            return begin | {"client_id": uuid7().hex}
        clock = now.time().replace(second=0, microsecond=0)
        return begin | {"client_id": uuid7().hex, "day": now.date(), "time": clock}

    def _given(self, given: Mapping[str, Any]) -> dict[str, Any]:
        names = {"day", "time", *(field.name for field in self.journal.fields)}
        typed = {name: given.get(self.add_prefix(name)) for name in names}
        return {name: value for name, value in typed.items() if value}

    def _initial_of(self, entry: Entry) -> dict[str, Any]:
        values = {field.name: getattr(entry, field.attname) for field in self.journal.fields}
        for name, value in values.items():
            if isinstance(value, datetime):
                values[name] = self.clock_of(value)
        return values | {
            "client_id": uuid7().hex,
            "version": entry.changed,
            "day": entry.day,
            "time": self.clock_of(entry.occurred_at) if entry.occurred_at else None,
        }

    def _take_preset(self) -> None:
        """A preset's button was pressed: its values are what was typed."""
        if not self.is_bound:
            return
        chosen = self.data.get(self.add_prefix("preset"))
        for preset in self.journal.presets:
            if preset.slug == chosen:
                self.data = cast(QueryDict, self.data).copy()
                for name, value in preset.values.items():
                    self.data[self.add_prefix(name)] = value

    def _asked(self) -> list[Any]:
        """The fields the form asks for, in order."""
        if self.said is not None:
            return []
        fields = [field for field in self.journal.fields if field.editable]
        if self.quick:
            fields = [field for field in fields if field.name in self.journal.quick]
        if self.journal.asks is None:
            return fields
        values = dict(self.initial)
        if self.is_bound and (chosen := self.data.get(self.add_prefix(self.journal.chooser))):
            values[self.journal.chooser] = chosen
        asked = self.journal.asks(values, self.person)
        return [
            field
            for field in fields
            if field.name in asked or values.get(field.name) not in (None, "") or self._sent(field.name)
        ]

    def _sent(self, name: str) -> bool:
        """Whether something was typed into a field: what one typed is never dropped."""
        return self.is_bound and bool(self.data.get(self.add_prefix(name)))

    def _field(self, field: Any, last: Entry | None) -> forms.Field:
        if isinstance(field, Scale):
            return ScaleField(field, required=not field.blank, clearable=self.entry is not None)
        if isinstance(field, Measure):
            made = MeasureField(
                field, required=not field.blank, system=self.system, last=getattr(last, field.name, None)
            )
            made.showing(getattr(self.entry, field.name, None))
            return made
        if isinstance(field, Sets):
            shown = getattr(self.entry, field.name, ())
            return SetsField(label=field.verbose_name, system=self.system, shown=shown)
        if isinstance(field, EarlierMoment):
            return TimeField(label=field.verbose_name, required=not field.blank, help_text=field.help_text)
        if field.name in self.journal.uploads:
            upload = self.journal.uploads[field.name]
            return PhotoField(upload, label=field.verbose_name, required=self.entry is None)
        if field.is_relation:
            return self._relation(field)
        other: forms.Field = field.formfield()
        return other

    def _relation(self, field: Any) -> forms.Field:
        """The journal's choices; what an edited row holds is one of them, even if it is offered no more."""
        choices = [("", "–"), *self.journal.choices[field.name]()]
        held = getattr(self.entry, field.name, None)
        if held is not None and held.pk not in dict(_flat(choices)):
            choices.append((held.pk, str(held)))
        return forms.TypedChoiceField(
            choices=choices,
            coerce=str,
            empty_value=None,
            required=not field.blank,
            label=field.verbose_name,
        )

    def _mind_chooser(self) -> None:
        """Another choice asks for other fields: the form comes anew, what is typed in it stays."""
        if self.journal.chooser not in self.fields or self.entry is not None:
            return
        slug = self.journal.slug
        address = reverse("tracking:journal", args=[slug])
        if self.quick:
            address = f"{reverse('tracking:capture')}?with={slug}"
        place = f"#{slug}" if self.quick else "#entry-form"
        self.fields[self.journal.chooser].widget.attrs |= {
            "hx-get": address,
            "hx-target": place,
            "hx-select": place,
            "hx-swap": "outerMorph",
        }

    @property
    def presets(self) -> Sequence[Preset]:
        """The buttons that fill in a new entry."""
        return () if self.entry is not None else self.journal.presets

    @property
    def preset_name(self) -> str:
        return self.add_prefix("preset")

    @property
    def essentials(self) -> list[forms.BoundField]:
        """What is always shown: the quick fields, then day and time."""
        asked = [self[name] for name in self.journal.quick if name in self.fields]
        return asked + self.shared_fields

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
        return [self[name] for name in self.journal.quick if name in self.fields]

    @property
    def chooser(self) -> forms.BoundField | None:
        """The field that decides which others are asked for."""
        return self[self.journal.chooser] if self.journal.chooser in self.fields else None

    @property
    def extras_open(self) -> bool:
        """Whether something under "more" asks for attention."""
        return any(field.errors for field in self.extras)

    def record(self) -> Entry:
        """Record what a valid form says.

        Raises:
            membership.access.LimitReached: the account may not add a row; nothing is saved.
        """
        with self._received() as values:
            return entries.record(
                owner=self.owner,
                journal=self.journal,
                values=values,
                when=self.moment,
                client_id=self._client_id(),
            )

    @contextmanager
    def _received(self) -> Iterator[dict[str, Any]]:
        """The values with what files became; where saving them fails, nothing of the files is kept.

        A file that an edited row keeps is not among them.
        """
        values = self.sentence
        with ExitStack() as stack:
            for name, upload in self.journal.uploads.items():
                sent = values.pop(name, None)
                if isinstance(sent, UploadedFile):
                    values[name] = stack.enter_context(upload.receive(self.owner, sent))
            yield values

    def _client_id(self) -> str:
        client_id: str = self.cleaned_data["client_id"]
        return client_id if self.said is None else f"{client_id[:56]}.{self.number}"

    def save_edit(self) -> Entry | None:
        """Save the edited row; None, with the reason as an error of the form, where it cannot be."""
        assert self.entry is not None
        try:
            with self._received() as values:
                return entries.edit(
                    owner=self.owner,
                    entry=self.entry,
                    values=values,
                    when=self.moment,
                    version=self.cleaned_data["version"],
                )
        except entries.Taken as refusal:
            self.add_error("day", str(refusal.message))
        except entries.Changed as refusal:
            self.entry.refresh_from_db()
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("version")] = str(self.entry.changed)
            self.data = data
            self.add_error(None, str(refusal.message))
        return None

    @property
    def sentence(self) -> dict[str, Any]:
        """The journal's values of a valid form."""
        if self.said is not None:
            return dict(self.said)
        return {
            field.name: self.cleaned_data[field.name]
            for field in self.journal.fields
            if field.name in self.cleaned_data
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.check_moment(cleaned)
        self.place_moments(cleaned)
        values = {
            name: value for name, value in cleaned.items() if name in {f.name for f in self.journal.fields}
        }
        if self.when is not None and self.journal.timed:
            values["occurred_at"] = self.when.occurred_at
        if not self.errors and self.said is None:
            for rule in self.journal.rules:
                for name, message in rule(values).items():
                    self.add_error(name if name in self.fields else None, str(message))
        if not self.errors and self.said is None and self.when is not None:
            self._ask(values)
        return cleaned

    def _ask(self, values: Mapping[str, Any]) -> None:
        """An unlikely value is asked about once and then kept."""
        assert self.when is not None
        if self.journal.doubt is None:
            return
        asked = hashlib.sha256(f"{self.when.day} {sorted(values.items())}".encode()).hexdigest()[:16]
        if self.cleaned_data.get("confirmed") == asked:
            return
        unchanged = self.entry is not None and all(
            getattr(self.entry, name, None) == value for name, value in values.items()
        )
        if unchanged:
            return
        with units.override(self.system):  # the question speaks in the units of the form
            question = str(self.journal.doubt(self.owner, values, self.when) or "")
        if question:
            self.needs_confirmation = True
            self.fields["confirmed"].widget.attrs["value"] = asked
            self.add_error(None, question)


def _flat(choices: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Grouped choices without their groups."""
    return [one for key, value in choices for one in (value if isinstance(value, list) else [(key, value)])]
