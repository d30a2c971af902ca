"""The correlation explorer: which of a member's daily series go together, over all questions at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict

from tracking.analysis.correlation import LAGS, Finding, Series, explore, paired
from tracking.connections import connection_sentence, connection_why
from tracking.history import Line, daily, follows, lines
from tracking.person import Person
from tracking.topics.figure import Why

DAYS = {"90": 90, "365": 365}
DEFAULT_DAYS = "90"
MOST_SERIES = 12
SHOWN = 20
# What people ask about most; each is worth a question, and every question costs the others some certainty.
USUAL = (
    "sleep.asleep_h",
    "vitals.resting_hr_bpm",
    "vitals.hrv_sdnn_ms",
    "vitals.hrv_rmssd_ms",
    "activity.load",
    "daily_activity.steps",
    "nutrition.energy_kcal",
    "wellbeing.mood",
    "wellbeing.energy",
    "wellbeing.stress",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """A finding in words, with its two lines for a chart of both."""

    finding: Finding
    cause: Line
    effect: Line
    sentence: str
    why: Why


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was asked over which days, what holds, and what was nearest to it.

    `questions`: how many pairs and lags could be judged; every adjusted p answers for all of them. `hold` of
    these hold, of which the first are shown.
    """

    lines: Sequence[Line]
    days: str
    questions: int
    hold: int
    holding: Sequence[Connection]
    others: Sequence[Connection]


def exploration(person: Person, given: QueryDict, today: date) -> Exploration:
    """Every pair of the series an address names, or of the usual ones, with lags up to three days."""
    known = lines()
    named = list(dict.fromkeys(key for key in given.getlist("s") if key in known and not known[key].trend))
    keys = named[:MOST_SERIES] if len(named) > 1 else list(dict.fromkeys([*named, *USUAL]))
    days = given.get("days", "") if given.get("days", "") in DAYS else DEFAULT_DAYS
    chosen = [known[key] for key in keys]
    values = daily(person, chosen, today - timedelta(days=DAYS[days] - 1), today)
    found = explore(
        values,
        LAGS,
        [frozenset((one.key, other.key)) for one in chosen for other in chosen if follows(one, other)],
    )
    holding = [one for one in found if one.correlation.holds]
    others = [one for one in found if not one.correlation.holds]
    return Exploration(
        chosen,
        days,
        len(found),
        len(holding),
        [_connection(one, values) for one in holding[:SHOWN]],
        [_connection(one, values) for one in others[:SHOWN]],
    )


def _connection(found: Finding, values: Mapping[str, Series]) -> Connection:
    cause, effect = lines()[found.cause], lines()[found.effect]
    text = connection_sentence(cause.label, effect.label, found.lag, found.correlation)
    pairs = paired(values[found.cause], values[found.effect], found.lag)
    return Connection(found, cause, effect, text, connection_why(found.correlation, pairs))
