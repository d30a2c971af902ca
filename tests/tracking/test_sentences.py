"""Each outcome has its own honest sentence."""

from __future__ import annotations

import pytest
from django.utils import translation

from tracking import sentences
from tracking.analysis.blood_pressure import TABLES, Alarm, Grade, Table
from tracking.analysis.energy import AdaptiveTdee, Missing, NotEnough
from tracking.analysis.interpret import Course, Direction
from tracking.analysis.weight import NoForecast


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_for_no_expenditure_has_its_own_sentence(language: str) -> None:
    with translation.override(language):
        said = {sentences.energy_sentence(2000, NotEnough(reason, 3, 14)) for reason in Missing}
    assert len(said) == 3  # days and coverage both count complete days


@pytest.mark.parametrize(
    ("intake", "key"), [(2657.0, "about"), (2655.0, "below"), (3124.0, "about"), (3126.0, "above")]
)
def test_balance_is_only_claimed_outside_the_interval(intake: float, key: str) -> None:
    expenditure = AdaptiveTdee(2890.0, 2656.0, 3124.0, 14, 2264.0, 28)
    with translation.override("en"):
        assert key in sentences.energy_sentence(intake, expenditure).lower()


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_class_alarm_and_forecast_can_be_told(language: str) -> None:
    with translation.override(language):
        for table, (keys, _systolic, _diastolic) in TABLES.items():
            for rank, key in enumerate(keys):
                assert sentences.grade_label(Grade(table, key, rank, isolated_systolic=False))
        for key in ("normal", "elevated", "stage_1", "stage_2"):
            assert sentences.grade_label(Grade(Table.AHA_ACC_2017, key, 0, isolated_systolic=False))
        for alarm in Alarm:
            assert sentences.pressure_warning(alarm)
        assert len({sentences.forecast_sentence(reason) for reason in NoForecast}) == len(NoForecast)


def test_without_a_rate_nothing_is_claimed() -> None:
    with translation.override("en"):
        assert "seven values" in sentences.weight_sentence(Direction.UNKNOWN, None, Course.NEUTRAL)
