from __future__ import annotations

from django.urls import path

from membership import views

app_name = "membership"

urlpatterns = [
    path("", views.membership, name="membership"),
]
