"""Asks every connected service once and says what it can and what it cannot."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from actions.services.access import Services
from actions.services.endpoints import SERVICES, Described
from actions.services.results import Found, Nothing, Rejected, Unavailable
from actions.services.sensors import KINDS

T = TypeVar("T")
State = Literal["works", "fails", "untried", "none"]
STOPS = ("Bahnhof", "Markt", "Rathaus")
CANNOT: Mapping[str, str] = {
    "nina": "nur für den ganzen Kreis",
    "gtfs": "keine Echtzeit, keine Umstiege",
    "efa": "keine Umstiege",
    "mail": "keinen Stand einer Meldung",
    "c-trace": "keine eigene Straßenliste, braucht die Hausnummer",
    "esg": "keine eigene Straßenliste",
    "lobbe": "keine Hausnummern",
    "oparl": "nur öffentliche Sitzungen und Punkte",
    "destination.one": "nur Termine mit offener Lizenz",
    "ngsi-ld": "nichts, was älter als ein Tag ist",
    "ngsi-v2": "nichts, was älter als ein Tag ist",
    "sensorthings": "nichts, was älter als ein Tag ist",
}


@dataclass(frozen=True)
class Probe:
    """What one service of one town answered. ``can`` and ``cannot`` are for people."""

    town: str
    service: str
    state: State
    adapter: str = ""
    where: str = ""
    can: str = ""
    cannot: str = ""


class _Failed(Exception):
    """The service cannot be used; the text says why."""


async def _waste(services: Services, slug: str, today: dt.date) -> str:
    streets = await services.waste.streets(slug)
    if not streets:
        raise _Failed("keine Straßen bekannt")
    found = await services.waste.schedule(slug, streets[0], "1", today)
    if isinstance(found, Unavailable):
        raise _Failed(found.reason)
    known = f"{len(streets)} Straßen"
    if isinstance(found, Rejected | Nothing):
        return f"{known}; {streets[0]} 1 kennt der Anbieter nicht"
    count = len(found.data.schedule.after(today))
    return f"{known}; {count} Abholungen ab heute für {streets[0]} 1"


async def _warnings(services: Services, slug: str, today: dt.date) -> str:  # noqa: ARG001 - one shape for all
    data = _data(await services.alerts.current(slug))
    return f"{len(data.alerts) + data.more} Warnungen im {data.district}"


async def _events(services: Services, slug: str, today: dt.date) -> str:  # noqa: ARG001 - one shape for all
    return f"{len(_data(await services.events.ahead(slug)))} Termine in 60 Tagen"


async def _transit(services: Services, slug: str, today: dt.date) -> str:  # noqa: ARG001 - one shape for all
    for name in STOPS:
        stops = await services.transit.stops(slug, name)
        if isinstance(stops, Unavailable):
            raise _Failed(stops.reason)
        if stops:
            board = _data(await services.transit.board(slug, stops[0]))
            live = "mit Echtzeit" if board.live else "nach Plan"
            return f"{len(board.departures)} Abfahrten ab {stops[0].name}, {live}"
    raise _Failed(f"keine Haltestelle namens {', '.join(STOPS)}")


async def _council(services: Services, slug: str, today: dt.date) -> str:  # noqa: ARG001 - one shape for all
    found = await services.council.meetings(slug)
    if isinstance(found, Nothing):
        return "der Kalender antwortet, darin steht keine öffentliche Sitzung"
    return f"{len(_data(found))} öffentliche Sitzungen"


async def _platform(services: Services, slug: str, today: dt.date) -> str:  # noqa: ARG001 - one shape for all
    counts = {}
    for kind in KINDS:
        found = await services.sensors.readings(slug, kind)
        counts[kind] = 0 if isinstance(found, Nothing) else len(_data(found))
    return f"Parken {counts['parking']}, Luft {counts['air']}, Wetter {counts['weather']}"


async def _defects(services: Services, slug: str, today: dt.date) -> str:  # noqa: ARG001 - one shape for all
    adapter = services.defects.queue.adapter_of(slug)
    count = len(_data(await adapter.categories()))
    kinds = f"{count} Arten von Schäden" if count else "Meldungen jeder Art"
    return f"{kinds}, {'mit' if adapter.takes_photos else 'ohne'} Foto"


def _data(result: Found[T] | Nothing | Unavailable) -> T:
    if not isinstance(result, Found):
        raise _Failed(result.reason if isinstance(result, Unavailable) else "leer")
    if result.stale:
        raise _Failed(f"nur eine Kopie vom {result.as_of:%d.%m.%Y}")
    return result.data


PROBES: Mapping[str, Callable[[Services, str, dt.date], Awaitable[str]]] = {
    "abfall": _waste,
    "warnungen": _warnings,
    "veranstaltungen": _events,
    "oepnv": _transit,
    "rat": _council,
    "datenplattform": _platform,
    "maengel": _defects,
}


async def probe(services: Services, slug: str, service: str, today: dt.date) -> Probe:
    """Ask one service of one town."""
    table = services.endpoints.described(slug, service)
    if table is None and service == "abfall" and (recorded := services.waste.provider(slug)):
        table = Described("waste.yml", "der Anbieter der Bezirke", None, recorded.demo)
    if table is None:
        return Probe(slug, service, "none", can="geprüfte Angaben der Stadt")
    place = Probe(slug, service, "untried", table.adapter, table.where)
    cannot = CANNOT.get(table.adapter, "")
    if table.missing_secret:
        return _with(
            place, "fails", cannot=f"die Variable {table.missing_secret} ist nicht gesetzt"
        )
    if service not in PROBES:
        return _with(place, "untried", cannot="wird hier nicht ausprobiert")
    try:
        can = await PROBES[service](services, slug, today)
    except _Failed as failure:
        return _with(place, "fails", cannot=str(failure))
    return _with(place, "works", can + (" (Demo)" if table.demo else ""), cannot)


def _with(place: Probe, state: State, can: str = "", cannot: str = "") -> Probe:
    return Probe(place.town, place.service, state, place.adapter, place.where, can, cannot)


async def probe_all(services: Services, today: dt.date) -> Sequence[Probe]:
    """Ask every service of every town."""
    towns = services.municipality.towns()
    return await asyncio.gather(
        *(probe(services, slug, service, today) for slug in towns for service in SERVICES)
    )
