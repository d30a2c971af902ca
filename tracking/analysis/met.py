"""Energy of activities by metabolic equivalents (MET). Kilocalories, kilograms, hours.

Values of a MET depend on the edition of the Compendium of Physical Activities; it is kept beside each.
"""

from __future__ import annotations


def gross_kcal(met: float, weight_kg: float, hours: float) -> float:
    """Energy of an activity with what rest would have taken: MET kg h."""
    _require(met, weight_kg, hours)
    return met * weight_kg * hours


def net_kcal(met: float, weight_kg: float, hours: float) -> float:
    """Energy of an activity beyond rest: (MET - 1) kg h."""
    return gross_kcal(met, weight_kg, hours) - gross_kcal(1, weight_kg, hours)


def acsm_kcal(met: float, weight_kg: float, hours: float) -> float:
    """Energy by the form of the American College of Sports Medicine, 3.5 MET kg / 200 a minute: 5 % more."""
    return gross_kcal(met, weight_kg, hours) * 3.5 / 200 * 60


def _require(met: float, weight_kg: float, hours: float) -> None:
    if not (met >= 1 and weight_kg > 0 and hours >= 0):
        raise ValueError(f"MET {met}, {weight_kg} kg, {hours} h")
