"""What is recorded again and again: favourites, and the rows by hand of the day before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from membership.models import User as Account
from mitai.core.errors import Conflict
from mitai.core.ids import uuid7
from tracking.journals.base import Entry, Journal
from tracking.readings import SyncClock
from tracking.sources import MANUAL

if TYPE_CHECKING:
    from membership.models import User

NAME_LONGEST = 60
MOST = 24  # they are chips on the phone's capture page
DAY_BEFORE = "day-before"


class NoRoom(Conflict):
    """The member has as many favourites of a journal as the capture page can show."""


class NameTaken(Conflict):
    """Another favourite has this name."""


class FavouriteQuerySet(models.QuerySet["Favourite"]):
    def of(self, user: User, journal: Journal) -> Self:
        """The member's favourites of a journal, by name."""
        return self.filter(user=user, journal=journal.slug).order_by("name", "id")


class Favourite(models.Model):
    """An entry worth recording again: the values of a row under a name, without day and source."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    journal = models.SlugField()
    name = models.CharField(_("Name"), max_length=NAME_LONGEST)
    values = models.JSONField()  # as a reading keeps them
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Any]] = FavouriteQuerySet.as_manager()

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [
            models.UniqueConstraint(fields=["user", "journal", "name"], name="favourite_name_once"),
        ]

    def __str__(self) -> str:
        return f"Favourite {self.pk}"


@dataclass(frozen=True, slots=True)
class Offer:
    """One tap that records something again; `wish` is what its button sends."""

    wish: str
    label: str
    icon: str


def keep(*, owner: User, journal: Journal, entry: Entry, name: str) -> Favourite:
    """Make a favourite of a row; one of the same name has these values now.

    Raises:
        NoRoom: there is no room for a further one.
    """
    kept: Favourite
    values = journal.to_json({f.name: getattr(entry, f.attname) for f in journal.fields})
    name = " ".join(name.split())[:NAME_LONGEST]
    with transaction.atomic():
        SyncClock.advance(owner.pk, 0)  # two at once would both find room
        kept, new = Favourite.objects.update_or_create(
            user=owner, journal=journal.slug, name=name, defaults={"values": values}
        )
        if new and Favourite.objects.of(owner, journal).count() > MOST:
            raise NoRoom(
                gettext("There are %(most)d favourites already. Please remove one first.") % {"most": MOST}
            )
    return kept


def rename(*, favourite: Favourite, name: str) -> None:
    """Give a favourite another name.

    Raises:
        NameTaken: another one has it.
    """
    favourite.name = name
    try:
        with transaction.atomic():
            favourite.save(update_fields=["name"])
    except IntegrityError:
        raise NameTaken(_("Another favourite has this name.")) from None


def offers(owner: User, journal: Journal, day: date) -> list[Offer]:
    """What one tap can record again on a day, in one query: the day before as a whole, then favourites."""
    before = _day_before(owner, journal, day).order_by().values("user").annotate(n=Count("pk")).values("n")
    kept = Favourite.objects.of(owner, journal).values(json=JSONObject(wish="id", label="name"))
    found = (
        Account.objects.filter(pk=owner.pk).values(before=Subquery(before), kept=ArraySubquery(kept)).get()
    )
    favourites = [Offer(**one, icon="star") for one in found["kept"]]
    if not found["before"]:
        return favourites
    again = gettext("All of the day before (%(n)d)") % {"n": found["before"]}
    return [Offer(DAY_BEFORE, again, "copy"), *favourites]


def wished(owner: User, journal: Journal, wish: str, day: date) -> list[dict[str, Any]]:
    """The values of each row that a tap records on a day; none where there is nothing (any more)."""
    if wish == DAY_BEFORE:
        rows = _day_before(owner, journal, day).oldest_first()
        return [{f.name: getattr(row, f.attname) for f in journal.fields} for row in rows]
    try:
        favourite = Favourite.objects.of(owner, journal).filter(pk=UUID(wish)).first()
    except ValueError:
        return []
    return [] if favourite is None else [_values(journal, favourite.values)]


def _values(journal: Journal, kept: Mapping[str, Any]) -> dict[str, Any]:
    columns = journal.to_python(kept)
    return {f.name: columns[f.attname] for f in journal.fields}


def _day_before(owner: User, journal: Journal, day: date) -> Any:
    """The rows by hand of the day before whose like the day does not have yet."""
    rows = journal.model.objects.of(owner).filter(source__kind=MANUAL)
    there = rows.filter(day=day).values(journal.split)
    return rows.filter(day=day - timedelta(days=1)).exclude(**{f"{journal.split}__in": there})
