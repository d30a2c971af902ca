"""Weighing: trend, rate, the outlook of thirty days, forecast to the goal with its report card."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mitai.core.units import format_quantity
from tracking import sentences
from tracking.analysis import interpret, weight
from tracking.analysis.interpret import Course
from tracking.charts import WARM_UP
from tracking.records import Records, once, points
from tracking.topics.figure import Figure, Given, Tone, Why, given, short

SHOWN_DAYS = 30
OUTLOOK_DAYS = 30
WEIGHT_DAYS = WARM_UP.days + SHOWN_DAYS
BACKTEST_DAYS = weight.BACKTEST_DAYS + weight.RATE_DAYS
WEIGHT = ("weight_kg", "body_fat_pct")
HACKERS_DIET = "J. Walker, The Hacker's Diet"
LEAST_SQUARES = _("ordinary least squares")


@once
def weights(records: Records) -> list[tuple[date, float]]:
    return points(records.rows("weight", WEIGHT, WEIGHT_DAYS), "weight_kg")


@once
def trend(records: Records) -> Figure:
    """The smoothed weight: what a day weighs without its noise."""
    rows = [row for row in records.rows("weight", WEIGHT, WEIGHT_DAYS) if row.values["weight_kg"] is not None]
    smoothed = weight.trend(points(rows, "weight_kg"))
    if not smoothed:
        return Figure("trend", _("Trend"), _("No weight in the last weeks."))
    moves = interpret.movement(points(rows, "weight_kg"), records.today)
    course = interpret.towards_goal(moves, records.target)
    tones: dict[Course, Tone] = {Course.TOWARDS: "good", Course.REACHED: "good", Course.AWAY: "watch"}
    last = smoothed[-1]
    before = (
        [given(_("Trend before"), smoothed[-2].trend, "kg", 2, day=smoothed[-2].day)] if smoothed[1:] else []
    )
    return Figure(
        "trend",
        _("Trend"),
        sentences.weight_sentence(moves, course),
        value=last.trend,
        unit="kg",
        digits=1,
        word=sentences.movement_word(moves),
        tone=tones.get(course, ""),
        why=Why(
            formula=_("trend = trend before + (1 − 0.9^days) · (weight − trend before)"),
            source=HACKERS_DIET,
            given=[
                *before,
                given(_("Weight"), last.value, "kg", 3, day=last.day, origin=records.source(rows[-1])),
            ],
            days=len(smoothed),
            first=smoothed[0].day,
            last=last.day,
            sources=records.sources(rows),
            note=_("After more than 30 days without a weight the trend begins anew."),
        ),
    )


def rate(records: Records) -> Figure:
    """How fast the weight changes, from the readings themselves."""
    found = weight.rate(weights(records), records.today)
    moves = interpret.movement(weights(records), records.today)
    if found is None:
        return Figure("rate", _("Rate"), sentences.weight_sentence(moves, Course.NEUTRAL))
    return Figure(
        "rate",
        _("Rate"),
        sentences.weight_sentence(moves, Course.NEUTRAL),
        value=found.kg_per_week,
        unit="kg",
        digits=2,
        margin=found.high - found.kg_per_week,
        signed=True,
        reading=_("a week"),
        why=Why(
            formula=_("slope of the straight line through the weights, times 7"),
            source=LEAST_SQUARES,
            given=[
                given(_("Slope a day"), found.slope, "kg", 4),
                given(_("Scatter around the line"), found.scatter, "kg", 2),
                given(_("Line on the last day"), found.level, "kg", 2, day=found.day),
            ],
            days=found.n,
            last=found.day,
            note=_("Readings, not the trend: a smoothed series would look far too certain."),
        ),
    )


def outlook(records: Records) -> list[Figure]:
    """The weight in thirty days if it goes on like this."""
    found = weight.rate(weights(records), records.today)
    if found is None:
        return []
    ahead = weight.predict(found, OUTLOOK_DAYS)
    return [
        Figure(
            "outlook",
            _("In 30 days, going on like this"),
            _("A single reading then lies within %(margin)s of it, 95 times of 100.")
            % {"margin": format_quantity(ahead.reading_margin, "kg", 1)},
            value=ahead.kg,
            unit="kg",
            digits=1,
            margin=ahead.line_margin,
            reading=short(ahead.day),
            why=Why(
                formula=_("line on the last day + slope a day · 30"),
                source=LEAST_SQUARES,
                given=[
                    given(_("Line on the last day"), found.level, "kg", 2, day=found.day),
                    given(_("Slope a day"), found.slope, "kg", 4),
                    given(_("Scatter around the line"), found.scatter, "kg", 2),
                ],
                days=found.n,
                last=found.day,
                note=_("A straight line; a body adapts, and the rate usually falls."),
            ),
        )
    ]


def forecast(records: Records) -> list[Figure]:
    """When the goal weight is reached, and how often such forecasts have held; nothing without a goal."""
    return [forecast_day(records, records.target), report_card(records)] if records.target else []


def forecast_day(records: Records, target: weight.Target) -> Figure:
    """The day on which the goal weight is reached, or honestly why nobody can say."""
    found = weight.rate(weights(records), records.today)
    outcome = weight.forecast(found, target)
    facts = [given(_("Goal"), target.value, "kg", 1)]
    if found is not None:
        facts += [
            given(_("Line on the last day"), found.level, "kg", 2, day=found.day),
            given(_("Slope a day"), found.slope, "kg", 4),
            given(_("Plus or minus"), found.margin, "kg", 4),
        ]
    almost = outcome is weight.NoForecast.REACHED and not trend_reached(records, target)
    return Figure(
        "forecast",
        _("Goal reached"),
        almost_reached() if almost else sentences.forecast_sentence(outcome),
        text=short(outcome.day) if isinstance(outcome, weight.Forecast) else "",
        why=Why(
            formula=_("(goal − line on the last day) / slope a day"),
            source=LEAST_SQUARES,
            given=facts,
            days=found.n if found else 0,
            note=_("A straight line; a body adapts, and the rate usually falls."),
        ),
    )


def trend_reached(records: Records, target: weight.Target) -> bool:
    """Whether the trend, which is what pages show, has come to the target; true without one."""
    value = trend(records).value
    return value is None or target.reached_at(value)


def almost_reached() -> str:
    """The readings are there, the trend behind them is not."""
    return str(_("Your readings have come to the goal; the trend follows within days."))


def report_card(records: Records) -> Figure:
    """How often past forecasts held."""
    rows = records.rows("weight", ("weight_kg",), BACKTEST_DAYS)
    card = weight.report_card(points(rows, "weight_kg"), records.today)
    label = _("Forecasts so far")
    if not card.tried:
        return Figure("report_card", label, _("No forecast of four weeks could be checked yet."))
    words = {"n": card.tried, "held": card.held}
    return Figure(
        "report_card",
        label,
        ngettext(
            "Of one forecast over four weeks %(held)s held: the weight came to lie within its band.",
            "Of %(n)s forecasts over four weeks %(held)s held: the weight came to lie within their band.",
            card.tried,
        )
        % words,
        value=100 * card.held / card.tried,
        unit="%",
        tone="good" if card.held >= 0.9 * card.tried else "watch",
        why=Why(
            formula=_("held / tried, one forecast for each week of the last two years"),
            source=_("rolling backtest; a band of 95 % should hold 95 times of 100"),
            given=[Given(_("tried"), str(card.tried)), Given(_("held"), str(card.held))],
            days=len(rows),
            first=rows[0].day,
            last=rows[-1].day,
        ),
    )
