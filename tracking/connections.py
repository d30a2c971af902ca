"""Whether daily series go together, in words and as a page: never that one causes the other."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mitai.core.numbers import format_number
from tracking.analysis.correlation import Correlation, Strength


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


def _later(lag: int) -> str:
    return ngettext(" the day after", " %(n)d days after", lag) % {"n": lag} if lag else ""
