"""The regional data platform: free parking spaces, air and weather as they were measured.

NGSI-LD, NGSI-v2 and SensorThings are read by one tolerant reader: brokers give
attributes as objects, as arrays or as bare values, with short or long names
(services.md section 12). A value always carries when it was measured.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import urlencode

from pydantic import Field

from actions.services.border import Asker, Call, Foreign, shape_of
from actions.services.endpoints import Endpoint
from actions.services.opening_hours import BERLIN
from actions.services.recent import Recent
from actions.services.records import Line
from actions.services.results import Found, Nothing, Provenance, Unavailable

FRESH = dt.timedelta(seconds=60)
OLDEST = dt.timedelta(hours=24)
"""An older value says nothing about now."""
MOST = 100
Kind = Literal["parking", "air", "weather"]
KINDS: tuple[Kind, ...] = ("parking", "air", "weather")
_TYPES: Mapping[Kind, str] = {
    "parking": "OffStreetParking",
    "air": "AirQualityObserved",
    "weather": "WeatherObserved",
}
_LABELS: Mapping[Kind, Mapping[str, tuple[str, str]]] = {
    "parking": {},
    "air": {
        "no2": ("Stickstoffdioxid", "µg/m³"),
        "pm10": ("Feinstaub PM10", "µg/m³"),
        "pm25": ("Feinstaub PM2,5", "µg/m³"),
        "o3": ("Ozon", "µg/m³"),
    },
    "weather": {
        "temperature": ("Temperatur", "°C"),
        "relativehumidity": ("Luftfeuchte", "%"),
        "windspeed": ("Wind", "m/s"),
        "precipitation": ("Niederschlag", "mm"),
    },
}
_STREAMS: Sequence[tuple[str, Kind, str]] = (
    (r"frei|free|available|verf[uü]gbar", "parking", "available"),
    (r"no2|stickstoffdioxid", "air", "no2"),
    (r"pm\s?10", "air", "pm10"),
    (r"pm\s?2[.,]?5", "air", "pm25"),
    (r"ozon|\bo3\b", "air", "o3"),
    (r"temperatur", "weather", "temperature"),
    (r"feuchte|humidity", "weather", "relativehumidity"),
    (r"windgeschwindigkeit|wind\s?speed", "weather", "windspeed"),
    (r"niederschlag|precipitation|regen", "weather", "precipitation"),
)
_NO_WORD = re.compile(r"[^a-z0-9]")


class NgsiEndpoint(Endpoint):
    """``adapter = "ngsi-ld"`` or ``"ngsi-v2"``; ``url`` is the whole path to the entities.

    Some brokers want a slash at its end. ``tenant`` and ``service_path`` become
    headers, ``context`` the Link header; ``near`` is latitude and longitude.
    """

    adapter: Literal["ngsi-ld", "ngsi-v2"]
    types: Mapping[Kind, Line] = Field(default_factory=dict)
    tenant: Line | None = None
    service_path: Line | None = None
    context: Line | None = None
    near: tuple[float, float] | None = None
    km: Annotated[float, Field(gt=0, le=100)] = 5.0
    filter: Line | None = None
    key_values: bool = False


class SensorThingsEndpoint(Endpoint):
    """``adapter = "sensorthings"``; ``url`` ends with the version, ``filter`` is OData."""

    adapter: Literal["sensorthings"]
    filter: Line | None = None


PlatformEndpoint = NgsiEndpoint | SensorThingsEndpoint
ADAPTERS: Mapping[str, type[PlatformEndpoint]] = {
    "ngsi-ld": NgsiEndpoint,
    "ngsi-v2": NgsiEndpoint,
    "sensorthings": SensorThingsEndpoint,
}


@dataclass(frozen=True)
class Measured:
    """One value as it is said."""

    label: str
    value: float
    unit: str


@dataclass(frozen=True)
class Reading:
    """What one place measured. Parking: ``free`` spaces of ``total``, if they are known."""

    name: str
    observed_at: dt.datetime | None
    values: tuple[Measured, ...] = ()
    free: int | None = None
    total: int | None = None


class Platform(Protocol):
    """Where readings come from."""

    async def readings(self, kind: Kind) -> tuple[Reading, ...] | Unavailable:
        """Return the newest readings of one kind."""


# --- NGSI ---------------------------------------------------------------------------------

_ENTITIES = shape_of(list[dict[str, Any]])


class Ngsi:
    """A context broker."""

    def __init__(self, endpoint: NgsiEndpoint, asker: Asker) -> None:
        self._endpoint = endpoint
        self._asker = asker

    async def readings(self, kind: Kind) -> tuple[Reading, ...] | Unavailable:
        """Ask for the entities of the kind's type."""
        address = f"{self._endpoint.url}?{urlencode(self._query(kind))}"
        call = Call("GET", self._headers())
        hosts = self._endpoint.call_hosts
        found = await self._asker.json_of(address, hosts, _ENTITIES, call=call)
        if isinstance(found, Nothing):  # some brokers say so for a type that they do not know
            return ()
        if not isinstance(found, list):
            return found
        return tuple(reading for each in found if (reading := read_entity(each, kind)))

    def _query(self, kind: Kind) -> dict[str, str]:
        table = self._endpoint
        query = {"type": table.types.get(kind, _TYPES[kind]), "limit": str(MOST)}
        query |= {"q": table.filter} if table.filter else {}
        query |= {"options": "keyValues"} if table.key_values else {}
        if table.near is None:
            return query
        metres = round(table.km * 1000)
        north, east = table.near
        if table.adapter == "ngsi-v2":
            where = {"georel": f"near;maxDistance:{metres}", "geometry": "point"}
            return query | where | {"coords": f"{north},{east}"}
        where = {"georel": f"near;maxDistance=={metres}", "geometry": "Point"}
        return query | where | {"coordinates": f"[{east},{north}]"}

    def _headers(self) -> dict[str, str]:
        table = self._endpoint
        relation = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
        secret = table.secret()
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {secret}" if secret else "",
            "Link": f"<{table.context}>; {relation}" if table.context else "",
            "Fiware-ServicePath": table.service_path or "",
        }
        tenant = "Fiware-Service" if table.adapter == "ngsi-v2" else "NGSILD-Tenant"
        headers[tenant] = table.tenant or ""
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True)
class _Attribute:
    value: Any
    observed_at: dt.datetime | None


def read_entity(entity: Mapping[str, Any], kind: Kind) -> Reading | None:
    """Return what an entity measured, or None where it holds nothing of the kind."""
    found = {_short(name): _attribute(value) for name, value in entity.items()}
    name = _name(found, str(entity.get("id", "")))
    if kind == "parking":
        return _parking(name, found)
    values, moments = [], []
    for key, (label, unit) in _LABELS[kind].items():
        number = _number(found.get(key))
        if number is not None:
            share = key == "relativehumidity" and 0 <= number <= 1
            values.append(Measured(label, number * 100 if share else number, unit))
            moments.append(found[key].observed_at)
    if not values:
        return None
    return Reading(name, _oldest(moments) or _observed(found), tuple(values))


def _short(name: str) -> str:
    """Return the last part of a long name in small letters without signs: ``pm2.5`` → ``pm25``."""
    return _NO_WORD.sub("", re.split(r"[/#]", name)[-1].lower())


def _attribute(raw: Any) -> _Attribute:
    """Return value and moment of an attribute as an object, an array of them or a bare value."""
    if isinstance(raw, list) and raw and isinstance(raw[0], Mapping):
        raw = raw[0]
    if not isinstance(raw, Mapping):
        return _Attribute(raw, None)
    value = raw.get("value", raw.get("object", raw.get("@value")))
    if isinstance(value, Mapping) and "@value" in value:
        value = value["@value"]
    metadata = raw.get("metadata")
    stamps = [raw.get("observedAt")]
    if isinstance(metadata, Mapping):
        stamps += [metadata.get(key) for key in ("TimeInstant", "timestamp", "dateObserved")]
    moments = (_moment(each.get("value") if isinstance(each, Mapping) else each) for each in stamps)
    return _Attribute(value, next((each for each in moments if each), None))


def _moment(text: Any) -> dt.datetime | None:
    """Return an aware moment; of an interval its end; without a zone it is UTC."""
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text.split("/")[-1])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _number(attribute: _Attribute | None) -> float | None:
    value = attribute.value if attribute else None
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e9 else None


def _name(found: Mapping[str, _Attribute], identity: str) -> str:
    for key in ("name", "title", "stationname", "alternatename"):
        value = found[key].value if key in found else None
        if isinstance(value, str) and value.strip():
            return value.strip()
    return identity.rsplit(":", 1)[-1] or "Ohne Namen"


def _observed(found: Mapping[str, _Attribute]) -> dt.datetime | None:
    keys = ("dateobserved", "observedat", "datemodified", "modifiedat")
    return next((m for k in keys if k in found and (m := _moment(found[k].value))), None)


def _oldest(moments: Iterable[dt.datetime | None]) -> dt.datetime | None:
    known = [each for each in moments if each]
    return min(known) if known else None


def _parking(name: str, found: Mapping[str, _Attribute]) -> Reading | None:
    free = _number(found.get("availablespotnumber"))
    total = _number(found.get("totalspotnumber"))
    occupied = _number(found.get("occupiedspotnumber"))
    counted = "availablespotnumber" if free is not None else "occupiedspotnumber"
    if free is None and total is not None and occupied is not None:
        free = total - occupied
    if free is None or free < 0:
        return None
    moment = found[counted].observed_at or _observed(found)
    return Reading(name, moment, free=int(free), total=int(total) if total else None)


# --- SensorThings -------------------------------------------------------------------------


class _Observation(Foreign):
    result: Any = None
    time: str | None = Field(default=None, alias="phenomenonTime")


class _Stream(Foreign):
    name: str = ""
    observations: tuple[_Observation, ...] = Field(default=(), alias="Observations")


class _Thing(Foreign):
    name: str
    streams: tuple[_Stream, ...] = Field(default=(), alias="Datastreams")


class _Things(Foreign):
    value: tuple[_Thing, ...]


_THINGS = shape_of(_Things)


class SensorThings:
    """A SensorThings server such as FROST."""

    def __init__(self, endpoint: SensorThingsEndpoint, asker: Asker) -> None:
        self._endpoint = endpoint
        self._asker = asker

    async def readings(self, kind: Kind) -> tuple[Reading, ...] | Unavailable:
        """Ask for all things with their newest observations."""
        query = {
            "$expand": "Datastreams/Observations($top=1;$orderby=phenomenonTime desc)",
            "$top": str(MOST),
        }
        query |= {"$filter": self._endpoint.filter} if self._endpoint.filter else {}
        address = f"{self._endpoint.address('Things')}?{urlencode(query)}"
        secret = self._endpoint.secret()
        call = Call("GET", {"Authorization": f"Bearer {secret}"} if secret else {})
        hosts = self._endpoint.call_hosts
        found = await self._asker.json_of(address, hosts, _THINGS, call=call)
        if not isinstance(found, _Things):
            return found if isinstance(found, Unavailable) else Unavailable(reason="gone")
        return tuple(reading for each in found.value if (reading := _of_thing(each, kind)))


def _of_thing(thing: _Thing, kind: Kind) -> Reading | None:
    """Return what a thing measured, told by the names of its streams."""
    entity: dict[str, Any] = {"name": thing.name}
    for stream in thing.streams:
        key = _stream_key(stream.name, kind)
        if key is None or not stream.observations:
            continue
        newest = stream.observations[0]
        attribute = "availableSpotNumber" if key == "available" else key
        entity[attribute] = {"value": newest.result, "observedAt": newest.time}
    return read_entity(entity, kind)


def _named(words: str, name: str) -> bool:
    return re.search(words, name, re.IGNORECASE) is not None


def _stream_key(name: str, kind: Kind) -> str | None:
    fitting = (key for words, of, key in _STREAMS if of == kind and _named(words, name))
    return next(fitting, None)


# --- the service --------------------------------------------------------------------------


class Sensors:
    """Finds what the region measures.

    Args:
        endpoints: town → table.
        asker: asks the sources.
        now: aware present moment.
    """

    def __init__(
        self,
        endpoints: Mapping[str, PlatformEndpoint],
        asker: Asker,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._endpoints = dict(endpoints)
        self._platforms = {slug: _platform(each, asker) for slug, each in endpoints.items()}
        self._now = now
        self._recent: Recent[tuple[Reading, ...]] = Recent(FRESH, now)

    def serves(self, slug: str) -> bool:
        """Tell whether a town has a data platform."""
        return slug in self._platforms

    async def readings(
        self, slug: str, kind: Kind
    ) -> Found[tuple[Reading, ...]] | Nothing | Unavailable:
        """Return the readings of one kind that are not older than a day, by name.

        ``as_of`` is the day of the oldest; readings without a moment are given as such.
        """
        endpoint = self._endpoints.get(slug)
        if endpoint is None:
            return Unavailable(reason="no data platform")
        kept = self._recent.fresh((slug, kind))
        if kept is None:
            found = await self._platforms[slug].readings(kind)
            if isinstance(found, Unavailable):
                return found
            kept = self._recent.keep((slug, kind), found)
        current = sorted(self._current(kept.data), key=lambda each: each.name)
        if not current:
            return Nothing()
        moment = _oldest(each.observed_at for each in current) or kept.at
        source = Provenance(endpoint.title or "Regionale Datenplattform", endpoint.page)
        day = moment.astimezone(BERLIN).date()
        return Found(tuple(current), source, day, endpoint.licence, demo=endpoint.demo)

    def _current(self, readings: Iterable[Reading]) -> Iterator[Reading]:
        for each in readings:
            if each.observed_at is None or self._now() - each.observed_at <= OLDEST:
                yield each


def _platform(endpoint: PlatformEndpoint, asker: Asker) -> Platform:
    if isinstance(endpoint, SensorThingsEndpoint):
        return SensorThings(endpoint, asker)
    return Ngsi(endpoint, asker)
