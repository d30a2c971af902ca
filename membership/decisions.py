"""What an account is told of a limit: whether it may, what is left, what helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from mitai.core.errors import Forbidden

NEARLY = 0.8


@dataclass(frozen=True)
class Decision:
    """Whether an account may use a feature n times now. A limit of None is unlimited."""

    feature: str
    label: str
    kind: str
    allowed: bool
    limit: int | None
    used: int
    remaining: int | None
    reason: str  # "unlimited", "left", "credits" (they pay), or why not: "restricted", "off", "used_up"
    resets_at: datetime | None
    restricted: bool = False  # the limit is one of this account alone
    price: int | None = None  # credits for what is beyond the limit, None where they do not help
    credits: int = 0  # what the account has of them

    @property
    def nearly(self) -> bool:
        """Whether four fifths of it are used: time to say so."""
        return bool(self.limit) and self.kind == "count" and self.used >= NEARLY * (self.limit or 0)

    @property
    def sentence(self) -> str:
        """What stands in the way and what helps; empty where nothing does."""
        if self.reason == "credits":
            said = ngettext(
                "%(label)s: your limit is used; this costs one credit of %(have)s.",
                "%(label)s: your limit is used; this costs %(price)s credits of %(have)s.",
                self.price or 0,
            ) % {"label": self.label, "price": self.price, "have": self.credits}
            return f"{said} {self._again}".strip()
        if self.reason == "restricted":
            return gettext("%(label)s: switched off for this account.") % {"label": self.label}
        if self.reason == "off":
            said = gettext("%(label)s: not part of your tier. A better tier helps.") % {"label": self.label}
            return said + self._credits_too
        if self.reason != "used_up":
            return ""
        said = gettext("%(label)s: %(used)s of %(limit)s used.") % {
            "label": self.label,
            "used": self.used,
            "limit": self.limit,
        }
        if self.resets_at is None:
            helps = "" if self.restricted else " " + gettext("A better tier helps.")
            return said + helps + self._credits_too
        return f"{said} {self._again}{self._credits_too}"

    @property
    def _again(self) -> str:
        """When the period begins anew, where it does."""
        if self.resets_at is None:
            return ""
        day = date_format(timezone.localtime(self.resets_at), "SHORT_DATE_FORMAT")
        return gettext("It starts again on %(day)s.") % {"day": day}

    @property
    def _credits_too(self) -> str:
        """That credits would help, where there are too few."""
        if self.price is None:
            return ""
        return " " + ngettext(
            "Or it costs one credit; you have %(have)s.",
            "Or it costs %(price)s credits; you have %(have)s.",
            self.price,
        ) % {"price": self.price, "have": self.credits}


class LimitReached(Forbidden):
    """A limit stands in the way; `decision` says which, and what helps."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.sentence)
        self.decision = decision
