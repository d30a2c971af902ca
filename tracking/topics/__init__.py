"""What the numbers mean, topic by topic: each a module with what it can state of a member's records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.records import Records
from tracking.topics import body, energy, pressure, recovery, sleep, training, vitals
from tracking.topics.figure import Figure

Above = Callable[[Records, datetime], pressure.Above]


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of figures; `journals` are what they rest on, `above` is what stands above them."""

    slug: str
    label: Promise
    icon: str
    journals: Sequence[str]
    figures: Callable[[Records], list[Figure]]
    above: Above | None = None


def _of_the_morning(records: Records) -> list[Figure]:
    return [recovery.recovery(records), *vitals.figures(records)]


TOPICS = {
    topic.slug: topic
    for topic in (
        Topic("body", _("Weight and body"), "scale", ("weight", "circumference", "caliper"), body.figures),
        Topic("energy", _("Energy"), "utensils", ("nutrition",), energy.figures),
        Topic("training", _("Training load"), "dumbbell", ("activity", "rest_day"), training.figures),
        Topic("recovery", _("Recovery and vitals"), "activity", ("vitals", "wellbeing"), _of_the_morning),
        Topic("sleep", _("Sleep"), "moon", ("sleep",), sleep.figures),
        Topic(
            "blood-pressure",
            _("Blood pressure"),
            "heart-pulse",
            ("blood_pressure",),
            pressure.figures,
            pressure.above,
        ),
    )
}
