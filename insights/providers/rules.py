"""The built-in evaluator: plain rules over the same facts, for installations without a language model.

Every number it writes is a fact's, in the fact's own spelling. Thresholds are facts too, with source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from insights.providers.base import Answer, Fact, Request

MODEL = "rules-1"
STEPS = 3
WEIGH_DAYS = 20  # of 28: enough for a narrow interval of the rate
DIARY_DAYS = 23  # of 28: the 80 % the adaptive expenditure needs


class RuleBased:
    """Writes the evaluation from the computed numbers and says that it is no language model."""

    is_language_model = False
    endpoint = ""
    model = MODEL

    @property
    def label(self) -> str:
        return _("built-in rules")

    def body(self, request: Request) -> dict[str, Any]:
        return {}

    def complete(self, request: Request, *, deadline_s: float) -> Answer:
        """The evaluation of one stage; needs no time and cannot fail."""
        with translation.override(request.language):
            numbers = Numbers(request.facts)
            return Answer("\n\n".join([disclosure(), *STAGES[request.stage](numbers)]), MODEL)


class Numbers:
    """The facts by key, as written and as numbers."""

    def __init__(self, facts: tuple[Fact, ...]) -> None:
        self._facts = {fact.key: fact for fact in facts}

    def __contains__(self, key: str) -> bool:
        return key in self._facts

    def written(self, key: str) -> str:
        """Value and unit as the fact writes them."""
        fact = self._facts[key]
        return f"{fact.value} {fact.unit}".strip()

    def unsigned(self, key: str) -> str:
        """Like `written`, without the sign: for a sentence whose verb says the direction."""
        return self.written(key).lstrip("+\u2212-")

    def number(self, key: str) -> float:
        """The number of a fact, 0.0 where it has none or is absent."""
        fact = self._facts.get(key)
        return (fact.number or 0.0) if fact else 0.0


def disclosure() -> str:
    return (
        "*" + _("This is the built-in rule-based evaluation; it was not written by a language model.") + "*"
    )


def weight(numbers: Numbers) -> Iterator[str]:
    """Trend, rate with its interval, direction against the goal, and what helps next week."""
    if "trend_kg" not in numbers:
        yield _("There is no weight in this period. Weigh yourself in the morning, and the trend begins.")
        return
    yield _(
        "Your trend weight is **%(trend)s**, your last reading %(reading)s. The trend smooths water and "
        "meals; it counts more than a single reading."
    ) % {"trend": numbers.written("trend_kg"), "reading": numbers.written("reading_kg")}
    yield rate(numbers)
    if "goal_kg" in numbers:
        yield goal(numbers)
    yield "### " + _("Next week")
    yield bullet(
        weigh_more(numbers)
        if numbers.number("weight_days") < WEIGH_DAYS
        else _("Keep weighing yourself at the same time in the morning; the data are dense enough.")
    )


def direction(numbers: Numbers) -> int:
    """The proven direction of the weight: −1, 1, or 0 while the interval holds zero or is missing."""
    low, high = numbers.number("rate_low_kg_week"), numbers.number("rate_high_kg_week")
    return (low > 0) - (high < 0)


def rate(numbers: Numbers) -> str:
    if "rate_kg_week" not in numbers:
        return _("There is no reliable rate yet: %(reason)s.") % {"reason": numbers.written("rate_missing")}
    words = {
        "rate": numbers.unsigned("rate_kg_week"),
        "low": numbers.written("rate_low_kg_week"),
        "high": numbers.written("rate_high_kg_week"),
        "level": numbers.written("rate_level"),
    }
    if direction(numbers) < 0:
        return _("Your weight is falling by **%(rate)s** (%(level)s interval: %(low)s to %(high)s).") % words
    if direction(numbers) > 0:
        return _("Your weight is rising by **%(rate)s** (%(level)s interval: %(low)s to %(high)s).") % words
    return (
        _("No direction is certain: the %(level)s interval of the rate reaches from %(low)s to %(high)s.")
        % words
    )


def goal(numbers: Numbers) -> str:
    """Where the goal lies and whether the weight moves there."""
    words = {"goal": numbers.written("goal_kg"), "distance": numbers.unsigned("goal_distance_kg")}
    if "goal_reached" in numbers:
        return _("You have reached your goal of %(goal)s.") % words
    parts = [_("Your goal of %(goal)s is %(distance)s away.") % words]
    towards = direction(numbers) * numbers.number("goal_distance_kg")
    if "forecast_day" in numbers:
        parts.append(forecast(numbers))
    elif towards < 0:
        parts.append(_("The trend leads away from it at the moment."))
    elif towards == 0:
        parts.append(_("There is no reliable trend towards it at the moment."))
    return " ".join(parts)


def forecast(numbers: Numbers) -> str:
    """When the goal is reached if it goes on like this, and how sure that is."""
    words = {"day": numbers.written("forecast_day"), "first": numbers.written("forecast_first")}
    if "forecast_last" not in numbers:
        return (
            _(
                "At this rate you reach it around %(day)s (at the earliest %(first)s, the slow end is open); "
                "a straight line ignores that the body adapts."
            )
            % words
        )
    words["last"] = numbers.written("forecast_last")
    return (
        _(
            "At this rate you reach it around %(day)s (between %(first)s and %(last)s); a straight line "
            "ignores that the body adapts."
        )
        % words
    )


def nutrition(numbers: Numbers) -> Iterator[str]:
    """Mean intake, protein against the guideline, expenditure from intake and weight."""
    if "energy_kcal" not in numbers:
        yield _("There are not yet enough data: no day in this period has a nutrition entry.")
        return
    yield _("On %(days)s with entries you ate **%(energy)s** a day on average.") % {
        "days": numbers.written("diary_days"),
        "energy": numbers.written("energy_kcal"),
    }
    if "protein_g_kg" in numbers:
        yield protein(numbers)
    yield energy(numbers)
    if numbers.number("diary_days") < DIARY_DAYS:
        yield bullet(log_more(numbers))


def protein(numbers: Numbers) -> str:
    words = {"protein": numbers.written("protein_g_kg"), "guide": numbers.written("protein_guide_g_kg")}
    if numbers.number("protein_g_kg") < numbers.number("protein_guide_g_kg"):
        return (
            _(
                "Protein is %(protein)s and below %(guide)s, beyond which more brings no further gain of "
                "muscle in training (Morton et al. 2018)."
            )
            % words
        )
    return (
        _(
            "Protein is %(protein)s and reaches %(guide)s, beyond which more brings no further gain of "
            "muscle in training (Morton et al. 2018)."
        )
        % words
    )


def energy(numbers: Numbers) -> str:
    if "tdee_kcal" not in numbers:
        return _("Your expenditure cannot be told yet: %(reason)s.") % {
            "reason": numbers.written("tdee_missing")
        }
    words = {
        "tdee": numbers.written("tdee_kcal"),
        "low": numbers.written("tdee_low_kcal"),
        "high": numbers.written("tdee_high_kcal"),
        "balance": numbers.unsigned("balance_kcal"),
    }
    text = _("From intake and weight your expenditure comes to **%(tdee)s** (%(low)s to %(high)s).") % words
    if numbers.number("balance_kcal") < 0:
        return text + " " + _("You are %(balance)s a day below it.") % words
    return text + " " + _("You are %(balance)s a day above it.") % words


def overall(numbers: Numbers) -> Iterator[str]:
    """Weight and nutrition together, blood pressure where there is some, three next steps."""
    if "trend_kg" in numbers:
        yield " ".join(
            [_("Your trend weight is %(trend)s.") % {"trend": numbers.written("trend_kg")}, rate(numbers)]
        )
    if "energy_kcal" in numbers:
        yield " ".join(
            [
                _("Intake: %(energy)s a day on average.") % {"energy": numbers.written("energy_kcal")},
                energy(numbers),
            ]
        )
    if "trend_kg" not in numbers and "energy_kcal" not in numbers:
        yield _(
            "There is neither weight nor nutrition in this period, so there is nothing to put together yet."
        )
    if "bp_mean" in numbers:
        yield blood_pressure(numbers)
    yield "### " + _("Three next steps")
    yield "\n".join(f"{place}. {step}" for place, step in enumerate(list(steps(numbers))[:STEPS], 1))


def blood_pressure(numbers: Numbers) -> str:
    words = {
        "mean": numbers.written("bp_mean"),
        "grade": numbers.written("bp_class"),
        "n": numbers.written("bp_n"),
        "threshold": numbers.written("bp_threshold"),
    }
    text = _("Blood pressure: mean of %(n)s %(mean)s, class %(grade)s.") % words
    if "bp_warning" in numbers:
        return text + " " + numbers.written("bp_warning")
    if "bp_few" in numbers:
        return (
            text + " " + _("That is only a first look: %(reason)s.") % {"reason": numbers.written("bp_few")}
        )
    if "bp_high" in numbers:
        return (
            text
            + " "
            + _(
                "The mean reaches the threshold for measurements at home of %(threshold)s (ESH 2021): "
                "please show the values to a doctor."
            )
            % words
        )
    return (
        text
        + " "
        + _("The mean is below the threshold for measurements at home of %(threshold)s (ESH 2021).") % words
    )


def steps(numbers: Numbers) -> Iterator[str]:
    """What to do next, the most pressing first; always at least three."""
    if "bp_high" in numbers or "bp_warning" in numbers:
        yield _(
            "Measure your blood pressure in the morning and in the evening for a week and take the values "
            "to a doctor."
        )
    if numbers.number("weight_days") < WEIGH_DAYS:
        yield weigh_more(numbers)
    if numbers.number("diary_days") < DIARY_DAYS:
        yield log_more(numbers)
    if "goal_reached" not in numbers and direction(numbers) * numbers.number("goal_distance_kg") < 0:
        yield _("The trend leads away from your goal: change one meal that repeats daily, and only that one.")
    if "protein_g_kg" in numbers and numbers.number("protein_g_kg") < numbers.number("protein_guide_g_kg"):
        yield _("Bring protein towards %(guide)s: one serving more at breakfast is the simplest way.") % {
            "guide": numbers.written("protein_guide_g_kg")
        }
    yield _("Keep what works: change nothing that moves the trend in the right direction.")
    yield _("Judge by the trend, not by the reading of a single morning.")
    yield _("Run this evaluation again in two weeks and compare.")


def weigh_more(numbers: Numbers) -> str:
    if "weight_days" not in numbers:
        return _("Weigh yourself every morning after waking, before eating and drinking.")
    return _("Weigh yourself on more mornings: so far it is %(days)s.") % {
        "days": numbers.written("weight_days")
    }


def log_more(numbers: Numbers) -> str:
    if "diary_days" not in numbers:
        return _("Record everything you eat for a week, so that energy and protein can be told.")
    return _("Record more whole days of eating: so far it is %(days)s.") % {
        "days": numbers.written("diary_days")
    }


def bullet(text: str) -> str:
    return "- " + text


STAGES: dict[str, Callable[[Numbers], Iterator[str]]] = {
    "weight": weight,
    "nutrition": nutrition,
    "overall": overall,
}
