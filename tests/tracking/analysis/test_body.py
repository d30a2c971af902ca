"""Body composition: the worked examples, every limit, and what must hold for any body."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis import body
from tracking.analysis.body import Fat, Method, Reason, Sex, Unknown, folds_of, navy_fat, skinfold_fat
from tracking.analysis.weight import bmi

JP3, JP7, DW, PARRILLO = Method.JP3, Method.JP7, Method.DURNIN_WOMERSLEY, Method.PARRILLO
WITH_DENSITY = (JP3, JP7, DW)
EQUATIONS = [(method, sex) for method in WITH_DENSITY for sex in body.SEXES]
SEX: st.SearchStrategy[Sex] = st.sampled_from(body.SEXES)
FOLD = st.floats(*body.PLAUSIBLE_FOLD_MM)


def folds(method: Method, sex: Sex, values: tuple[float, ...]) -> dict[str, float | None]:
    """Values for the folds of a method in their order; a single one is their sum, spread evenly."""
    fields = folds_of(method, sex)
    if len(values) == 1:
        values = (values[0] / len(fields),) * len(fields)
    return dict(zip(fields, values, strict=True))


def by_folds(
    method: Method, sex: Sex, total: float, *, age: float = 30, weight_kg: float | None = None
) -> Fat | Unknown:
    return skinfold_fat(method, folds(method, sex, (total,)), sex=sex, age=age, weight_kg=weight_kg)


def figure(found: Fat | Unknown) -> Fat:
    assert isinstance(found, Fat), found
    return found


@st.composite
def pinched(draw: st.DrawFn) -> tuple[Method, Sex, dict[str, float | None], float]:
    """A method, a sex, plausible folds and an age the method was made for."""
    method, sex = draw(st.sampled_from(EQUATIONS))
    first, last = body.ages_of(method, sex) or (18, 99)
    values = tuple(draw(FOLD) for _fold in folds_of(method, sex))
    return method, sex, folds(method, sex, values), draw(st.integers(first, last))


# Skinfolds: worked examples ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "sex", "age", "values", "density", "siri", "brozek"),
    [
        (JP3, "male", 35, (12, 24, 16), 1.061709, 16.23, 16.24),
        (JP3, "male", 24, (6, 10, 9), 1.083535, 6.84, 7.57),
        (JP3, "female", 30, (18, 16, 26), 1.044022, 24.13, 23.53),
        (JP3, "female", 52, (25, 28, 34), 1.023280, 33.74, 32.40),
        (JP7, "male", 40, (12, 14, 11, 15, 25, 18, 16), 1.058962, 17.44, 17.35),
        (JP7, "male", 25, (63,), 1.079572, 8.52, 9.12),
        (JP7, "female", 28, (111,), 1.048170, 22.25, 21.80),
        (JP7, "female", 48, (166,), 1.028302, 31.38, 30.22),
        (DW, "male", 32, (6, 12, 15, 18), 1.049308, 21.74, 21.33),
        (DW, "male", 45, (51,), 1.042470, 24.83, 24.18),
        (DW, "female", 24, (52,), 1.036863, 27.40, 26.55),
        (DW, "female", 55, (86,), 1.009125, 40.52, 38.67),
    ],
)
def test_fat_from_folds(
    method: Method,
    sex: Sex,
    age: float,
    values: tuple[float, ...],
    density: float,
    siri: float,
    brozek: float,
) -> None:
    measured = folds(method, sex, values)
    found = figure(skinfold_fat(method, measured, sex=sex, age=age, weight_kg=None))
    assert found.density == pytest.approx(density, abs=1e-6)
    assert found.density == body.density(method, measured, sex, age)
    assert found.percent == pytest.approx(siri, abs=0.01)
    assert body.brozek(found.density) == pytest.approx(brozek, abs=0.01)


@pytest.mark.parametrize(("kg", "total", "expected"), [(82, 130, 19.42), (65, 150, 28.26)])
@pytest.mark.parametrize("sex", [*body.SEXES, None])
def test_fat_by_parrillo_is_the_same_for_everyone(
    kg: float, total: float, expected: float, sex: Sex | None
) -> None:
    found = figure(skinfold_fat(PARRILLO, folds(PARRILLO, "male", (total,)), sex=sex, age=None, weight_kg=kg))
    assert found.percent == pytest.approx(expected, abs=0.01)
    assert found.density is None


@pytest.mark.parametrize(
    ("sex", "age", "constant", "slope"),
    [
        ("male", 17, 1.1620, 0.0630),
        ("male", 19, 1.1620, 0.0630),
        ("male", 20, 1.1631, 0.0632),
        ("male", 29, 1.1631, 0.0632),
        ("male", 30, 1.1422, 0.0544),
        ("male", 39, 1.1422, 0.0544),
        ("male", 40, 1.1620, 0.0700),
        ("male", 49, 1.1620, 0.0700),
        ("male", 50, 1.1715, 0.0779),
        ("male", 72, 1.1715, 0.0779),
        ("female", 16, 1.1549, 0.0678),
        ("female", 19, 1.1549, 0.0678),
        ("female", 20, 1.1599, 0.0717),
        ("female", 29, 1.1599, 0.0717),
        ("female", 30, 1.1423, 0.0632),
        ("female", 39, 1.1423, 0.0632),
        ("female", 40, 1.1333, 0.0612),
        ("female", 49, 1.1333, 0.0612),
        ("female", 50, 1.1339, 0.0645),
        ("female", 68, 1.1339, 0.0645),
    ],
)
def test_row_of_durnin_and_womersley(sex: Sex, age: int, constant: float, slope: float) -> None:
    """At 10 and 100 mm the logarithm is one and two."""
    at = [body.density(DW, folds(DW, sex, (total,)), sex, age) for total in (10, 100)]
    assert at == pytest.approx([constant - slope, constant - 2 * slope], abs=1e-12)


# Skinfolds: which and how many ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "sex", "expected"),
    [
        (JP3, "male", {"chest", "abdomen", "thigh"}),
        (JP3, "female", {"triceps", "suprailiac", "thigh"}),
        (JP3, None, {"chest", "abdomen", "thigh", "triceps", "suprailiac"}),
        (DW, "male", {"biceps", "triceps", "subscapular", "suprailiac"}),
        (DW, "female", {"biceps", "triceps", "subscapular", "suprailiac"}),
        *(
            (
                JP7,
                sex,
                {"chest", "midaxillary", "triceps", "subscapular", "abdomen", "suprailiac", "thigh"},
            )
            for sex in (*body.SEXES, None)
        ),
        *(
            (
                PARRILLO,
                sex,
                {"chest", "abdomen", "thigh", "biceps", "triceps", "subscapular", "suprailiac", "lower_back"}
                | {"calf"},
            )
            for sex in (*body.SEXES, None)
        ),
    ],
)
def test_folds_of_a_method(method: Method, sex: Sex | None, expected: set[str]) -> None:
    fields = folds_of(method, sex)
    assert set(fields) == {f"{name}_mm" for name in expected}
    assert len(fields) == len(expected)


@LAW
@given(pinched(), st.data())
def test_no_figure_without_one_of_the_folds(
    body_of: tuple[Method, Sex, dict[str, float | None], float], data: st.DataObject
) -> None:
    method, sex, measured, age = body_of
    gone = data.draw(st.sampled_from(sorted(measured)))
    expected = Unknown(Reason.MISSING_FOLD, (gone,))
    for left in (measured | {gone: None}, {field: mm for field, mm in measured.items() if field != gone}):
        assert skinfold_fat(method, left, sex=sex, age=age, weight_kg=None) == expected
        with pytest.raises(KeyError, match=gone):
            body.density(method, left, sex, age)


def test_all_missing_folds_are_named() -> None:
    expected = Unknown(Reason.MISSING_FOLD, ("abdomen_mm", "thigh_mm"))
    assert skinfold_fat(JP3, {"chest_mm": 12}, sex="male", age=35, weight_kg=80) == expected


def test_folds_of_other_methods_do_not_count() -> None:
    measured = folds(JP3, "male", (12, 24, 16))
    more = measured | {"calf_mm": 70.0, "biceps_mm": 1.0}
    found = [skinfold_fat(JP3, one, sex="male", age=35, weight_kg=80) for one in (measured, more)]
    assert found[0] == found[1]


# Skinfolds: limits ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", WITH_DENSITY)
def test_sex_and_age_are_needed_where_the_equation_has_them(method: Method) -> None:
    measured = folds(method, "male", (60,))
    known = {"age": 35.0, "weight_kg": 80.0}
    assert skinfold_fat(method, measured, sex=None, **known) == Unknown(Reason.MISSING_SEX)
    assert skinfold_fat(method, measured, sex="male", age=None, weight_kg=80) == Unknown(Reason.MISSING_AGE)


@pytest.mark.parametrize("kg", [None, 0.0])
def test_parrillo_needs_the_weight(kg: float | None) -> None:
    measured = folds(PARRILLO, "male", (130,))
    found = skinfold_fat(PARRILLO, measured, sex="male", age=35, weight_kg=kg)
    assert found == Unknown(Reason.MISSING_WEIGHT)


@pytest.mark.parametrize(
    ("method", "sex", "first", "last"),
    [
        (JP3, "male", 18, 61),
        (JP3, "female", 18, 55),
        (JP7, "male", 18, 61),
        (JP7, "female", 18, 55),
        (DW, "male", 17, 72),
        (DW, "female", 16, 68),
    ],
)
def test_ages_a_method_was_made_for(method: Method, sex: Sex, first: int, last: int) -> None:
    assert body.ages_of(method, sex) == (first, last)
    for age in (first - 0.01, last + 1):
        assert by_folds(method, sex, 60, age=age) == Unknown(Reason.OUTSIDE_AGE)
    for age in (first, last, last + 0.99):
        assert figure(by_folds(method, sex, 60, age=age)).percent > 0


def test_parrillo_knows_no_ages() -> None:
    assert [body.ages_of(PARRILLO, sex) for sex in body.SEXES] == [None, None]


@pytest.mark.parametrize(
    ("method", "sex", "limit"),
    [
        (JP3, "male", 258.3),
        (JP3, "female", 215.8),
        (JP7, "male", 395.4),
        (JP7, "female", 419.4),
    ],
)
def test_sum_from_which_more_fat_would_read_as_less(method: Method, sex: Sex, limit: float) -> None:
    vertex = body.sum_limit(method, sex)
    assert vertex is not None
    assert vertex == pytest.approx(limit, abs=0.05)
    below, at, above = (
        body.density(method, folds(method, sex, (vertex + step,)), sex, 30) for step in (-5, 0, 5)
    )
    assert at < below
    assert at < above


@pytest.mark.parametrize(("method", "sex"), [(JP3, "female"), (JP7, "male"), (JP7, "female")])
def test_no_figure_from_the_vertex_on(method: Method, sex: Sex) -> None:
    vertex = body.sum_limit(method, sex)
    assert vertex is not None
    assert figure(by_folds(method, sex, vertex - 0.01)).percent > 30
    for total in (vertex + 0.01, vertex + 10):
        assert by_folds(method, sex, total) == Unknown(Reason.SUM_TOO_HIGH)


def test_three_folds_of_men_reach_the_vertex_beyond_what_a_fold_can_be() -> None:
    """The largest plausible folds add up to 240 mm, the vertex stands at 258."""
    assert figure(by_folds(JP3, "male", 240)).percent < 60
    assert by_folds(JP3, "male", 259) == Unknown(Reason.IMPLAUSIBLE, folds_of(JP3, "male"))


def test_logarithm_and_parrillo_have_no_vertex() -> None:
    assert {body.sum_limit(method, sex) for method in (DW, PARRILLO) for sex in body.SEXES} == {None}


@pytest.mark.parametrize(("mm", "plausible"), [(1.99, False), (2, True), (80, True), (80.01, False)])
def test_fold_that_cannot_be(mm: float, plausible: bool) -> None:
    measured = folds(DW, "male", (20, 20, 20, mm))
    found = skinfold_fat(DW, measured, sex="male", age=35, weight_kg=None)
    assert (found == Unknown(Reason.IMPLAUSIBLE, ("suprailiac_mm",))) is not plausible
    assert isinstance(found, Fat) is plausible


@pytest.mark.parametrize("mm", [0.0, -5.0, float("nan"), float("inf")])
@pytest.mark.parametrize("method", Method)
def test_nonsense_in_a_fold_is_no_figure(mm: float, method: Method) -> None:
    measured = folds(method, "male", (60,)) | {"triceps_mm": mm, "chest_mm": mm}
    found = skinfold_fat(method, measured, sex="male", age=35, weight_kg=80)
    assert isinstance(found, Unknown)
    assert found.reason is Reason.IMPLAUSIBLE


@pytest.mark.parametrize(
    ("percent", "accepted"), [(1.99, False), (2.0, True), (2.01, True), (59.99, True), (60.01, False)]
)
def test_result_that_cannot_be_is_refused_not_clamped(percent: float, accepted: bool) -> None:
    """Parrillo of 130 mm, at the weight that makes it so."""
    weight_kg = 27 * 130 / body.POUNDS_PER_KG / percent
    found = by_folds(PARRILLO, "male", 130, weight_kg=weight_kg)
    if accepted:
        assert figure(found).percent == pytest.approx(percent)
    else:
        assert found == Unknown(Reason.IMPLAUSIBLE)


def test_lean_young_man_below_what_can_be() -> None:
    """Folds of 2 mm at 18: 0.06 %."""
    assert by_folds(JP3, "male", 6, age=18) == Unknown(Reason.IMPLAUSIBLE)


def test_density_has_no_answer_for_parrillo_or_nothing() -> None:
    with pytest.raises(ValueError, match="no density"):
        body.density(PARRILLO, folds(PARRILLO, "male", (130,)), "male", 35)
    with pytest.raises(ValueError, match="add up"):
        body.density(DW, folds(DW, "male", (0,)), "male", 35)


# Skinfolds: laws --------------------------------------------------------------------------------------------
@LAW
@given(pinched())
def test_a_figure_is_always_within_its_bounds_or_absent(
    body_of: tuple[Method, Sex, dict[str, float | None], float],
) -> None:
    method, sex, measured, age = body_of
    found = skinfold_fat(method, measured, sex=sex, age=age, weight_kg=None)
    if isinstance(found, Fat):
        assert 2 <= found.percent <= 60
        assert found.percent == body.siri(body.density(method, measured, sex, age))
    else:
        assert found.reason in {Reason.SUM_TOO_HIGH, Reason.IMPLAUSIBLE}


@LAW
@given(pinched(), st.data())
def test_more_in_a_fold_reads_as_more_fat_below_the_vertex(
    body_of: tuple[Method, Sex, dict[str, float | None], float], data: st.DataObject
) -> None:
    method, sex, measured, age = body_of
    field = data.draw(st.sampled_from(sorted(measured)))
    thicker = measured | {field: (measured[field] or 0) + data.draw(st.floats(0.1, 20))}
    assume(sum(mm or 0 for mm in thicker.values()) < (body.sum_limit(method, sex) or 1000))
    assert body.density(method, thicker, sex, age) < body.density(method, measured, sex, age)


@LAW
@given(pinched(), st.data())
def test_only_the_sum_counts_not_which_fold(
    body_of: tuple[Method, Sex, dict[str, float | None], float], data: st.DataObject
) -> None:
    method, sex, measured, age = body_of
    turned = dict(zip(measured, data.draw(st.permutations(list(measured.values()))), strict=True))
    assert body.density(method, turned, sex, age) == body.density(method, measured, sex, age)


@LAW
@given(st.sampled_from([JP3, JP7]), SEX, st.integers(18, 54), st.floats(20, 200))
def test_the_same_folds_are_more_fat_when_older(method: Method, sex: Sex, age: int, total: float) -> None:
    younger, older = (
        body.density(method, folds(method, sex, (total,)), sex, each) for each in (age, age + 1)
    )
    assert older < younger


@LAW
@given(st.floats(18, 720), st.floats(30, 300), st.floats(1.01, 5))
def test_parrillo_knows_only_folds_over_weight(total: float, kg: float, factor: float) -> None:
    at, scaled = (folds(PARRILLO, "male", (total * by,)) for by in (1, factor))
    assert body.parrillo(scaled, kg * factor) == pytest.approx(body.parrillo(at, kg))
    assert body.parrillo(scaled, kg) > body.parrillo(at, kg) > body.parrillo(at, kg * factor)


@LAW
@given(st.floats(0.95, 1.09))
def test_denser_is_leaner_by_both_conversions(density: float) -> None:
    for convert in (body.siri, body.brozek):
        assert convert(density + 0.001) < convert(density)


@LAW
@given(st.floats(0.97, 1.0909))
def test_brozek_reads_lower_where_there_is_much_fat(density: float) -> None:
    """The two cross at 38 / 35.8, at 16.35 %."""
    assert (body.brozek(density) < body.siri(density)) == (density < 38 / 35.8)


# Tape -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sex", "height", "girths", "density", "percent"),
    [
        ("male", 180, {"neck_cm": 39, "belly_cm": 90}, 1.055222, 19.10),
        ("male", 175, {"neck_cm": 38, "belly_cm": 102}, 1.034519, 28.48),
        ("female", 168, {"neck_cm": 33, "waist_cm": 76, "hip_cm": 100}, 1.033130, 29.13),
        ("female", 162, {"neck_cm": 34, "waist_cm": 92, "hip_cm": 112}, 1.003346, 43.35),
    ],
)
def test_fat_from_tape(
    sex: Sex, height: float, girths: dict[str, float | None], density: float, percent: float
) -> None:
    found = figure(navy_fat(girths, sex=sex, height_cm=height))
    assert found.density == pytest.approx(density, abs=1e-6)
    assert found.percent == pytest.approx(percent, abs=0.01)


def test_tape_of_men_lies_at_the_navel_and_of_women_at_the_narrowest_point() -> None:
    girths = {"neck_cm": 36, "belly_cm": 90, "waist_cm": 80, "hip_cm": 98}
    unread: tuple[tuple[Sex, str], ...] = (("male", "waist_cm"), ("male", "hip_cm"), ("female", "belly_cm"))
    for sex, other in unread:
        changed = girths | {other: 70}
        assert navy_fat(changed, sex=sex, height_cm=170) == navy_fat(girths, sex=sex, height_cm=170)
    assert (body.girths_of("male"), body.girths_of("female")) == (
        ("neck_cm", "belly_cm"),
        ("neck_cm", "waist_cm", "hip_cm"),
    )


def test_tape_says_what_is_missing() -> None:
    girths = {"neck_cm": 36, "belly_cm": 90, "waist_cm": 80}
    assert navy_fat(girths, sex=None, height_cm=170) == Unknown(Reason.MISSING_SEX)
    assert navy_fat(girths, sex="male", height_cm=None) == Unknown(Reason.MISSING_HEIGHT)
    assert navy_fat(girths, sex="male", height_cm=0) == Unknown(Reason.MISSING_HEIGHT)
    assert navy_fat(girths, sex="female", height_cm=170) == Unknown(Reason.MISSING_GIRTH, ("hip_cm",))
    expected = Unknown(Reason.MISSING_GIRTH, ("neck_cm", "belly_cm"))
    assert navy_fat({"neck_cm": None}, sex="male", height_cm=170) == expected


@pytest.mark.parametrize("belly", [39, 38, float("nan")])
def test_belly_no_wider_than_the_neck_is_no_figure(belly: float) -> None:
    found = navy_fat({"neck_cm": 39, "belly_cm": belly}, sex="male", height_cm=180)
    assert found == Unknown(Reason.IMPLAUSIBLE, ("neck_cm", "belly_cm"))


@pytest.mark.parametrize("belly", [60, 400])
def test_tape_refuses_a_result_that_cannot_be(belly: float) -> None:
    found = navy_fat({"neck_cm": 39, "belly_cm": belly}, sex="male", height_cm=180)
    assert found == Unknown(Reason.IMPLAUSIBLE)


@LAW
@given(SEX, st.floats(120, 230), st.tuples(*[st.floats(20, 300)] * 4))
def test_tape_gives_a_figure_within_its_bounds_or_none(
    sex: Sex, height: float, around: tuple[float, float, float, float]
) -> None:
    girths = dict(zip(("neck_cm", "belly_cm", "waist_cm", "hip_cm"), around, strict=True))
    found = navy_fat(girths, sex=sex, height_cm=height)
    if isinstance(found, Fat):
        assert 2 <= found.percent <= 60
    else:
        assert found.reason is Reason.IMPLAUSIBLE


@LAW
@given(SEX, st.floats(150, 200), st.floats(30, 42), st.floats(85, 110), st.floats(1, 10))
def test_tape_reads_more_fat_wider_at_the_belly_thinner_at_the_neck_smaller(
    sex: Sex, height: float, neck: float, around: float, more: float
) -> None:
    def percent(height: float = height, neck: float = neck, around: float = around) -> float:
        girths = {"neck_cm": neck, "belly_cm": around, "waist_cm": around, "hip_cm": 100.0}
        return figure(navy_fat(girths, sex=sex, height_cm=height)).percent

    assert percent(around=around + more) > percent()
    assert percent(neck=neck + 0.5) < percent()
    assert percent(height=height + more) < percent()


# Derived ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kg", "cm", "percent", "fat", "lean", "index", "ffmi", "normalised", "fmi"),
    [
        (82, 180, 15, 12.30, 69.70, 25.31, 21.51, 21.51, 3.80),
        (64, 166, 26, 16.64, 47.36, 23.23, 17.19, 18.07, 6.04),
    ],
)
def test_masses_and_indices(
    kg: float,
    cm: float,
    percent: float,
    fat: float,
    lean: float,
    index: float,
    ffmi: float,
    normalised: float,
    fmi: float,
) -> None:
    fat_kg, lean_kg = body.fat_mass(kg, percent), body.lean_mass(kg, percent)
    found = (
        fat_kg,
        lean_kg,
        bmi(kg, cm),
        body.ffmi(lean_kg, cm),
        body.normalised_ffmi(lean_kg, cm),
        body.fmi(fat_kg, cm),
    )
    assert found == pytest.approx((fat, lean, index, ffmi, normalised, fmi), abs=0.0051)


@pytest.mark.parametrize(("waist", "height", "expected"), [(90, 180, 0.500), (76, 168, 0.452)])
def test_waist_to_height(waist: float, height: float, expected: float) -> None:
    assert body.whtr(waist, height) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(("waist", "hip", "expected"), [(90, 98, 0.918), (76, 100, 0.760)])
def test_waist_to_hip(waist: float, hip: float, expected: float) -> None:
    assert body.whr(waist, hip) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize("nothing", [0, -1])
def test_no_index_without_a_height_or_hip(nothing: float) -> None:
    for index in (body.ffmi, body.normalised_ffmi, body.fmi, body.whtr, body.whr):
        with pytest.raises(ValueError, match="cm"):
            index(60, nothing)


@LAW
@given(st.floats(20, 400), st.floats(2, 60), st.floats(100, 250))
def test_fat_and_lean_make_the_whole(kg: float, percent: float, cm: float) -> None:
    fat, lean = body.fat_mass(kg, percent), body.lean_mass(kg, percent)
    assert fat + lean == pytest.approx(kg)
    assert 0 < fat < kg
    assert body.ffmi(lean, cm) + body.fmi(fat, cm) == pytest.approx(bmi(kg, cm))


@LAW
@given(st.floats(20, 200), st.lists(st.floats(100, 250), min_size=2, max_size=5, unique=True))
def test_normalising_lifts_the_small_and_lowers_the_tall(lean: float, heights: list[float]) -> None:
    gains = [body.normalised_ffmi(lean, cm) - body.ffmi(lean, cm) for cm in sorted(heights)]
    assert all(later <= earlier for earlier, later in pairwise(gains))
    for cm, gain in zip(sorted(heights), gains, strict=True):
        assert gain == pytest.approx(6.3 * (180 - cm) / 100, abs=1e-9)


@LAW
@given(st.floats(40, 200), st.floats(40, 250), st.floats(0.1, 10))
def test_ratios_do_not_know_the_unit(part: float, whole: float, unit: float) -> None:
    for ratio in (body.whtr, body.whr):
        assert ratio(part * unit, whole * unit) == pytest.approx(ratio(part, whole))
