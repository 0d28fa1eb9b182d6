"""Words with one typing error, read as the word of the examples that was meant.

Words and concepts are taken from mended words, character n-grams from what was typed and
from what was meant. So a wrong guess costs little, and a right one brings the concern's
word back (docs/adr/0020). Candidates are found by deleting one letter of both words (the symmetric
deletes of Wolf Garbe's SymSpell), then compared letter by letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import german
from german.normal_form import words

_COMMON = Path(german.__file__).with_name("common_words.txt")
_SHORTEST_TYPED = 5
_SHORTEST_MEANT = 4


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Load folded German words that are right as they are, whether examples have them or not."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


class Mender:
    """Mends words to those of the examples.

    Args:
        counts: How often the examples have each folded word; rarer is less likely meant.
    """

    def __init__(self, counts: Mapping[str, float]) -> None:
        self._counts = counts
        self._meant_by: dict[str, list[str]] = {}
        for word in counts:
            if len(word) >= _SHORTEST_MEANT and not word.isdigit():
                for shortened in _with_and_without_a_letter(word):
                    self._meant_by.setdefault(shortened, []).append(word)

    def mended(self, text: str, trusted: float = 0.0) -> str:
        """Replace words that no example has by the one that they are a typing error of.

        Args:
            text: Text in classifier form.
            trusted: Words that are not more frequent than this count as unknown, so that
                training sees what happens to words that only one example has.

        Returns:
            The words, without punctuation.
        """
        return " ".join(self._word(word, trusted) for word in words(text))

    def _word(self, word: str, trusted: float) -> str:
        if len(word) < _SHORTEST_TYPED or self._counts.get(word, 0.0) > trusted or word.isdigit():
            return word
        if word in common_words():
            return word
        candidates = {
            meant
            for shortened in _with_and_without_a_letter(word)
            for meant in self._meant_by.get(shortened, ())
            if _is_typing_error(word, meant)
        }
        return max(candidates, key=lambda meant: (self._counts[meant], meant), default=word)


def _with_and_without_a_letter(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _is_typing_error(typed: str, meant: str) -> bool:
    """Tell whether one letter is wrong, missing, too much, or swapped with its neighbour.

    The first letter is right, or it alone is wrong.
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    if typed[0] != meant[0] and typed[1:] != meant[1:]:
        return False
    place = next(
        (place for place, (one, two) in enumerate(zip(typed, meant, strict=False)) if one != two),
        min(len(typed), len(meant)),
    )
    rest, wanted = typed[place:], meant[place:]
    if len(typed) > len(meant):
        return rest[1:] == wanted
    if len(typed) < len(meant):
        return rest == wanted[1:]
    return rest[1:] == wanted[1:] or (rest[1::-1] == wanted[:2] and rest[2:] == wanted[2:])
