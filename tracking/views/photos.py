"""The pictures of a photo, for their owner alone."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from membership.requests import MemberRequest
from tracking.comparison import compare
from tracking.photos import album
from tracking.photos.photo_files import PhotoFile
from tracking.photos.pictures import VERSIONS

HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",  # a version of a photo never changes
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@login_required
@require_safe
def photos(request: MemberRequest) -> HttpResponse:
    """Two photos of a pose side by side and under a slider, and all of them in a strip."""
    wanted = (request.GET.get(name, "") for name in ("pose", "first", "second"))
    return render(request, "tracking/photos.html", {"comparison": compare(request.user, *wanted)})


@login_required
@require_safe
def photo_file(request: MemberRequest, pk: UUID, version: str) -> HttpResponseBase:
    """One version as JPEG; 404 while it is not ready."""
    photo = get_object_or_404(PhotoFile.objects.of(request.user).ready(), pk=pk)
    if version not in VERSIONS:
        raise Http404
    tag = f'"{photo.pk}.{version}"'
    response = get_conditional_response(request, etag=tag) or _picture(photo, version)
    response["ETag"] = tag
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _picture(photo: PhotoFile, version: str) -> HttpResponse:
    try:
        return HttpResponse(album.read(photo, version), content_type="image/jpeg")
    except FileNotFoundError:  # it was removed meanwhile
        raise Http404 from None
