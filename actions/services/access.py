"""All services together, as the answers reach them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from actions.services.catalogue import Catalogue
from actions.services.municipality import Municipality
from actions.services.notices import Notices
from actions.services.offices import Offices
from actions.services.responsibility import ResponsibilityMap
from actions.services.sorting import SortingList
from actions.services.store import RecordsStore


@dataclass(frozen=True)
class Services:
    """One client per municipal service."""

    store: RecordsStore
    municipality: Municipality
    catalogue: Catalogue
    offices: Offices
    responsibility: ResponsibilityMap
    notices: Notices
    sorting: SortingList


def open_services(content: Path, http: httpx.AsyncClient) -> Services:  # noqa: ARG001
    """Return the services over the records below ``content``.

    Raises:
        RecordsError: the records are wrong; the message names files and places.
    """
    store = RecordsStore(content)
    return Services(
        store=store,
        municipality=Municipality(store),
        catalogue=Catalogue(store),
        offices=Offices(store),
        responsibility=ResponsibilityMap(store),
        notices=Notices(store),
        sorting=SortingList(store),
    )
