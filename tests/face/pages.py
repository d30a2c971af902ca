"""A small site made of components: every one of them in its states, with answers as real pages give them."""

# ruff: noqa: E501  (the markup of the component pages reads best in one line)
from __future__ import annotations

from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import include, path

from mitai.core import views
from mitai.core.htmx import wants_fragment

DAY = 86_400
FIRST = 1_790_000_000 // DAY * DAY


class Measured(forms.DecimalField):
    """A number with a unit and a short label, as journals declare them."""

    def __init__(self, unit: str, **options: Any) -> None:
        super().__init__(**options)
        self.unit = unit
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "82,4"})


class SampleForm(forms.Form):
    weight = Measured("kg", label="Gewicht", localize=True)
    fat = Measured("%", label="Körperfett", required=False, help_text="Wie die Waage ihn zeigt.")
    sex = forms.ChoiceField(label="Geschlecht", choices=[("f", "weiblich"), ("m", "männlich")])
    journals = forms.MultipleChoiceField(
        label="Tagebücher",
        choices=[("w", "Gewicht"), ("n", "Ernährung")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    consent = forms.BooleanField(label="Ich stimme zu.", help_text="Jederzeit zu widerrufen.", required=False)
    note = forms.CharField(label="Notiz", required=False, widget=forms.Textarea(attrs={"rows": 2}))


class UploadForm(forms.Form):
    file = forms.FileField(label="Export wählen")


def render(request: HttpRequest, source: str, status: int = 200, **context: Any) -> HttpResponse:
    template = engines["django"].from_string(source)
    return HttpResponse(template.render(context, request), status=status)


QUICK = """<form class="quick" id="quick" method="post" action="/quick/" hx-post="/quick/" hx-target="this"
 hx-swap="outerHTML" hx-disable="find .quick__save">{% csrf_token %}
<p class="quick__title">{% icon "scale" %}<span>Gewicht</span></p>
<div class="quick__fields">{% include "components/quick_field.html" with field=form.weight %}</div>
<button class="button button--primary quick__save">Speichern</button></form>
{% if saved %}{% include "components/toast_oob.html" with text="Gespeichert" tone="success" undo_url="/undo/" undo_target="#quick" %}{% endif %}"""
PAGE = (
    """{% extends "base.html" %}{% block title %}Muster{% endblock %}{% block heading %}Muster{% endblock %}
{% block content %}<div class="stack">
<ul class="chips"><li>{% include "components/chip.html" with label="Gewicht" href="/" icon="scale" %}</li>
<li>{% include "components/chip.html" with label="Blutdruck" href="/" done=True %}</li></ul>
<div class="cards"><section class="card card--wide"><header class="card__head"><h2 class="card__title">Gewicht</h2>
<a class="card__more" href="/">Alle</a></header>
{% include "components/tile.html" with label="Trend" value="82,4" unit="kg" direction="down" word="fällt" tone="good" sentence="Auf Kurs." %}
{% include "components/sparkline.html" with line="M0 10L240 40" dots=dots goal_y="50" end=dots.0 label="Gewicht, fällt" %}
<footer class="card__foot">Ziel 80</footer></section>
<section class="card"><dl class="stats">{% include "components/stat.html" with label="Puls" value="61" unit="/min" note="Mittel" %}</dl>
<dl class="facts"><div><dt>Ziel</dt><dd>80</dd></div></dl><span class="badge badge--watch">erhöht</span>
<span class="badge badge--bad">hoch</span><span class="badge badge--good">gut</span><span class="badge badge--indigo">Basic</span></section></div>
{% for tone in tones %}{% include "components/notice.html" with tone=tone title="Titel" text="Ein Satz." %}{% endfor %}
{% include "components/empty.html" with icon="scale" title="Noch nichts" text="So geht es." action_url="/" action_label="Anfangen" %}
{% include "components/progress.html" with text="Import liest" value=40 max=100 detail="40 von 100" %}
{% include "components/stages.html" with stages=stages %}
{% include "components/limit.html" with decision=some %}{% include "components/limit.html" with decision=none_left %}
{% include "components/limit.html" with decision=unlimited %}{% include "components/limit.html" with decision=excluded %}
{% include "components/segmented.html" with label="Zeitraum" options=ranges %}
{% include "components/theme.html" %}{% include "components/language.html" %}
<section class="month"><h2 class="month__title">November <span class="month__count">1 Eintrag</span></h2><ol class="entries">
<li class="entry-row" id="row"><time class="entry-row__day" datetime="2026-11-21">Sa 21.</time>
<div class="entry-row__values"><strong class="num">82,4</strong> <span class="entry-row__more">18 %</span></div>
<div class="entry-row__actions"><form method="post" action="/refuse/" hx-post="/refuse/" hx-target="closest .entry-row" hx-swap="outerHTML">{% csrf_token %}
<button class="button button--icon" aria-label="Löschen">{% icon "trash-2" %}</button></form></div></li></ol></section>
<details class="guide"><summary>Wie messe ich das?</summary><div class="prose"><p>Morgens.</p></div></details>
<div class="prose"><p>Ein Wert <mark class="unproven">412</mark> und einer<a class="evidence" href="#f">F3</a>.</p></div>
<div class="table-scroll" tabindex="0" role="region" aria-label="Werte"><table class="table"><thead><tr><th scope="col">Tag</th><th scope="col" class="num">kg</th></tr></thead>
<tbody><tr><th scope="row">1.</th><td class="num">82,4</td></tr></tbody></table></div>
"""
    + QUICK
    + """
<form id="plain" class="card" method="post" action="/plain/">{% csrf_token %}<h2>Formular</h2>{{ bound }}
<div class="actions"><button class="button button--primary">Senden</button><a class="button" href="/">Zurück</a>
<button type="button" class="button button--quiet">Später</button><button type="button" class="button button--danger">Löschen</button></div></form>
<form id="upload" method="post" enctype="multipart/form-data" action="/upload/" data-upload>{% csrf_token %}
{% include "components/upload.html" with field=upload.file hint="export.zip" %}<button class="button">Importieren</button></form>
</div>{% endblock %}"""
)
CHARTS = """{% extends "base.html" %}{% block title %}Verlauf{% endblock %}{% block heading %}Verlauf{% endblock %}{% block content %}
<section class="card">{% include "components/chart.html" with src="/series.json" title="Gewicht" id="weight" %}</section>
<section class="card">{% include "components/chart.html" with src="/none.json" title="Leer" id="empty" low=True %}</section>
<section class="card">{% include "components/chart.html" with src="/gone.json" title="Weg" id="gone" low=True %}</section>{% endblock %}"""
ACCOUNT = """{% extends "base_account.html" %}{% block heading %}Anmelden{% endblock %}{% block content %}
<form method="post">{% csrf_token %}{{ form.weight.as_field_group }}</form>{% endblock %}"""


def decision(*, limit: int | None, used: int, allowed: bool) -> SimpleNamespace:
    return SimpleNamespace(
        label="KI-Analysen",
        limit=limit,
        used=used,
        allowed=allowed,
        resets_at=datetime(2026, 12, 1, 12, tzinfo=UTC),
    )


def sample(request: HttpRequest) -> HttpResponse:
    states = ["done", "running", "waiting", "failed"]
    wrong = {"weight": "82,4,5", "sex": "x"} if "errors" in request.GET else None
    return render(
        request,
        PAGE,
        form=SampleForm(),
        bound=SampleForm(wrong, prefix="b"),
        upload=UploadForm(),
        dots=[{"x": "10", "y": "20"}],
        tones=["info", "good", "watch", "warn"],
        stages=[{"label": state, "state": state, "time": "12 s", "detail": ""} for state in states],
        ranges=[
            {"label": "30 Tage", "url": "?range=30", "current": True},
            {"label": "Alle", "url": "?range=all", "current": False},
        ],
        some=decision(limit=3, used=2, allowed=True),
        none_left=decision(limit=3, used=3, allowed=False),
        unlimited=decision(limit=None, used=0, allowed=True),
        excluded=decision(limit=0, used=0, allowed=False),
    )


# What arrived, and a gate that holds answers back while a test looks at what happens meanwhile.
sent: list[str] = []
arrived = Event()
gate = Event()
gate.set()


def arrive(what: str) -> None:
    sent.append(what)
    arrived.set()
    gate.wait(10)


def quick(request: HttpRequest) -> HttpResponse:
    arrive(request.POST["weight"])
    form = SampleForm(request.POST)
    if "weight" in form.errors:
        return render(request, QUICK, status=422, form=form)
    return render(request, QUICK, form=SampleForm(), saved=True)


def plain(request: HttpRequest) -> HttpResponse:
    arrive("plain")
    return redirect("/")


def undo(request: HttpRequest) -> HttpResponse:
    sent.append("undo")
    return render(request, QUICK, form=SampleForm())


def refuse(request: HttpRequest) -> HttpResponse:
    return views.refusal(request, 409, "Inzwischen geändert.")


def upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return sample(request)
    sent.append(f"{file.size} {'fragment' if wants_fragment(request) else 'page'}")
    return redirect("/charts/")


def series(request: HttpRequest) -> JsonResponse:
    count = 90
    return JsonResponse(
        {
            "range": "90",
            "x": [FIRST + DAY * n for n in range(count)],
            "series": [
                {
                    "key": "raw",
                    "label": "Messwerte",
                    "unit": "kg",
                    "digits": 1,
                    "kind": "points",
                    "scale": "kg",
                    "values": [None if n % 9 == 0 else 84 - n * 0.02 + (n % 5) / 5 for n in range(count)],
                },
                {
                    "key": "trend",
                    "label": "Trend",
                    "unit": "kg",
                    "digits": 1,
                    "kind": "line",
                    "scale": "kg",
                    "values": [84.4 - n * 0.02 for n in range(count)],
                },
                {
                    "key": "energy",
                    "label": "Energie",
                    "unit": "kcal",
                    "digits": 0,
                    "kind": "bars",
                    "scale": "kcal",
                    "values": [2000 + (n % 7) * 50 for n in range(count)],
                },
            ],
            "lines": [{"label": "Ziel 80", "value": 80, "scale": "kg"}],
            "sentence": "Der Trend fällt.",
            "cautions": [],
        }
    )


def no_series(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {"range": "90", "x": [], "series": [], "lines": [], "sentence": "Noch keine Werte.", "cautions": []}
    )


def charts(request: HttpRequest) -> HttpResponse:
    return render(request, CHARTS)


def account(request: HttpRequest) -> HttpResponse:
    return render(request, ACCOUNT, form=SampleForm())


tracking = (
    [
        path("", sample, name="overview"),
        path("history/", charts, name="history"),
        path("capture/", sample, name="capture"),
        path("more/", sample, name="more"),
    ],
    "tracking",
)
insights = ([path("analysis/", sample, name="analysis")], "insights")
handler404 = "mitai.core.views.not_found"
urlpatterns = [
    path("", include(tracking)),
    path("", include(insights)),
    path("charts/", charts),
    path("account/", account),
    path("series.json", series),
    path("none.json", no_series),
    path("quick/", quick),
    path("plain/", plain),
    path("undo/", undo),
    path("refuse/", refuse),
    path("upload/", upload),
    path("i18n/", include("django.conf.urls.i18n")),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("offline/", views.offline, name="offline"),
]
