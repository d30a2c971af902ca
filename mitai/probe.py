"""Asks the process of a container whether it lives: `python -m mitai.probe web|worker|beat`.

Exit 0, or 1 with one line. Standard library alone: it runs every half minute on a small machine, where
`celery inspect ping` would load the whole house each time.

web: the server answers `/healthz/live`. Whether database and broker answer is not its health: pages say so
themselves, and starting it again would mend nothing.
worker: its loop went round, and the broker took the heartbeat before. beat: its loop went round.
"""

from __future__ import annotations

import http.client
import os
import sys
from contextlib import closing
from urllib.parse import urlsplit

from mitai import heartbeat

TIMEOUT_S = 8


def _web() -> str:
    host = urlsplit(os.environ.get("BASE_URL", "")).netloc or "127.0.0.1"
    port = int(os.environ.get("PORT") or 8000)
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, TIMEOUT_S)) as server:
            server.request("GET", "/healthz/live", headers={"Host": host})
            status = server.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"web does not answer: {error}"
    return "" if status == 200 else f"web answers {status}"


def ask(name: str) -> str:
    """What is wrong with `name`, empty when it is well."""
    return _web() if name == "web" else heartbeat.missing(os.environ["HEARTBEAT_DIR"], name)


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in {"web", "worker", "beat"}:
        sys.exit("python -m mitai.probe web|worker|beat")
    if wrong := ask(sys.argv[1]):
        sys.exit(f"mitai: {wrong}")


if __name__ == "__main__":
    main()
