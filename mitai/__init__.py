"""The project: wiring on top, common ground in :mod:`mitai.core`."""

from __future__ import annotations

__version__ = "0.1.0"
