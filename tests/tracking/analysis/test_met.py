"""Energy by metabolic equivalents: the worked examples."""

from __future__ import annotations

import pytest

from tracking.analysis.met import acsm_kcal, gross_kcal, net_kcal


@pytest.mark.parametrize(
    ("met", "kg", "hours", "gross", "net"), [(9.8, 82, 0.75, 602.7, 541.2), (3.5, 64, 1, 224, 160)]
)
def test_gross_and_net(met: float, kg: float, hours: float, gross: float, net: float) -> None:
    assert gross_kcal(met, kg, hours) == pytest.approx(gross, abs=0.05)
    assert net_kcal(met, kg, hours) == pytest.approx(net, abs=0.05)


def test_the_form_of_the_college_is_higher() -> None:
    assert acsm_kcal(9.8, 82, 0.75) == pytest.approx(632.8, abs=0.05)


@pytest.mark.parametrize(("met", "kg", "hours"), [(0.9, 80, 1), (5, 0, 1), (5, 80, -1)])
def test_impossible_activities_are_an_error(met: float, kg: float, hours: float) -> None:
    with pytest.raises(ValueError, match="MET"):
        gross_kcal(met, kg, hours)
