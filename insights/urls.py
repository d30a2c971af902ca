from __future__ import annotations

from django.urls import path

from insights.views import analysis, consent, run

app_name = "insights"
urlpatterns = [
    path("", analysis.analysis, name="analysis"),
    path("start/", analysis.start, name="start"),
    path("consent/", consent.consent, name="consent"),
    path("consent/withdraw/", consent.withdraw, name="consent_withdraw"),
    path("<uuid:run_id>/", run.run, name="run"),
    path("<uuid:run_id>/delete/", run.delete, name="run_delete"),
]
