"""Why a stage has no answer, in one plain sentence a code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNKNOWN = _("The evaluation ended with an error.")

SENTENCES: dict[str, str | Promise] = {
    "deadline": _("The language model did not finish in the time allowed."),
    "timeout": _("The language model did not answer in time."),
    "unreachable": _("The language model could not be reached."),
    "rate_limited": _("The provider is busy and asked us to come back later."),
    "no_credit": _("The operator's credit at the provider is used up."),
    "server_error": _("The provider reported a fault of its own."),
    "unauthorized": _("The provider refused the operator's key."),
    "not_found": _("The provider does not know the configured model or address."),
    "redirected": _("The configured address points elsewhere, and we do not follow it."),
    "refused": _("The provider refused the request."),
    "not_json": _("The configured address answered with a web page instead of an evaluation."),
    "unreadable": _("The provider's answer could not be read."),
    "reported": _("The provider reported an error instead of an answer."),
    "empty": _("The language model answered with nothing."),
    "cut": _("The answer broke off in the middle."),
    "truncated": _("The answer was longer than allowed and was cut off."),
    "filtered": _("The provider's content filter held the answer back."),
    "too_large": _("The provider sent far more than an evaluation."),
    "lost": _("The worker was lost three times while it worked on this."),
    "internal": UNKNOWN,
    "no_consent": _("The consent was withdrawn before this was sent."),
    "changed": _("The evaluator was changed before this was sent; please start again."),
}


def sentence(code: str) -> str:
    """The sentence for `code` in the active language; empty for the empty code."""
    return str(SENTENCES.get(code, UNKNOWN)) if code else ""
