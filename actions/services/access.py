"""All services together, as the answers reach them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from actions.services import alerts, council, events, sensors, transit, waste_feeds
from actions.services.alerts import Alerts
from actions.services.border import Asker
from actions.services.catalogue import Catalogue
from actions.services.council import Council
from actions.services.defects import DESK, Defects, ReportStore, open_defects
from actions.services.endpoints import Endpoints
from actions.services.events import Events
from actions.services.feeds import FeedCopies
from actions.services.municipality import Municipality
from actions.services.notices import Notices
from actions.services.offices import Offices
from actions.services.responsibility import ResponsibilityMap
from actions.services.sensors import Sensors
from actions.services.sorting import SortingList
from actions.services.store import RecordsStore
from actions.services.transit import Transit
from actions.services.transport import Transport
from actions.services.waste import Waste


@dataclass(frozen=True)
class Services:
    """One client per municipal service."""

    store: RecordsStore
    endpoints: Endpoints
    municipality: Municipality
    catalogue: Catalogue
    offices: Offices
    responsibility: ResponsibilityMap
    notices: Notices
    alerts: Alerts
    council: Council
    events: Events
    sensors: Sensors
    transit: Transit
    sorting: SortingList
    waste: Waste
    defects: Defects


def open_services(
    content: Path,
    http: httpx.AsyncClient,
    now: Callable[[], dt.datetime],
    copies: Path | None,
    embedded: Mapping[str, str] | None = None,
    reports: ReportStore | None = None,
) -> Services:
    """Return the services over the records below ``content``.

    Args:
        content: the folder ``data``.
        http: the client for services on the net; it must not follow redirects.
        now: aware present moment.
        copies: folder for the last good copies of feeds, or None.
        embedded: name → address of the servers that this installation starts itself.
        reports: where defect reports lie until the town has them; None is memory.

    Raises:
        RecordsError: the records are wrong; the message names files and places.
        EndpointsError: a ``services.toml`` is wrong; the message names table and key.
    """
    store = RecordsStore(content)
    endpoints = Endpoints(content, store.current(), {**DESK, **(embedded or {})})
    return Services(
        store=store,
        endpoints=endpoints,
        municipality=Municipality(store),
        catalogue=Catalogue(store),
        offices=Offices(store),
        responsibility=ResponsibilityMap(store),
        notices=Notices(store),
        alerts=Alerts(
            store,
            endpoints.tables("warnungen", alerts.ADAPTERS),
            Asker(Transport(http, "warnungen")),
            now,
        ),
        council=Council(
            endpoints.tables("rat", council.ADAPTERS), Asker(Transport(http, "rat")), now
        ),
        events=Events(
            endpoints.tables("veranstaltungen", events.ADAPTERS),
            Asker(Transport(http, "veranstaltungen")),
            now,
        ),
        sensors=Sensors(
            endpoints.tables("datenplattform", sensors.ADAPTERS),
            Asker(Transport(http, "datenplattform")),
            now,
        ),
        transit=Transit(
            endpoints.tables("oepnv", transit.ADAPTERS), Asker(Transport(http, "oepnv")), now
        ),
        sorting=SortingList(store),
        waste=_waste(store, endpoints, http, now, FeedCopies(copies)),
        defects=open_defects(store, endpoints, http, now, reports),
    )


def _waste(
    store: RecordsStore,
    endpoints: Endpoints,
    http: httpx.AsyncClient,
    now: Callable[[], dt.datetime],
    copies: FeedCopies,
) -> Waste:
    asker = Asker(Transport(http, "waste"))
    tables = endpoints.tables("abfall", waste_feeds.ADAPTERS)
    feeds = {slug: waste_feeds.waste_feed(table, asker) for slug, table in tables.items()}
    return Waste(store, asker, copies, now, feeds)
