"""Comparing names the way citizens write them: no capitals, no umlauts, "Str." for "Straße"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

SURE = 90.0
MAYBE = 62.0
CHOICES = 3

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_STREET = re.compile(r"str(?:\.|\b)")
_NO_LETTER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Match:
    """The name that was meant, or up to three that may be meant."""

    name: str | None
    choices: tuple[str, ...] = ()


def fold(words: str) -> str:
    """Return words in a form that is equal for the usual ways of writing them."""
    plain = words.casefold().translate(_LETTERS)
    return _NO_LETTER.sub("", _STREET.sub("strasse", plain))


def match(words: str, names: Iterable[str]) -> Match:
    """Find the one of ``names`` that the words mean, or the likeliest ones."""
    folded = {fold(name): name for name in names}
    asked = fold(words)
    if asked in folded:
        return Match(folded[asked])
    ranked = process.extract(asked, folded.keys(), scorer=fuzz.ratio, limit=CHOICES)
    near = [(name, score) for name, score, _ in ranked if score >= MAYBE]
    if not near:
        return Match(None)
    clear = len(near) == 1 or near[0][1] - near[1][1] >= 5
    if near[0][1] >= SURE and clear:
        return Match(folded[near[0][0]])
    return Match(None, tuple(folded[name] for name, _ in near))
