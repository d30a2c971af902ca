"""Vital values: baselines and bands, VO2max class, an early warning with its own past."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mitai.core.numbers import format_number
from mitai.core.units import format_quantity
from tracking.analysis import vitals, vo2max
from tracking.analysis.vitals import Baseline, Level, Saturation
from tracking.records import Records, points
from tracking.topics.figure import Figure, Given, Why, given, short

PULSE, SDNN, RMSSD = "resting_hr_bpm", "hrv_sdnn_ms", "hrv_rmssd_ms"
BREATHING, SATURATION, VO2MAX = "respiratory_rate", "spo2_pct", "vo2max"
NAMES = (PULSE, SDNN, RMSSD, BREATHING, SATURATION, VO2MAX)
WARNED_DAYS = 365
DAYS = vitals.BASE_DAYS
VO2MAX_DAYS = 90
BAD_ENERGY = 2.0  # of the ratings of well-being: exhausted


def figures(records: Records) -> list[Figure]:
    """Everything about vital values that can be said."""
    found = [
        pulse(records),
        hrv(records, SDNN, _("HRV (SDNN)")),
        hrv(records, RMSSD, _("HRV (rMSSD)")),
        *breathing(records),
        *saturation(records),
        *oxygen_uptake(records),
        *early_warning(records),
    ]
    return [figure for figure in found if figure is not None]


def of_late(records: Records, name: str) -> list[tuple[date, float]]:
    return points(records.rows("vitals", NAMES, DAYS), name)


def is_fresh(base: Baseline, records: Records) -> bool:
    """Whether the newest value is of today or yesterday: an older morning says nothing of this one."""
    return (records.today - base.last_day).days <= 1


def resting_pulse(records: Records) -> float | None:
    """The middle of the resting heart rate's baseline, beats a minute."""
    base = vitals.pulse_baseline(of_late(records, PULSE), records.today)
    return base.middle if base else None


LEVEL_WORDS: dict[Level, Promise] = {
    Level.BELOW: _("below your band"),
    Level.WITHIN: _("within your band"),
    Level.ABOVE: _("above your band"),
    Level.UNUSUAL: _("unusually high"),
}


def _why_band(
    records: Records, name: str, base: Baseline, unit: str, formula: Promise, source: object
) -> Why:
    rows = [row for row in records.rows("vitals", NAMES, DAYS) if row.values[name] is not None]
    week = [given(_("Mean of 7 days"), base.week, unit, 1)] if base.week is not None else []
    return Why(
        formula=formula,
        source=str(source),
        given=[
            given(_("Middle of 60 days"), base.middle, unit, 1),
            *week,
            given(_("Newest value"), base.last, unit, 0, day=base.last_day, origin=records.source(rows[-1])),
        ],
        days=base.days,
        first=rows[0].day,
        last=rows[-1].day,
        sources=records.sources(rows),
    )


def _baseline_needs(records: Records, name: str) -> str:
    have = len(of_late(records, name))
    words = {"need": vitals.BASE_FEWEST, "days": vitals.BASE_DAYS, "have": have}
    return str(_("Your band needs %(need)d values in %(days)d days; so far you have %(have)d.") % words)


def _band_sentence(base: Baseline, unit: str) -> str:
    words = {
        "low": format_number(base.low, 0),
        "high": format_quantity(base.high, unit, 0),
        "n": base.days,
    }
    return str(_("Your band is %(low)s to %(high)s, from %(n)d mornings.") % words)


def pulse(records: Records) -> Figure | None:
    """The week's resting heart rate against its band."""
    values = of_late(records, PULSE)
    if not values:
        return None
    base = vitals.pulse_baseline(values, records.today)
    if base is None:
        return Figure("pulse", _("Resting heart rate"), _baseline_needs(records, PULSE))
    risen = is_fresh(base, records) and vitals.pulse_has_risen(values, base)
    sentence = _band_sentence(base, "bpm")
    if risen:
        sentence += " " + str(
            _("On two mornings it was %(rise)d or more above: hard weeks, short nights, illness do that.")
            % {"rise": vitals.PULSE_RISE}
        )
    return Figure(
        "pulse",
        _("Resting heart rate"),
        sentence,
        value=base.week if base.week is not None else base.last,
        unit="bpm",
        word=LEVEL_WORDS[base.level] if base.level else "",
        tone="watch" if risen else "",
        reading=_("mean of 7 days") if base.week is not None else short(base.last_day),
        why=_why_band(
            records,
            PULSE,
            base,
            "bpm",
            _("band: mean of 60 days ± one standard deviation, at least 3 beats"),
            _("own rule"),
        ),
    )


def hrv(records: Records, name: str, label: Promise) -> Figure | None:
    """The week's variability against its band; each kind has its own."""
    values = of_late(records, name)
    if not values:
        return None
    base = vitals.hrv_baseline(values, records.today)
    if base is None:
        return Figure(name, label, _baseline_needs(records, name))
    sentence = _band_sentence(base, "ms")
    if base.level is Level.UNUSUAL:
        sentence += " " + str(_("Far above is not simply good: it also follows great strain."))
    return Figure(
        name,
        label,
        sentence,
        value=base.week if base.week is not None else base.last,
        unit="ms",
        word=LEVEL_WORDS[base.level] if base.level else "",
        tone="watch" if base.level in {Level.BELOW, Level.UNUSUAL} else "",
        reading=_("mean of 7 days") if base.week is not None else short(base.last_day),
        why=_why_band(
            records,
            name,
            base,
            "ms",
            _("band: mean of the logarithms of 60 days ± half a standard deviation"),
            "Plews 2014",
        ),
    )


def breathing(records: Records) -> list[Figure]:
    """The week's breaths a minute against their band."""
    values = of_late(records, BREATHING)
    base = vitals.breathing_baseline(values, records.today) if values else None
    if base is None or base.week is None:
        return []
    return [
        Figure(
            "breathing",
            _("Respiratory rate"),
            _band_sentence(base, "/min"),
            value=base.week,
            unit="/min",
            digits=1,
            word=LEVEL_WORDS[base.level] if base.level else "",
            reading=_("mean of 7 days"),
            why=_why_band(
                records, BREATHING, base, "/min", _("band: mean of 60 days ± 2 breaths"), _("own rule")
            ),
        )
    ]


def saturation(records: Records) -> list[Figure]:
    """The week's oxygen saturation."""
    week = vitals.saturation_week(of_late(records, SATURATION), records.today)
    if week is None:
        return []
    sentence = {
        Saturation.USUAL: _("95 % and more are usual."),
        Saturation.WATCH: _("93 and 94 % are worth measuring again, at rest and with warm hands."),
        Saturation.LOW: _("A mean of 92 % or less should be looked at by a doctor."),
    }[week.level]
    return [
        Figure(
            "saturation",
            _("Oxygen saturation"),
            sentence,
            value=week.mean,
            unit="%",
            tone="" if week.level is Saturation.USUAL else "watch",
            reading=_("mean of 7 days, lowest %(lowest)s") % {"lowest": format_quantity(week.lowest, "%", 0)},
            why=Why(
                formula=_("mean of the last seven days; single values of a wrist are often wrong"),
                source="NHS",
                given=[given(_("Lowest"), week.lowest, "%", 0)],
                days=week.days,
            ),
        )
    ]


CLASS_WORDS = {
    vo2max.Class.VERY_POOR: _("very weak"),
    vo2max.Class.POOR: _("weak"),
    vo2max.Class.FAIR: _("sufficient"),
    vo2max.Class.GOOD: _("good"),
    vo2max.Class.EXCELLENT: _("very good"),
    vo2max.Class.SUPERIOR: _("excellent"),
}


def oxygen_uptake(records: Records) -> list[Figure]:
    """The newest VO2max against people of the same age and sex."""
    values = points(records.rows("vitals", (VO2MAX,), VO2MAX_DAYS), VO2MAX)
    if not values:
        return []
    day, value = values[-1]
    age, sex = records.person.age(day), records.person.sex
    found = vo2max.classify(value, age, sex) if age is not None and sex else None
    middle = vo2max.median(age, sex) if age is not None and sex else None
    sentence: object = _("A class needs your sex and date of birth: they are not in your profile yet.")
    if age is not None and records.person.profile.sex:
        sentence = _("The tables know women and men only: no class is given.")
    if middle is not None:
        sentence = _(
            "Half of the people of your age and sex reach %(median)s on a treadmill (FRIEND 2015)."
        ) % {"median": format_number(middle, 1)}
    elif found is not None:
        sentence = _("Held against people of your age and sex.")
    return [
        Figure(
            "vo2max",
            _("VO2max"),
            str(sentence),
            value=value,
            unit="ml/kg/min",
            digits=1,
            word=CLASS_WORDS[found] if found else "",
            reading=short(day),
            why=Why(
                formula=_("as the device estimates it; class from a table by age and sex"),
                source=vo2max.SOURCE,
                given=[Given(_("Age"), str(age or "–"))],
                days=len(values),
                last=day,
            ),
        )
    ]


# Early warning ----------------------------------------------------------------------------------------------
def early_warning(records: Records) -> list[Figure]:
    """Whether the last two nights lay off the baseline, and how past warnings turned out."""
    rows = records.rows("vitals", NAMES, WARNED_DAYS + vitals.BASE_DAYS)
    pulses = points(rows, PULSE)
    if len(pulses) < vitals.BASE_FEWEST:
        return []
    rmssd, sdnn = points(rows, RMSSD), points(rows, SDNN)
    steady = rmssd if len(rmssd) >= len(sdnn) else sdnn
    start = records.today - timedelta(days=WARNED_DAYS - 1)
    warned = vitals.warning_days(pulses, steady, from_day=start, to_day=records.today)
    felt = points(records.rows("wellbeing", ("energy",), WARNED_DAYS), "energy")
    bad = frozenset(day for day, energy in felt if energy <= BAD_ENERGY)
    rated = {day for day, _energy in felt}

    def judged(day: date) -> bool:
        """Whether the member said how they were on that day or the three after it."""
        return any(day + timedelta(days=later) in rated for later in range(vitals.WARNING_WITHIN_DAYS + 1))

    past = [day for day in warned if (records.today - day).days >= vitals.WARNING_WITHIN_DAYS and judged(day)]
    history = [day for day, _value in pulses if start <= day and judged(day)]
    track = vitals.track_record(past, bad, history)
    now = bool(warned) and (records.today - warned[-1]).days <= 1
    if (records.today - pulses[-1][0]).days > 1:
        return [Figure("warning", _("Early warning"), _("There are no values of the last two nights."))]
    return [
        Figure(
            "warning",
            _("Early warning"),
            _warning_sentence(now, track),
            text=str(_("two unusual nights")) if now else str(_("quiet")),
            tone="watch" if now else "",
            why=Why(
                formula=_("two nights in a row: pulse 5 or more above its middle, and HRV below its band"),
                source=_("own rule"),
                given=[Given(_("Warnings"), ", ".join(short(day) for day in warned[-5:]) or "–")],
                days=len(history),
                first=history[0] if history else None,
                last=history[-1] if history else None,
                note=_("A bad day is one with an energy of 1 or 2. It says nothing about an illness."),
            ),
        )
    ]


def _warning_sentence(now: bool, track: vitals.TrackRecord) -> str:
    said = (
        _("Your last two nights lie off your usual. Go easy, and see how you feel.")
        if now
        else _("Your last two nights say nothing unusual.")
    )
    if not track.says_something:
        return f"{said} " + str(
            _("How often a warning was right is said from %(need)d warnings on; so far there were %(n)d.")
            % {"need": vitals.WARNINGS_FEWEST, "n": track.warnings}
        )
    words = {"n": track.warnings, "hits": track.hits, "usual": format_quantity(100 * track.usual, "%", 0)}
    return f"{said} " + str(
        _("Of %(n)d earlier warnings %(hits)d came before days without energy; of all days %(usual)s did.")
        % words
    )
