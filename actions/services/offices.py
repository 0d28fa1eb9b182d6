"""The offices of a town: where they are and when they are open."""

from __future__ import annotations

from dataclasses import dataclass

from actions.services.opening_hours import Timetable
from actions.services.records import Office
from actions.services.results import Found, Nothing, Provenance
from actions.services.store import RecordsStore

DEFAULT_KIND = "buergerbuero"


@dataclass(frozen=True)
class OfficeEntry:
    """An office with its timetable; the timetable is None where no hours are known."""

    office: Office
    timetable: Timetable | None


class Offices:
    """Finds offices by town and kind."""

    def __init__(self, store: RecordsStore) -> None:
        self._store = store

    async def find(self, slug: str, kind: str = DEFAULT_KIND) -> Found[OfficeEntry] | Nothing:
        """Return the office of a kind (or with that id), the first one listed."""
        for office in self._listed(slug):
            if kind in {office.kind, office.id}:
                return _found(office)
        return Nothing()

    async def all(self, slug: str) -> tuple[Found[OfficeEntry], ...]:
        """Return all offices of a town in the order of its file."""
        return tuple(_found(office) for office in self._listed(slug))

    async def for_concern(self, slug: str, concern: str) -> Found[OfficeEntry] | Nothing:
        """Return the office that does a concern."""
        for office in self._listed(slug):
            if concern in office.concerns:
                return _found(office)
        return Nothing()

    def _listed(self, slug: str) -> tuple[Office, ...]:
        town = self._store.current().towns.get(slug)
        return tuple(each for each in town.offices if each.confirmed) if town else ()


def _found(office: Office) -> Found[OfficeEntry]:
    source = Provenance(office.source.title, office.source.url)
    entry = OfficeEntry(office, office.timetable())
    return Found(entry, source, office.as_of, demo=office.demo)
