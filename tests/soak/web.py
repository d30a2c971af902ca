"""The site as gunicorn serves it in production, but for two things that would only be in the way.

Static files come from the sources, without the manifest that `collectstatic` writes; and nobody is slowed
down, because twenty at once are to meet at the database, not at the rate limit.
"""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.RATELIMIT_ENABLE = False
application = get_wsgi_application()
