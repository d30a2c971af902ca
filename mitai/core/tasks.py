"""Housekeeping that belongs to no room."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone


@shared_task(name="sessions.purge")
def purge_sessions() -> None:
    """Drop sessions that ended, nobody can come back with them, and with them browser and address."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    kept = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(kept)).delete()
