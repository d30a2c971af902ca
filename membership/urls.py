from __future__ import annotations

from django.urls import path

from membership import views
from membership.views import sessions
from membership.views.verification import resend_verification

app_name = "membership"

urlpatterns = [
    path("", views.membership, name="membership"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end/", sessions.sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", sessions.session_end, name="session_end"),
    path("verification/", resend_verification, name="resend_verification"),
]
