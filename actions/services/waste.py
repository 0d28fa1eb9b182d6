"""When which bin is collected in a street: ICS feeds per district, from file or https.

A feed over https is fetched at most once in 24 hours. When the provider is
away, the last good copy is given, marked as stale, for up to 35 days.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actions.services.feeds import Copy, FeedCopies
from actions.services.names import CHOICES, fold, match
from actions.services.opening_hours import BERLIN
from actions.services.records import TownRecords, WasteDistrict, WasteFile
from actions.services.results import Found, Nothing, Provenance, Rejected, Unavailable
from actions.services.store import RecordsStore
from actions.services.transport import Body, Transport
from actions.services.waste_calendar import CalendarError, Schedule, read_schedule
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


class Waste:
    """Finds streets and their collection dates.

    Args:
        store: the records; ``waste.yml`` names districts and feeds.
        transport: asks feeds over https.
        copies: the last good copies of those feeds.
        now: aware present moment, for the age of copies.
    """

    def __init__(
        self,
        store: RecordsStore,
        transport: Transport,
        copies: FeedCopies,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._transport = transport
        self._copies = copies
        self._now = now
        self._read: dict[tuple[bytes, int], Schedule] = {}
        self._indexes: dict[tuple[str, ...], StreetIndex] = {}

    def provider(self, slug: str) -> WasteFile | None:
        """Return the provider's record of a town, or None where there is none."""
        town = self._store.current().towns.get(slug)
        return town.waste if town else None

    def streets(self, slug: str) -> tuple[str, ...]:
        """Return the names of all streets that the calendars of a town know."""
        waste = self.provider(slug)
        districts = waste.districts if waste else ()
        names = [name for each in districts for name in each.streets]
        names += [part.street for each in districts for part in each.parts]
        return tuple(dict.fromkeys(names))

    def street(self, slug: str, words: str) -> StreetWords:
        """Return the street that the words mean, or up to three choices."""
        names = self.streets(slug)
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
        if town is None or town.waste is None:
            return Nothing()
        district = _district(town.waste, street, number)
        if not isinstance(district, WasteDistrict):
            return district
        return await self._load(town, town.waste, district, street, today)

    async def _load(
        self,
        town: TownRecords,
        waste: WasteFile,
        district: WasteDistrict,
        street: str,
        today: dt.date,
    ) -> Found[StreetSchedule] | Unavailable:
        if not district.feed.startswith("https://"):
            return self._from_file(town, waste, district, street, today)
        copy = self._copies.get(district.feed)
        if copy is None or self._now() - copy.fetched_at >= FRESH:
            problem = await self._refresh(waste, district, today)
            copy = self._copies.get(district.feed)
            if copy is None or self._now() - copy.fetched_at >= USABLE:
                return problem or Unavailable(reason="no copy")
        return self._from_copy(copy, waste, district, street, today)

    async def _refresh(
        self, waste: WasteFile, district: WasteDistrict, today: dt.date
    ) -> Unavailable | None:
        """Fetch a feed and keep it when it can be read; return why not otherwise."""
        result = await self._transport.get(district.feed, waste.allowed_hosts)
        if not isinstance(result, Body):
            return result if isinstance(result, Unavailable) else Unavailable(reason="gone")
        try:
            read_schedule(result.content, today)
        except CalendarError as error:
            return Unavailable(reason=str(error))
        self._copies.put(district.feed, result.content, self._now())
        return None

    def _from_copy(
        self, copy: Copy, waste: WasteFile, district: WasteDistrict, street: str, today: dt.date
    ) -> Found[StreetSchedule] | Unavailable:
        try:
            schedule = self._schedule(copy.content, today)
        except CalendarError as error:
            return Unavailable(reason=str(error))
        stale = self._now() - copy.fetched_at >= FRESH
        as_of = copy.fetched_at.astimezone(BERLIN).date()
        return _found(StreetSchedule(street, district.name, schedule), waste, as_of, stale=stale)

    def _from_file(
        self,
        town: TownRecords,
        waste: WasteFile,
        district: WasteDistrict,
        street: str,
        today: dt.date,
    ) -> Found[StreetSchedule] | Unavailable:
        try:
            schedule = self._schedule(_content(town.folder / district.feed), today)
        except (OSError, CalendarError) as error:
            return Unavailable(reason=f"{district.feed}: {error}")
        return _found(StreetSchedule(street, district.name, schedule), waste, waste.as_of)

    def _schedule(self, content: bytes, today: dt.date) -> Schedule:
        key = (content, today.year)
        if key not in self._read:
            if len(self._read) >= SCHEDULES:
                self._read.clear()
            self._read[key] = read_schedule(content, today)
        return self._read[key]


def _content(file: Path) -> bytes:
    return file.read_bytes()


def _found(
    data: StreetSchedule, waste: WasteFile, as_of: dt.date, *, stale: bool = False
) -> Found[StreetSchedule]:
    source = Provenance(waste.source.title, waste.source.url)
    return Found(data, source, as_of, waste.licence, stale=stale, demo=waste.demo)


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
