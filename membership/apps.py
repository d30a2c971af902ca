from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembershipConfig(AppConfig):
    name = "membership"
    verbose_name = _("Membership")

    def ready(self) -> None:
        from membership import roles, signals, tiers
        from mitai.core import seeding

        signals.connect()
        seeding.register(roles.seed_roles)
        seeding.register(tiers.seed_tiers, first=True)
