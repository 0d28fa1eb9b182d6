"""Concepts behind words: "Sofa", "Couch" and "Schrank" are furniture.

A small hand-made thesaurus of what people say to a town hall. It lets a classifier see
what two sentences share that have no word in common; nothing is said or shown from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from german.normal_form import fold

_FILE = Path(__file__).with_name("concepts.yml")


class Thesaurus:
    """Concepts of words, by whole words, beginnings and ends."""

    def __init__(self, concepts: Mapping[str, list[str]]) -> None:
        self._words: dict[str, set[str]] = {}
        self._beginnings: dict[str, set[str]] = {}
        self._ends: dict[str, set[str]] = {}
        for concept, patterns in concepts.items():
            for pattern in patterns:
                self._add(concept, str(pattern))
        self._shortest = min((len(part) for part in self._beginnings), default=0)
        self._shortest_end = min((len(part) for part in self._ends), default=0)

    def concepts_of(self, word: str) -> frozenset[str]:
        """Give the concepts of one folded word."""
        found = set(self._words.get(word, ()))
        for length in range(self._shortest, len(word) + 1):
            found |= self._beginnings.get(word[:length], set())
        for length in range(self._shortest_end, len(word) + 1):
            found |= self._ends.get(word[-length:], set())
        return frozenset(found)

    def _add(self, concept: str, pattern: str) -> None:
        folded = fold(pattern.strip("*-"))
        if pattern.endswith("*"):
            self._beginnings.setdefault(folded, set()).add(concept)
        elif pattern.startswith("-"):
            self._ends.setdefault(folded, set()).add(concept)
        else:
            self._words.setdefault(folded, set()).add(concept)


@lru_cache(maxsize=1)
def thesaurus() -> Thesaurus:
    """Load the thesaurus that comes with the language library."""
    document = YAML(typ="safe").load(_FILE.read_text(encoding="utf-8"))
    return Thesaurus(document["concepts"])


@lru_cache(maxsize=20_000)
def concepts_of(word: str) -> frozenset[str]:
    """Give the concepts of one folded word; remembered."""
    return thesaurus().concepts_of(word)
