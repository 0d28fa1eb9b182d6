"""Departures at a stop: live from an EFA (rapidJSON), or planned from a GTFS feed.

Planned and expected time are told apart: ``expected`` is None where the source
has no live data for a departure. Departures that left more than two minutes
ago are dropped, and a live answer is given for a minute at most.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Protocol, TypeVar
from urllib.parse import urlencode

from pydantic import AwareDatetime, Field, TypeAdapter

from actions.services.border import Asker, Foreign, shape_of
from actions.services.endpoints import Endpoint
from actions.services.gtfs import Timetable, TimetableError, TimetableStop, read_timetable
from actions.services.names import fold
from actions.services.opening_hours import BERLIN
from actions.services.recent import Recent
from actions.services.records import Line
from actions.services.results import Found, Nothing, Provenance, Unavailable

T = TypeVar("T")
FRESH = dt.timedelta(seconds=60)
CALL_SECONDS = 3.5
"""An answer needs two calls, the stop and its board; the whole action has eight seconds."""
LEFT = dt.timedelta(minutes=2)
AHEAD = dt.timedelta(hours=24)
ASKED = 20
STOPS = 3


@dataclass(frozen=True)
class Stop:
    """A stop; ``name`` is as it is said, without the town in front where it can be left out."""

    id: str
    name: str


@dataclass(frozen=True)
class Departure:
    """One departure; times are aware."""

    line: str
    destination: str
    planned: dt.datetime
    expected: dt.datetime | None = None
    platform: str = ""
    cancelled: bool = False

    @property
    def at(self) -> dt.datetime:
        """Return when it leaves as far as is known."""
        return self.expected or self.planned


@dataclass(frozen=True)
class Board:
    """The departures of one stop, the next one first; ``asked_at`` is aware."""

    stop: Stop
    departures: tuple[Departure, ...]
    asked_at: dt.datetime
    live: bool


class EfaEndpoint(Endpoint):
    """``adapter = "efa"``; ``place`` is put before the name of a stop."""

    adapter: Literal["efa"]
    place: Line


class GtfsEndpoint(Endpoint):
    """``adapter = "gtfs"``; ``file`` is a zip or a folder; ``place`` chooses its stops.

    Of a large feed only the stops within ``km`` around ``centre`` (latitude,
    longitude) are read.
    """

    local: ClassVar[bool] = True
    adapter: Literal["gtfs"]
    place: Line
    centre: tuple[float, float] | None = None
    km: Annotated[float, Field(gt=0, le=100)] = 15.0


ADAPTERS: Mapping[str, type[EfaEndpoint | GtfsEndpoint]] = {
    "efa": EfaEndpoint,
    "gtfs": GtfsEndpoint,
}


class DepartureSource(Protocol):
    """Where departures come from."""

    async def stops(self, words: str) -> tuple[Stop, ...] | Unavailable:
        """Return the stops that words may mean, the likeliest first; one when it is sure."""

    async def departures(
        self, stop: Stop, now: dt.datetime
    ) -> tuple[tuple[Departure, ...], bool] | Unavailable:
        """Return the next departures and whether they hold live data."""


class _Parent(Foreign):
    name: str = ""


class _Location(Foreign):
    id: str = ""
    name: str = ""
    short: str = Field(default="", alias="disassembledName")
    type: str = ""
    quality: int = Field(default=0, alias="matchQuality")
    best: bool = Field(default=False, alias="isBest")
    parent: _Parent = _Parent()


class _Stops(Foreign):
    locations: tuple[_Location, ...]


class _Destination(Foreign):
    name: str = ""


class _Line(Foreign):
    number: str = ""
    name: str = ""
    short: str = Field(default="", alias="disassembledName")
    destination: _Destination = _Destination()


class _Properties(Foreign):
    platform: str = ""


class _Place(Foreign):
    properties: _Properties = _Properties()


class _Event(Foreign):
    planned: AwareDatetime = Field(alias="departureTimePlanned")
    estimated: AwareDatetime | None = Field(default=None, alias="departureTimeEstimated")
    line: _Line = Field(alias="transportation")
    place: _Place = Field(default=_Place(), alias="location")
    cancelled: bool = Field(default=False, alias="isCancelled")
    status: tuple[str, ...] = Field(default=(), alias="realtimeStatus")


class _Events(Foreign):
    events: tuple[_Event, ...] = Field(alias="stopEvents")


_STOPS = shape_of(_Stops)
_EVENTS = shape_of(_Events)


class Efa:
    """An EFA server."""

    def __init__(self, endpoint: EfaEndpoint, asker: Asker) -> None:
        self._endpoint = endpoint
        self._asker = asker

    async def stops(self, words: str) -> tuple[Stop, ...] | Unavailable:
        """Search stops of the place by name; a name that holds the place is searched as it is."""
        place = self._endpoint.place
        name = words if fold(place) in fold(words) else f"{place} {words}"
        query = {"outputFormat": "RapidJSON", "type_sf": "stop", "name_sf": name}
        found = await self._get("XML_STOPFINDER_REQUEST", query, _STOPS)
        if not isinstance(found, _Stops):
            return found
        stops = [each for each in found.locations if each.type in {"stop", ""} and each.id]
        stops.sort(key=lambda each: (not each.best, -each.quality))
        named = tuple(Stop(each.id, _stop_name(each, place)) for each in stops[:STOPS])
        return named[:1] if stops and stops[0].best else named

    async def departures(
        self, stop: Stop, now: dt.datetime
    ) -> tuple[tuple[Departure, ...], bool] | Unavailable:
        """Ask for the next departures with live data."""
        local = now.astimezone(BERLIN)
        query = {
            "outputFormat": "RapidJSON",
            "type_dm": "any",
            "name_dm": stop.id,
            "mode": "direct",
            "useRealtime": "1",
            "limit": str(ASKED),
            "itdDate": f"{local:%Y%m%d}",
            "itdTime": f"{local:%H%M}",
        }
        found = await self._get("XML_DM_REQUEST", query, _EVENTS)
        if not isinstance(found, _Events):
            return found
        departures = tuple(_to_departure(each) for each in found.events)
        return departures, any(each.expected for each in departures)

    async def _get(
        self, path: str, query: Mapping[str, str], shape: TypeAdapter[T]
    ) -> T | Unavailable:
        address = f"{self._endpoint.address(path)}?{urlencode(query)}"
        until = self._asker.deadline(CALL_SECONDS)
        found = await self._asker.json_of(address, self._endpoint.call_hosts, shape, until)
        return Unavailable(reason=f"no {path}") if isinstance(found, Nothing) else found


def _stop_name(location: _Location, place: str) -> str:
    """Return the name of a stop, with its town where that is another one."""
    parent = location.parent.name
    if location.short and (not parent or fold(parent) == fold(place)):
        return location.short
    return location.name or location.short


def _to_departure(event: _Event) -> Departure:
    cancelled = event.cancelled or any("CANCEL" in each.upper() for each in event.status)
    return Departure(
        line=event.line.number or event.line.short or event.line.name,
        destination=event.line.destination.name,
        planned=event.planned,
        expected=event.estimated,
        platform=event.place.properties.platform,
        cancelled=cancelled,
    )


class Gtfs:
    """A GTFS feed on this machine; it is read once, at the first question."""

    def __init__(self, endpoint: GtfsEndpoint) -> None:
        self._endpoint = endpoint
        self._read: Timetable | None = None
        self._lock = asyncio.Lock()

    async def stops(self, words: str) -> tuple[Stop, ...] | Unavailable:
        """Find stops of the feed by name."""
        timetable = await self._timetable()
        if isinstance(timetable, Unavailable):
            return timetable
        return tuple(_to_stop(each) for each in timetable.stops_named(words)[:STOPS])

    async def departures(
        self, stop: Stop, now: dt.datetime
    ) -> tuple[tuple[Departure, ...], bool] | Unavailable:
        """Return what the timetable plans."""
        timetable = await self._timetable()
        if isinstance(timetable, Unavailable):
            return timetable
        if not timetable.covers(now.astimezone(BERLIN).date()):
            return Unavailable(reason="the timetable does not cover this day")
        planned = timetable.departures(stop.id, now - LEFT, now + AHEAD)
        return tuple(
            Departure(each.line, each.destination, each.at, platform=each.platform)
            for each in planned[:ASKED]
        ), False

    async def as_of(self) -> dt.date | None:
        """Return the date of the feed where it says one."""
        timetable = await self._timetable()
        return None if isinstance(timetable, Unavailable) else timetable.as_of

    async def _timetable(self) -> Timetable | Unavailable:
        async with self._lock:
            if self._read is None and self._endpoint.file is not None:
                table = self._endpoint
                try:
                    self._read = await asyncio.to_thread(
                        read_timetable, table.file, table.place, table.centre, table.km
                    )
                except TimetableError as error:
                    return Unavailable(reason=str(error))
        return self._read or Unavailable(reason="no file")


def _to_stop(stop: TimetableStop) -> Stop:
    return Stop(stop.id, stop.name)


class Transit:
    """Finds stops and their next departures.

    Args:
        endpoints: town → table.
        asker: asks the live sources.
        now: aware present moment.
    """

    def __init__(
        self,
        endpoints: Mapping[str, EfaEndpoint | GtfsEndpoint],
        asker: Asker,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._endpoints = dict(endpoints)
        self._sources: dict[str, DepartureSource] = {
            slug: Gtfs(table) if isinstance(table, GtfsEndpoint) else Efa(table, asker)
            for slug, table in endpoints.items()
        }
        self._now = now
        self._recent: Recent[Board] = Recent(FRESH, now)

    def serves(self, slug: str) -> bool:
        """Tell whether departures can be asked for in a town."""
        return slug in self._sources

    async def stops(self, slug: str, words: str) -> tuple[Stop, ...] | Unavailable:
        """Return the stops that words may mean; exactly one when it is clear."""
        source = self._sources.get(slug)
        if source is None:
            return Unavailable(reason="no source of departures")
        return await source.stops(words)

    async def board(self, slug: str, stop: Stop) -> Found[Board] | Unavailable:
        """Return the next departures of a stop; none is a ``Found`` with an empty board."""
        source = self._sources.get(slug)
        if source is None:
            return Unavailable(reason="no source of departures")
        kept = self._recent.fresh((slug, stop.id))
        if kept is None:
            now = self._now()
            found = await source.departures(stop, now)
            if isinstance(found, Unavailable):
                return found
            kept = self._recent.keep((slug, stop.id), Board(stop, found[0], now, found[1]))
        return await self._found(self._endpoints[slug], source, kept.data)

    async def _found(
        self, endpoint: Endpoint, source: DepartureSource, board: Board
    ) -> Found[Board]:
        shown = Board(
            board.stop, _next(board.departures, self._now() - LEFT), board.asked_at, board.live
        )
        as_of = await source.as_of() if isinstance(source, Gtfs) else None
        day = as_of or board.asked_at.astimezone(BERLIN).date()
        provenance = Provenance(endpoint.title or "Fahrplanauskunft", endpoint.page)
        return Found(shown, provenance, day, endpoint.licence, demo=endpoint.demo)


def _next(departures: Iterable[Departure], since: dt.datetime) -> tuple[Departure, ...]:
    """Return what has not left, sorted by time."""
    ahead = (each for each in departures if each.at >= since)
    return tuple(sorted(ahead, key=lambda each: (each.at, each.line)))
