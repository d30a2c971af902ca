"""A training session: load, and every rule of its type's profile, just below, at and above its limits."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.analysis.series import LAW
from tracking.analysis.session import (
    GRADES,
    Evaluation,
    Grade,
    Input,
    Profile,
    Rule,
    RuleResult,
    Session,
    Verdict,
    evaluate,
    session_load,
)

MET, BELOW, ABOVE, UNKNOWN = Verdict.MET, Verdict.BELOW, Verdict.ABOVE, Verdict.NOT_ASSESSABLE
HR_MAX = 180.0  # its high zones begin at 144
EASY_RUN = Profile(
    minimum_min=20,
    ideal_min=40,
    hr_share_low=60,
    hr_share_high=75,
    high_zones_high=10,
    rpe_low=2,
    rpe_high=4,
)
RUN = Session(minutes=45, hr_avg=126, hr_max=150, rpe=3, hr_histogram={120: 1200, 125: 1200, 145: 120})

HISTOGRAM = st.dictionaries(
    st.integers(8, 44).map(lambda number: 5 * number), st.integers(0, 7200), max_size=20
)
SESSIONS = st.builds(
    Session,
    minutes=st.none() | st.floats(0, 600),
    hr_avg=st.none() | st.floats(30, 230),
    hr_max=st.none() | st.floats(30, 230),
    rpe=st.none() | st.floats(0, 10),
    hr_histogram=st.none() | HISTOGRAM,
)
PERSON = st.none() | st.floats(100, 230)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Any profile, with any of its limits left open."""
    pairs = [sorted(draw(st.tuples(st.floats(0, top), st.floats(0, top)))) for top in (300, 100, 100, 10)]
    limits = [limit if draw(st.booleans()) else None for pair in pairs for limit in pair]
    return Profile(*limits)


def result(
    rule: Rule, session: Session, profile: Profile = EASY_RUN, hr_max: float | None = HR_MAX
) -> RuleResult:
    [found] = [one for one in evaluate(session, profile, hr_max).results if one.rule is rule]
    return found


# Load and highest heart rate --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rpe", "minutes", "load"), [(7, 60, 420), (4, 45, 180), (0, 60, 0), (10, 0, 0), (10, 30, 300)]
)
def test_load_is_effort_times_minutes(rpe: float, minutes: float, load: float) -> None:
    assert session_load(rpe, minutes) == load


@pytest.mark.parametrize(
    ("rpe", "minutes"), [(-0.1, 60), (10.1, 60), (5, -1), (float("nan"), 60), (5, float("nan"))]
)
def test_load_of_nonsense_is_refused(rpe: float, minutes: float) -> None:
    with pytest.raises(ValueError, match="RPE"):
        session_load(rpe, minutes)


@LAW
@given(st.floats(0, 10), st.floats(0, 300), st.floats(0, 300))
def test_two_halves_load_as_much_as_the_whole(rpe: float, first: float, second: float) -> None:
    parts = session_load(rpe, first) + session_load(rpe, second)
    assert parts == pytest.approx(session_load(rpe, first + second))


# Rules: below, at and above their limits --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("minutes", "minimum", "ideal"),
    [
        (0, BELOW, BELOW),
        (19.9, BELOW, BELOW),
        (20, MET, BELOW),
        (20.1, MET, BELOW),
        (39.9, MET, BELOW),
        (40, MET, MET),
        (600, MET, MET),
    ],
)
def test_duration_has_a_minimum_and_an_ideal_and_is_never_too_long(
    minutes: float, minimum: Verdict, ideal: Verdict
) -> None:
    session = Session(minutes=minutes)
    assert result(Rule.MINIMUM_DURATION, session) == RuleResult(
        Rule.MINIMUM_DURATION, minimum, minutes, 20, None
    )
    assert result(Rule.IDEAL_DURATION, session) == RuleResult(Rule.IDEAL_DURATION, ideal, minutes, 40, None)


@pytest.mark.parametrize(
    ("hr_avg", "verdict"),
    [(0, BELOW), (107, BELOW), (108, MET), (109, MET), (134, MET), (135, MET), (136, ABOVE)],
)
def test_average_heart_rate(hr_avg: float, verdict: Verdict) -> None:
    found = result(Rule.AVERAGE_HEART_RATE, Session(hr_avg=hr_avg))
    assert (found.verdict, found.low, found.high, found.missing) == (verdict, 60, 75, ())
    assert found.value == pytest.approx(hr_avg / 1.8)


@pytest.mark.parametrize(
    ("rpe", "verdict"), [(0, BELOW), (1.9, BELOW), (2, MET), (4, MET), (4.1, ABOVE), (10, ABOVE)]
)
def test_intensity(rpe: float, verdict: Verdict) -> None:
    assert result(Rule.INTENSITY, Session(rpe=rpe)) == RuleResult(Rule.INTENSITY, verdict, rpe, 2, 4)


@pytest.mark.parametrize(
    ("high_s", "verdict"),
    [(0, BELOW), (199, BELOW), (200, MET), (201, MET), (399, MET), (400, MET), (401, ABOVE), (1000, ABOVE)],
)
def test_time_in_high_zones(high_s: int, verdict: Verdict) -> None:
    profile = Profile(high_zones_low=20, high_zones_high=40)
    session = Session(hr_histogram={100: 1000 - high_s, 150: high_s})
    found = result(Rule.HIGH_ZONES, session, profile)
    assert (found.verdict, found.low, found.high, found.missing) == (verdict, 20, 40, ())
    assert found.value == pytest.approx(high_s / 10)


@pytest.mark.parametrize(
    ("lowest", "per_cent"), [(135, 0), (139, 0), (140, 20), (143, 80), (144, 100), (145, 100), (220, 100)]
)
def test_bin_the_high_zones_begin_within_is_shared_out(lowest: int, per_cent: float) -> None:
    """At 144 of 180: four of the five beats from 140 on lie below."""
    session = Session(hr_histogram={lowest: 600})
    assert result(Rule.HIGH_ZONES, session).value == pytest.approx(per_cent)


@pytest.mark.parametrize(("highest", "value"), [(143.9, 0.0), (144, None), (170, None)])
def test_session_that_never_came_to_the_high_zones_needs_no_histogram(
    highest: float, value: float | None
) -> None:
    for histogram in (None, {}, {120: 0}):
        found = result(Rule.HIGH_ZONES, Session(hr_max=highest, hr_histogram=histogram))
        assert found.value == value
        assert found.missing == (() if value == 0 else (Input.HR_HISTOGRAM,))


def test_histogram_is_believed_over_the_highest_heart_rate() -> None:
    session = Session(hr_max=120, hr_histogram={150: 600})
    assert result(Rule.HIGH_ZONES, session).value == 100


@pytest.mark.parametrize(
    ("profile", "value", "verdict"),
    [
        (Profile(rpe_low=5), 4, BELOW),
        (Profile(rpe_low=5), 10, MET),
        (Profile(rpe_high=5), 0, MET),
        (Profile(rpe_high=5), 6, ABOVE),
        (Profile(rpe_low=5, rpe_high=5), 5, MET),
        (Profile(rpe_low=0), 0, MET),
    ],
)
def test_rule_with_one_limit_looks_one_way(profile: Profile, value: float, verdict: Verdict) -> None:
    assert result(Rule.INTENSITY, Session(rpe=value), profile).verdict is verdict


# What is missing --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("session", "hr_max", "missing"),
    [
        (
            replace(RUN, minutes=None),
            HR_MAX,
            {"minimum_duration": ["minutes"], "ideal_duration": ["minutes"]},
        ),
        (replace(RUN, hr_avg=None), HR_MAX, {"average_heart_rate": ["hr_avg"]}),
        (replace(RUN, hr_histogram=None), HR_MAX, {"high_zones": ["hr_histogram"]}),
        (replace(RUN, rpe=None), HR_MAX, {"intensity": ["rpe"]}),
        (RUN, None, {"average_heart_rate": ["person_hr_max"], "high_zones": ["person_hr_max"]}),
        (
            Session(),
            None,
            {
                "minimum_duration": ["minutes"],
                "ideal_duration": ["minutes"],
                "average_heart_rate": ["hr_avg", "person_hr_max"],
                "high_zones": ["hr_histogram", "person_hr_max"],
                "intensity": ["rpe"],
            },
        ),
        (RUN, HR_MAX, {}),
    ],
)
def test_rule_says_which_input_it_lacks(
    session: Session, hr_max: float | None, missing: dict[str, list[str]]
) -> None:
    found = evaluate(session, EASY_RUN, hr_max)
    assert {one.rule: list(one.missing) for one in found.results if one.missing} == missing
    assert (found.rules, found.assessed) == (5, 5 - len(missing))


def test_profile_without_limits_judges_nothing() -> None:
    found = evaluate(RUN, Profile(), HR_MAX)
    assert (found.results, found.rules, found.assessed, found.grade) == ((), 0, 0, Grade.NONE)


def test_only_rules_with_a_limit_are_judged_in_a_fixed_order() -> None:
    found = evaluate(RUN, Profile(rpe_high=4, minimum_min=20, high_zones_low=0), HR_MAX)
    assert [one.rule for one in found.results] == [Rule.MINIMUM_DURATION, Rule.HIGH_ZONES, Rule.INTENSITY]
    assert [one.rule for one in evaluate(RUN, EASY_RUN, HR_MAX).results] == list(Rule)


@pytest.mark.parametrize(
    "limits",
    [
        {"minimum_min": 41, "ideal_min": 40},
        {"hr_share_low": 76, "hr_share_high": 75},
        {"high_zones_low": 2, "high_zones_high": 1},
        {"rpe_low": 5, "rpe_high": 4},
    ],
)
def test_profile_that_nothing_can_meet_is_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="lies above"):
        Profile(**limits)


@pytest.mark.parametrize("hr_max", [0, -1, float("nan")])
def test_highest_heart_rate_that_cannot_be_is_refused(hr_max: float) -> None:
    with pytest.raises(ValueError, match="highest heart rate"):
        evaluate(RUN, EASY_RUN, hr_max)


# Grade ------------------------------------------------------------------------------------------------------
def judged(met: int, missed: int, unknown: int = 0) -> Evaluation:
    """An evaluation with so many rules met, not met and not assessable."""
    verdicts = [MET] * met + [BELOW] * missed + [UNKNOWN] * unknown
    return Evaluation(tuple(RuleResult(Rule.INTENSITY, one, None, None, None) for one in verdicts))


@pytest.mark.parametrize(
    ("met", "assessed", "grade"),
    [
        (0, 0, "none"),
        (0, 1, "poor"),
        (1, 1, "very_good"),
        (1, 2, "fair"),
        (2, 2, "very_good"),
        (0, 3, "poor"),
        (1, 3, "poor"),
        (2, 3, "fair"),
        (3, 3, "very_good"),
        (1, 4, "poor"),
        (2, 4, "fair"),
        (3, 4, "good"),
        (4, 4, "very_good"),
        (2, 5, "poor"),
        (3, 5, "fair"),
        (4, 5, "good"),
        (5, 5, "very_good"),
    ],
)
@pytest.mark.parametrize("unknown", [0, 3])
def test_grade_is_the_share_of_judged_rules_that_were_met(
    met: int, assessed: int, grade: str, unknown: int
) -> None:
    found = judged(met, assessed - met, unknown)
    assert (found.grade, found.met, found.assessed) == (grade, met, assessed)
    assert found.rules == assessed + unknown


@LAW
@given(st.integers(0, 5), st.integers(1, 5))
def test_grade_never_falls_by_a_rule_met(met: int, missed: int) -> None:
    order = [grade for _share, grade in GRADES]
    assert order.index(judged(met + 1, missed - 1).grade) <= order.index(judged(met, missed).grade)


def test_easy_run() -> None:
    """45 minutes at 70 %, 5 % of it hard: all five rules are met; half an hour misses the ideal alone."""
    found = evaluate(RUN, EASY_RUN, HR_MAX)
    assert (found.met, found.assessed, found.rules, found.grade) == (5, 5, 5, Grade.VERY_GOOD)
    assert [one.value for one in found.results] == pytest.approx([45, 45, 70, 100 * 120 / 2520, 3])
    short = evaluate(replace(RUN, minutes=30), EASY_RUN, HR_MAX)
    assert (short.met, short.grade) == (4, Grade.GOOD)


# Laws -------------------------------------------------------------------------------------------------------
@LAW
@given(SESSIONS, profiles(), PERSON)
def test_verdict_agrees_with_its_limits(session: Session, profile: Profile, hr_max: float | None) -> None:
    for one in evaluate(session, profile, hr_max).results:
        assert one.low is not None or one.high is not None
        assert (one.value is None) == (one.verdict is UNKNOWN) == bool(one.missing)
        if one.value is None:
            continue
        assert (one.verdict is BELOW) == (one.low is not None and one.value < one.low)
        assert (one.verdict is ABOVE) == (one.high is not None and one.value > one.high)


@LAW
@given(SESSIONS, profiles(), PERSON)
def test_more_known_never_means_less_judged(session: Session, profile: Profile, hr_max: float | None) -> None:
    """Whatever is taken away, no rule becomes assessable by it."""
    all_known = {one.rule for one in evaluate(session, profile, hr_max).results if not one.missing}
    for count in range(1, 6):
        for gone in combinations(asdict(session), count):
            less = replace(session, **dict.fromkeys(gone))
            for person in (hr_max, None):
                known = {one.rule for one in evaluate(less, profile, person).results if not one.missing}
                assert known <= all_known


@LAW
@given(HISTOGRAM, st.floats(100, 230), st.data())
def test_order_of_the_bins_does_not_matter(
    histogram: dict[int, int], hr_max: float, data: st.DataObject
) -> None:
    turned = dict(data.draw(st.permutations(list(histogram.items()))))
    found = [evaluate(Session(hr_histogram=one), EASY_RUN, hr_max) for one in (histogram, turned)]
    assert found[0] == found[1]


@LAW
@given(HISTOGRAM, st.floats(100, 230), st.integers(2, 10))
def test_share_of_high_zones_lies_within_the_whole_and_knows_no_length(
    histogram: dict[int, int], hr_max: float, times: int
) -> None:
    value = result(Rule.HIGH_ZONES, Session(hr_histogram=histogram), hr_max=hr_max).value
    longer = Session(hr_histogram={lowest: times * seconds for lowest, seconds in histogram.items()})
    assert (value is None) == (sum(histogram.values()) == 0)
    if value is not None:
        assert 0 <= value <= 100
        assert result(Rule.HIGH_ZONES, longer, hr_max=hr_max).value == pytest.approx(value)


@LAW
@given(HISTOGRAM, st.floats(100, 229), st.floats(0.1, 50))
def test_who_can_go_higher_was_less_in_the_high_zones(
    histogram: dict[int, int], hr_max: float, more: float
) -> None:
    session = Session(hr_histogram=histogram)
    low, high = (result(Rule.HIGH_ZONES, session, hr_max=each).value for each in (hr_max, hr_max + more))
    if low is not None:
        assert high is not None
        assert high <= low + 1e-9
