"""Recovery: the worked examples, the bands, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.recovery import Band, Part, Recovery, by_deviation, by_load, by_sleep, recovery

SCORE = st.none() | st.floats(0, 100)


def test_a_poor_morning_of_the_example() -> None:
    parts = {"hrv": by_deviation(-1.678), "pulse": by_deviation(-(58 - 55) / 2),
             "sleep": by_sleep(6.2 * 60, 7.75 * 60, 88), "load": by_load(1.45)}  # fmt: skip
    assert parts == pytest.approx({"hrv": 8.05, "pulse": 12.5, "sleep": 82.4, "load": 10}, abs=0.01)
    found = recovery(**parts)
    assert found is not None
    assert found.score == pytest.approx(27.9, abs=0.1)
    assert found.band is Band.REST


def test_what_is_missing_leaves_its_weight_to_the_others() -> None:
    found = recovery(hrv=by_deviation(0.6), pulse=by_deviation(0.5))
    assert found is not None
    assert found.score == pytest.approx(64.0, abs=0.05)
    assert found.weights == pytest.approx({Part.HRV: 0.40 / 0.65, Part.PULSE: 0.25 / 0.65})


def test_two_parts_are_needed_and_one_of_the_heart() -> None:
    assert recovery(hrv=80.0) is None
    assert recovery(sleep=80.0, load=80.0) is None
    assert recovery(pulse=80.0, load=80.0) is not None


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (66.5, Band.READY),
        (66.4, Band.MEDIUM),
        (33.5, Band.MEDIUM),
        (33.4, Band.REST),
        (0, Band.REST),
        (100, Band.READY),
    ],
)
def test_bands_follow_the_number_that_is_shown(score: float, band: Band) -> None:
    assert Recovery(score, {}, {}).band is band


def test_sleep_without_efficiency_is_its_duration() -> None:
    assert by_sleep(240, 480, None) == 50
    assert by_sleep(600, 480, None) == 100
    with pytest.raises(ValueError, match="need"):
        by_sleep(400, 0, None)


@pytest.mark.parametrize(("ratio", "part"), [(0.8, 100), (1.0, 100), (1.25, 50), (1.5, 0), (2.0, 0)])
def test_load_costs_from_one_to_one_and_a_half(ratio: float, part: float) -> None:
    assert by_load(ratio) == pytest.approx(part)


@LAW
@given(SCORE, SCORE, SCORE, SCORE)
def test_a_score_lies_between_its_parts(
    hrv: float | None, pulse: float | None, sleep: float | None, load: float | None
) -> None:
    found = recovery(hrv=hrv, pulse=pulse, sleep=sleep, load=load)
    if found is None:
        return
    assert min(found.parts.values()) - 1e-9 <= found.score <= max(found.parts.values()) + 1e-9
    assert sum(found.weights.values()) == pytest.approx(1)


@LAW
@given(st.floats(-10, 10), st.floats(0, 5))
def test_better_is_never_less(z: float, more: float) -> None:
    assert by_deviation(z) <= by_deviation(z + more)
    assert by_load(z + more) <= by_load(z)
