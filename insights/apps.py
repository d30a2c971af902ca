from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "insights"
    verbose_name = _("AI evaluations")

    def ready(self) -> None:
        from insights import prompts
        from insights.models import Run
        from insights.panels import consent, cost_per_day, last_evaluation
        from membership import subjects
        from mitai.core import panels, seeding

        seeding.register(prompts.seed)
        panels.register(last_evaluation, panels.Place.OVERVIEW)
        panels.register(consent, panels.Place.SETTINGS)
        panels.register(cost_per_day, panels.Place.DASHBOARD)
        subjects.register("run", Run.objects.under_way)
