"""A model's Markdown as HTML that can do nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitai.core.markdown import TAGS, render

ALLOWED = TAGS | {f"/{tag}" for tag in TAGS}  # without any attribute


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](http://a.example/p.png)",
        "[x](javascript:alert(1))",
        "<img src=x onerror=y>",
        "<style>*{}</style>",
        "[a]: http://a.example\n[a]",
        "<http://a.example>",
        "<iframe src=x>",
        '<p style="x">',
        "<svg/onload=alert(1)>",
        "<a href='//a.example'>x</a>",
    ],
)
def test_nothing_loads_runs_or_leads_away(text: str) -> None:
    assert set(re.findall(r"<([^>]*)>", render(text))) <= ALLOWED


def test_headings_lists_and_tables_stay() -> None:
    html = render("## Trend\n\n- **82,4 kg**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    for tag in ("<h2>", "<li>", "<strong>", "<table>", "<td>"):
        assert tag in html


@given(text=st.text(max_size=200))
def test_any_text_gives_only_bare_known_tags(text: str) -> None:
    assert set(re.findall(r"<([^>]*)>", render(text))) <= ALLOWED
