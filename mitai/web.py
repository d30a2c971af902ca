"""How gunicorn serves the site: `gunicorn --config python:mitai.web mitai.wsgi`."""

from __future__ import annotations

import os
from typing import Any

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = 2
threads = 4
preload_app = True
graceful_timeout = 5
keepalive = 75  # longer than the pages' polling and than proxies keep a connection
control_socket_disable = True  # its place would be the home folder
worker_tmp_dir = os.path.join(os.environ["DATA_DIR"], "run") if "DATA_DIR" in os.environ else None
loglevel = "warning"


def when_ready(server: Any) -> None:
    """Load everything once, before the workers are forked."""
    from mitai.core import sharing

    sharing.load(pages=True)
