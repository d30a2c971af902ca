"""Bring a file, watch it being read, see what came of it, take it back."""

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
from mitai.core.uploads import TOO_LARGE
from tracking.imports import jobs
from tracking.imports.reports import present
from tracking.imports.runs import ImportRun

SHOWN = 20
UPLOADS = "20/h"


class UploadForm(forms.Form):
    """One file of at most UPLOAD_LIMIT_BYTES."""

    client_id = forms.CharField(widget=forms.HiddenInput, max_length=64)
    file = forms.FileField(
        label=_("File"), allow_empty_file=True, error_messages={"required": _("Please choose a file.")}
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if too_large:  # the server did not keep a byte of it
            self.fields["file"].error_messages["required"] = self._too_large()

    @staticmethod
    def _too_large() -> str:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        return _("The file is larger than this installation accepts (%(limit)s MB).") % {"limit": limit}

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError(_("The file is empty. Please export it again."))
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(self._too_large())
        return file


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: MemberRequest) -> HttpResponse:
    """The upload form with what is left of the limit, and the imports so far."""
    _slow_down(request)
    decision = access.check(request.user, jobs.FEATURE)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        initial={"client_id": uuid7().hex},
        too_large=TOO_LARGE in request.META,
    )
    if request.method == "POST" and form.is_valid():
        run = jobs.receive(
            owner=request.user, upload=form.cleaned_data["file"], client_id=form.cleaned_data["client_id"]
        )
        return see_other(request, reverse("tracking:import_run", args=[run.pk]))
    runs = ImportRun.objects.of(request.user).order_by("-created_at")[:SHOWN]
    return respond(
        request,
        page="tracking/imports.html",
        partial="tracking/_upload.html",
        context={"form": form, "decision": decision, "runs": [present(run) for run in runs]},
        status=422 if form.is_bound else 200,
    )


def _slow_down(request: MemberRequest) -> None:
    usage = get_usage(request, group="import", key="user", rate=UPLOADS, method="POST", increment=True)
    if usage and usage["should_limit"]:
        raise TooMany(_("Twenty uploads an hour are the most. Please try again later."), usage["time_left"])


@login_required
@require_safe
def import_run(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One import: its progress while it runs, its report afterwards."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    return respond(
        request,
        page="tracking/import_run.html",
        partial="tracking/_import_run.html",
        context={"run": present(run)},
    )


@login_required
@require_POST
def import_undo(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take an import back as a whole."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    jobs.undo(owner=request.user, run=run)
    return see_other(request, reverse("tracking:import_run", args=[pk]))
