"""The worker's application: `celery -A mitai worker` and `celery -A mitai beat`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging, worker_before_create_process
from django.conf import settings

from mitai import heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitai.settings")

app = Celery("mitai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**kwargs: Any) -> None:
    """Workers log like the web process: JSON lines, no personal data."""
    from mitai.core.logs import configure

    configure(settings.LOGGING)


@heartbeat_sent.connect
def _sign_of_life(**kwargs: Any) -> None:
    """Every two seconds out of the worker's loop, and not while it has no broker."""
    heartbeat.give(settings.HEARTBEAT_DIR, "worker")


@worker_before_create_process.connect
def _share_memory(**kwargs: Any) -> None:
    """Load everything once, before the children are forked."""
    from mitai.core import sharing

    sharing.load(pages=False)
