"""Forms about what names of trainings mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracking import activity_names, training
from tracking.training import NameMapping, TrainingType

if TYPE_CHECKING:
    from membership.models import User


class KindField(forms.ChoiceField):
    """A type of training, by category."""

    def __init__(self, kinds: Sequence[Any]) -> None:
        super().__init__(label=_("Type of training"), choices=[("", "–"), *kinds])

    def clean(self, value: Any) -> Any:
        return TrainingType.objects.get(pk=super().clean(value))


class NamesForm(forms.Form):
    """One or many unknown names, and the type they mean."""

    def __init__(self, data: Any = None, *, owner: User) -> None:
        super().__init__(data)
        self.owner, self.kinds = owner, training.choices()
        everything = activity_names.unknown(owner)
        self.unknown = everything[: activity_names.MOST_SHOWN]
        self.further = len(everything) - len(self.unknown)
        # A name that got its type in another tab is none that is wrong: saying it again is harmless.
        names = activity_names.names_of(owner) if self.is_bound else []
        known = [(name, name) for name in dict.fromkeys(map(activity_names.on_one_line, names))]
        self.fields["names"] = forms.MultipleChoiceField(
            label=_("Names"),
            choices=known or [(one.name, one.name) for one in self.unknown],
            error_messages={"required": _("Please choose at least one name.")},
        )
        self.fields["training_type"] = KindField(self.kinds)

    @property
    def chosen(self) -> set[str]:
        """The names that are ticked."""
        return set(self["names"].value() or [])

    def save(self) -> int:
        """Assign the names; how many trainings changed."""
        values = self.cleaned_data
        return activity_names.assign(
            owner=self.owner, names=values["names"], training_type=values["training_type"]
        )


class MappingForm(forms.Form):
    """What one learnt name means."""

    def __init__(self, data: Any = None, *, mapping: NameMapping, kinds: Sequence[Any] | None = None) -> None:
        self.mapping = mapping
        super().__init__(
            data, initial={"training_type": mapping.training_type_id}, auto_id=f"mapping-{mapping.pk}-%s"
        )
        kinds = list(training.choices() if kinds is None else kinds)
        if mapping.training_type.active is False:
            kinds.append((mapping.training_type_id, mapping.training_type.name))
        self.fields["training_type"] = KindField(kinds)

    def save(self) -> int:
        """Let the name mean the chosen type; how many trainings changed."""
        assert self.mapping.user is not None
        return activity_names.assign(
            owner=self.mapping.user,
            names=[self.mapping.name],
            training_type=self.cleaned_data["training_type"],
        )
