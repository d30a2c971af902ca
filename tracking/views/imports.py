"""Bring a file, look at what it would do, watch it being read, see what came of it, take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_ratelimit.core import get_usage

from membership import access
from membership.requests import MemberRequest
from mitai.core.errors import TooMany
from mitai.core.htmx import respond, see_other
from mitai.core.ids import uuid7
from mitai.core.uploads import NO_ROOM, TOO_LARGE
from tracking.imports import arrivals, choices
from tracking.imports.reports import present
from tracking.imports.runs import ImportRun

SHOWN = 20
UPLOADS = "20/h"


class UploadForm(forms.Form):
    """One file of at most UPLOAD_LIMIT_BYTES; `preview` shows what it would do before it does it."""

    client_id = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), max_length=64)
    file = forms.FileField(
        label=_("File"), allow_empty_file=True, error_messages={"required": _("Please choose a file.")}
    )
    preview = forms.BooleanField(
        label=_("Show me first what would be taken over"), required=False, initial=True
    )

    def __init__(self, *args: Any, refused: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if refused:  # the server did not keep a byte of it
            self.fields["file"].error_messages["required"] = refused

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError(EMPTY)
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(too_large())
        return file


EMPTY = _("The file is empty. Please export it again.")


def too_large() -> str:
    limit = settings.UPLOAD_LIMIT_BYTES // 2**20
    return _("The file is larger than this installation accepts (%(limit)s\u202fMB).") % {"limit": limit}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: MemberRequest) -> HttpResponse:
    """The upload form with what is left of the limit, and the imports so far."""
    slow_down(request)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        initial={"client_id": uuid7().hex},
        refused=_refused(request),
    )
    if request.method == "POST" and form.is_valid():
        run = arrivals.receive(
            owner=request.user,
            upload=form.cleaned_data["file"],
            client_id=form.cleaned_data["client_id"],
            preview=form.cleaned_data["preview"],
        )
        return see_other(request, reverse("tracking:import_run", args=[run.pk]))
    return show_imports(request, form)


def _refused(request: MemberRequest) -> str:
    if TOO_LARGE in request.META:
        return too_large()
    return str(arrivals.NO_ROOM) if NO_ROOM in request.META else ""


def show_imports(request: MemberRequest, form: forms.Form) -> HttpResponse:
    """The page of imports with this form, as an error where the form is one."""
    runs = ImportRun.objects.of(request.user).newest_first()[:SHOWN]
    return respond(
        request,
        page="tracking/imports.html",
        partial="tracking/_upload.html",
        context={
            "form": form,
            "decision": access.check(request.user, arrivals.FEATURE),
            "runs": runs,
        },
        status=422 if form.is_bound else 200,
    )


def slow_down(request: MemberRequest) -> None:
    """Twenty files an hour and member are enough.

    Raises:
        TooMany: there were more.
    """
    usage = get_usage(request, group="import", key="user", rate=UPLOADS, method="POST", increment=True)
    if usage and usage["should_limit"]:
        raise TooMany(_("Twenty uploads an hour are the most. Please try again later."), usage["time_left"])


@login_required
@require_safe
def import_run(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One import: its progress while it runs, its preview while it waits, its report afterwards."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    return respond(
        request,
        page="tracking/import_run.html",
        partial="tracking/_import_run.html",
        context={"run": present(run)},
    )


@login_required
@require_POST
def import_confirm(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Write what the preview showed."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    choices.confirm(owner=request.user, run=run)
    return see_other(request, reverse("tracking:import_run", args=[pk]))


@login_required
@require_POST
def import_cancel(request: MemberRequest, pk: UUID) -> HttpResponse:
    """End an import that is not done."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    choices.cancel(owner=request.user, run=run)
    return see_other(request, reverse("tracking:import_run", args=[pk]))


@login_required
@require_POST
def import_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take an import back as a whole."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    choices.undo(owner=request.user, run=run)
    return see_other(request, reverse("tracking:import_run", args=[pk]))
