"""What is known of a town itself: its name, web address, links and ways to reach it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from actions.services.records import Contact, Records, TownLink, TownRecords, host_allowed
from actions.services.results import Found, Nothing, Provenance
from actions.services.store import RecordsStore

_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class Reach:
    """How to reach a town; only confirmed contacts are in it."""

    name: str
    website: str
    contacts: tuple[Contact, ...]

    def first(self, kind: str) -> Contact | None:
        """Return the first contact of a kind (``phone``, ``mail``)."""
        return next((each for each in self.contacts if each.kind == kind), None)


class Municipality:
    """Answers about the towns that this assistant serves."""

    def __init__(self, store: RecordsStore) -> None:
        self._store = store

    def towns(self) -> dict[str, str]:
        """Return slug → name of all towns."""
        return {slug: each.town.name for slug, each in self._store.current().towns.items()}

    def slug_of(self, words: str) -> str | None:
        """Return the town that the words are the name of, or None."""
        asked = _SEPARATORS.sub(" ", words).strip().casefold()
        for slug, name in self.towns().items():
            if asked in {_SEPARATORS.sub(" ", slug), _SEPARATORS.sub(" ", name).casefold()}:
                return slug
        return None

    async def reach(self, slug: str) -> Found[Reach] | Nothing:
        """Return how to reach a town."""
        town = self._town(slug)
        if town is None:
            return Nothing()
        contacts = tuple(each for each in town.town.contacts if each.confirmed)
        reach = Reach(town.town.name, town.town.website, contacts)
        known = [town.town.as_of] if town.town.as_of else []
        dates = known + [each.as_of for each in contacts]
        source = Provenance(f"Stadt {town.town.name}", town.town.website)
        as_of = min(dates, default=dt.date.min)
        return Found(reach, source, as_of, demo=any(each.demo for each in contacts))

    async def link(self, slug: str, key: str) -> TownLink | None:
        """Return a confirmed link of the town, or None; foreign hosts are never given."""
        town = self._town(slug)
        link = town.town.links.get(key) if town else None
        if link is None or not link.confirmed or not self.may_link(slug, link.url):
            return None
        return link

    def may_link(self, slug: str | None, url: str) -> bool:
        """Tell whether an answer for a town may point to a URL."""
        return url.startswith("https://") and host_allowed(url, self._records().hosts_of(slug))

    def _town(self, slug: str) -> TownRecords | None:
        return self._records().towns.get(slug)

    def _records(self) -> Records:
        return self._store.current()
