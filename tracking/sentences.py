"""One plain sentence for a number, in the member's language. The number and its meaning come from outside."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mitai.core.units import format_amount, format_quantity
from tracking.analysis.blood_pressure import HOME_THRESHOLD, Alarm, Grade, Mean, classify
from tracking.analysis.energy import AdaptiveTdee, Missing, NotEnough
from tracking.analysis.interpret import Course, Direction
from tracking.analysis.weight import Forecast, NoForecast, Rate


def rate_word(direction: Direction, rate: Rate | None) -> str:
    """Direction and rate in few words, for the tile."""
    if rate is None:
        return _("no rate yet")
    if direction is Direction.STEADY:
        return _("steady")
    amount = format_quantity(abs(rate.kg_per_week), "kg", _rate_digits(rate))
    if direction is Direction.FALLING:
        return _("falling, %(rate)s/week") % {"rate": amount}
    return _("rising, %(rate)s/week") % {"rate": amount}


def weight_sentence(direction: Direction, rate: Rate | None, course: Course) -> str:
    """What the weight's course means."""
    if rate is None:
        return _("A rate needs at least seven values over ten days.")
    digits = _rate_digits(rate)
    interval = {
        "low": format_amount(rate.low, "kg", digits, signed=True),
        "high": format_quantity(rate.high, "kg", digits, signed=True),
    }
    if direction is Direction.STEADY:
        return _("Your weight holds: between %(low)s and %(high)s a week are possible.") % interval
    if course is Course.REACHED:
        return _("You have reached your goal; your weight moves by %(low)s to %(high)s a week.") % interval
    if course is Course.TOWARDS:
        return _("You are on the way to your goal, with %(low)s to %(high)s a week.") % interval
    if course is Course.AWAY:
        return _("Your weight moves away from your goal, with %(low)s to %(high)s a week.") % interval
    if direction is Direction.FALLING:
        return _("Your weight is falling, with %(low)s to %(high)s a week.") % interval
    return _("Your weight is rising, with %(low)s to %(high)s a week.") % interval


def _rate_digits(rate: Rate) -> int:
    """One decimal, and two where one would say that something clear is nothing."""
    return 1 if abs(rate.kg_per_week) >= 0.1 else 2


def restart_sentence() -> str:
    """Why a trend does not go back further."""
    return _("After a pause of more than 30 days the trend began anew.")


def forecast_sentence(outcome: Forecast | NoForecast | None) -> str:
    """When the goal is reached, or honestly why nobody can say."""
    if outcome is None:
        return ""
    if isinstance(outcome, Forecast):
        if outcome.latest is None:
            return _("reached around %(day)s, at the earliest %(early)s; the slow end is open.") % {
                "day": _date(outcome.day),
                "early": _date(outcome.earliest),
            }
        return _("reached around %(day)s (between %(early)s and %(late)s), if it goes on like this.") % {
            "day": _date(outcome.day),
            "early": _date(outcome.earliest),
            "late": _date(outcome.latest),
        }
    return {
        NoForecast.NO_TREND: _("At the moment there is no reliable trend to a date."),
        NoForecast.AWAY_FROM_GOAL: _("The trend leads away from the goal."),
        NoForecast.TOO_FAR: _("At this rate the goal is more than two years away."),
        NoForecast.REACHED: _("The goal is reached."),
    }[outcome]


def no_day_sentence() -> str:
    """There are entries, but no day of the last week looks complete."""
    return _("No day of the last seven is complete yet; today counts from tomorrow on.")


def last_pressure_sentence(day: object) -> str:
    """The only reading there is to show is older than a week."""
    return _("Last reading on %(day)s; a mean needs readings of the last seven days.") % {"day": _date(day)}


def energy_sentence(mean_kcal: float, expenditure: AdaptiveTdee | NotEnough) -> str:
    """Intake against what the body uses, or what is missing to say so."""
    if isinstance(expenditure, NotEnough):
        return _lacking(expenditure)
    balance = mean_kcal - expenditure.kcal
    values = {
        "balance": format_quantity(abs(balance), "kcal", 0),
        "tdee": format_amount(expenditure.kcal, "kcal", 0),
        "margin": format_quantity(expenditure.high - expenditure.kcal, "kcal", 0),
    }
    if abs(balance) <= expenditure.high - expenditure.kcal:
        return _("About in balance with your expenditure of %(tdee)s ± %(margin)s.") % values
    if balance < 0:
        return _("%(balance)s a day below your expenditure of %(tdee)s ± %(margin)s.") % values
    return _("%(balance)s a day above your expenditure of %(tdee)s ± %(margin)s.") % values


def _lacking(gap: NotEnough) -> str:
    if gap.reason is Missing.RATE:
        return _("Not enough data yet for your expenditure: it needs seven weights over ten days.")
    if gap.reason is Missing.IMPLAUSIBLE:
        return _("Intake and weight do not fit together; the diary is probably incomplete.")
    return _("Not enough data yet for your expenditure: %(have)s of %(need)s complete days in the diary.") % {
        "have": gap.have,
        "need": gap.need,
    }


def intake_sentence(mean_kcal: float, days: int) -> str:
    """What was eaten on the days that look complete."""
    return ngettext(
        "%(energy)s on the one complete day.",
        "%(energy)s a day on average of %(days)s complete days.",
        days,
    ) % {"energy": format_quantity(mean_kcal, "kcal", 0), "days": days}


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


def pressure_sentence(mean: Mean, first_day_left_out: bool) -> str:
    """The mean's class with the table it comes from, and the threshold that counts at home."""
    grade = classify(mean.systolic, mean.diastolic)
    text = (
        _("Mean of %(n)s readings in 7 days, the first day left out")
        if first_day_left_out
        else (_("First look, mean of %(n)s readings in 7 days"))
    )
    words = [text % {"n": mean.n} + ": " + _("%(grade)s by WHO/ISH 1999.") % {"grade": grade_label(grade)}]
    if grade.isolated_systolic:
        words.append(_("Only the upper value is raised."))
    if mean.systolic >= HOME_THRESHOLD[0] or mean.diastolic >= HOME_THRESHOLD[1]:
        words.append(_("At home a mean of 135/85 mmHg and above counts as raised."))
    return " ".join([*words, _("Orientation, no diagnosis.")])


def pressure_warning(alarm: Alarm | None) -> str:
    """What to do about the highest reading, with the threshold it rests on."""
    if alarm is Alarm.EMERGENCY:
        return _(
            "A reading was at or above 180/120 mmHg. Sit down and repeat after five minutes. "
            "With chest pain, breathlessness, weakness, numbness or trouble seeing or speaking call 112; "
            "otherwise see a doctor today."
        )
    if alarm is Alarm.SOON:
        return _("A reading was at or above 110 mmHg diastolic. Please have it looked at by a doctor soon.")
    return ""


def pressure_low() -> str:
    """A low reading worries nobody who feels well."""
    return _("A reading was below 90/60 mmHg. If you felt dizzy, please have it looked at by a doctor.")


def rhythm_notice() -> str:
    """What to do about an irregular pulse; the device does not diagnose, and neither do we."""
    return _(
        "Your device showed an irregular heartbeat in at least two readings. "
        "Please have it looked at by a doctor."
    )


def _date(day: object) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")  # type: ignore[arg-type]
