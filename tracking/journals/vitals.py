"""What a watch, an oximeter or a thermometer says in the morning. One row a day."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tracking.journals.base import Entry, Journal, Series, needs_one_of, per_day
from tracking.measures import Measure, within


class Vitals(Entry):
    """The values of a morning. The two kinds of heart-rate variability are two measures, never one."""

    resting_hr_bpm = Measure(_("Resting heart rate"), unit="bpm", low=25, high=130)
    hrv_sdnn_ms = Measure(_("HRV (SDNN)"), unit="ms", low=1, high=400)
    hrv_rmssd_ms = Measure(_("HRV (rMSSD)"), unit="ms", low=1, high=400)
    vo2max = Measure(_("VO2max"), unit="ml/kg/min", low=10, high=100, digits=1)
    spo2_pct = Measure(_("Oxygen saturation"), unit="%", low=50, high=100)
    respiratory_rate = Measure(_("Respiratory rate"), unit="/min", low=4, high=60, digits=1)
    temperature_c = Measure(_("Body temperature"), unit="°C", low=30, high=45, digits=1)
    wrist_temperature_c = Measure(_("Wrist temperature"), unit="°C", low=20, high=45, digits=1)

    class Meta(Entry.Meta):
        # Ranges: domain.md A5 (resting pulse, saturation, breathing); HRV and VO2max: beyond any athlete;
        # temperatures: what a living body can have inside and at the skin.
        constraints = [
            *Entry.Meta.constraints,
            within("vitals", "resting_hr_bpm", 25, 130),
            within("vitals", "hrv_sdnn_ms", 1, 400),
            within("vitals", "hrv_rmssd_ms", 1, 400),
            within("vitals", "vo2max", 10, 100),
            within("vitals", "spo2_pct", 50, 100),
            within("vitals", "respiratory_rate", 4, 60),
            within("vitals", "temperature_c", 30, 45),
            within("vitals", "wrist_temperature_c", 20, 45),
        ]


MEASURES = [field.name for field in Vitals._meta.concrete_fields if isinstance(field, Measure)]
JOURNAL = Journal(
    slug="vitals",
    label=_("Vitals"),
    intro=_("Measured at rest, before getting up. What counts is the distance to your own mean."),
    model=Vitals,
    slot=per_day,
    icon="activity",
    quick=["resting_hr_bpm", "hrv_sdnn_ms", "hrv_rmssd_ms"],
    series=[
        Series("resting_hr_bpm", kind="line"),
        Series("hrv_sdnn_ms", kind="line"),
        Series("hrv_rmssd_ms", kind="line"),
    ],
    rules=[needs_one_of(*MEASURES, message=_("Please enter at least one value."))],
    position=70,
)
