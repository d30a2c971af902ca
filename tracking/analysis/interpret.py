"""What a number means, as a key. The words for it are the pages' business."""

from __future__ import annotations

from enum import StrEnum

from tracking.analysis.weight import Rate, Target


class Direction(StrEnum):
    FALLING = "falling"
    STEADY = "steady"
    RISING = "rising"
    UNKNOWN = "unknown"


def weight_direction(rate: Rate | None) -> Direction:
    """Falling or rising where the 95 % interval of the rate excludes zero, steady where it holds it."""
    if rate is None:
        return Direction.UNKNOWN
    if rate.high < 0:
        return Direction.FALLING
    if rate.low > 0:
        return Direction.RISING
    return Direction.STEADY


class Course(StrEnum):
    TOWARDS = "towards"
    AWAY = "away"
    REACHED = "reached"
    NEUTRAL = "neutral"


def towards_goal(rate: Rate | None, target: Target | None) -> Course:
    """Whether the weight moves to its target or has reached it; neutral without a target or a clear rate."""
    if target is None or rate is None:
        return Course.NEUTRAL
    if target.reached_at(rate.level):
        return Course.REACHED
    direction = weight_direction(rate)
    if direction is Direction.STEADY:
        return Course.NEUTRAL
    return Course.TOWARDS if (target.kg < rate.level) == (direction is Direction.FALLING) else Course.AWAY
