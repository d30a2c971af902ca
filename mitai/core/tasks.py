"""Housekeeping that belongs to no room."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone


@shared_task(name="sessions.purge")
def purge_sessions() -> None:
    """Drop sessions that ended: nobody can come back with them."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
