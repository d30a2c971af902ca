"""Photos of the body: one row a day and pose; the pictures lie encrypted in the album."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from tracking.journals.base import Entry, Journal, Upload, per_day_and
from tracking.photos import album
from tracking.photos.photo_files import PhotoFile
from tracking.row_views import Link, Picture

if TYPE_CHECKING:
    from membership.models import User


class Pose(models.TextChoices):
    FRONT = "front", _("From the front")
    SIDE = "side", _("From the side")
    BACK = "back", _("From behind")


class Photo(Entry):
    """One photo; another one of the same day and pose replaces it."""

    pose = models.CharField(_("Pose"), max_length=10, choices=Pose, default=Pose.FRONT)
    file = models.ForeignKey(
        PhotoFile, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("Photo")
    )

    class Meta(Entry.Meta):
        constraints = [
            *Entry.Meta.constraints,
            models.CheckConstraint(condition=models.Q(pose__in=Pose.values), name="photo_pose_known"),
        ]


def picture(entry: Photo) -> Picture | None:
    """The picture of a row, ready or not."""
    file = entry.file
    if file is None:
        return None
    words = {"pose": Pose(entry.pose).label, "day": date_format(entry.day, "SHORT_DATE_FORMAT")}
    return Picture(
        file=file.pk,
        ready=file.state == PhotoFile.State.READY,
        width=file.width,
        height=file.height,
        alt=_("%(pose)s, %(day)s") % words,
        problem=file.problem,
    )


def links(owner: User) -> list[Link]:
    """The page on which photos are compared."""
    return [Link(_("Compare photos"), "tracking:photos", "columns-2")]


JOURNAL = Journal(
    slug="photo",
    label=_("Photo"),
    intro=_("A photo every few weeks shows what no number does. Only you ever see it."),
    model=Photo,
    slot=per_day_and("pose"),
    split="pose",
    icon="camera",
    quick=["pose", "file"],
    limit="photos",
    uploads={"file": Upload("image/jpeg,image/png,image/webp,image/heic", album.look, album.receiving)},
    picture=picture,
    links=links,
    position=120,
)
