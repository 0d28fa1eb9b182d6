"""What is on: events of a town from ICS, destination.one or Smart Village.

Traps of real feeds (services.md section 10): a repetition may end at a time
without seconds, offsets may be ``+01``, several intervals of which some are
long past, each text as HTML and plain.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import ClassVar, Literal, Protocol
from urllib.parse import urlencode

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]
from pydantic import Field

from actions.services.border import Asker, Call, Foreign, Unreadable, decoded, shape_of
from actions.services.endpoints import Endpoint
from actions.services.opening_hours import BERLIN
from actions.services.recent import Recent
from actions.services.records import Line
from actions.services.results import Found, Nothing, Provenance, Unavailable
from actions.services.transport import Body
from actions.services.waste_calendar import MAX_EVENTS

FRESH = dt.timedelta(hours=1)
USABLE = dt.timedelta(days=7)
AHEAD = dt.timedelta(days=60)
LONGEST_TEXT = 20_000
_STEP_FREE = re.compile(r"barrierefrei|stufenlos|rollstuhl", re.IGNORECASE)
_NOT_STEP_FREE = re.compile(
    r"\b(?:nicht|kein\w*|leider)\s+(?:\w+\s+)?(?:barrierefrei|stufenlos|rollstuhl)", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OPEN_LICENCES = "attribute_license:(CC0 OR CC-BY OR CC-BY-SA)"


class IcsEventsEndpoint(Endpoint):
    """``adapter = "ics"``: a calendar by ``url`` or ``file``."""

    local: ClassVar[bool] = True
    adapter: Literal["ics"]


class DestinationEndpoint(Endpoint):
    """``adapter = "destination.one"``; ``secret_env`` names the variable of the licence key."""

    adapter: Literal["destination.one"]
    experience: Line
    place: Line


class SmartVillageEndpoint(Endpoint):
    """``adapter = "smart-village"``; ``secret_env`` names the variable of the client's secret."""

    adapter: Literal["smart-village"]
    client_id: Line
    place: Line | None = None


EventsEndpoint = IcsEventsEndpoint | DestinationEndpoint | SmartVillageEndpoint
ADAPTERS: Mapping[str, type[EventsEndpoint]] = {
    "ics": IcsEventsEndpoint,
    "destination.one": DestinationEndpoint,
    "smart-village": SmartVillageEndpoint,
}


@dataclass(frozen=True)
class Event:
    """One event on one day; ``time`` is None for a whole day, ``step_free`` None if unsaid."""

    title: str
    day: dt.date
    time: dt.time | None = None
    last_day: dt.date | None = None
    place: str = ""
    text: str = ""
    url: str | None = None
    step_free: bool | None = None
    cancelled: bool = False

    @property
    def until(self) -> dt.date:
        """Return the last day of the event."""
        return self.last_day or self.day


class EventSource(Protocol):
    """Where events come from."""

    async def between(self, first: dt.date, last: dt.date) -> tuple[Event, ...] | Unavailable:
        """Return the events that touch the days from ``first`` to ``last``."""


def step_free(text: str) -> bool | None:
    """Return what a text says of steps, or None when it says nothing."""
    if _NOT_STEP_FREE.search(text):
        return False
    return True if _STEP_FREE.search(text) else None


def plain(text: str) -> str:
    """Return text without markup in one line, not longer than anybody reads."""
    return _SPACE.sub(" ", unescape(_TAG.sub(" ", text[:LONGEST_TEXT]))).strip()


# --- ICS ----------------------------------------------------------------------------------


class IcsEvents:
    """A calendar, from the net or from a file of the town."""

    def __init__(self, endpoint: IcsEventsEndpoint, asker: Asker) -> None:
        self._endpoint = endpoint
        self._asker = asker

    async def between(self, first: dt.date, last: dt.date) -> tuple[Event, ...] | Unavailable:
        """Fetch the calendar and return its events."""

        async def read(body: Body) -> tuple[Event, ...]:
            return await asyncio.to_thread(read_events, decoded(body), first, last)

        if self._endpoint.file is not None:
            try:
                return await read(Body(await asyncio.to_thread(self._endpoint.file.read_bytes)))
            except (OSError, Unreadable) as error:
                return Unavailable(reason=f"{self._endpoint.file.name}: {error}")
        found = await self._asker.read_of(self._endpoint.url, self._endpoint.call_hosts, read)
        return Unavailable(reason="gone") if isinstance(found, Nothing) else found


def read_events(text: str, first: dt.date, last: dt.date) -> tuple[Event, ...]:
    """Return the events of a calendar that touch some days.

    Raises:
        Unreadable: the text is no complete calendar.
    """
    bare = text.strip()
    if not bare.startswith("BEGIN:VCALENDAR") or not bare.endswith("END:VCALENDAR"):
        raise Unreadable("no complete calendar")
    try:
        calendar = icalendar.Calendar.from_ical(bare)
        if len(list(calendar.walk("VEVENT"))) > MAX_EVENTS:
            raise Unreadable(f"more than {MAX_EVENTS} events")
        query = recurring_ical_events.of(calendar, skip_bad_series=True)
        found = query.between(first, last + dt.timedelta(days=1))
        return tuple(_of_component(each) for each in found)
    except Unreadable:
        raise
    except Exception as error:  # the parsers raise many kinds; none may cross the border
        raise Unreadable(f"the calendar breaks the parser: {type(error).__name__}") from error


def _of_component(event: icalendar.Component) -> Event:
    start = event.decoded("DTSTART")
    end = event.decoded("DTEND") if "DTEND" in event else start
    text = plain(str(event.get("DESCRIPTION", "")))
    return Event(
        title=plain(str(event.get("SUMMARY", ""))) or "Veranstaltung",
        day=_local(start)[0],
        time=_local(start)[1],
        last_day=_last_day(start, end),
        place=plain(str(event.get("LOCATION", ""))),
        text=text,
        url=_https(str(event.get("URL", ""))),
        step_free=step_free(text),
        cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
    )


def _local(moment: dt.date) -> tuple[dt.date, dt.time | None]:
    """Return day and time in Berlin; a date alone has no time."""
    if not isinstance(moment, dt.datetime):
        return moment, None
    local = moment.astimezone(BERLIN) if moment.tzinfo else moment
    return local.date(), local.time().replace(tzinfo=None)


def _last_day(start: dt.date, end: dt.date) -> dt.date | None:
    """Return the last day where it is another one; an end at midnight is the day before."""
    day, time = _local(end)
    if time is None or time == dt.time():
        day -= dt.timedelta(days=1)
    elif time < dt.time(6) and day == _local(start)[0] + dt.timedelta(days=1):
        return None  # a night out is no second day
    return day if day > _local(start)[0] else None


def _https(url: str) -> str | None:
    return url if url.startswith("https://") else None


# --- destination.one ----------------------------------------------------------------------


class _Interval(Foreign):
    """Times stay text: one that cannot be read costs its interval, not the whole answer."""

    start: str
    freq: str | None = None
    interval: int | None = 1
    weekdays: tuple[str, ...] | None = ()
    until: str | None = Field(default=None, alias="repeatUntil")


class _Text(Foreign):
    rel: str = ""
    type: str = ""
    value: str | None = ""


class _Item(Foreign):
    title: str
    texts: tuple[_Text, ...] = ()
    city: str | None = None
    street: str | None = None
    name: str | None = None
    web: str | None = None
    intervals: tuple[_Interval, ...] = Field(default=(), alias="timeIntervals")


class _Hits(Foreign):
    status: str = "OK"
    items: tuple[_Item, ...]


_HITS = shape_of(_Hits)


class DestinationEvents:
    """The data hub of Tourismus NRW."""

    def __init__(self, endpoint: DestinationEndpoint, asker: Asker) -> None:
        self._endpoint = endpoint
        self._asker = asker

    async def between(self, first: dt.date, last: dt.date) -> tuple[Event, ...] | Unavailable:
        """Ask for the events of the place that may be republished."""
        query = {
            "experience": self._endpoint.experience,
            "type": "Event",
            "mode": "next_months,3",
            "limit": "200",
            "template": "ET2014A.json",
            "q": f'{_OPEN_LICENCES} AND city:"{self._endpoint.place}"',
        }
        key = self._endpoint.secret()
        query |= {"licensekey": key} if key else {}
        address = f"{self._endpoint.url}?{urlencode(query)}"
        found = await self._asker.json_of(address, self._endpoint.call_hosts, _HITS)
        if not isinstance(found, _Hits):
            return found if isinstance(found, Unavailable) else Unavailable(reason="gone")
        if found.status != "OK":
            return Unavailable(reason=f"status {found.status[:20]}")
        events = (event for item in found.items for event in _of_item(item, first, last))
        place = self._endpoint.place.casefold()
        return tuple(each for each in events if place in each.place.casefold())


def _of_item(item: _Item, first: dt.date, last: dt.date) -> Iterator[Event]:
    """Yield one event for each day of an item; intervals that cannot be read are left out."""
    text = _best_text(item.texts)
    place = ", ".join(dict.fromkeys(filter(None, (item.name, item.street, item.city))))
    days: set[tuple[dt.date, dt.time | None]] = set()
    for interval in item.intervals:
        try:
            days |= set(_occurrences(interval, first, last))
        except (ValueError, TypeError):
            continue
    for day, time in sorted(days, key=lambda each: (each[0], each[1] or dt.time())):
        url = _https(item.web or "")
        yield Event(plain(item.title), day, time, None, place, text, url, step_free(text))


def _best_text(texts: Sequence[_Text]) -> str:
    """Return the text, plain rather than HTML, details rather than the teaser."""
    ranked = sorted(texts, key=lambda each: (each.rel != "details", each.type != "text/plain"))
    return next((plain(each.value) for each in ranked if each.value), "")


def _occurrences(
    interval: _Interval, first: dt.date, last: dt.date
) -> Iterator[tuple[dt.date, dt.time | None]]:
    """Yield day and time of an interval within some days."""
    start = dt.datetime.fromisoformat(interval.start)
    begin, time = _local(start)
    until = _local(dt.datetime.fromisoformat(interval.until))[0] if interval.until else last
    step = max(1, interval.interval or 1)
    wanted = {each.casefold() for each in interval.weekdays or ()}
    frequency = (interval.freq or "").casefold()
    day = max(begin, first) if frequency in {"daily", "weekly"} else begin
    while day <= min(until if frequency else begin, last):
        if day >= first and _repeats(begin, day, frequency, step, wanted):
            yield day, time
        day += dt.timedelta(days=1)


def _repeats(begin: dt.date, day: dt.date, frequency: str, step: int, wanted: set[str]) -> bool:
    """Tell whether a repetition that began on a day meets another day."""
    if frequency == "daily":
        return (day - begin).days % step == 0
    if frequency == "weekly":
        monday = begin - dt.timedelta(days=begin.weekday())
        names = wanted or {_WEEKDAYS[begin.weekday()]}
        return _WEEKDAYS[day.weekday()] in names and (day - monday).days // 7 % step == 0
    return day == begin


# --- Smart Village ------------------------------------------------------------------------


class _Token(Foreign):
    access_token: str
    expires_in: float = 600.0


class _EventDate(Foreign):
    """Days and times as text: one that cannot be read costs its date only."""

    day: str | None = Field(default=None, alias="dateStart")
    last_day: str | None = Field(default=None, alias="dateEnd")
    time: str | None = Field(default=None, alias="timeStart")


class _Address(Foreign):
    addition: str | None = None
    street: str | None = None
    city: str | None = None


class _Url(Foreign):
    url: str | None = None


class _Access(Foreign):
    description: str | None = None


class _Record(Foreign):
    title: str | None = None
    description: str | None = None
    dates: tuple[_EventDate, ...] | None = ()
    addresses: tuple[_Address, ...] | None = ()
    urls: tuple[_Url, ...] | None = ()
    access: _Access | None = Field(default=None, alias="accessibilityInformation")


class _Records(Foreign):
    events: tuple[_Record, ...] = Field(alias="eventRecords")


class _Reply(Foreign):
    """GraphQL answers 200 with ``errors`` and no data where a query fails."""

    data: _Records | None = None


_TOKEN = shape_of(_Token)
_REPLY = shape_of(_Reply)


class SmartVillageEvents:
    """The main server of a Smart Village app."""

    _PAGE = 100
    _PAGES = 5
    _QUERY = (
        "query events($limit: Int, $skip: Int) { eventRecords(limit: $limit, skip: $skip) { "
        "title description dates { dateStart dateEnd timeStart } "
        "addresses { addition street city } urls { url } "
        "accessibilityInformation { description } } }"
    )

    def __init__(
        self, endpoint: SmartVillageEndpoint, asker: Asker, now: Callable[[], dt.datetime]
    ) -> None:
        self._endpoint = endpoint
        self._asker = asker
        self._now = now
        self._token: tuple[str, dt.datetime] | None = None

    async def between(self, first: dt.date, last: dt.date) -> tuple[Event, ...] | Unavailable:
        """Read all pages of events; half of them would hide some."""
        until = self._asker.deadline()
        token = await self._access(until)
        if isinstance(token, Unavailable):
            return token
        records: list[_Record] = []
        for page in range(self._PAGES):
            found = await self._page(token, page * self._PAGE, until)
            if isinstance(found, Unavailable):
                self._token = None
                return found
            records += found
            if len(found) < self._PAGE:
                break
        events = (event for each in records for event in _of_record(each, first, last))
        place = (self._endpoint.place or "").casefold()
        return tuple(each for each in events if place in each.place.casefold())

    async def _access(self, until: float) -> str | Unavailable:
        if self._token is not None and self._token[1] > self._now():
            return self._token[0]
        secret = self._endpoint.secret()
        if secret is None:
            return Unavailable(reason=f"{self._endpoint.secret_env} is not set")
        form = {
            "grant_type": "client_credentials",
            "client_id": self._endpoint.client_id,
            "client_secret": secret,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        call = Call("POST", kind, urlencode(form).encode())
        address = self._endpoint.address("oauth/token")
        hosts = self._endpoint.call_hosts
        found = await self._asker.json_of(address, hosts, _TOKEN, until, call)
        if not isinstance(found, _Token):
            return found if isinstance(found, Unavailable) else Unavailable(reason="no token")
        lasting = dt.timedelta(seconds=max(0.0, found.expires_in - 60))
        self._token = (found.access_token, self._now() + lasting)
        return found.access_token

    async def _page(self, token: str, skip: int, until: float) -> tuple[_Record, ...] | Unavailable:
        asked = {"query": self._QUERY, "variables": {"limit": self._PAGE, "skip": skip}}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        call = Call("POST", headers, json.dumps(asked).encode())
        address = self._endpoint.address("graphql")
        found = await self._asker.json_of(address, self._endpoint.call_hosts, _REPLY, until, call)
        if not isinstance(found, _Reply) or found.data is None:
            return found if isinstance(found, Unavailable) else Unavailable(reason="query failed")
        return found.data.events


def _of_record(record: _Record, first: dt.date, last: dt.date) -> Iterator[Event]:
    """Yield one event for each date of a record that can be read and lies in the days."""
    access = record.access.description if record.access else ""
    text = plain(f"{record.description or ''} {access or ''}")
    address = next(iter(record.addresses or ()), _Address())
    place = ", ".join(filter(None, (address.addition, address.street, address.city)))
    links = (_https(each.url or "") for each in record.urls or ())
    url = next((each for each in links if each), None)
    for date in record.dates or ():
        try:
            day = dt.date.fromisoformat((date.day or "")[:10])
            until = dt.date.fromisoformat(date.last_day[:10]) if date.last_day else day
        except ValueError:
            continue
        if day <= last and until >= first:
            more = until if until > day else None
            title = plain(record.title or "") or "Veranstaltung"
            yield Event(title, day, _clock(date.time), more, place, text, url, step_free(text))


def _clock(text: str | None) -> dt.time | None:
    """Return the first time in a text such as ``19:30`` or ``2026-11-28 19:30:00 +0100``."""
    found = re.search(r"([01]?\d|2[0-3]):([0-5]\d)", text or "")
    return dt.time(int(found.group(1)), int(found.group(2))) if found else None


# --- the service --------------------------------------------------------------------------


class Events:
    """Finds what is on in a town.

    Args:
        endpoints: town → table.
        asker: asks the sources on the net.
        now: aware present moment.
    """

    def __init__(
        self,
        endpoints: Mapping[str, EventsEndpoint],
        asker: Asker,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._endpoints = dict(endpoints)
        self._sources = {slug: event_source(each, asker, now) for slug, each in endpoints.items()}
        self._now = now
        self._recent: Recent[tuple[Event, ...]] = Recent(FRESH, now)

    def serves(self, slug: str) -> bool:
        """Tell whether a town has a calendar of events."""
        return slug in self._sources

    async def ahead(self, slug: str) -> Found[tuple[Event, ...]] | Unavailable:
        """Return the events of the next 60 days in their order.

        A copy of at most seven days is given, marked as stale, while the source is away.
        """
        endpoint = self._endpoints.get(slug)
        if endpoint is None:
            return Unavailable(reason="no source of events")
        today = self._now().astimezone(BERLIN).date()
        kept, stale = self._recent.fresh(slug), False
        if kept is None:
            found = await self._sources[slug].between(today, today + AHEAD)
            if not isinstance(found, Unavailable):
                kept = self._recent.keep(slug, _in_order(found))
            else:
                kept, stale = self._recent.last(slug, USABLE), True
                if kept is None:
                    return found
        ahead = tuple(each for each in kept.data if each.until >= today)
        source = Provenance(endpoint.title or "Veranstaltungskalender", endpoint.page)
        day = kept.at.astimezone(BERLIN).date()
        return Found(ahead, source, day, endpoint.licence, stale=stale, demo=endpoint.demo)


def event_source(
    endpoint: EventsEndpoint, asker: Asker, now: Callable[[], dt.datetime]
) -> EventSource:
    """Return the source that a table asks for."""
    if isinstance(endpoint, SmartVillageEndpoint):
        return SmartVillageEvents(endpoint, asker, now)
    if isinstance(endpoint, DestinationEndpoint):
        return DestinationEvents(endpoint, asker)
    return IcsEvents(endpoint, asker)


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    distinct = dict.fromkeys(events)
    return tuple(sorted(distinct, key=lambda each: (each.day, each.time or dt.time(), each.title)))
