"""A small reader of GTFS feeds: the departures of the stops of one town.

Only what departures need is read, line by line, so a feed of the whole country
costs memory for one town's stops. GTFS counts times from noon minus twelve
hours of the service day and past 24 hours; ``frequencies.txt`` is not read.
"""

from __future__ import annotations

import bisect
import csv
import datetime as dt
import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from actions.services.names import fold, match
from actions.services.opening_hours import BERLIN

MOST_DEPARTURES = 500_000
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HALF_DAY = dt.timedelta(hours=12)
_DEGREE_KM = 111.2


class TimetableError(Exception):
    """The feed cannot be used; the message names file and problem."""


@dataclass(frozen=True)
class TimetableStop:
    """A stop with the ids of all its platforms."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """One planned departure; ``at`` is aware."""

    at: dt.datetime
    line: str
    destination: str
    platform: str


@dataclass(frozen=True, order=True)
class _Call:
    """One trip at one stop; ``seconds`` count from the begin of the service day."""

    seconds: int
    trip: str = field(compare=False)
    stop: str = field(compare=False)


@dataclass(frozen=True)
class _Trip:
    service: str
    line: str
    destination: str


@dataclass
class _Service:
    """The days of a service."""

    first: dt.date | None = None
    last: dt.date | None = None
    weekdays: frozenset[int] = frozenset()
    added: set[dt.date] = field(default_factory=set)
    removed: set[dt.date] = field(default_factory=set)

    def runs(self, day: dt.date) -> bool:
        """Tell whether the service runs on a day."""
        if day in self.added:
            return True
        if day in self.removed or self.first is None or self.last is None:
            return False
        return self.first <= day <= self.last and day.weekday() in self.weekdays


@dataclass
class Timetable:
    """The timetable of a town's stops."""

    stops: tuple[TimetableStop, ...]
    as_of: dt.date | None
    _calls: dict[str, list[_Call]]
    _trips: dict[str, _Trip]
    _services: dict[str, _Service]
    _platforms: dict[str, str]
    _place: str

    def stops_named(self, words: str) -> list[TimetableStop]:
        """Return the stop that words mean, or a few that they may mean."""
        names = {_bare(each.name, self._place): each for each in self.stops}
        asked = _bare(words, self._place)
        exact = [stop for name, stop in names.items() if fold(name) == fold(asked)]
        if exact or not fold(asked):
            return exact
        found = match(asked, names)
        return [names[name] for name in ([found.name] if found.name else found.choices)]

    def covers(self, day: dt.date) -> bool:
        """Tell whether the feed says anything about a day."""
        lasts = [each.last for each in self._services.values() if each.last]
        lasts += [max(each.added) for each in self._services.values() if each.added]
        firsts = [each.first for each in self._services.values() if each.first]
        firsts += [min(each.added) for each in self._services.values() if each.added]
        return bool(lasts) and min(firsts) <= day <= max(lasts)

    def departures(self, stop: str, first: dt.datetime, last: dt.datetime) -> list[Planned]:
        """Return the departures of a stop between two aware moments, in their order."""
        calls = self._calls.get(stop, [])
        day = first.astimezone(BERLIN).date() - dt.timedelta(days=1)
        found: list[Planned] = []
        while day <= last.astimezone(BERLIN).date():
            begin = service_day(day)
            low, high = (int((each - begin).total_seconds()) for each in (first, last))
            since = bisect.bisect_left(calls, _Call(low, "", ""))
            for call in calls[since:]:
                if call.seconds > high:
                    break
                trip = self._trips[call.trip]
                if self._services.get(trip.service, _Service()).runs(day):
                    at = begin + dt.timedelta(seconds=call.seconds)
                    platform = self._platforms.get(call.stop, "")
                    found.append(Planned(at, trip.line, trip.destination, platform))
            day += dt.timedelta(days=1)
        return sorted(found, key=lambda each: (each.at, each.line))


def service_day(day: dt.date) -> dt.datetime:
    """Return the moment from which the times of a service day count, in UTC."""
    noon = dt.datetime.combine(day, dt.time(12), BERLIN).astimezone(dt.UTC)
    return noon - _HALF_DAY


def _bare(name: str, place: str) -> str:
    """Return the name of a stop without its town in front."""
    lower = name.strip()
    for head in (f"{place}, ", f"{place} "):
        if lower.casefold().startswith(head.casefold()):
            return lower[len(head) :]
    return lower


def read_timetable(
    feed: Path | None, place: str, centre: tuple[float, float] | None, km: float
) -> Timetable:
    """Read the stops of one town and everything that leaves there.

    Args:
        feed: a zip file or a folder.
        place: name of the town, left out of the names of its stops.
        centre: latitude and longitude around which stops are read; None reads all.
        km: how far around ``centre``.

    Raises:
        TimetableError: a file or column is missing, or a value cannot be read.
    """
    if feed is None:
        raise TimetableError("no file")
    try:
        return _read(_Tables(feed), place, centre, km)
    except KeyError as error:
        raise TimetableError(f"{feed.name}: column {error.args[0]} is missing") from error
    except (OSError, ValueError, csv.Error, zipfile.BadZipFile) as error:
        raise TimetableError(f"{feed.name}: {error}") from error


class _Tables:
    """The tables of a feed, row by row."""

    def __init__(self, feed: Path) -> None:
        self._feed = feed

    def rows(self, name: str, *, needed: bool = True) -> Iterator[dict[str, str]]:
        """Yield the rows of a table; a missing one is empty or an error."""
        with self._opened(name) as file:
            if file is None:
                if needed:
                    raise TimetableError(f"{self._feed.name}: {name} is missing")
                return
            yield from csv.DictReader(file, skipinitialspace=True)

    @contextmanager
    def _opened(self, name: str) -> Iterator[io.TextIOBase | None]:
        if self._feed.is_dir():
            path = self._feed / name
            if not path.is_file():
                yield None
                return
            with path.open(encoding="utf-8-sig", newline="") as text:
                yield text
            return
        with zipfile.ZipFile(self._feed) as archive:
            if name not in archive.namelist():
                yield None
                return
            with archive.open(name) as raw:
                yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _read(tables: _Tables, place: str, centre: tuple[float, float] | None, km: float) -> Timetable:
    stops, platforms = _stops(tables, place, centre, km)
    owner = {member: stop.id for stop in stops for member in stop.members}
    calls = _calls(tables, owner)
    trips = _trips(tables, {call.trip for each in calls.values() for call in each})
    return Timetable(
        stops=tuple(stops),
        as_of=_as_of(tables),
        _calls=calls,
        _trips=trips,
        _services=_services(tables, {trip.service for trip in trips.values()}),
        _platforms=platforms,
        _place=place,
    )


def _stops(
    tables: _Tables, place: str, centre: tuple[float, float] | None, km: float
) -> tuple[list[TimetableStop], dict[str, str]]:
    """Return the stops near the centre, platforms of one name together, and their platforms."""
    members: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    platforms: dict[str, str] = {}
    for row in tables.rows("stops.txt"):
        if row.get("location_type") in {"2", "3", "4"} or not _near(row, centre, km):
            continue
        key = fold(_bare(row["stop_name"], place))
        names.setdefault(key, _bare(row["stop_name"], place))
        members.setdefault(key, []).append(row["stop_id"])
        if row.get("platform_code"):
            platforms[row["stop_id"]] = row["platform_code"]
    stops = [TimetableStop(ids[0], names[key], tuple(ids)) for key, ids in members.items()]
    return stops, platforms


def _near(row: dict[str, str], centre: tuple[float, float] | None, km: float) -> bool:
    if centre is None:
        return True
    try:
        north = (float(row["stop_lat"]) - centre[0]) * _DEGREE_KM
        east = (float(row["stop_lon"]) - centre[1]) * _DEGREE_KM * math.cos(math.radians(centre[0]))
    except (ValueError, TypeError):  # stops without a place exist
        return False
    return math.hypot(north, east) <= km


def _calls(tables: _Tables, owner: dict[str, str]) -> dict[str, list[_Call]]:
    """Return stop → its departures; where a trip ends nobody can get on."""
    calls: dict[str, list[_Call]] = {}
    lasts: dict[str, int] = {}
    kept: list[tuple[str, int, _Call]] = []
    for row in tables.rows("stop_times.txt"):
        trip, sequence = row["trip_id"], int(row["stop_sequence"])
        lasts[trip] = max(sequence, lasts.get(trip, sequence))
        time = row["departure_time"].strip() or row["arrival_time"].strip()
        if row["stop_id"] not in owner or row.get("pickup_type") == "1" or not time:
            continue
        kept.append((trip, sequence, _Call(_seconds(time), trip, row["stop_id"])))
        if len(kept) > MOST_DEPARTURES:
            raise TimetableError(f"more than {MOST_DEPARTURES} departures: set centre and km")
    for trip, sequence, call in kept:
        if sequence < lasts[trip]:
            calls.setdefault(owner[call.stop], []).append(call)
    return {stop: sorted(each) for stop, each in calls.items()}


def _seconds(time: str) -> int:
    hours, minutes, seconds = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _trips(tables: _Tables, wanted: set[str]) -> dict[str, _Trip]:
    lines = {
        row["route_id"]: row.get("route_short_name") or row.get("route_long_name") or ""
        for row in tables.rows("routes.txt")
    }
    trips = {}
    for row in tables.rows("trips.txt"):
        if row["trip_id"] in wanted:
            line = lines.get(row["route_id"], "")
            trips[row["trip_id"]] = _Trip(row["service_id"], line, row.get("trip_headsign") or "")
    missing = wanted - trips.keys()
    if missing:
        raise TimetableError(f"trips.txt does not hold {min(missing)}")
    return trips


def _services(tables: _Tables, wanted: set[str]) -> dict[str, _Service]:
    services: dict[str, _Service] = {}
    for row in tables.rows("calendar.txt", needed=False):
        if row["service_id"] in wanted:
            days = frozenset(number for number, name in enumerate(_WEEKDAYS) if row[name] == "1")
            first, last = _day(row["start_date"]), _day(row["end_date"])
            services[row["service_id"]] = _Service(first, last, days)
    for row in tables.rows("calendar_dates.txt", needed=False):
        if row["service_id"] in wanted:
            service = services.setdefault(row["service_id"], _Service())
            chosen = service.added if row["exception_type"] == "1" else service.removed
            chosen.add(_day(row["date"]))
    return services


def _day(text: str) -> dt.date:
    return dt.datetime.strptime(text.strip(), "%Y%m%d").date()  # noqa: DTZ007 - a calendar day


def _as_of(tables: _Tables) -> dt.date | None:
    """Return the date that the feed gives itself."""
    for row in tables.rows("feed_info.txt", needed=False):
        for text in (row.get("feed_version") or "", row.get("feed_start_date") or ""):
            digits = text.replace("-", "")[:8]
            if len(digits) == 8 and digits.isdigit():
                try:
                    return _day(digits)
                except ValueError:
                    continue
    return None
