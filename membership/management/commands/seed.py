from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from membership.models import Tier
from mitai.core import seeding


class Command(BaseCommand):
    help = "Make what an installation begins with: tiers, features, limits, prompts. Only what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            seeding.run()
        if not Tier.objects.filter(slug=settings.DEFAULT_TIER).exists():
            known = ", ".join(Tier.objects.values_list("slug", flat=True))
            raise CommandError(f"DEFAULT_TIER={settings.DEFAULT_TIER!r} is no tier; known are {known}.")
        if options["verbosity"]:
            self.stdout.write("Tiers, features, limits and prompts are there.")
