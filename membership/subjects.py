"""What reservations are made for: runs, imports. Each kind is registered by the app it lives in.

A subject ends its reservation in the transaction it ends in. Where that did not happen, because its row was
removed by other means, the sweep gives back what it still holds: a limit must not stay used up for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

import structlog

from membership import access
from membership.models import CreditHold, Reservation

log = structlog.get_logger(__name__)
UnderWay = Callable[[Collection[str]], Collection[str]]
_kinds: dict[str, UnderWay] = {}


def register(kind: str, under_way: UnderWay) -> None:
    """Name who knows which of the ids of a kind are under way; called by `AppConfig.ready`."""
    _kinds[kind] = under_way


def sweep(kinds: Mapping[str, UnderWay] = _kinds) -> None:
    """Give back what is held for subjects that have ended or are gone; kinds nobody knows are left alone."""
    ids = defaultdict(set)
    held = (model.objects.values_list("subject", flat=True) for model in (Reservation, CreditHold))
    for subject in set().union(*held):
        kind, _, name = subject.partition(":")
        ids[kind].add(name)
    for kind, under_way in kinds.items():
        for name in sorted(ids[kind] - set(under_way(ids[kind]))) if ids[kind] else []:
            access.release(subject=f"{kind}:{name}")
            log.warning("reservation given back", subject=f"{kind}:{name}")
