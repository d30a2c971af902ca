"""Favourites: entries that one tap of the capture page records again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from membership.requests import MemberRequest
from mitai.core.htmx import see_other, wants_fragment
from tracking import favourites as keeping
from tracking.favourites import Favourite
from tracking.journals import journal_or_404
from tracking.journals.base import Journal
from tracking.lists import present
from tracking.member_forms import FavouriteForm
from tracking.views.journal import entry_or_404


def repeating_or_404(slug: str) -> Journal:
    """A journal that has favourites."""
    journal = journal_or_404(slug)
    if not journal.repeats:
        raise Http404(slug)
    return journal


@login_required
@require_safe
def favourites(request: MemberRequest, slug: str) -> HttpResponse:
    """The member's favourites of a journal."""
    return _page(request, repeating_or_404(slug))


def _page(request: MemberRequest, journal: Journal, refused: FavouriteForm | None = None) -> HttpResponse:
    kept = Favourite.objects.of(request.user, journal)
    forms = [
        refused if refused and refused.favourite == one else FavouriteForm(favourite=one) for one in kept
    ]
    context = {"journal": journal, "forms": forms}
    return render(request, "tracking/favourites.html", context, status=422 if refused else 200)


@login_required
@require_POST
def favourite_keep(request: MemberRequest, slug: str, pk: UUID) -> HttpResponse:
    """Make a favourite of a row, named by its note or by what it holds."""
    journal = repeating_or_404(slug)
    entry = entry_or_404(request, journal, pk)
    name = entry.note or present(journal, entry).brief
    kept = keeping.keep(owner=request.user, journal=journal, entry=entry, name=name)
    said = _("A favourite now: %(name)s") % {"name": kept.name}
    if wants_fragment(request):
        return render(request, "components/toast_oob.html", {"text": said, "tone": "success"})
    messages.success(request, said)
    return see_other(request, reverse("tracking:favourites", args=[slug]))


@login_required
@require_POST
def favourite_rename(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Give a favourite another name."""
    favourite = get_object_or_404(Favourite, pk=pk, user=request.user)
    form = FavouriteForm(request.POST, favourite=favourite)
    if not form.is_valid() or not form.save():
        return _page(request, journal_or_404(favourite.journal), form)
    messages.success(request, _("Saved."))
    return see_other(request, reverse("tracking:favourites", args=[favourite.journal]))


@login_required
@require_POST
def favourite_remove(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Remove a favourite; what was recorded with it stays."""
    favourite = get_object_or_404(Favourite, pk=pk, user=request.user)
    favourite.delete()
    messages.success(request, _("No favourite any more: %(name)s") % {"name": favourite.name})
    return see_other(request, reverse("tracking:favourites", args=[favourite.journal]))
