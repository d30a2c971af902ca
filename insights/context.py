"""The numbers that are sent: computed by tracking.analysis, written in the member's language.

No name, no address, no note is among them. What is missing is a fact too, so that nobody has to guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights.providers.base import Fact
from insights.sheet import Sheet, days, of_the_last, pair, written_day
from mitai.core import units
from mitai.core.numbers import format_number, round_to
from mitai.core.zones import local_day
from tracking import sentences
from tracking.analysis import blood_pressure as pressure
from tracking.analysis import energy, weight
from tracking.analysis.interpret import Caution
from tracking.charts import WARM_UP, rows_of
from tracking.goals import Goal
from tracking.journals import registry
from tracking.profile import Profile

if TYPE_CHECKING:
    from membership.models import User
    from tracking.journals.base import Point

DAYS, LONG_DAYS, PRESSURE_DAYS, FAT_DAYS = 28, 90, 7, 30
MACROS = ("protein_g", "carbs_g", "fat_g")
Values = Mapping[date, float]


@dataclass(frozen=True)
class Recorded:
    """What the member recorded in the windows that count; six queries, however long the history is."""

    today: date
    profile: Profile
    target: weight.Target | None
    weights: tuple[tuple[date, float], ...]
    body_fat_pct: float | None
    diary: tuple[Point, ...]
    pressures: tuple[Point, ...]

    @property
    def recent_weights(self) -> list[tuple[date, float]]:
        """Weights that may stand for today; those before only warm the trend up."""
        return [point for point in self.weights if (self.today - point[0]).days < LONG_DAYS]


def facts(user: User, *, now: datetime) -> tuple[Fact, ...]:
    """All facts about a member at an instant, in the member's language and zone, in metric units.

    What is sent, answered and checked is metric whoever asks: an answer is read again after units changed.
    """
    with translation.override(user.language), units.override(units.METRIC):
        recorded = read(user, local_day(now, user.zone))
        sheet = Sheet()
        about_profile(sheet, recorded)
        rate = about_weight(sheet, recorded)
        about_goal(sheet, recorded, rate)
        about_nutrition(sheet, recorded)
        about_pressure(sheet, recorded)
        return tuple(sheet.facts)


def read(user: User, today: date) -> Recorded:
    journals = registry()
    rows = rows_of(
        journals["weight"],
        user,
        today - WARM_UP - timedelta(days=LONG_DAYS),
        today,
        ["weight_kg", "body_fat_pct"],
    )
    fat = [row for row in rows if row.values["body_fat_pct"] is not None]
    return Recorded(
        today=today,
        profile=Profile.of(user),
        target=Goal.objects.weight_target(user),
        weights=tuple((row.day, value) for row in rows if (value := row.values["weight_kg"]) is not None),
        body_fat_pct=fat[-1].values["body_fat_pct"]
        if fat and (today - fat[-1].day).days <= FAT_DAYS
        else None,
        diary=tuple(
            rows_of(
                journals["nutrition"], user, today - timedelta(days=DAYS), today, ["energy_kcal", *MACROS]
            )
        ),
        pressures=tuple(
            rows_of(
                journals["blood_pressure"],
                user,
                today - timedelta(days=PRESSURE_DAYS - 1),
                today,
                ["systolic_mmhg", "diastolic_mmhg"],
            )
        ),
    )


# Who ------------------------------------------------------------------------------------------------------
def about_profile(sheet: Sheet, recorded: Recorded) -> None:
    profile = recorded.profile
    age = profile.age(recorded.today)
    if age is not None:
        sheet.number("profile", "age", _("Age"), age, 0, _("years"))
    if profile.sex:
        sheet.words("profile", "sex", _("Sex"), str(profile.get_sex_display()))
    if profile.height_cm is not None:
        sheet.number("profile", "height_cm", _("Height"), float(profile.height_cm), 0, "cm")
    if profile.activity_level:
        sheet.words("profile", "activity", _("Everyday activity"), str(profile.get_activity_level_display()))
    resting(sheet, recorded, age)


def resting(sheet: Sheet, recorded: Recorded, age: int | None) -> None:
    """The basal metabolic rate, below which nobody is advised to eat."""
    height = recorded.profile.height_cm
    if not recorded.recent_weights:
        return
    weight_kg = recorded.recent_weights[-1][1]
    if recorded.body_fat_pct is not None:  # measured, it says more than age and height
        kcal = energy.katch_mcardle(weight_kg * (1 - recorded.body_fat_pct / 100))
        label = _("Basal metabolic rate (Katch–McArdle, with the body fat of the scale)")
    elif age is not None and height is not None:
        kcal = energy.mifflin_st_jeor(weight_kg, float(height), age, recorded.profile.sex)
        label = _("Basal metabolic rate (Mifflin–St Jeor)")
    else:
        return
    sheet.number("profile", "resting_kcal", label, kcal, 0, "kcal")


# Weight ---------------------------------------------------------------------------------------------------
def about_weight(sheet: Sheet, recorded: Recorded) -> weight.Rate | None:
    """Trend, reading, means and rate; the rate, which the goal needs too."""
    points, today = recorded.weights, recorded.today
    recent = recorded.recent_weights
    if not recent:
        sheet.words(
            "weight",
            "weight_missing",
            _("Weight"),
            _("no entry in the last %(days)d days") % {"days": LONG_DAYS},
        )
        sheet.words("weight", "rate_missing", _("Rate of the weight"), needed())
        return None
    day, reading = recent[-1]
    sheet.number("weight", "trend_kg", _("Trend weight"), weight.trend(points)[-1].trend, 1, "kg")
    sheet.number("weight", "reading_kg", _("Last reading"), reading, 1, "kg", period=written_day(day))
    covered = sum((today - day).days < DAYS for day, _value in recent)
    sheet.words(
        "weight",
        "weight_days",
        _("Days with a weight"),
        days(covered),
        number=covered,
        n=covered,
        period=of_the_last(DAYS),
    )
    for window, fewest in ((7, 4), (DAYS, 14)):
        mean = weight.moving_mean(points, today, window, fewest)
        if mean is not None:
            sheet.number(
                "weight",
                f"mean_{window}_kg",
                _("Mean of the weight"),
                mean,
                1,
                "kg",
                period=of_the_last(window),
            )
    if recorded.profile.height_cm is not None:
        bmi = weight.bmi(reading, float(recorded.profile.height_cm))
        sheet.number("weight", "bmi", _("Body mass index"), bmi, 1, "kg/m²")
    long_change(sheet, recorded)
    return about_rate(sheet, weight.rate(points, today))


def long_change(sheet: Sheet, recorded: Recorded) -> None:
    """How far the trend moved in the long window, where the window is covered from its first week."""
    trend = weight.trend(recorded.weights)
    inside = [point for point in trend if (recorded.today - point.day).days <= LONG_DAYS]
    if len(inside) > 1 and (recorded.today - inside[0].day).days >= LONG_DAYS - 7:
        sheet.number(
            "weight",
            "change_kg",
            _("Change of the trend weight"),
            inside[-1].trend - inside[0].trend,
            1,
            "kg",
            signed=True,
            period=of_the_last(LONG_DAYS),
        )


def about_rate(sheet: Sheet, rate: weight.Rate | None) -> weight.Rate | None:
    label = _("Rate of the weight")
    if rate is None:
        sheet.words("weight", "rate_missing", label, needed())
        return None
    rests_on = ngettext("%(n)d reading in %(days)d days", "%(n)d readings in %(days)d days", rate.n) % {
        "n": rate.n,
        "days": rate.window_days,
    }
    unit = _("kg/week")
    sheet.number(
        "weight", "rate_kg_week", label, rate.kg_per_week, 2, unit, signed=True, n=rate.n, period=rests_on
    )
    sheet.words("weight", "rate_level", _("Confidence level of the intervals"), f"{format_number(95, 0)} %")
    sheet.number(
        "weight", "rate_low_kg_week", _("Rate, lower end of the interval"), rate.low, 2, unit, signed=True
    )
    sheet.number(
        "weight", "rate_high_kg_week", _("Rate, upper end of the interval"), rate.high, 2, unit, signed=True
    )
    return rate


def needed() -> str:
    return _("at least %(n)d readings over %(days)d days are needed") % {
        "n": weight.FEWEST_VALUES,
        "days": weight.SHORTEST_SPAN,
    }


# Goal -----------------------------------------------------------------------------------------------------
def about_goal(sheet: Sheet, recorded: Recorded, rate: weight.Rate | None) -> None:
    target = recorded.target
    if target is None:
        sheet.words("goal", "goal_missing", _("Goal"), _("none set"))
        return
    sheet.number("goal", "goal_kg", _("Goal weight"), target.value, 1, "kg")
    if not recorded.recent_weights:
        sheet.words("goal", "forecast_missing", _("Forecast for the goal"), needed())
        return
    now = float(round_to(weight.trend(recorded.weights)[-1].trend, 1))
    sheet.number(
        "goal",
        "goal_distance_kg",
        _("From the trend weight to the goal"),
        target.value - now,
        1,
        "kg",
        signed=True,
    )
    outlook = weight.forecast(rate, target)
    if outlook is weight.NoForecast.REACHED:
        sheet.words("goal", "goal_reached", _("Goal"), _("reached"))
        return
    if isinstance(outlook, weight.NoForecast):
        sheet.words(
            "goal", "forecast_missing", _("Forecast for the goal"), sentences.forecast_sentence(outlook)
        )
        return
    sheet.words("goal", "forecast_day", _("Forecast for the goal"), written_day(outlook.day))
    sheet.words("goal", "forecast_first", _("Forecast, at the earliest"), written_day(outlook.earliest))
    label = _("Forecast, at the latest")
    if outlook.latest is None:
        sheet.words("goal", "forecast_open", label, _("open"))
    else:
        sheet.words("goal", "forecast_last", label, written_day(outlook.latest))


# Nutrition ------------------------------------------------------------------------------------------------
def about_nutrition(sheet: Sheet, recorded: Recorded) -> None:
    """Means over complete days, protein against the guideline, expenditure and balance."""
    daily = energy.complete_days(
        {row.day: row.values["energy_kcal"] for row in recorded.diary}, recorded.today
    )
    label = _("Expenditure from intake and weight")
    if not daily:
        sheet.words(
            "nutrition",
            "diary_missing",
            _("Nutrition"),
            _("no entry in the last %(days)d days") % {"days": DAYS},
        )
        sheet.words(
            "nutrition",
            "tdee_missing",
            label,
            lacking(energy.NotEnough(energy.Missing.DAYS, 0, energy.TDEE_FEWEST)),
        )
        return
    period = of_the_last(DAYS)
    sheet.words(
        "nutrition",
        "diary_days",
        _("Complete days in the diary"),
        days(len(daily)),
        number=len(daily),
        n=len(daily),
        period=period,
    )
    mean = fmean(daily.values())
    sheet.number(
        "nutrition", "energy_kcal", _("Energy a day, mean"), mean, 0, "kcal", n=len(daily), period=period
    )
    about_macros(sheet, recorded, daily)
    tdee = energy.adaptive_tdee(daily, recorded.weights, recorded.today)
    if isinstance(tdee, energy.NotEnough):
        sheet.words("nutrition", "tdee_missing", label, lacking(tdee))
        return
    sheet.number("nutrition", "tdee_kcal", label, tdee.kcal, 0, "kcal")
    sheet.number(
        "nutrition", "tdee_low_kcal", _("Expenditure, lower end of the interval"), tdee.low, 0, "kcal"
    )
    sheet.number(
        "nutrition", "tdee_high_kcal", _("Expenditure, upper end of the interval"), tdee.high, 0, "kcal"
    )
    # Of the printed values, so that a reader who subtracts gets the same.
    balance = float(round_to(mean, 0)) - float(round_to(tdee.kcal, 0))
    sheet.number("nutrition", "balance_kcal", _("Balance a day"), balance, 0, "kcal", signed=True)


def about_macros(sheet: Sheet, recorded: Recorded, daily: Values) -> None:
    labels = {
        "protein_g": _("Protein a day, mean"),
        "carbs_g": _("Carbohydrates a day, mean"),
        "fat_g": _("Fat a day, mean"),
    }
    means = {}
    for name in MACROS:
        values = [
            value for row in recorded.diary if row.day in daily and (value := row.values[name]) is not None
        ]
        if values:
            means[name] = fmean(values)
            sheet.number("nutrition", name, labels[name], means[name], 0, "g", n=len(values))
    if "protein_g" in means and recorded.recent_weights:
        body = weight.trend(recorded.weights)[-1].trend
        sheet.number(
            "nutrition",
            "protein_g_kg",
            _("Protein per kg of body weight"),
            means["protein_g"] / body,
            1,
            "g/kg",
        )
        sheet.number(
            "nutrition",
            "protein_guide_g_kg",
            _("Guideline for protein in training"),
            energy.PROTEIN_PLATEAU_G_PER_KG,
            1,
            "g/kg",
            period="Morton et al. 2018",
        )


def lacking(gap: energy.NotEnough) -> str:
    """Why there is no expenditure yet."""
    if gap.reason is energy.Missing.RATE:
        return needed()
    if gap.reason is energy.Missing.IMPLAUSIBLE:
        return _("intake and weight do not fit together; the diary is probably incomplete")
    return _("%(have)d of %(need)d complete days in the diary") % {"have": gap.have, "need": gap.need}


# Blood pressure -------------------------------------------------------------------------------------------
def about_pressure(sheet: Sheet, recorded: Recorded) -> None:
    """The home average with its class, or a first look at the last week; nothing for who does not measure."""
    readings = [
        (row.day, s, d)
        for row in recorded.pressures
        if (s := row.values["systolic_mmhg"]) and (d := row.values["diastolic_mmhg"])
    ]
    average = pressure.home_average(readings)
    few = isinstance(average, pressure.ProtocolGap)
    mean = pressure.mean([(s, d) for _day, s, d in readings]) if few else average
    if not isinstance(mean, pressure.Mean):
        return
    topic, count = "blood_pressure", ngettext("%(n)d reading", "%(n)d readings", mean.n) % {"n": mean.n}
    sheet.words(
        topic,
        "bp_mean",
        _("Blood pressure, mean"),
        pair(mean.systolic, mean.diastolic),
        unit="mmHg",
        n=mean.n,
        period=of_the_last(PRESSURE_DAYS)
        if few
        else ", ".join([of_the_last(PRESSURE_DAYS), _("first day left out")]),
    )
    sheet.words(topic, "bp_n", _("Readings of blood pressure"), count, number=mean.n, n=mean.n)
    sheet.words(
        topic,
        "bp_class",
        _("Class by WHO/ISH 1999"),
        sentences.grade_label(pressure.classify(mean.systolic, mean.diastolic)),
    )
    if few:
        sheet.words(
            topic,
            "bp_few",
            _("Certainty of the blood pressure"),
            _("a home average needs %(n)d readings on %(days)d days")
            % {"n": pressure.PROTOCOL_FEWEST, "days": pressure.PROTOCOL_FEWEST_DAYS},
        )
    sheet.words(
        topic,
        "bp_threshold",
        _("Threshold for the mean of measurements at home"),
        pair(*pressure.HOME_THRESHOLD),
        unit="mmHg",
        period="ESH 2021",
    )
    limits = zip((mean.systolic, mean.diastolic), pressure.HOME_THRESHOLD, strict=True)
    if any(value >= limit for value, limit in limits):
        sheet.words(topic, "bp_high", _("The mean is at or above this threshold"), _("yes"))
    alarms = [alarm for reading in readings if (alarm := pressure.warning(*reading[1:])) is not None]
    if alarms:
        worst = pressure.Alarm.EMERGENCY if pressure.Alarm.EMERGENCY in alarms else alarms[0]
        sheet.words(topic, "bp_warning", _("Warning"), sentences.caution_sentence(Caution(worst.value)))
