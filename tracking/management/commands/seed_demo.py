"""`manage.py seed_demo --email E --days N --seed S`"""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from membership.accounts import create_member
from membership.models import User
from tracking.demo import add_photos, fill
from tracking.journals import registry

MOST_DAYS = 36525


class Command(BaseCommand):
    help = "Make a verified member with days of plausible data in every journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--password", default="", help="made up and printed where it is left out")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days: {options['days']} is not between 1 and {MOST_DAYS}.")
        if User.objects.filter(email__iexact=options["email"]).exists():
            raise CommandError(f"There is an account with the address {options['email']} already.")
        password = options["password"] or secrets.token_urlsafe(12)
        owner = create_member(email=options["email"], password=password)
        fill(owner=owner, days=options["days"], seed=options["seed"])
        add_photos(owner=owner, days=options["days"], seed=options["seed"])
        rows = sum(journal.model.objects.of(owner).count() for journal in registry().values())
        self.stdout.write(f"{owner.email}: {rows} entries over {options['days']} days")
        if not options["password"]:
            self.stdout.write(f"password: {password}")
