"""The project: wiring on top, common ground in :mod:`mitai.core`."""

from __future__ import annotations

from mitai.celery import app as celery_app  # tasks of every app bind to it, in the web process too

__version__ = "0.1.0"
__all__ = ["__version__", "celery_app"]
