"""Quantiles and tails of Student's t distribution, exact to about twelve digits."""

from __future__ import annotations

from functools import cache
from math import exp, lgamma, log, log1p


@cache
def quantile(probability: float, freedom: int) -> float:
    """The value below which a t variable with `freedom` degrees of freedom lies with `probability`.

    Raises:
        ValueError: unless 0.5 <= probability < 1 and freedom >= 1.
    """
    if not 0.5 <= probability < 1 or freedom < 1:
        raise ValueError(f"no quantile {probability} with {freedom} degrees of freedom")
    low, high = 0.0, 1.0
    while _upper_tail(high, freedom) > 1 - probability:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if _upper_tail(middle, freedom) > 1 - probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def two_sided(t: float, freedom: float) -> float:
    """How probable a t variable is at least as far from zero as `t`; freedom need not be whole.

    Raises:
        ValueError: for freedom that is not above zero.
    """
    if not freedom > 0:
        raise ValueError(f"{freedom} degrees of freedom")
    return min(1.0, 2 * _upper_tail(abs(t), freedom))


def _upper_tail(t: float, freedom: float) -> float:
    """P(T > t) = I_x(v/2, 1/2) / 2 with x = v / (v + t²) (Abramowitz and Stegun 26.7.1)."""
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function by its continued fraction (26.5.8), Lentz's method."""
    if x in (0.0, 1.0):
        return x
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return 1 - front * _fraction(1 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    result = d
    for m in range(1, 500):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + step * d) or tiny)
            c = (1 + step / c) or tiny
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return result
