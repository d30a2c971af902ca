"""Energy: the worked examples, and what must hold for any diary."""

from __future__ import annotations

from datetime import date
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import FALLING, LAW, daily, day, moving
from tracking.analysis import energy
from tracking.analysis.energy import AdaptiveTdee, Missing, NotEnough, adaptive_tdee, complete_days
from tracking.analysis.weight import Points
from tracking.profile import Profile

INTAKES = (2150, 2300, 2050, 2200, 2400, 2600, 2250, 2100, 2180, 2220, 2350, 2500, 2280, 2120)
MACROS = {"protein_g": 160.0, "carbs_g": 220.0, "fat_g": 70.0, "alcohol_g": 10.0}


def tdee_of(intakes: dict[date, float], weights: Points, today: int) -> AdaptiveTdee:
    found = adaptive_tdee(intakes, weights, day(today))
    assert isinstance(found, AdaptiveTdee), found
    return found


# Resting ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kg", "cm", "age", "sex", "expected"),
    [
        (82, 180, 35, "male", 1775),
        (64, 166, 42, "female", 1306.5),
        (82, 180, 35, "", 1692),
        (82, 180, 35, "diverse", 1692),
    ],
)
def test_mifflin(kg: float, cm: float, age: float, sex: str, expected: float) -> None:
    assert energy.mifflin_st_jeor(kg, cm, age, sex) == expected


@LAW
@given(st.floats(20, 400), st.floats(100, 250), st.floats(18, 100))
def test_sex_not_stated_lies_in_the_middle(kg: float, cm: float, age: float) -> None:
    male, female, neither = (energy.mifflin_st_jeor(kg, cm, age, sex) for sex in ("male", "female", ""))
    assert neither == pytest.approx((male + female) / 2)


@pytest.mark.parametrize(("lean", "katch", "cunningham"), [(69.7, 1875.5, 2033.4), (47.36, 1393.0, 1541.9)])
def test_resting_energy_from_fat_free_mass(lean: float, katch: float, cunningham: float) -> None:
    assert energy.katch_mcardle(lean) == pytest.approx(katch, abs=0.05)
    assert energy.cunningham_1980(lean) == pytest.approx(cunningham, abs=0.05)


def test_every_activity_of_the_profile_has_its_factor() -> None:
    assert set(energy.ACTIVITY_FACTORS) == set(Profile.Activity.values) - {""}
    factors = [energy.with_activity(1000, level) for level in Profile.Activity.values if level]
    assert factors == pytest.approx([1200, 1375, 1550, 1725, 1900])
    with pytest.raises(KeyError):
        energy.with_activity(1775, "")


@pytest.mark.parametrize(
    ("intake", "training", "lean", "expected"), [(2400, 450, 69.7, 27.98), (1800, 600, 47.36, 25.34)]
)
def test_energy_availability(intake: float, training: float, lean: float, expected: float) -> None:
    assert energy.availability(intake, training, lean) == pytest.approx(expected, abs=0.005)


# Expenditure ------------------------------------------------------------------------------------------------
def test_expenditure_of_two_weeks() -> None:
    found = tdee_of(dict(daily(INTAKES)), daily(FALLING), 14)
    assert found.mean_intake == pytest.approx(2264.29, abs=0.005)
    assert found.kcal == pytest.approx(2890, abs=1)
    assert (found.kcal - found.low, found.high - found.kcal) == pytest.approx((234, 234), abs=1)
    assert (found.days, found.window_days) == (14, 14)


def test_expenditure_of_a_straight_line() -> None:
    """0.7 kg in 14 days at 2300 kcal."""
    found = tdee_of(dict(daily([2300] * 14)), daily(84 - number / 20 for number in range(14)), 14)
    assert (found.low, found.kcal, found.high) == pytest.approx((2685, 2685, 2685), abs=1e-6)


def test_today_s_open_diary_does_not_count() -> None:
    closed = dict(daily(INTAKES))
    assert adaptive_tdee(closed | {day(14): 100.0}, daily(FALLING), day(14)) == tdee_of(
        closed, daily(FALLING), 14
    )


def test_weights_from_before_the_diary_do_not_count() -> None:
    """Two weeks of gaining, then a diary while losing: what was eaten then says nothing about before."""
    before = daily((80 + number / 10 for number in range(14)), first=-14)
    alone = tdee_of(dict(daily(INTAKES)), daily(FALLING), 14)
    assert adaptive_tdee(dict(daily(INTAKES)), [*before, *daily(FALLING)], day(14)) == alone


def test_a_lonely_day_long_before_the_diary_does_not_spoil_it() -> None:
    """One day tried out four weeks ago; more recorded must not mean less known."""
    alone = tdee_of(dict(daily(INTAKES)), daily(FALLING), 14)
    assert adaptive_tdee(dict(daily(INTAKES)) | {day(-13): 2000.0}, daily(FALLING), day(14)) == alone


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ({0}, NotEnough(Missing.DAYS, 13, 14)),  # the first of fourteen days: thirteen are there
        (set(range(14)), NotEnough(Missing.DAYS, 0, 14)),
    ],
)
def test_expenditure_needs_fourteen_days(left_out: set[int], expected: NotEnough) -> None:
    intakes = {at: kcal for number, (at, kcal) in enumerate(daily(INTAKES)) if number not in left_out}
    assert adaptive_tdee(intakes, daily(FALLING), day(14)) == expected


@pytest.mark.parametrize(("missing", "enough"), [(5, True), (6, False)])
def test_expenditure_needs_four_days_of_five(missing: int, enough: bool) -> None:
    """22 of 27 days are more than 80 %, 21 are less. The latest are missing, so no later start helps."""
    intakes: dict[date, float] = {day(number): 2300.0 for number in range(27 - missing)}
    found = adaptive_tdee(intakes, daily(85 - number / 50 for number in range(28)), day(27))
    if enough:
        assert isinstance(found, AdaptiveTdee)
        assert (found.days, found.window_days) == (22, 27)
    else:
        assert found == NotEnough(Missing.COVERAGE, 21, 22)


def test_thirteen_days_and_a_lonely_one_are_too_few() -> None:
    dense: dict[date, float] = {day(number): 2300.0 for number in range(14, 27)}
    found = adaptive_tdee(dense | {day(0): 2300.0}, daily([85.0] * 28), day(27))
    assert found == NotEnough(Missing.COVERAGE, 14, 22)


def test_diary_reaches_as_far_back_as_the_rate() -> None:
    """The 27 closed days of the rate's 28; a feast before them is not counted."""
    intakes: dict[date, float] = {day(number): 2300.0 for number in range(27)}
    found = adaptive_tdee(intakes | {day(-1): 9000.0}, daily([85.0] * 29, first=-1), day(27))
    assert found == tdee_of(intakes, daily([85.0] * 28), 27)


def test_sparse_diary_says_how_many_days_it_takes() -> None:
    every_other: dict[date, float] = {day(number): 2300.0 for number in range(0, 28, 2)}
    found = adaptive_tdee(every_other, daily([85.0] * 28), day(27))
    assert found == NotEnough(Missing.COVERAGE, 14, 22)


def test_expenditure_needs_a_rate() -> None:
    found = adaptive_tdee(dict(daily(INTAKES)), daily(FALLING)[:6], day(14))
    assert found == NotEnough(Missing.RATE, 6, 7)


@pytest.mark.parametrize("kcal", [1000, 6000])
def test_plausible_expenditure_is_shown(kcal: float) -> None:
    assert tdee_of(dict(daily([kcal] * 14)), daily([80.0] * 14), 14).kcal == kcal


@pytest.mark.parametrize("kcal", [999, 6001])
def test_implausible_expenditure_is_not_shown(kcal: float) -> None:
    found = adaptive_tdee(dict(daily([kcal] * 14)), daily([80.0] * 14), day(14))
    assert isinstance(found, NotEnough)
    assert found.reason is Missing.IMPLAUSIBLE


@LAW
@given(moving(), st.lists(st.floats(0, 10_000), min_size=27, max_size=27))
def test_expenditure_is_plausible_and_in_its_interval(points: Points, intakes: list[float]) -> None:
    found = adaptive_tdee(dict(daily(intakes)), points, day(27))
    if isinstance(found, AdaptiveTdee):
        assert 1000 <= found.kcal <= 6000
        assert found.low <= found.kcal <= found.high
        assert isfinite(found.low)
        assert isfinite(found.high)
    else:
        assert found.reason is Missing.IMPLAUSIBLE


@LAW
@given(moving(), st.floats(-300, 300))
def test_who_eats_more_at_the_same_weight_uses_more(points: Points, more: float) -> None:
    steady = [(at, 80 + (value - 100) / 20) for at, value in points]
    found = tdee_of(dict(daily([2600] * 27)), steady, 27)
    changed = tdee_of(dict(daily([2600 + more] * 27)), steady, 27)
    assert changed.kcal - found.kcal == pytest.approx(more, abs=1e-6)


# Complete days ----------------------------------------------------------------------------------------------
def test_days_half_recorded_are_left_out() -> None:
    recorded: dict[date, float | None] = dict(daily([2000, 2200, 900, 1100, 2100]))
    assert set(complete_days(recorded, day(5))) == {day(0), day(1), day(3), day(4)}
    recorded[day(3)] = 1000.0  # the median is 2000; half of it still counts, less does not
    assert day(3) in complete_days(recorded, day(5))
    recorded[day(3)] = 999.0
    assert set(complete_days(recorded, day(5))) == {day(0), day(1), day(4)}


def test_today_and_days_without_energy_are_not_complete() -> None:
    recorded = {day(0): 2000.0, day(1): None, day(2): 2000.0}
    assert complete_days(recorded, day(2)) == {day(0): 2000.0}
    assert complete_days({}, day(2)) == {}


# Macronutrients ---------------------------------------------------------------------------------------------
def test_energy_of_macros() -> None:
    assert energy.macro_energy(MACROS) == 2220
    assert energy.macro_energy(MACROS | {"fibre_g": 30.0}) == 2280


def test_unknown_nutrient_is_an_error() -> None:
    with pytest.raises(KeyError):
        energy.macro_energy({"sugar_g": 10.0})


def test_shares_of_macros() -> None:
    shares = energy.macro_shares({"protein_g": 100.0, "carbs_g": 200.0, "fat_g": 400 / 9})
    assert shares == pytest.approx({"protein_g": 25, "carbs_g": 50, "fat_g": 25})
    assert energy.macro_shares({"protein_g": 0.0, "fat_g": 0.0}) == {}


@LAW
@given(st.dictionaries(st.sampled_from(sorted(energy.KCAL_PER_G)), st.floats(0.01, 1000), min_size=1))
def test_shares_fill_a_hundred_per_cent(grams: dict[str, float]) -> None:
    shares = energy.macro_shares(grams)
    assert sum(shares.values()) == pytest.approx(100)
    assert all(0 < share <= 100 + 1e-9 for share in shares.values())


@pytest.mark.parametrize(
    ("stated", "differs"),
    [(2220, False), (1850, False), (1849, True), (2775, False), (2776, True), (0, True)],
)
def test_energy_more_than_a_fifth_off_is_noticed(stated: float, differs: bool) -> None:
    assert energy.stated_energy_differs(stated, MACROS) is differs


def test_protein() -> None:
    assert energy.protein_per_kg(131.2, 82) == pytest.approx(energy.PROTEIN_PLATEAU_G_PER_KG)
    assert [energy.protein_reference(age) for age in (19, 64, 65)] == [0.8, 0.8, 1.0]
    assert round(82 * energy.PROTEIN_PLATEAU_G_PER_KG) == 131
    low, high = energy.PROTEIN_LEAN_DEFICIT_G_PER_KG_FFM
    assert (69.7 * low, 69.7 * high) == pytest.approx((160, 216), abs=0.5)
    assert energy.PROTEIN_RANGES_G_PER_KG == {
        "dge_sport": (1.2, 2.0),
        "issn": (1.4, 2.0),
        "morton": (1.6, 2.2),
    }


# Smoothed over weeks ----------------------------------------------------------------------------------------
def test_a_new_week_counts_three_tenths() -> None:
    assert energy.smoothed_tdee([]) is None
    assert energy.smoothed_tdee([2800]) == 2800
    assert energy.smoothed_tdee([2800, 2500]) == pytest.approx(2710)  # 0.7 · 2800 + 0.3 · 2500
    assert energy.smoothed_tdee([2800, 2500, 2600]) == pytest.approx(2677)


@given(st.lists(st.floats(1000, 6000), min_size=1, max_size=20), st.floats(-500, 500))
def test_smoothing_stays_within_its_estimates_and_moves_with_them(weeks: list[float], by: float) -> None:
    found = energy.smoothed_tdee(weeks)
    assert found is not None
    assert min(weeks) - 1e-9 <= found <= max(weeks) + 1e-9
    assert energy.smoothed_tdee([week + by for week in weeks]) == pytest.approx(found + by)
