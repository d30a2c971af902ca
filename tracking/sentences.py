"""One plain sentence for a verdict, in the member's language. What it means was decided outside.

Every quantity is written by one function of its own, at the end, in the member's units.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mitai.core.numbers import format_number, round_to
from mitai.core.units import format_amount, format_quantity
from tracking.analysis import interpret
from tracking.analysis.blood_pressure import Grade, Place, ProtocolGap, Table
from tracking.analysis.body import PLAUSIBLE_FAT, Reason, Unknown
from tracking.analysis.interpret import (
    Balance,
    Caution,
    Course,
    EnergyState,
    Intake,
    Movement,
    Moves,
    PressureState,
    StalePressure,
    Threshold,
    shown_digits,
)
from tracking.analysis.weight import Forecast, NoForecast
from tracking.measures import Text

MASS_DIGITS = 1


# Every chart --------------------------------------------------------------------------------------------
def empty_sentence(days: int | None) -> str:
    """Nothing was recorded in a period of so many days, None for all time."""
    return _("No values yet.") if days is None else _("No values in these %(days)s days.") % {"days": days}


def valueless_sentence() -> str:
    """There are entries, but none with a value to draw."""
    return _("These entries hold no value for the chart.")


def movement_sentence(found: Movement, label: object, unit: str, digits: int) -> str:
    """Where a journal without an analysis of its own goes, by its measure named `label`."""
    words: dict[str, object] = {"label": label}
    if found.rate is None:
        return _counted(found, words, unit, digits)
    low, high = found.rate.low, found.rate.high
    digits = _telling(shown_digits(found.rate.kg_per_week, digits), low, high)
    if found.kind is Moves.STEADY:
        words |= _span(low, high, unit, digits, signed=True)
        return _("The values (%(label)s) hold: between %(low)s and %(high)s a week are possible.") % words
    slower, faster = sorted((abs(low), abs(high)))
    words |= _span(slower, faster, unit, digits)
    if found.kind is Moves.FALLING:
        return _("The values (%(label)s) are falling, by %(low)s to %(high)s a week.") % words
    return _("The values (%(label)s) are rising, by %(low)s to %(high)s a week.") % words


def _counted(found: Movement, words: dict[str, object], unit: str, digits: int) -> str:
    """How many values there are while they say no direction."""
    if found.kind is Moves.NONE:
        return valueless_sentence()
    values = found.values
    words |= {**_rate_limits(found), "n": len(values), "last": _quantity(values[-1], unit, digits)}
    if found.kind is Moves.STALE:
        return _(
            "The last value (%(label)s) is %(last)s, from %(day)s; "
            "a direction needs values of the last %(window)s days."
        ) % {**words, "day": _day(found.last)}
    words |= _span(min(values), max(values), unit, digits)
    return (
        ngettext(
            "One value (%(label)s) in %(window)s days, %(last)s; "
            "a direction needs %(need)s over %(span)s days.",
            "%(n)s values (%(label)s) in %(window)s days, between %(low)s and %(high)s; "
            "a direction needs %(need)s over %(span)s days.",
            len(values),
        )
        % words
    )


# Weight -------------------------------------------------------------------------------------------------
def movement_word(found: Movement) -> str:
    """Direction and rate of the weight in few words, for the tile."""
    if found.rate is None:
        return _("no rate yet")
    if found.kind is Moves.STEADY:
        return _("steady")
    digits = _telling(shown_digits(found.rate.kg_per_week, MASS_DIGITS), found.rate.kg_per_week)
    amount = _mass(abs(found.rate.kg_per_week), digits)
    if found.kind is Moves.FALLING:
        return _("falling, %(rate)s/week") % {"rate": amount}
    return _("rising, %(rate)s/week") % {"rate": amount}


def weight_sentence(found: Movement, course: Course) -> str:
    """What the weight's course means."""
    if found.rate is None:
        return _no_rate(found)
    digits = _telling(shown_digits(found.rate.kg_per_week, MASS_DIGITS), found.rate.low, found.rate.high)
    interval = _mass_span(found.rate.low, found.rate.high, digits)
    if course is Course.REACHED:
        return _("You have reached your goal; your weight moves by %(low)s to %(high)s a week.") % interval
    if course is Course.TOWARDS:
        return _("You are on the way to your goal, with %(low)s to %(high)s a week.") % interval
    if course is Course.AWAY:
        return _("Your weight moves away from your goal, with %(low)s to %(high)s a week.") % interval
    if found.kind is Moves.STEADY:
        return _("Your weight holds: between %(low)s and %(high)s a week are possible.") % interval
    if found.kind is Moves.FALLING:
        return _("Your weight is falling, with %(low)s to %(high)s a week.") % interval
    return _("Your weight is rising, with %(low)s to %(high)s a week.") % interval


def _no_rate(found: Movement) -> str:
    if found.kind is Moves.NONE:
        return _("There is no weight among these entries.")
    words = {**_rate_limits(found), "have": found.have}
    if found.kind is Moves.STALE:
        return _("Your last weight is from %(day)s; a rate needs values of the last %(window)s days.") % {
            **words,
            "day": _day(found.last),
        }
    if found.kind is Moves.FEW:
        return _("A rate needs %(need)s values in %(window)s days; so far you have %(have)s.") % words
    return _("A rate needs values over %(span)s days; so far they span %(have)s.") % words


def _rate_limits(found: Movement) -> dict[str, str]:
    """What a rate needs: so many values, over so many days, within so many."""
    return dict(zip(("need", "span", "window"), map(_limit, found.rests_on), strict=True))


def restart_note() -> str:
    """Why a trend does not go back further."""
    return _("After a pause of more than %(days)s days the trend began anew.") % {
        "days": _limit(interpret.TREND_RESTART)
    }


def forecast_sentence(outcome: Forecast | NoForecast) -> str:
    """When the goal is reached, or honestly why nobody can say."""
    if isinstance(outcome, Forecast):
        words = {"day": _day(outcome.day), "early": _day(outcome.earliest)}
        if outcome.latest is None:
            return (
                _("You reach the goal around %(day)s, at the earliest %(early)s; the slow end is open.")
                % words
            )
        return _(
            "You reach the goal around %(day)s (between %(early)s and %(late)s), if it goes on like this."
        ) % {**words, "late": _day(outcome.latest)}
    return {
        NoForecast.NO_TREND: _("At the moment there is no reliable trend to a date."),
        NoForecast.AWAY_FROM_GOAL: _("The trend leads away from the goal."),
        NoForecast.TOO_FAR: _("At this rate the goal is more than %(days)s days away.")
        % {"days": _limit(interpret.FORECAST_HORIZON)},
        NoForecast.REACHED: _("The goal is reached."),
    }[outcome]


# Energy -------------------------------------------------------------------------------------------------
def energy_sentence(state: EnergyState) -> str:
    """Intake against what the body uses, or what is missing to say so."""
    if state.kind not in {Balance.EVEN, Balance.BELOW, Balance.ABOVE}:
        return _no_balance(state)
    words = {
        "balance": _energy(abs(state.balance_kcal)),
        "tdee": _energy_number(state.expenditure_kcal),
        "margin": _energy(state.margin_kcal),
    }
    if state.kind is Balance.EVEN:
        return _("About in balance with your expenditure of %(tdee)s ± %(margin)s.") % words
    if state.kind is Balance.BELOW:
        return _("%(balance)s a day below your expenditure of %(tdee)s ± %(margin)s.") % words
    return _("%(balance)s a day above your expenditure of %(tdee)s ± %(margin)s.") % words


def _no_balance(state: EnergyState) -> str:
    limits = [_limit(threshold) for threshold in state.rests_on]
    if state.kind is Balance.STALE:
        return _("Your last entry is from %(day)s; a mean needs complete days of the last %(window)s.") % {
            "window": limits[0],
            "day": _day(state.last),
        }
    if state.kind is Balance.NO_DAY:
        return _("None of the last %(window)s days is complete yet; today counts from tomorrow on.") % {
            "window": limits[0]
        }
    if state.kind is Balance.NO_RATE:
        return _(
            "Not enough data yet for your expenditure: it needs %(need)s weights over %(span)s days."
        ) % {"need": limits[0], "span": limits[1]}
    if state.kind is Balance.IMPLAUSIBLE:
        least, most = state.rests_on
        return _(
            "Intake and weight do not fit together (an expenditure outside %(low)s to %(high)s); "
            "the diary is probably incomplete."
        ) % {"low": _energy_number(least.value), "high": _energy(most.value)}
    return _("Not enough data yet for your expenditure: %(have)s of %(need)s complete days in the diary.") % {
        "have": state.have,
        "need": state.need,
    }


def intake_sentence(found: Intake) -> str:
    """What was eaten on the days that look complete."""
    if not found.days:
        return _("No day of this period is complete yet; today counts from tomorrow on.")
    return ngettext(
        "%(kcal)s on the one complete day.",
        "%(kcal)s a day on average of %(days)s complete days.",
        found.days,
    ) % {"kcal": _energy(found.mean_kcal), "days": found.days}


# Body fat -----------------------------------------------------------------------------------------------
def body_fat_sentence(found: Unknown, labels: Mapping[str, str]) -> str:
    """Why there is no figure of body fat; `labels` name the fields of folds or girths."""
    fields = ", ".join(labels.get(name, name) for name in found.fields)
    low, high = (format_number(value, 0) for value in PLAUSIBLE_FAT)
    said = {
        Reason.MISSING_SEX: _("Body fat needs your sex: it is not in your profile yet."),
        Reason.MISSING_AGE: _("Body fat needs your date of birth: it is not in your profile yet."),
        Reason.MISSING_HEIGHT: _("Body fat needs your height: it is not in your profile yet."),
        Reason.MISSING_WEIGHT: _("Body fat by this method needs a weight of this day or the month before."),
        Reason.MISSING_FOLD: _("For body fat these are missing: %(fields)s.") % {"fields": fields},
        Reason.MISSING_GIRTH: _("For body fat these are missing: %(fields)s.") % {"fields": fields},
        Reason.OUTSIDE_AGE: _("This method was not made for your age: no body fat is given."),
        Reason.SUM_TOO_HIGH: _("The folds together are too thick for this method: no body fat is given."),
    }
    if found.reason is Reason.IMPLAUSIBLE and found.fields:
        return _("Please check: %(fields)s. With these values there is no body fat.") % {"fields": fields}
    beyond = _("The result is not between %(low)s and %(high)s %%: please check the values.")
    return said.get(found.reason) or beyond % {"low": low, "high": high}


# Blood pressure -----------------------------------------------------------------------------------------
TABLE_LABELS: dict[Table, Text] = {
    Table.WHO_ISH_1999: "WHO/ISH 1999",
    Table.ESC_ESH_2018: "ESC/ESH 2018",
    Table.ESC_2024: "ESC 2024",
    Table.ESC_2024_HOME: gettext_lazy("ESC 2024, at home"),
    Table.AHA_ACC_2017: "AHA/ACC 2017",
    Table.ISH_2020: "ISH 2020",
}


def grade_label(grade: Grade) -> str:
    """The name of a class of blood pressure."""
    names = {
        "optimal": _("optimal"),
        "normal": _("normal"),
        "high_normal": _("high normal"),
        "grade_1": _("grade 1 (mild)"),
        "grade_2": _("grade 2 (moderate)"),
        "grade_3": _("grade 3 (severe)"),
        "not_elevated": _("not elevated"),
        "elevated": _("elevated"),
        "hypertension": _("hypertension"),
        "stage_1": _("stage 1"),
        "stage_2": _("stage 2"),
    }
    return names[grade.key]


def pressure_sentence(state: PressureState | StalePressure | None) -> str:
    """The mean's class with the table it comes from, and the threshold that counts at home."""
    if state is None:
        return _("There is no blood pressure among these entries.")
    if isinstance(state, StalePressure):
        return _("Your last reading is from %(day)s; a mean needs readings of the last %(window)s days.") % {
            "day": _day(state.last),
            "window": _limit(*state.rests_on),
        }
    words = {
        "rests_on": _rests_on(state),
        "grade": _grade(state.grade),
        "limit": _pressure(*state.rests_on),
    }
    words["place"] = _("at home") if state.scheme.place is Place.HOME else _("at a practice")
    if state.raised:
        text = _(
            "%(rests_on)s: %(grade)s, at or above the threshold of %(limit)s\u202fmmHg %(place)s "
            "(orientation, no diagnosis)."
        )
    else:
        text = _(
            "%(rests_on)s: %(grade)s, below the threshold of %(limit)s\u202fmmHg %(place)s "
            "(orientation, no diagnosis)."
        )
    return text % words


def _grade(grade: Grade) -> str:
    """The class and whose it is."""
    words = {"grade": grade_label(grade), "table": TABLE_LABELS[grade.table]}
    if grade.isolated_systolic:
        return _("%(grade)s by %(table)s with only the upper value raised") % words
    return _("%(grade)s by %(table)s") % words


def _rests_on(state: PressureState) -> str:
    """What a mean was made of, and what it lacks to be a home average."""
    words = {"n": state.mean.n, "window": _limit(interpret.PRESSURE_WINDOW)}
    if state.gap is None:
        return _("Mean of %(n)s readings in %(window)s days, the first day left out") % words
    look = (
        ngettext(
            "First look at one reading in %(window)s days",
            "First look at %(n)s readings in %(window)s days",
            state.mean.n,
        )
        % words
    )
    if state.gap is ProtocolGap.DAYS:
        return _("%(look)s (a mean needs %(days)s days)") % {
            "look": look,
            "days": _limit(interpret.PROTOCOL_DAYS),
        }
    return _("%(look)s (a mean needs %(readings)s after the first day)") % {
        "look": look,
        "readings": _limit(interpret.PROTOCOL_READINGS),
    }


def caution_sentence(caution: Caution) -> str:
    """What to do about a reading or a pulse, with the threshold it rests on.

    The device does not diagnose, and neither do we; a low reading worries nobody who feels well.
    """
    if caution is Caution.EMERGENCY:
        return _(
            "A reading was at or above %(limit)s\u202fmmHg. Sit down and repeat after five minutes. "
            "With chest pain, breathlessness, weakness, numbness or trouble seeing or speaking call 112; "
            "otherwise see a doctor today."
        ) % {"limit": _pressure(interpret.EMERGENCY_SYSTOLIC, interpret.EMERGENCY_DIASTOLIC)}
    if caution is Caution.SOON:
        return _(
            "A reading was at or above %(limit)s\u202fmmHg diastolic. Please have it looked at by a doctor "
            "soon."
        ) % {"limit": _limit(interpret.SOON_DIASTOLIC)}
    if caution is Caution.RHYTHM:
        return _(
            "Your device showed an irregular heartbeat in at least %(n)s readings. "
            "Please have it looked at by a doctor."
        ) % {"n": _limit(interpret.RHYTHM_READINGS)}
    return _(
        "A reading was below %(limit)s\u202fmmHg. If you felt dizzy, please have it looked at by a doctor."
    ) % {"limit": _pressure(interpret.LOW_SYSTOLIC, interpret.LOW_DIASTOLIC)}


# Quantities: one function each --------------------------------------------------------------------------
def _telling(digits: int, *numbers: float) -> int:
    """So many decimals, or up to two more, that what is not zero does not read as zero."""
    for more in range(digits, digits + 2):
        if all(round_to(number, more) or not number for number in numbers):
            return more
    return digits + 2


def _mass(kilograms: float, digits: int) -> str:
    return _quantity(kilograms, "kg", digits)


def _mass_span(low: float, high: float, digits: int) -> dict[str, str]:
    """Both ends of an interval of changes in mass, the unit behind the second."""
    return _span(low, high, "kg", digits, signed=True)


def _energy(kcal: float) -> str:
    return _quantity(kcal, "kcal", 0)


def _energy_number(kcal: float) -> str:
    """Without the unit, where the next number brings it."""
    return format_amount(kcal, "kcal", 0)


def _pressure(systolic: Threshold, diastolic: Threshold) -> str:
    return f"{_limit(systolic)}/{_limit(diastolic)}"


def _limit(threshold: Threshold) -> str:
    """A threshold that is counted, or measured in whole mmHg."""
    return format_number(threshold.value, 0)


def _day(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _span(low: float, high: float, unit: str, digits: int, *, signed: bool = False) -> dict[str, str]:
    return {
        "low": format_amount(low, unit, digits, signed=signed),
        "high": format_quantity(high, unit, digits, signed=signed),
    }


def _quantity(value: float, unit: str, digits: int, signed: bool = False) -> str:
    return format_quantity(value, unit, digits, signed=signed)
