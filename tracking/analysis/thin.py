"""Fewer points for a screen, without losing what stands out."""

from __future__ import annotations

from collections.abc import Sequence


def thin(values: Sequence[float | None], most: int) -> list[int]:
    """The indices to keep, ascending, at most `most` (at least 4): first, last, and low and high of each
    of equally long stretches. A stretch without any value keeps one missing one, so that it stays a gap.
    """
    most = max(most, 4)
    if len(values) <= most:
        return list(range(len(values)))
    stretches = (most - 2) // 2
    kept = {0, len(values) - 1}
    for number in range(stretches):
        start, end = number * len(values) // stretches, (number + 1) * len(values) // stretches
        inside = [(value, index) for index in range(start, end) if (value := values[index]) is not None]
        kept.update((min(inside)[1], max(inside)[1]) if inside else (start,))
    return sorted(kept)
