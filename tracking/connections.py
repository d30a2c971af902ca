"""Whether daily series go together, in words and as a page: never that one causes the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mitai.core.numbers import format_number
from tracking.analysis.correlation import Correlation, Strength, fisher_interval, spearman
from tracking.topics.figure import Given, Why

SMALLEST_P = 0.0001


def connection_sentence(cause: str, effect: str, lag: int, found: Correlation) -> str:
    """One careful sentence on a correlation, the second series `lag` days after the first."""
    words = {
        "cause": cause,
        "effect": effect,
        "later": _later(lag),
        "r": format_number(found.r, 2),
        "low": format_number(found.low, 2),
        "high": format_number(found.high, 2),
        "n": found.n,
    }
    if not found.holds or found.strength is Strength.NONE:
        text = _("“%(cause)s” and “%(effect)s”%(later)s: nothing beyond chance (r %(r)s, from %(n)d days).")
        return text % words
    words["strength"] = {
        Strength.WEAK: _("weakly connected"),
        Strength.MODERATE: _("moderately connected"),
        Strength.STRONG: _("strongly connected"),
    }[found.strength]
    if found.r > 0:
        text = _(
            "When “%(cause)s” is higher, “%(effect)s”%(later)s tends to be higher: %(strength)s "
            "(r %(r)s, %(low)s to %(high)s, from %(n)d days)."
        )
    else:
        text = _(
            "When “%(cause)s” is higher, “%(effect)s”%(later)s tends to be lower: %(strength)s "
            "(r %(r)s, %(low)s to %(high)s, from %(n)d days)."
        )
    return text % words


def connection_why(found: Correlation, pairs: Sequence[tuple[date, float, float]]) -> Why:
    """What a correlation rests on, with that of the ranks beside it: one odd day moves these far less."""
    given = [
        Given(_("Correlation r"), format_number(found.r, 3)),
        Given(_("Interval, 95 %"), _span(found.low, found.high)),
        Given(_("Days worth, independent ones"), format_number(found.effective_n, 1)),
        Given(_("p"), _chance(found.p)),
        Given(_("p after all questions"), _chance(found.adjusted_p), "Benjamini, Hochberg 1995"),
    ]
    ranked = spearman([x for _day, x, _y in pairs], [y for _day, _x, y in pairs])
    if ranked is not None:
        low, high = fisher_interval(ranked, found.effective_n, by_ranks=True)
        given.append(
            Given(
                _("Of the ranks, with drift"), f"{format_number(ranked, 3)} ({_span(low, high)})", "Spearman"
            )
        )
    return Why(
        formula=_("Pearson's r of what is left of both series beside the straight line through each"),
        source=_("Fisher's interval; independent days after Bartlett 1946"),
        given=given,
        days=found.n,
        first=pairs[0][0],
        last=pairs[-1][0],
    )


def _span(low: float, high: float) -> str:
    return _("%(low)s to %(high)s") % {"low": format_number(low, 3), "high": format_number(high, 3)}


def _chance(p: float) -> str:
    return f"< {format_number(SMALLEST_P, 4)}" if p < SMALLEST_P else format_number(p, 4)


def _later(lag: int) -> str:
    return ngettext(" the day after", " %(n)d days after", lag) % {"n": lag} if lag else ""
