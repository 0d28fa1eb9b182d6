"""Which bin an item belongs into, from the reviewed sorting list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from actions.services.names import fold
from actions.services.records import Gazetteer, GazetteerEntry
from actions.services.results import Found, Nothing, Provenance
from actions.services.store import RecordsStore

SURE = 88.0
MAYBE = 70.0
CHOICES = 3


@dataclass(frozen=True)
class Item:
    """An item with its bin (a value of the entity ``abfallart`` or a place) and a hint."""

    name: str
    bin: str
    hint: str = ""


@dataclass(frozen=True)
class Sorted:
    """The item that was meant, or up to three that may be meant."""

    item: Item | None
    choices: tuple[Item, ...] = ()


class SortingList:
    """Looks items up by any of their names, forgiving misspellings."""

    def __init__(self, store: RecordsStore) -> None:
        self._store = store
        self._seen: Gazetteer | None = None
        self._names: dict[str, Item] = {}

    async def find(self, words: str, *, exact: bool = False) -> Found[Sorted] | Nothing:
        """Return the item the words name, near ones as choices, or ``Nothing``.

        With ``exact`` only a listed name counts, not a similar one.
        """
        listed = self._store.current().items
        self._index(listed)
        if not self._names or not fold(words):
            return Nothing()
        found = self._match(fold(words), exact=exact)
        if found is None:
            return Nothing()
        source = listed.source
        title = source if isinstance(source, str) else source.title
        url = None if isinstance(source, str) else source.url
        as_of = listed.as_of or dt.date.min
        return Found(found, Provenance(title, url), as_of, listed.licence, demo=listed.demo)

    def _match(self, asked: str, *, exact: bool) -> Sorted | None:
        item = self._names.get(asked)
        if item is not None or exact:
            return Sorted(item) if item else None
        ranked = process.extract(asked, self._names.keys(), scorer=fuzz.ratio, limit=12)
        near = [(name, score) for name, score, _ in ranked if score >= MAYBE]
        if not near:
            return None
        if near[0][1] >= SURE:
            return Sorted(self._names[near[0][0]])
        items = dict.fromkeys(self._names[name] for name, _ in near)
        return Sorted(None, tuple(items)[:CHOICES])

    def _index(self, listed: Gazetteer) -> None:
        if listed is self._seen:
            return
        self._seen = listed
        self._names = {}
        for entry in listed.entries:
            item = to_item(entry)
            if item is not None:
                for name in (*entry.names, entry.value.replace("_", " ")):
                    self._names.setdefault(fold(name), item)


def to_item(entry: GazetteerEntry) -> Item | None:
    """Return an entry of the sorting list as an item, or None when it has no bin."""
    extra: dict[str, Any] = entry.model_extra or {}
    target = extra.get("bin") or extra.get("abfallart") or extra.get("tonne")
    if not target:
        return None
    name = entry.names[0] if entry.names else entry.value
    return Item(name, str(target), str(extra.get("hint") or extra.get("hinweis") or ""))
