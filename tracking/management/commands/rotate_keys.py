"""`manage.py rotate_keys`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking.photos import store
from tracking.photos.rotation import KeysMissing, rotate


class Command(BaseCommand):
    help = "Encrypt every photo with the first key of DATA_ENCRYPTION_KEY that is under another."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rotate()
        except KeysMissing as missing:
            names = ", ".join(missing.key_ids)
            raise CommandError(f"DATA_ENCRYPTION_KEY lacks the key {names}. Nothing was changed.") from None
        except OSError as error:
            raise CommandError(f"{error.filename or store.folder()}: {error.strerror}") from None
        self.stdout.write(f"{done.changed} files encrypted anew, {done.current} had the current key already.")
        if done.damaged:
            names = "\n".join(str(path.relative_to(store.folder())) for path in done.damaged)
            raise CommandError(f"{len(done.damaged)} files cannot be read and stay as they are:\n{names}")
