"""Figures of an answer are tied to facts or marked, whatever shape they have."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.evidence import check, link, mark
from insights.providers.base import Fact
from mitai.core.markdown import render
from tests.insights.facts import ENGLISH, GERMAN, fact


def unproven(text: str, facts: tuple[Fact, ...] = GERMAN, language: str = "de") -> list[str]:
    return [figure.text for figure in check(text, facts, language).unproven]


@pytest.mark.parametrize(
    "text",
    [
        "Dein Trendgewicht ist 82,4 kg.",
        "Dein Trend liegt bei 82,40 Kilogramm.",
        "Du liegst bei rund 82 kg.",
        "Es geht um 0,57 kg pro Woche nach unten (−0,57 kg/Woche).",
        "Es geht um 0,6 kg/Woche nach unten.",
        "Intervall von -0,77 bis -0,37 (95\u202f%).",
        "25 Messungen in 28 Tagen, also ein 28-Tage-Fenster.",
        "Im Mittel 2.264 kcal, anders geschrieben 2264 kcal oder 2\u202f264 kcal.",
        "Eiweiß: 1,6 g/kg, Blutdruck **134/84** mmHg, BMI 25,4.",
        "Das Ziel erreichst du am 14. Februar 2027, also am 14.02.2027 oder 14.2.27, im Februar 2027.",
        "1. Wiege dich täglich.\n2. Iss mehr Gemüse.\n3. Schlafe.",
        "## 1. Gewicht\n\n## 2. Ernährung",
        "Vitamin B12, CO2 und der Fakt F3.",
    ],
)
def test_figure_that_was_sent_is_proven(text: str) -> None:
    assert unproven(text) == []


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Du wiegst 83,4 kg.", ["83,4"]),
        ("Du wiegst 82,43 kg.", ["82,43"]),
        ("Du wiegst 91.4,5 kg.", ["91", "4", "5"]),
        ("Du nimmst 0,57 kg/Woche zu: +0,57.", ["+0,57"]),
        ("82,4 % davon", ["82,4"]),
        ("2 g/kg Eiweiß", ["2"]),
        ("ungefähr 2.300 kcal", ["2.300"]),
        ("Blutdruck 135/84", ["135"]),
        ("am 15. Februar 2027 oder im März 2027", ["15. Februar 2027", "März 2027"]),
        ("91. Das ist dein Gewicht.", ["91"]),
        ("1. Eins\n7. Sieben", ["7"]),
        ("1e9 Schritte und ½ Brot", ["1e9", "½"]),
        ("Version 12.5.7", ["12", "5", "7"]),
        ("bis zu 10-12 Wochen", ["10", "12"]),
        ("Ziel 0.123 kg", ["0.123"]),
    ],
)
def test_figure_that_was_not_sent_is_found(text: str, figures: list[str]) -> None:
    assert unproven(text) == figures


def test_english_marks_are_read_in_english() -> None:
    text = "You weigh 82.4 kg, eat 2,264 kcal, arrive on February 14, 2027 (Feb 14). 2.264 is wrong, 12.5."
    assert unproven(text, ENGLISH, "en") == ["2.264", "12.5"]


def test_figure_names_its_fact() -> None:
    figures = check("82,4 kg und 1,6 g/kg", GERMAN, "de").figures
    assert [(figure.text, figure.fact_id) for figure in figures] == [("82,4", "F1"), ("1,6", "F4")]


def test_unproven_figure_is_marked_and_nothing_else() -> None:
    marked = mark(render("Du wiegst **82,4 kg**, nicht *99,9 kg*."), GERMAN, "de")
    assert re.sub(r' title="[^"]*"', "", marked) == (
        '<p>Du wiegst <strong>82,4 kg</strong>, nicht <em><mark class="unproven">99,9</mark> kg</em>.</p>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "1**37** kg",
        "&#49;37 kg",
        "1<b>3</b>7 kg",
        "| 137 |\n|-|\n| 137 |",
        "`137`",
        "137\n: kg",
        "> 137",
        "# 137",
    ],
)
def test_figure_hidden_in_markup_is_marked_whole(text: str) -> None:
    marked = mark(render(text), GERMAN, "de")
    bare = re.sub(r'<mark class="unproven"[^>]*>.*?</mark>', "", marked)
    assert not re.search(r"\d", html.unescape(re.sub(r"<[^>]*>", "", bare)))


@given(st.text(alphabet=st.sampled_from("0123456789.,-+ %\n#*_`<>&;()/ekgFä\u202f½"), max_size=60))
def test_every_digit_seen_belongs_to_a_figure_or_a_marker(text: str) -> None:
    figures = check(text, GERMAN, "de").figures
    assert all(text[figure.start : figure.end] == figure.text for figure in figures)
    assert all(left.end <= right.start for left, right in pairwise(figures))
    rest = "".join(
        " " if any(f.start <= place < f.end for f in figures) else letter for place, letter in enumerate(text)
    )
    left_over = re.sub(r"(?m)^[ \t]*(?:#+[ \t]*)?\d{1,2}[.)](?=\s)|\b[A-Z]{1,2}\d{1,3}\b", "", rest)
    assert not re.search(r"[\d½]", left_over)


@given(st.text(max_size=200))
def test_marking_changes_no_text_and_adds_no_other_tag(text: str) -> None:
    rendered = render(text)
    marked = mark(rendered, GERMAN, "de")
    without = re.sub(r'<mark class="unproven" title="[^"<>]*">|</mark>', "", marked)
    assert html.unescape(without) == html.unescape(rendered)


@given(st.decimals(min_value=0, max_value=9999, places=1), st.sampled_from(["de", "en"]))
def test_sent_number_is_proven_and_its_neighbour_is_not(value: Decimal, language: str) -> None:
    written, beside = (
        f"{number:.1f}".replace(".", "," if language == "de" else ".") for number in (value, value + 1)
    )
    facts = (fact(1, f"Wert: {written} kg"),)
    assert unproven(f"Es sind {written} kg.", facts, language) == []
    assert unproven(f"Es sind {beside} kg.", facts, language) == [beside]


def test_reference_to_a_fact_becomes_a_link_and_other_names_do_not() -> None:
    linked = link(render("Trend (F1), Vitamin B12, F99, **F2**."), GERMAN)
    assert re.findall(r'<a class="evidence" href="#(\w+)" title="[^"<>]*">(\w+)</a>', linked) == [
        ("F1", "F1"),
        ("F2", "F2"),
    ]
    assert re.sub(r"<a [^>]*>|</a>", "", linked) == render("Trend (F1), Vitamin B12, F99, **F2**.")
