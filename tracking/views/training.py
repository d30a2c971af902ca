"""The names of trainings: those that mean no type yet, and what the member said others mean."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from membership.requests import MemberRequest
from mitai.core.htmx import see_other
from tracking import activity_names
from tracking.training import NameMapping
from tracking.training_forms import MappingForm, NamesForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def names(request: MemberRequest) -> HttpResponse:
    """All names; a POST assigns one or many to a type, and the past follows."""
    form = NamesForm(request.POST if request.method == "POST" else None, owner=request.user)
    if request.method == "POST" and form.is_valid():
        return _changed(request, form.save())
    return _page(request, form)


def _page(request: MemberRequest, form: NamesForm, refused: MappingForm | None = None) -> HttpResponse:
    learnt = activity_names.learnt(request.user)
    changed = refused or next(
        (
            MappingForm(mapping=mapping, kinds=form.kinds)
            for mapping in learnt
            if str(mapping.pk) == request.GET.get("change")
        ),
        None,
    )
    bad = form.is_bound or refused is not None
    context = {"form": form, "learnt": learnt, "changed": changed}
    return render(request, "tracking/training_names.html", context, status=422 if bad else 200)


@login_required
@require_POST
def name_change(request: MemberRequest, pk: UUID) -> HttpResponse:
    """A name means another type; the past follows."""
    mapping = get_object_or_404(NameMapping, pk=pk, user=request.user)
    form = MappingForm(request.POST, mapping=mapping)
    if form.is_valid():
        return _changed(request, form.save())
    return _page(request, NamesForm(owner=request.user), form)


@login_required
@require_POST
def name_forget(request: MemberRequest, pk: UUID) -> HttpResponse:
    """A name means again what the operators say, if they say anything."""
    mapping = get_object_or_404(NameMapping, pk=pk, user=request.user)
    return _changed(request, activity_names.forget(owner=request.user, mapping=mapping))


def _changed(request: MemberRequest, n: int) -> HttpResponse:
    said = ngettext("Saved. %(n)d training follows.", "Saved. %(n)d trainings follow.", n) % {"n": n}
    messages.success(request, said)
    return see_other(request, reverse("tracking:training_names"))
