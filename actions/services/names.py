"""Comparing names the way citizens write them, for short lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from german.normal_form import fold as normal_form

SURE = 88.0
MAYBE = 62.0
CLEAR_LEAD = 5.0
CHOICES = 3

_NO_LETTER = re.compile(r"[^\w]+|_")


@dataclass(frozen=True)
class Match:
    """The name that was meant, or up to three that may be meant."""

    name: str | None
    choices: tuple[str, ...] = ()


def fold(words: str) -> str:
    """Return words in a form that is equal for the usual ways of writing them."""
    return _NO_LETTER.sub("", normal_form(words))


def match(words: str, names: Iterable[str], maybe: float = MAYBE) -> Match:
    """Find the one of ``names`` that the words mean, or the likeliest ones.

    Args:
        words: what the citizen wrote.
        names: the names as they are shown.
        maybe: likeness in percent from which a name is a choice.
    """
    folded = {fold(name): name for name in names}
    asked = fold(words)
    if asked in folded:
        return Match(folded[asked])
    ranked = process.extract(asked, folded.keys(), scorer=fuzz.ratio, limit=CHOICES)
    near = [(name, score) for name, score, _ in ranked if score >= maybe]
    if not near:
        return Match(None)
    clear = len(near) == 1 or near[0][1] - near[1][1] >= CLEAR_LEAD
    if near[0][1] >= SURE and clear:
        return Match(folded[near[0][0]])
    return Match(None, tuple(folded[name] for name, _ in near))
