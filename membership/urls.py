from __future__ import annotations

from django.urls import path

from membership import views
from membership.views.verification import resend_verification

app_name = "membership"

urlpatterns = [
    path("", views.membership, name="membership"),
    path("verification/", resend_verification, name="resend_verification"),
]
