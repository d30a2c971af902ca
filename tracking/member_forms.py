"""Forms about the member: account, health profile, chosen journals, goal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from membership import access
from mitai.core.units import UnitSystem
from mitai.core.zones import zone_names
from tracking import favourites
from tracking.form_fields import DayField, InUnits, MeasureField
from tracking.goals import GOALS, KINDS, Goal, GoalKind, Way, set_goal
from tracking.journals import registry
from tracking.measures import Measure
from tracking.profile import Profile, finish_welcome, years_between

if TYPE_CHECKING:
    from membership.models import User

OLDEST_YEARS, ADULT_YEARS = 120, 18


def _zones(suggested: ZoneInfo | None = None) -> list[tuple[object, object]]:
    """The places of the time zone database by continent; first the one a browser is in, if there is one."""
    places: dict[str, list[tuple[str, str]]] = {}
    for name in zone_names():
        continent, _slash, place = name.partition("/")
        places.setdefault(continent, []).append((name, (place or name).replace("_", " ")))
    first = (
        [(_("Where your browser is"), [(suggested.key, suggested.key.replace("_", " "))])]
        if suggested
        else []
    )
    return [*first, *places.items()]


def _languages() -> list[tuple[str, str]]:
    """Each in its own words: who cannot read the page's language finds theirs."""
    return [(code, get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES]


class PartOfAccount(forms.ModelForm):  # type: ignore[type-arg]
    """A few columns of the account; the others may have been changed by an operator since they were read."""

    def save(self, commit: bool = True) -> User:
        account = cast("User", self.instance)
        account.save(update_fields=self._meta.fields)
        return account


class AccountForm(PartOfAccount):
    """Language and time zone of the account."""

    language = forms.ChoiceField(label=_("Language"), choices=_languages)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Entries keep the day they were made on, whatever you choose later."),
    )

    class Meta:
        model = get_user_model()
        fields = ("language", "time_zone")

    def __init__(self, *args: Any, browser: ZoneInfo | None = None, **kwargs: Any) -> None:
        """`browser` is the zone the browser says it is in: offered first where the account has another."""
        super().__init__(*args, **kwargs)
        elsewhere = browser if browser and browser.key != self.initial["time_zone"] else None
        zones = cast(forms.ChoiceField, self.fields["time_zone"])
        zones.choices = _zones(elsewhere)
        if elsewhere:
            there = _("Your browser is in %(zone)s.") % {"zone": elsewhere.key.replace("_", " ")}
            zones.help_text = f"{there} {zones.help_text}"


class UnitsForm(PartOfAccount):
    """What the member reads and types in. What is stored does not change, nor do forms that are open."""

    class Meta:
        model = get_user_model()
        fields = ("units", "energy_unit")
        widgets = {"units": forms.RadioSelect, "energy_unit": forms.RadioSelect}


class ProfileForm(InUnits, forms.ModelForm):  # type: ignore[type-arg]
    """The health profile; everything may stay empty."""

    class Meta:
        model = Profile
        fields = ("sex", "birth_date", "height_cm", "activity_level")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.take_units()
        self.fields["birth_date"] = DayField(required=False)
        self.fields["birth_date"].label = _("Date of birth")
        height = MeasureField(Profile._meta.get_field("height_cm"), required=False, system=self.system)
        height.showing(self.instance.height_cm)
        self.fields["height_cm"] = height

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        today = timezone.localdate()
        if born is None:
            return None
        if born > today:
            raise ValidationError(_("This day is in the future."))
        if today.year - born.year > OLDEST_YEARS:
            raise ValidationError(_("Please check the year."))
        if years_between(born, today) < ADULT_YEARS:
            raise ValidationError(
                _("The formulas hold for adults: from %(years)d years on."), params={"years": ADULT_YEARS}
            )
        return born

    def save(self, commit: bool = True) -> Profile:
        profile = cast(Profile, super().save(commit=False))
        if "height_cm" in self.changed_data:
            profile.height_on = timezone.localdate() if profile.height_cm is not None else None
        profile.save()
        return profile


class PressureForm(forms.ModelForm):  # type: ignore[type-arg]
    """By which table, and for readings of which place, blood pressure is judged."""

    class Meta:
        model = Profile
        fields = ("pressure_table", "pressure_place")
        widgets = {"pressure_place": forms.RadioSelect}
        help_texts = {
            "pressure_table": _(
                "Tables draw their lines in different places; your doctor knows which one counts."
            ),
            "pressure_place": _(
                "At home readings are lower: a mean counts as raised from 135/85\u202fmmHg on, "
                "at a practice from 140/90."
            ),
        }


class JournalsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the member wants to record."""

    journals = forms.MultipleChoiceField(
        label=_("What do you want to record?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one.")},
    )

    class Meta:
        model = Profile
        fields = ("journals",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["journals"])
        field.choices = [(slug, journal.label) for slug, journal in registry().items()]
        if not self.initial.get("journals"):
            self.initial["journals"] = list(registry())


class GoalForm(InUnits, forms.Form):
    """A value to reach, of a kind; `required` is off among the first steps, which ask for no day."""

    def __init__(
        self, data: Any = None, *, owner: User, kind: GoalKind = KINDS["weight"], required: bool = True
    ) -> None:
        self.owner, self.kind = owner, kind
        super().__init__(data)
        goal = Goal.objects.open(owner).filter(kind=kind.slug).first()
        self.take_units()
        self._ask("target_value", kind.measure, goal.target_value if goal else None, required)
        if kind.second is not None:
            self._ask("second_value", kind.second, goal.second_value if goal else None, required)
        if required and kind.way is Way.REACH:
            self.fields["due_on"] = DayField(required=False)
            self.fields["due_on"].label = _("By when")
            self.initial["due_on"] = goal.due_on if goal else None

    def _ask(self, name: str, measure: Measure, current: Decimal | None, required: bool) -> None:
        field = MeasureField(measure, required=required, system=self.system)
        field.showing(current)
        self.fields[name] = field
        self.initial[name] = current

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        upper, lower = cleaned.get("target_value"), cleaned.get("second_value")
        if upper is not None and lower is not None and lower >= upper:
            self.add_error("second_value", _("The lower value must be below the upper one."))
        return cleaned

    def clean_due_on(self) -> date | None:
        due: date | None = self.cleaned_data["due_on"]
        if due is not None and due <= timezone.localdate():
            raise ValidationError(_("This day is not in the future."))
        return due

    def save(self) -> None:
        """Set the goal.

        Raises:
            membership.access.LimitReached: the account may not set one.
        """
        values = self.cleaned_data
        set_goal(
            owner=self.owner,
            kind=self.kind.slug,
            target=values["target_value"],
            second=values.get("second_value"),
            due_on=values.get("due_on"),
        )


class FavouriteForm(forms.Form):
    """The name of a favourite."""

    name = forms.CharField(label=_("Name"), max_length=favourites.NAME_LONGEST)

    def __init__(self, data: Any = None, *, favourite: favourites.Favourite) -> None:
        self.favourite = favourite
        super().__init__(data, initial={"name": favourite.name}, auto_id=f"favourite-{favourite.pk}-%s")

    def save(self) -> bool:
        """Rename it; where another one has the name, this is an error of the field."""
        try:
            favourites.rename(favourite=self.favourite, name=self.cleaned_data["name"])
        except favourites.NameTaken as refusal:
            self.add_error("name", str(refusal.message))
        return not self.errors


class SettingsForms:
    """The parts of the settings page, each saved by itself; `part` is the one that was sent."""

    def __init__(self, data: Any, *, owner: User, browser: ZoneInfo | None) -> None:
        self.part = data.get("part", "")
        profile = Profile.of(owner)

        def sent(part: str) -> Any:
            return data if part == self.part else None

        self.profile = ProfileForm(sent("profile"), instance=profile)
        self.units = UnitsForm(sent("units"), instance=owner)
        self.account = AccountForm(sent("account"), instance=owner, browser=browser)
        self.pressure = PressureForm(sent("pressure"), instance=profile)
        self.journals = JournalsForm(sent("journals"), instance=profile)

    @property
    def bound(self) -> forms.ModelForm | None:  # type: ignore[type-arg]
        """The part that was sent, None where none of ours was."""
        parts = (self.profile, self.units, self.account, self.pressure, self.journals)
        return next((form for form in parts if form.is_bound), None)


class FirstSteps:
    """Everything a newcomer is asked, as one form: saved together, or not at all.

    The units it is shown in are the ones the account gets: whoever types pounds reads pounds from then on.
    """

    def __init__(self, data: Any = None, *, owner: User, zone: ZoneInfo) -> None:
        self.owner = owner
        profile = Profile.of(owner)
        self.profile = ProfileForm(data, instance=profile)
        self.goal_limit = access.check(owner, GOALS)
        self.goal = GoalForm(data, owner=owner, required=False) if self.goal_limit.allowed else None
        self.journals = JournalsForm(data, instance=profile)
        self.account = AccountForm(data, instance=owner, initial={"time_zone": zone.key})

    @property
    def system(self) -> UnitSystem:
        """The units the form is shown and read in."""
        return self.profile.system

    @property
    def forms(self) -> tuple[forms.BaseForm, ...]:
        goal = () if self.goal is None else (self.goal,)
        return self.profile, *goal, self.journals, self.account

    def is_valid(self) -> bool:
        """Every form is asked, so that all errors are shown at once."""
        return not [form for form in self.forms if not form.is_valid()]

    @transaction.atomic
    def save(self) -> None:
        self.owner.units, self.owner.energy_unit = self.system.body, self.system.energy
        self.owner.save(update_fields=["units", "energy_unit"])
        self.account.save()
        self.profile.save()
        self.journals.save()
        target = self.goal.cleaned_data["target_value"] if self.goal else None
        if target is not None:
            set_goal(owner=self.owner, target=target)
        finish_welcome(owner=self.owner)
