"""Recovery: the score of a morning, from heart, sleep and load, with its parts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking.analysis import recovery as scores
from tracking.analysis import vitals as bands
from tracking.analysis.recovery import Band, Part, Recovery
from tracking.analysis.vitals import Baseline
from tracking.records import Records
from tracking.topics import sleep, training, vitals
from tracking.topics.figure import Figure, Given, Tone, Why

PART_WORDS = {
    Part.HRV: _("Heart rate variability"),
    Part.PULSE: _("Resting heart rate"),
    Part.SLEEP: _("Sleep"),
    Part.LOAD: _("Load"),
}
BAND_WORDS = {Band.READY: _("ready"), Band.MEDIUM: _("medium"), Band.REST: _("take it easy")}
BAND_TONES: dict[Band, Tone] = {Band.READY: "good", Band.MEDIUM: "", Band.REST: "watch"}


def score(records: Records) -> Recovery | None:
    """The morning's recovery from what was recorded of the last night and the last weeks."""
    steady = _variability(records)
    base = bands.pulse_baseline(vitals.of_late(records, vitals.PULSE), records.today)
    beat = base.last_z if base is not None and vitals.is_fresh(base, records) else None
    z = steady.last_z if steady is not None and vitals.is_fresh(steady, records) else None
    night = sleep.last_night(records)
    ratio = training.ratio_of(records)
    return scores.recovery(
        hrv=None if z is None else scores.by_deviation(z),
        pulse=None if beat is None else scores.by_deviation(-beat),
        sleep=None
        if night is None
        else scores.by_sleep(night.asleep_min, 60 * sleep.need_h(records), night.efficiency),
        load=None if ratio is None else scores.by_load(ratio.coupled),
    )


def _variability(records: Records) -> Baseline | None:
    """The baseline of the kind of variability with the newer value; of equally new ones rMSSD."""
    found = [
        base
        for name in (vitals.RMSSD, vitals.SDNN)
        if (values := vitals.of_late(records, name))
        and (base := bands.hrv_baseline(values, records.today)) is not None
    ]
    return max(found, key=lambda base: base.last_day, default=None)


def recovery(records: Records) -> Figure:
    """The score of the morning with its parts."""
    found = score(records)
    label = _("Recovery")
    if found is None:
        return Figure(
            "recovery",
            label,
            _("Recovery needs heart rate variability or resting heart rate of today, and fourteen mornings."),
        )
    return Figure(
        "recovery",
        label,
        _told(found),
        value=found.score,
        reading=_("of 100"),
        word=BAND_WORDS[found.band],
        tone=BAND_TONES[found.band],
        why=Why(
            formula=_("weighted mean of the parts there are; 50 is your usual, 25 a standard deviation"),
            source=_("own rule"),
            given=[
                Given(
                    PART_WORDS[part],
                    _("%(part)s of 100, weight %(weight)s")
                    % {
                        "part": format_number(value, 0),
                        "weight": format_quantity(100 * found.weights[part], "%", 0),
                    },
                )
                for part, value in found.parts.items()
            ],
            last=records.today,
            note=_("Ready from 67, medium from 34 on. It describes, it does not forbid."),
        ),
    )


def _told(found: Recovery) -> str:
    """Which part helps the most, and which holds back: those off their middle, if there are any."""
    off = {part: found.weights[part] * (value - scores.NEUTRAL) for part, value in found.parts.items()}
    best, worst = max(off, key=lambda part: off[part]), min(off, key=lambda part: off[part])
    words = {"best": PART_WORDS[best], "worst": PART_WORDS[worst]}
    if off[best] > 0 > off[worst]:
        return str(_("It is helped most by: %(best)s; held back most by: %(worst)s.") % words)
    if off[best] > 0:
        return str(_("It is helped most by: %(best)s; nothing holds it back.") % words)
    if off[worst] < 0:
        return str(_("It is held back most by: %(worst)s.") % words)
    return str(_("Everything is as usual."))
