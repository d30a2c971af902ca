"""Every pair of text and ground that the tokens offer can be read, in both schemes."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static" / "css" / "base.css").read_text()
OKLCH = r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)"
GROUNDS = ["paper", "sheet", "well"]
SIGNALS = ["vermilion", "moss", "amber"]
TEXT = [
    *[(text, ground) for text in ("ink", "ink-soft", "indigo") for ground in GROUNDS],
    *[(f"{colour}-text", ground) for colour in SIGNALS for ground in ("paper", "sheet", f"{colour}-wash")],
    *[(text, f"{wash}-wash") for text in ("ink", "indigo") for wash in ("indigo", *SIGNALS)],
    ("on-indigo", "indigo-fill"),
    ("on-indigo", "indigo-press"),
    ("ink-soft", "indigo-wash"),
]
# Edges of inputs, marks and the lines of a chart are shapes: 3:1 (WCAG 1.4.11).
SHAPES = [
    ("line-strong", "paper"),
    ("line-strong", "sheet"),
    ("vermilion", "paper"),
    ("vermilion", "sheet"),
    ("moss", "sheet"),
    *[(f"series-{n}", "sheet") for n in range(2, 6)],
]


def luminance(lightness: float, chroma: float, hue: float) -> float:
    """Relative luminance of an OKLCH colour (Ottosson's matrices to linear sRGB, clipped to the gamut)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def token(name: str, scheme: int) -> float:
    found = re.search(rf"--{name}: light-dark\({OKLCH}, {OKLCH}\)", TOKENS)
    assert found, f"no token --{name} with a light and a dark colour"
    lightness, chroma, hue = (float(value) for value in found.groups()[scheme * 3 : scheme * 3 + 3])
    return luminance(lightness / 100, chroma, hue)


def contrast(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return (high + 0.05) / (low + 0.05)


def test_the_computation_knows_black_on_white_and_a_published_grey() -> None:
    assert contrast(luminance(1, 0, 0), luminance(0, 0, 0)) == pytest.approx(21, abs=0.01)
    # #767676 on white is the well-known edge of 4.54:1; a grey's lightness is the cube root of its light.
    assert contrast(luminance(1, 0, 0), luminance(0.1812 ** (1 / 3), 0, 0)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_reaches_four_and_a_half(text: str, ground: str, scheme: int) -> None:
    assert contrast(token(text, scheme), token(ground, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_reach_three(shape: str, ground: str, scheme: int) -> None:
    assert contrast(token(shape, scheme), token(ground, scheme)) >= 3
