from __future__ import annotations

from django.urls import path

from membership.views import membership, sessions
from membership.views.verification import resend_verification

app_name = "membership"

urlpatterns = [
    path("", membership.membership, name="membership"),
    path("trial/", membership.trial, name="trial"),
    path("credits/", membership.credits, name="credits"),
    path("privacy/", membership.privacy, name="privacy"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end/", sessions.sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", sessions.session_end, name="session_end"),
    path("verification/", resend_verification, name="resend_verification"),
]
