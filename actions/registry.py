"""Which topic answers which intent. One line per topic; nothing registers itself."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from actions import aemter
from actions.dialogue import Answerer

TOPICS = (aemter,)


def answerers() -> dict[str, Answerer]:
    """Return intent → answerer.

    Raises:
        ValueError: two topics claim the same intent.
    """
    table: dict[str, Answerer] = {}
    parts: chain[tuple[str, Answerer]] = chain.from_iterable(_items(t.ANSWERERS) for t in TOPICS)
    for intent, answerer in parts:
        if intent in table:
            raise ValueError(f"{intent} is answered by two topics")
        table[intent] = answerer
    return table


def _items(table: Mapping[str, Answerer]) -> list[tuple[str, Answerer]]:
    return list(table.items())
