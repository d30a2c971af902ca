from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = _("Journals")

    def ready(self) -> None:
        from membership import roles, subjects
        from mitai.core import panels, seeding
        from tracking.imports.runs import ImportRun
        from tracking.panels import active_members
        from tracking.seeds import seed_features, seed_training

        seeding.register(seed_features)
        seeding.register(seed_training)
        roles.allow(roles.SUPPORT, "tracking.trainingtype", "view")
        panels.register(active_members, panels.Place.DASHBOARD)
        subjects.register("import", ImportRun.objects.under_way)
