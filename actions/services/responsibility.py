"""Who does what: the responsibility map of the towns."""

from __future__ import annotations

from dataclasses import dataclass

from actions.services.records import Responsibility
from actions.services.results import Found, Nothing, Provenance
from actions.services.store import RecordsStore


@dataclass(frozen=True)
class Duty:
    """A concern with the body that does it. Unconfirmed ones are said with that word."""

    concern: str
    title: str
    responsibility: Responsibility


@dataclass(frozen=True)
class Coverage:
    """How full the map is: cells (towns × concerns), empty and unconfirmed ones by name."""

    cells: int
    empty: tuple[str, ...]
    unconfirmed: tuple[str, ...]


class ResponsibilityMap:
    """Finds the body that is responsible for a concern in a town."""

    def __init__(self, store: RecordsStore) -> None:
        self._store = store

    def title_of(self, concern: str) -> str | None:
        """Return how citizens call a concern, or None when it is none of the map."""
        known = self._store.current().concerns.get(concern)
        return known.title if known else None

    async def find(self, slug: str, concern: str) -> Found[Duty] | Nothing:
        """Return who does a concern in a town."""
        records = self._store.current()
        town = records.towns.get(slug)
        known = records.concerns.get(concern)
        entry = town.responsibility.get(concern) if town else None
        if entry is None or known is None:
            return Nothing()
        source = Provenance(entry.source.title, entry.source.url)
        return Found(Duty(concern, known.title, entry), source, entry.as_of, demo=entry.demo)

    def coverage(self) -> Coverage:
        """Return how full the map is. A cell is empty without body, reason or contact."""
        records = self._store.current()
        cells = {
            f"{slug}/{concern}": town.responsibility.get(concern)
            for slug, town in records.towns.items()
            for concern in records.concerns
        }
        empty = tuple(name for name, each in cells.items() if each is None or not _told(each))
        unconfirmed = tuple(name for name, each in cells.items() if each and not each.confirmed)
        return Coverage(len(cells), empty, unconfirmed)


def _told(entry: Responsibility) -> bool:
    return all(each.strip() for each in (entry.body, entry.reason, entry.contact))
