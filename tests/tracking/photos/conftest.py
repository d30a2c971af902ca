"""A folder of its own for the photos of each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where the photos of this test lie."""
    settings.DATA_DIR = tmp_path
    place = tmp_path / "photos"
    place.mkdir()
    return place
