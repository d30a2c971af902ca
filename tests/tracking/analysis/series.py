"""Days with values, as members record them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st

LAW = settings(deadline=None)  # what must hold for any values, however busy the machine
START = date(2026, 3, 1)

# Two weeks of weights, falling with noise, whose line, interval and forecast were worked out by hand.
FALLING = (84.2, 84.5, 83.9, 84.1, 83.8, 84.0, 83.6, 83.9, 83.4, 83.7, 83.3, 83.5, 83.1, 83.4)


def day(number: int) -> date:
    return START + timedelta(days=number)


def daily(values: Iterable[float], first: int = 0) -> list[tuple[date, float]]:
    """One value a day."""
    return [(day(first + number), value) for number, value in enumerate(values)]


def on_days(points: Iterable[tuple[int, float]]) -> list[tuple[date, float]]:
    return [(day(number), value) for number, value in points]


KILOGRAMS = st.floats(20, 400)


@st.composite
def weights(draw: st.DrawFn, *, fewest: int = 1, last: int = 120) -> list[tuple[date, float]]:
    """Weights on some days of a stretch, ascending, with gaps."""
    numbers = draw(st.sets(st.integers(0, last), min_size=fewest, max_size=60))
    return [(day(number), draw(KILOGRAMS)) for number in sorted(numbers)]


@st.composite
def rated(draw: st.DrawFn) -> list[tuple[date, float]]:
    """Weights that hold a rate on `day(27)`: at least seven, over at least ten days."""
    inner = draw(st.sets(st.integers(1, 26), min_size=5, max_size=26))
    return [(day(number), draw(KILOGRAMS)) for number in sorted({0, 27} | inner)]


@st.composite
def moving(draw: st.DrawFn) -> list[tuple[date, float]]:
    """Weights that go somewhere, with little noise and days missing, the last on `day(27)`."""
    inner = draw(st.sets(st.integers(1, 26), min_size=5, max_size=26))
    slope = draw(st.floats(0.05, 0.5)) * draw(st.sampled_from([-1, 1]))
    noise = st.floats(-0.1, 0.1)
    return [(day(number), 100 + slope * number + draw(noise)) for number in sorted({0, 27} | inner)]
