"""How a day felt: mood, energy, stress and soreness from 1 to 5, and minutes of meditation. One row a day."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tracking.journals.base import Entry, Journal, Series, needs_one_of, per_day
from tracking.measures import Measure, Scale, within

RATINGS = ("mood", "energy", "stress", "soreness")


class Wellbeing(Entry):
    """Four ratings of the day and what was done for a quiet mind."""

    mood = Scale(_("Mood"), ends=(_("low"), _("very good")))
    energy = Scale(_("Energy level"), ends=(_("exhausted"), _("full of energy")))
    stress = Scale(_("Stress"), ends=(_("relaxed"), _("very stressed")))
    soreness = Scale(_("Sore muscles"), ends=(_("none"), _("very sore")))
    meditation_min = Measure(_("Meditation"), unit="min", low=0, high=1440)

    class Meta(Entry.Meta):
        constraints = [
            *Entry.Meta.constraints,
            *(within("wellbeing", name, 1, 5) for name in RATINGS),
            within("wellbeing", "meditation_min", 0, 1440),
        ]


JOURNAL = Journal(
    slug="wellbeing",
    label=_("Well-being"),
    intro=_("Four taps in the evening. After some weeks they show what sleep and training do to you."),
    model=Wellbeing,
    slot=per_day,
    icon="smile",
    quick=[*RATINGS, "meditation_min"],
    series=[*(Series(name, kind="line") for name in RATINGS), Series("meditation_min", kind="bars")],
    rules=[
        needs_one_of(*RATINGS, "meditation_min", message=_("Please rate at least one of them.")),
    ],
    position=80,
)
