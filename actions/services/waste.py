"""When which bin is collected in a street: the provider's own interface or ICS per district.

A calendar is fetched at most once in 24 hours. When the provider is
away, the last good copy is given, marked as stale, for up to 35 days.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from actions.services.border import Asker
from actions.services.feeds import Copy, FeedCopies
from actions.services.names import CHOICES, fold, match
from actions.services.opening_hours import BERLIN
from actions.services.records import TownRecords, WasteDistrict, WasteFile
from actions.services.results import Found, Nothing, Provenance, Rejected, Unavailable
from actions.services.store import RecordsStore
from actions.services.waste_calendar import CalendarError, Schedule, read_schedule
from actions.services.waste_feeds import Fetched, WasteFeed, whole_calendar
from german.streets import StreetIndex

FRESH = dt.timedelta(hours=24)
USABLE = dt.timedelta(days=35)
SCHEDULES = 100
"""Calendars that are kept in parsed form."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class StreetWords:
    """The street that words mean, the house number in them, or up to three choices."""

    name: str | None
    number: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class StreetSchedule:
    """The schedule of a street with the name of its district."""

    street: str
    district: str
    schedule: Schedule


EMPTY = Schedule((), frozenset())
Read = Callable[[bytes, dt.date], Schedule]


@dataclass(frozen=True)
class WasteProvider:
    """Who publishes the calendars of a town, and the page where citizens find them."""

    provider: str
    calendar_url: str | None
    source: Provenance
    licence: str | None
    demo: bool

    def found(
        self, data: StreetSchedule, as_of: dt.date, *, stale: bool = False
    ) -> Found[StreetSchedule]:
        """Return a schedule with the provider's name and marks."""
        return Found(data, self.source, as_of, self.licence, stale=stale, demo=self.demo)


@dataclass(frozen=True)
class _Source:
    """One calendar: the key of its copy, how it is fetched and how it is read."""

    key: str
    fetch: Callable[[], Awaitable[Fetched]]
    read: Read
    provider: WasteProvider


class Waste:
    """Finds streets and their collection dates.

    Args:
        store: the records; ``waste.yml`` names districts and feeds.
        asker: asks feeds over https.
        copies: the last good copies of those feeds.
        now: aware present moment, for the age of copies.
        feeds: town → its provider's own interface; it takes the place of ``waste.yml``.
    """

    def __init__(
        self,
        store: RecordsStore,
        asker: Asker,
        copies: FeedCopies,
        now: Callable[[], dt.datetime],
        feeds: Mapping[str, WasteFeed] | None = None,
    ) -> None:
        self._store = store
        self._asker = asker
        self._copies = copies
        self._now = now
        self._feeds = dict(feeds or {})
        self._read: dict[tuple[bytes, int], Schedule] = {}
        self._indexes: dict[tuple[str, ...], StreetIndex] = {}

    def provider(self, slug: str) -> WasteProvider | None:
        """Return who publishes the calendars of a town, or None where nobody does."""
        if slug in self._feeds:
            endpoint = self._feeds[slug].endpoint
            title = endpoint.title or "Abfallkalender"
            return WasteProvider(
                title,
                endpoint.page,
                Provenance(title, endpoint.page),
                endpoint.licence,
                endpoint.demo,
            )
        town = self._store.current().towns.get(slug)
        return _recorded(town.waste) if town and town.waste else None

    async def streets(self, slug: str) -> tuple[str, ...]:
        """Return the names of all streets that the calendars of a town know.

        Where the provider publishes no list, or cannot be asked and never could,
        these are the streets of the town's gazetteer.
        """
        town = self._store.current().towns.get(slug)
        if town is None:
            return ()
        if slug in self._feeds:
            listed = await self._listed(slug, self._feeds[slug])
            return listed or tuple(each.value for each in town.streets.entries)
        districts = town.waste.districts if town.waste else ()
        names = [name for each in districts for name in each.streets]
        names += [part.street for each in districts for part in each.parts]
        return tuple(dict.fromkeys(names))

    async def _listed(self, slug: str, feed: WasteFeed) -> tuple[str, ...]:
        """Return the provider's streets, asked for at most once in 24 hours."""
        key = f"{slug} {feed.endpoint.adapter} streets"
        copy = self._copies.get(key)
        if copy is None or self._now() - copy.fetched_at >= FRESH:
            found = await feed.streets()
            if not isinstance(found, Unavailable):
                self._copies.put(key, "\n".join(found).encode(), self._now())
                return found
        return tuple(copy.content.decode().splitlines()) if copy else ()

    async def street(self, slug: str, words: str) -> StreetWords:
        """Return the street that the words mean, or up to three choices."""
        names = await self.streets(slug)
        found = self._index(names).match(words)
        if found is None:
            return StreetWords(None, choices=match(words, names).choices)
        if found.alternatives:
            return StreetWords(None, choices=(found.name, *found.alternatives)[:CHOICES])
        return StreetWords(found.name, found.house_number)

    def _index(self, names: tuple[str, ...]) -> StreetIndex:
        if names not in self._indexes:
            self._indexes = {**self._indexes, names: StreetIndex(names)}
        return self._indexes[names]

    async def schedule(
        self, slug: str, street: str, number: str | None, today: dt.date
    ) -> Found[StreetSchedule] | Nothing | Rejected | Unavailable:
        """Return the collections of a street.

        ``Nothing``: the street is in no calendar. ``Rejected`` names
        ``hausnummer`` when the street belongs to several districts and the
        number is missing or in none of them.
        """
        town = self._store.current().towns.get(slug)
        if town is None:
            return Nothing()
        if slug in self._feeds:
            return await self._of_feed(slug, self._feeds[slug], street, number, today)
        if town.waste is None:
            return Nothing()
        district = _district(town.waste, street, number)
        if not isinstance(district, WasteDistrict):
            return district
        return await self._of_district(town, town.waste, district, street, today)

    async def _of_feed(
        self, slug: str, feed: WasteFeed, street: str, number: str | None, today: dt.date
    ) -> Found[StreetSchedule] | Nothing | Rejected | Unavailable:
        provider = self.provider(slug)
        if provider is None:
            return Nothing()
        key = " ".join((slug, feed.endpoint.adapter, street, fold(number or "")))
        source = _Source(key, partial(feed.fetch, street, number, today), feed.read, provider)
        return await self._load(source, StreetSchedule(street, street, EMPTY), today)

    async def _of_district(
        self,
        town: TownRecords,
        waste: WasteFile,
        district: WasteDistrict,
        street: str,
        today: dt.date,
    ) -> Found[StreetSchedule] | Nothing | Rejected | Unavailable:
        named = StreetSchedule(street, district.name, EMPTY)
        provider = _recorded(waste)
        if not district.feed.startswith("https://"):
            return self._from_file(town.folder / district.feed, waste, provider, named, today)
        fetch = partial(self._fetch, district.feed, waste.allowed_hosts)
        source = _Source(district.feed, fetch, read_schedule, provider)
        return await self._load(source, named, today)

    async def _fetch(self, address: str, hosts: Sequence[str]) -> Fetched:
        found = await self._asker.read_of(address, hosts, whole_calendar)
        return found if isinstance(found, bytes) else _gone(found)

    async def _load(
        self, source: _Source, named: StreetSchedule, today: dt.date
    ) -> Found[StreetSchedule] | Nothing | Rejected | Unavailable:
        copy = self._copies.get(source.key)
        if copy is None or self._now() - copy.fetched_at >= FRESH:
            problem = await self._refresh(source, today)
            copy = self._copies.get(source.key)
            if copy is None or self._now() - copy.fetched_at >= USABLE:
                return problem or Unavailable(reason="no copy")
        return self._from_copy(copy, source, named, today)

    async def _refresh(
        self, source: _Source, today: dt.date
    ) -> Nothing | Rejected | Unavailable | None:
        """Fetch a calendar and keep it when it can be read; return why not otherwise."""
        result = await source.fetch()
        if not isinstance(result, bytes):
            return result
        try:
            source.read(result, today)
        except CalendarError as error:
            return Unavailable(reason=str(error))
        self._copies.put(source.key, result, self._now())
        return None

    def _from_copy(
        self, copy: Copy, source: _Source, named: StreetSchedule, today: dt.date
    ) -> Found[StreetSchedule] | Unavailable:
        try:
            schedule = self._schedule(copy.content, source.read, today)
        except CalendarError as error:
            return Unavailable(reason=str(error))
        stale = self._now() - copy.fetched_at >= FRESH
        as_of = copy.fetched_at.astimezone(BERLIN).date()
        found = replace(named, schedule=schedule)
        return source.provider.found(found, as_of, stale=stale)

    def _from_file(
        self,
        file: Path,
        waste: WasteFile,
        provider: WasteProvider,
        named: StreetSchedule,
        today: dt.date,
    ) -> Found[StreetSchedule] | Unavailable:
        try:
            schedule = self._schedule(_content(file), read_schedule, today)
        except (OSError, CalendarError) as error:
            return Unavailable(reason=f"{file.name}: {error}")
        return provider.found(replace(named, schedule=schedule), waste.as_of)

    def _schedule(self, content: bytes, read: Read, today: dt.date) -> Schedule:
        key = (content, today.year)
        if key not in self._read:
            if len(self._read) >= SCHEDULES:
                self._read.clear()
            self._read[key] = read(content, today)
        return self._read[key]


def _content(file: Path) -> bytes:
    return file.read_bytes()


def _gone(result: Nothing | Unavailable) -> Unavailable:
    """Return why a feed of ``waste.yml`` cannot be used; that it is gone is its failure."""
    return result if isinstance(result, Unavailable) else Unavailable(reason="gone")


def _recorded(waste: WasteFile) -> WasteProvider:
    source = Provenance(waste.source.title, waste.source.url)
    return WasteProvider(waste.provider, waste.calendar_url, source, waste.licence, waste.demo)


def _district(
    waste: WasteFile, street: str, number: str | None
) -> WasteDistrict | Nothing | Rejected:
    asked = fold(street)
    for district in waste.districts:
        if asked in {fold(name) for name in district.streets}:
            return district
    parted = [
        (part, district)
        for district in waste.districts
        for part in district.parts
        if fold(part.street) == asked
    ]
    if not parted:
        return Nothing()
    digits = _NUMBER.search(number or "")
    if digits is None:
        return Rejected({"hausnummer": "fehlt"})
    fitting = (district for part, district in parted if part.holds(int(digits.group())))
    return next(fitting, Rejected({"hausnummer": "liegt in keinem Bezirk"}))
