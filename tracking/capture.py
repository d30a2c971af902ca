"""What the capture page shows and saves: one row a journal, most used first, what is done out of the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import QueryDict

from membership import access
from membership.access import Decision
from tracking.favourites import Offer, offers, wished
from tracking.forms import EntryForm
from tracking.journals import registry
from tracking.journals.base import Entry, Journal
from tracking.latest import Latest, latest_of
from tracking.lists import present
from tracking.person import Person
from tracking.profile import Profile
from tracking.readings import SyncClock
from tracking.row_views import RowView

FIRST_ROWS = 4  # at the least, also of a member who has recorded nothing of late


@dataclass(frozen=True, slots=True)
class Row:
    """One journal's quick form; `done` once the day has an entry, `saved` what was just recorded.

    `offers` record something again with one tap.
    """

    journal: Journal
    form: EntryForm
    done: bool = False
    decision: Decision | None = None
    offers: Sequence[Offer] = ()
    saved: Sequence[RowView] = ()
    caution: str = ""

    @property
    def blocked(self) -> bool:
        """Whether nothing can be saved: the limit is reached, and there is no row of the day to update."""
        refused = self.decision is not None and not self.decision.allowed
        return refused and not (self.done and self.journal.once_a_day)


@dataclass(frozen=True, slots=True)
class Done:
    """A journal that has its one entry of the day."""

    journal: Journal
    entry: RowView


@dataclass(frozen=True, slots=True)
class Page:
    """The capture page of one day: forms of what is used, what is done, and the journals beside these."""

    day: date
    rows: Sequence[Row]
    done: Sequence[Done] = ()
    others: Sequence[Journal] = ()

    @property
    def is_multipart(self) -> bool:
        """Whether a file may be sent with it."""
        return any(row.form.is_multipart() for row in self.rows)

    @property
    def moment(self) -> EntryForm | None:
        """The form whose day and time stand for the page: one that has both, and complains if one does."""
        forms = [row.form for row in self.rows]
        shared = [form for form in forms if form.has_shared_time] or forms
        return next((form for form in shared if form.moment_errors), shared[0] if shared else None)


@dataclass(frozen=True, slots=True)
class Open:
    """Whether a journal has an entry today."""

    journal: Journal
    done: bool


def chosen_journals(profile: Profile) -> list[Journal]:
    """The journals the member wants to record; without a choice all of them."""
    return [
        journal for journal in registry().values() if not profile.journals or journal.slug in profile.journals
    ]


def used_journals(chosen: Sequence[Journal], latest: Mapping[str, Latest]) -> list[Journal]:
    """What a member records, most used of late first; with little in use yet some more to begin with."""
    ranked = sorted(chosen, key=lambda journal: -latest[journal.slug].uses)
    in_use = sum(1 for journal in ranked if latest[journal.slug].uses)
    return ranked[: max(in_use, FIRST_ROWS)]


def page(
    person: Person, *, day: date, zone: ZoneInfo, wanted: str = "", given: Mapping[str, Any] | None = None
) -> Page:
    """The page of a day. `wanted` is a journal that gets its row although it is done or rarely used."""
    chosen = chosen_journals(person.profile)
    latest = latest_of(person.user, chosen, day)
    decisions = access.check_many(person.user, [journal.feature for journal in chosen])
    shown, done, others = _sorted(chosen, latest, day, wanted)
    rows = [
        Row(
            journal,
            EntryForm(
                journal=journal,
                person=person,
                zone=zone,
                quick=True,
                last=latest[journal.slug].entry,
                given=given,
            ),
            done=latest[journal.slug].done(day),
            decision=decisions.get(journal.feature),
            offers=_offers(person, journal, day),
        )
        for journal in shown
    ]
    finished = [Done(journal, present(journal, latest[journal.slug].entry)) for journal in done]
    return Page(day, rows, finished, others)


def _sorted(
    chosen: Sequence[Journal], latest: Mapping[str, Latest], day: date, wanted: str
) -> tuple[list[Journal], list[Journal], list[Journal]]:
    """Which journals get a row, which are done, which only a link; what is used most comes first."""
    used = used_journals(chosen, latest)
    used += [journal for journal in chosen if journal.slug == wanted and journal not in used]
    done = [j for j in used if j.once_a_day and latest[j.slug].done(day) and j.slug != wanted]
    rows = [j for j in used if j not in done]
    rows.sort(key=lambda journal: journal.slug != wanted and latest[journal.slug].done(day))
    return rows, done, [journal for journal in chosen if journal not in used]


def filled_in(journals: Sequence[Journal], data: QueryDict, files: Mapping[str, Any]) -> list[Journal]:
    """The journals of which something was typed: a choice that always has a value is no entry yet."""
    return [
        journal
        for journal in journals
        if data.get(f"{journal.slug}-preset")
        or any(
            data.get(name) or name in files
            for name in (f"{journal.slug}-{slug}" for slug in _telling(journal))
        )
    ]


def said_again(journals: Sequence[Journal], data: QueryDict) -> list[tuple[Journal, str]]:
    """What a button of the page wishes to record again."""
    wishes = [(journal, data.get(f"{journal.slug}-again", "")) for journal in journals if journal.repeats]
    return [(journal, wish) for journal, wish in wishes if wish]


def _telling(journal: Journal) -> list[str]:
    """The quick fields that are empty until somebody fills them in."""
    always = {f.name for f in journal.fields if f.choices and not f.null}
    return [name for name in journal.quick if name not in always and name != "time"] + (
        ["time"] if "time" in journal.quick else []
    )


@dataclass
class Attempt:
    """The rows that were sent: saved all together, or, where one of them is wrong, none of them."""

    rows: list[Row] = field(default_factory=list)
    saved: bool = False


def save(
    person: Person, *, data: QueryDict, files: Mapping[str, Any], today: date, zone: ZoneInfo
) -> Attempt:
    """Record every row that was filled in, in one transaction.

    Raises:
        membership.access.LimitReached: one of them may not be added; nothing is saved.
    """
    journals = list(registry().values())

    def form(journal: Journal, **said: Any) -> EntryForm:
        return EntryForm(data, files, journal=journal, person=person, zone=zone, quick=True, **said)

    typed = {journal.slug: form(journal) for journal in filled_in(journals, data, files)}
    wishes = said_again(journals, data)
    with transaction.atomic():
        if wishes:  # in two tabs at once the second finds what the first recorded
            SyncClock.advance(person.user.pk, 0)
        again = []
        for journal, wish in wishes:
            moment = form(journal, said={})
            if not moment.is_valid():  # the day is wrong: the row says so, with its inputs
                typed.setdefault(journal.slug, form(journal))
                continue
            rows = wished(person.user, journal, wish, moment.moment.day)
            again += [form(journal, said=values, number=number) for number, values in enumerate(rows)]
        forms = [*typed.values(), *again]
        wrong = [form for form in forms if not form.is_valid()]  # every one is asked, and says what is wrong
        if wrong:
            return Attempt(_refused(person, list(typed.values())))
        # Files last: what fails before leaves none behind.
        forms.sort(key=lambda form: bool(form.journal.uploads))
        written = [(form, form.record()) for form in forms]
    return Attempt(_saved(person, written, today, zone), saved=True)


def _refused(person: Person, forms: Sequence[EntryForm]) -> list[Row]:
    decisions = access.check_many(person.user, [form.journal.feature for form in forms])
    return [Row(form.journal, form, decision=decisions.get(form.journal.feature)) for form in forms]


def _saved(
    person: Person, written: Sequence[tuple[EntryForm, Entry]], today: date, zone: ZoneInfo
) -> list[Row]:
    """The rows anew, each with what was recorded of its journal."""
    by_slug: dict[str, list[Entry]] = {}
    for form, entry in written:
        by_slug.setdefault(form.journal.slug, []).append(entry)
    journals = registry()
    return [_saved_row(person, journals[slug], found, today, zone) for slug, found in by_slug.items()]


def _saved_row(person: Person, journal: Journal, found: Sequence[Entry], today: date, zone: ZoneInfo) -> Row:
    return Row(
        journal,
        EntryForm(journal=journal, person=person, zone=zone, quick=True, last=found[-1]),
        done=any(entry.day == today for entry in found),
        offers=_offers(person, journal, today),
        saved=[present(journal, entry) for entry in found],
        caution=next((text for entry in found if (text := _caution(journal, entry))), ""),
    )


def _caution(journal: Journal, entry: Entry) -> str:
    return journal.caution(entry) if journal.caution else ""


def _offers(person: Person, journal: Journal, day: date) -> Sequence[Offer]:
    return offers(person.user, journal, day) if journal.repeats else ()
