from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = _("Journals")

    def ready(self) -> None:
        from membership import subjects
        from mitai.core import seeding
        from tracking.imports.runs import ImportRun
        from tracking.seeds import seed_features

        seeding.register(seed_features)
        subjects.register("import", ImportRun.objects.under_way)
