"""The floor: what the least a Django page can do costs, beside the site in the same processes.

`gunicorn tests.load.floor:application` serves the site as `mitai.wsgi` does, and under /floor/ views with
nothing around them but a session and its user: the same settings, persistent connections, compiled templates.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitai.settings")

from mitai.wsgi import application as site  # isort: skip  (sets Django up, before anything of it is used)

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Engine, Template
from django.template.context import Context
from django.test.utils import override_settings
from django.urls import path

from tracking.journals.weight import Weight

ROWS, COLUMN = 30, 900
INSERT = "INSERT INTO floor_note (user_id, value) VALUES (%s, %s)"
PAGE = """<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>Floor</title></head>
<body><h1>{{ user.email }}</h1><table>
{% for row in rows %}<tr><td>{{ row.day|date:"Y-m-d" }}</td><td>{{ row.weight_kg }}</td></tr>
{% endfor %}</table></body></html>
"""
BARE = [
    "tests.load.floor.with_own_addresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


@cache
def template() -> Template:
    return Engine.get_default().from_string(PAGE)


def newest(request: HttpRequest, count: int) -> Any:
    """One query, served by the index over member and day."""
    return Weight.objects.filter(user=request.user.pk).order_by("-day")[:count]


def page(request: HttpRequest) -> HttpResponse:
    """F-page: session, user, one indexed query of 30 rows, a template that shows them."""
    return HttpResponse(template().render(Context({"user": request.user, "rows": newest(request, ROWS)})))


def json(request: HttpRequest) -> HttpResponse:
    """F-json: the same with 900 rows as JSON."""
    rows = newest(request, COLUMN).values_list("day", "weight_kg")
    return JsonResponse({"x": [str(day) for day, _ in rows], "y": [float(value) for _, value in rows]})


def post(request: HttpRequest) -> HttpResponse:
    """F-post: the session, one INSERT."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [request.session["_auth_user_id"], request.POST["value"]])
    return HttpResponse("saved")


urlpatterns = [path("floor/page", page), path("floor/json", json), path("floor/post", post)]


def with_own_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware: look addresses up here, not among the site's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware


with override_settings(MIDDLEWARE=BARE):
    floor = WSGIHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The floor under /floor/, the site everywhere else."""
    return (floor if environ["PATH_INFO"].startswith("/floor/") else site)(environ, start_response)
