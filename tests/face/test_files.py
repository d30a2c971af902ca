"""What the browser loads: pinned, unchanged, small, and free of what the content policy forbids."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted({*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")})
PAGES = [template for template in TEMPLATES if "mail" not in template.parts and "email" not in template.parts]
KIB = 1024


def compressed(*files: Path) -> int:
    """With brotli, as the site serves them."""
    return sum(len(brotli.compress(file.read_bytes())) for file in files)


@pytest.mark.parametrize("folder", [STATIC / "vendor", ROOT / "tests" / "vendor"], ids=["static", "tests"])
def test_vendored_files_are_the_ones_that_were_checked_in(folder: Path) -> None:
    listed = dict(line.split()[::-1] for line in (folder / "SHA384SUMS").read_text().splitlines())
    assert set(listed) == {file.name for file in folder.iterdir()} - {"SHA384SUMS"} - {
        file.name for file in folder.glob("LICENSE-*")
    }
    for name, digest in listed.items():
        assert hashlib.sha384((folder / name).read_bytes()).hexdigest() == digest, name


def test_vendored_versions_are_pinned_exactly_and_the_lock_names_no_address() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    lock = (ROOT / "package-lock.json").read_text()
    assert "://" not in lock
    assert "resolved" not in lock
    packages = json.loads(lock)["packages"]
    for name, version in pinned.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert packages[f"node_modules/{name}"]["version"] == version
        assert packages[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    names = {file.name for file in [*STATIC.glob("vendor/*.js"), *ROOT.glob("tests/vendor/*.js")]}
    assert names == {
        f"htmx-{pinned['htmx.org']}.min.js",
        f"uplot-{pinned['uplot']}.min.js",
        f"axe-{pinned['axe-core']}.min.js",
    }


@pytest.mark.parametrize("file", sorted(STATIC.rglob("*.*s")), ids=lambda file: file.name)
def test_no_file_points_to_a_source_map_that_is_not_there(file: Path) -> None:
    assert "sourceMappingURL" not in file.read_text()


def test_styles_and_scripts_stay_small() -> None:
    own = [*STATIC.glob("js/*.js")]
    assert compressed(*STATIC.glob("css/*.css")) <= 15 * KIB
    assert compressed(*own) <= 12 * KIB
    assert compressed(*own, *STATIC.glob("vendor/*.js")) <= 75 * KIB


@pytest.mark.parametrize("template", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_nothing_the_content_policy_would_block(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "hx-on" not in text
    assert "js:" not in text
    assert "javascript:" not in text


@pytest.mark.parametrize("template", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_speaks_htmx_4(template: Path) -> None:
    text = template.read_text()
    for old in (
        "hx-disabled-elt",
        "hx-ext=",
        "hx-vars",
        "hx-params",
        "hx-request=",
        "hx-sse",
        "hx-ws",
        "hx-disinherit",
        "hx-inherit",
    ):
        assert old not in text
    for tag in re.findall(r"<[^<]*?\bhx-(?:get|post)=[^<]*?>", text, re.DOTALL):
        assert "hx-trigger" in tag or re.search(r"\b(?:href|action|formaction)=", tag), (
            f"needs JavaScript: {tag}"
        )


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons" / "sprite.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {name for template in TEMPLATES for name in re.findall(r'{% icon "([^"]+)"', template.read_text())}
    assert used
    assert used <= drawn
