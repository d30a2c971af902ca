"""What a number means, as a key. The words for it are the pages' business."""

from __future__ import annotations

from enum import StrEnum

from tracking.analysis.weight import Rate


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
    NEUTRAL = "neutral"


def towards_goal(direction: Direction, level: float, goal: float | None) -> Course:
    """Whether a direction leads to the goal; neutral without a goal or a clear direction."""
    if goal is None or direction not in {Direction.FALLING, Direction.RISING} or level == goal:
        return Course.NEUTRAL
    return Course.TOWARDS if (goal < level) == (direction is Direction.FALLING) else Course.AWAY
