"""A file in parts, as tus 1.0 has it: announce it, ask how much is here, send the next part, give it up.

Only the core, creation and termination are spoken: upload.js needs no more.
https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import re
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from membership.requests import MemberRequest
from tracking.imports import arrivals, choices
from tracking.imports.runs import ImportRun
from tracking.views.imports import EMPTY, UploadForm, show_imports, slow_down, too_large

VERSION = "1.0.0"
OFFSET = re.compile(r"[0-9]{1,18}")
BODY = "application/offset+octet-stream"


class PartsForm(forms.Form):
    """What an upload in parts announces itself with."""

    client_id = forms.CharField(max_length=64)
    modified = forms.CharField(max_length=64)
    filename = forms.CharField(max_length=1000)
    preview = forms.BooleanField(required=False)
    size = forms.IntegerField()

    def clean_size(self) -> int:
        size: int = self.cleaned_data["size"]
        if size <= 0:
            raise forms.ValidationError(EMPTY)
        if size > settings.UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(too_large())
        return size


@login_required
@require_POST
def parts(request: MemberRequest) -> HttpResponse:
    """Announce a file: 201 with the address its parts go to, and how much of it is here already."""
    slow_down(request)
    form = PartsForm({**_metadata(request), "size": request.headers.get("Upload-Length")})
    if not form.is_valid():
        return show_imports(request, _as_upload(form))
    values = form.cleaned_data
    run = arrivals.begin(
        owner=request.user,
        file_name=values["filename"],
        size=values["size"],
        modified=values["modified"],
        client_id=values["client_id"],
        preview=values["preview"],
    )
    return _answer(201, run, Location=reverse("tracking:import_part", args=[run.pk]))


@login_required
@require_http_methods(["HEAD", "PATCH", "DELETE"])
def import_part(request: MemberRequest, pk: UUID) -> HttpResponse:
    """How much is here, the next part, or the end of it all."""
    run = get_object_or_404(ImportRun.objects.of(request.user), pk=pk)
    if request.method == "DELETE":
        choices.cancel(owner=request.user, run=run)
        return _answer(204, run)
    if run.state == ImportRun.State.CANCELLED:
        return _answer(410, run)
    if request.method == "PATCH":
        return _append(request, run)
    return _answer(200, run)


def _append(request: MemberRequest, run: ImportRun) -> HttpResponse:
    offset = request.headers.get("Upload-Offset", "")
    if request.content_type != BODY or not OFFSET.fullmatch(offset):
        return _answer(415, run)
    try:
        arrivals.append(run, offset=int(offset), body=request)
    except arrivals.OtherOffset:
        return _answer(409, run)
    except FileNotFoundError:  # given up meanwhile
        return _answer(410, run)
    except UnreadablePostError:  # the connection broke: what came is kept
        return _answer(400, run)
    return _answer(204, run)


def _answer(status: int, run: ImportRun, **headers: str) -> HttpResponse:
    run.refresh_from_db(fields=["state"])
    response = HttpResponse(status=status, headers=headers)
    response["Tus-Resumable"] = VERSION
    response["Upload-Offset"] = str(arrivals.arrived(run))
    response["Upload-Length"] = str(run.size)
    return response


def _metadata(request: MemberRequest) -> dict[str, str]:
    """The pairs of Upload-Metadata: names, each with its value in Base64; what cannot be read is left out."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _space, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found


def _as_upload(form: PartsForm) -> UploadForm:
    """The upload form with the same complaint, at its file."""
    message = next((errors[0] for errors in form.errors.values()), "")
    return UploadForm(form.data, {}, refused=str(message))
