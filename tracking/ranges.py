"""The buttons for a period in days: 7, 30, 90, 365 and all time."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tracking.charts import RANGES


def range_links(address: str, current: str) -> list[dict[str, object]]:
    """One link a period, for the segmented component."""
    return [
        {
            "label": _("All") if days is None else str(days),
            "url": f"{address}?range={name}",
            "current": name == current,
        }
        for name, days in RANGES.items()
    ]
