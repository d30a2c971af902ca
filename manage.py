#!/usr/bin/env python
"""Django's commands. What is not given of DATABASE_URL, REDIS_URL and the two secrets comes from DATA_DIR."""

from __future__ import annotations

import os
import sys


def main() -> None:
    from mitai import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitai.settings")
    try:
        embedded.complete_environment()
    except embedded.EmbeddedError as error:
        sys.exit(str(error))
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "connection" not in str(error):
            raise
        sys.exit(f"mitai: DATABASE_URL: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main()
