from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from mitai.core import health, views

handler400 = "mitai.core.views.bad_request"
handler403 = "mitai.core.views.permission_denied"
handler404 = "mitai.core.views.not_found"
# Not one of Django's: allauth looks here for the answer of its rate limits.
handler429 = "mitai.core.views.ratelimited"
handler500 = "mitai.core.views.server_error"

urlpatterns = [
    path("", include("tracking.urls")),
    path("analysis/", include("insights.urls")),
    path("membership/", include("membership.urls")),
    # Not allauth.urls: it adds pages for every other part of allauth, and those of sessions write when read.
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("offline/", views.offline, name="offline"),
]
