"""What kind of defect somebody describes, and whether it is dangerous.

Words decide first (``data/de/maengel.yml``); where none does, the sentence is compared
with examples. When two kinds are nearly as likely, both are offered instead of one guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from actions.services.records import Danger, DefectCategory, DefectsFile
from german.normal_form import fold, words

CHOICES = 3
_WORD_WEIGHT = 1.0
_LETTER_WEIGHT = 0.02
"""A longer word says more: "Straßenlaterne" wins over "Weg"."""
_PLACE_WEIGHT = 0.6
_SHAPE_WEIGHT = 0.5
"""What likeness to an example counts at most, beside a word."""
_LIKE = 62.0
"""Likeness in percent below which an example says nothing."""
_SAYS_NOTHING = frozenset(
    ("kaputt", "defekt", "melden", "schaden", "mangel", "etwas", "eine", "einen", "einer", "einem",
     "sind", "haben", "habe", "mochte", "bitte", "seit", "tagen", "wochen", "unser", "unserem",
     "unserer", "jemand", "liegt", "steht", "nicht", "mehr", "uber", "alles", "ganz", "viel")
)  # fmt: skip
"""Folded words that are in reports of every kind."""
_ENOUGH = 0.15
_LEAD = 0.12


@dataclass(frozen=True)
class Kind:
    """A kind of defect by its key and its title."""

    key: str
    title: str


@dataclass(frozen=True)
class KindGuess:
    """The kind that is meant, or the likeliest ones when it is not clear."""

    kind: Kind | None
    choices: tuple[Kind, ...] = ()


class DefectKinds:
    """Recognises kinds and dangers.

    Args:
        content: the reviewed words and examples.
    """

    def __init__(self, content: DefectsFile) -> None:
        self._categories = content.categories
        self._dangers = content.dangers
        self.kinds = tuple(Kind(key, each.title) for key, each in self._categories.items())

    def kind(self, key: str) -> Kind | None:
        """Return the kind of a key, or None."""
        return next((each for each in self.kinds if each.key == key), None)

    def guess(self, text: str) -> KindGuess:
        """Return the kind of defect that a text describes."""
        spoken = _folded(text)
        scores = [(_score(spoken, each), key) for key, each in self._categories.items()]
        ranked = sorted(scores, key=lambda pair: -pair[0])
        likely = [(score, self.kind(key)) for score, key in ranked if score >= _ENOUGH]
        named = [(score, kind) for score, kind in likely if kind is not None][:CHOICES]
        if not named:
            return KindGuess(None)
        if len(named) == 1 or named[0][0] - named[1][0] >= _LEAD:
            return KindGuess(named[0][1])
        return KindGuess(None, tuple(kind for _, kind in named))

    def danger(self, text: str) -> Danger | None:
        """Return the danger that a text tells of, or None."""
        spoken = _folded(text)
        said = (each for each in self._dangers.values() if _told(spoken, each))
        return next(said, None)


@dataclass(frozen=True)
class _Words:
    """Words that all have to be said; ``letters`` is how much they say."""

    expressions: tuple[re.Pattern[str], ...]
    letters: int

    def said_in(self, text: str) -> bool:
        """Tell whether a folded text holds all of them."""
        return all(each.search(text) for each in self.expressions)


def _score(text: str, category: DefectCategory) -> float:
    said = [each.letters for each in map(_pattern, category.words) if each.said_in(text)]
    by_words = _WORD_WEIGHT + _LETTER_WEIGHT * max(said) if said else 0.0
    if not said and any(each.said_in(text) for each in map(_pattern, category.places)):
        by_words = _PLACE_WEIGHT
    return by_words + _SHAPE_WEIGHT * _likeness(text, category.examples)


def _told(text: str, danger: Danger) -> bool:
    return any(_pattern(each).said_in(text) for each in danger.words)


def _likeness(text: str, examples: Iterable[str]) -> float:
    telling = _telling(text)
    likeness = (fuzz.token_set_ratio(telling, _telling_example(each)) for each in examples)
    best = max(likeness, default=0.0) if telling else 0.0
    return max(0.0, best - _LIKE) / (100.0 - _LIKE)


def _folded(text: str) -> str:
    return " ".join(words(fold(text)))


def _telling(text: str) -> str:
    """Return the words of a folded text that say something about its subject."""
    return " ".join(word for word in text.split() if len(word) > 3 and word not in _SAYS_NOTHING)


@lru_cache(maxsize=1000)
def _telling_example(example: str) -> str:
    return _telling(_folded(example))


@lru_cache(maxsize=2000)
def _pattern(line: str) -> _Words:
    parts = [part.strip() for part in line.split("+")]
    letters = sum(len(part.strip("*")) for part in parts)
    return _Words(tuple(_expression(part) for part in parts), letters)


def _expression(part: str) -> re.Pattern[str]:
    start = r"\w*" if part.startswith("*") else ""
    end = r"\w*" if part.endswith("*") else ""
    core = re.escape(_folded(part.strip("*")))
    return re.compile(rf"(?<!\w){start}{core}{end}(?!\w)")
