"""Patterns of words for the few things the hub understands without the engine.

A pattern is a line that people who know no regular expressions can review::

    ich will|moechte nicht? mehr leben     words; alternatives; ``?`` may be missing
    gas ... riech*                         ``...`` up to four words; ``*`` any ending
    *selbstmord*                           ``*`` in front: any beginning
    es brennt / feuer in der küche         `` / `` between whole patterns
    = notfall                              ``=`` in front: this is the whole message

Text and patterns are folded (`german.normal_form`), so capitals, umlauts and
accents do not matter. Gaps are bounded, so a match takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from german.normal_form import fold, words

GAP = "..."
GAP_WORDS = 4
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


@lru_cache(maxsize=512)
def spoken_form(text: str) -> str:
    """Return the words of a text, folded, without punctuation, with a space around each."""
    spoken = words(_STRETCHED.sub(r"\1", fold(text)))
    return f" {' '.join(spoken)} "


class Patterns:
    """A set of patterns, matched all at once.

    Args:
        lines: the patterns.
        exceptions: patterns whose matches are taken out of the text first.

    Raises:
        ValueError: a line is empty or malformed.
    """

    def __init__(self, lines: Iterable[str], exceptions: Iterable[str] = ()) -> None:
        self._wanted = _compiled(lines)
        self._unwanted = _compiled(exceptions)

    def match(self, text: str) -> bool:
        """Tell whether ``text`` holds one of the patterns outside of all exceptions."""
        spoken = spoken_form(text)
        if self._unwanted is not None:
            spoken = self._unwanted.sub(" ", spoken)
        return self._wanted is not None and self._wanted.search(spoken) is not None


def _compiled(lines: Iterable[str]) -> re.Pattern[str] | None:
    expressions = [_expression(part) for line in lines for part in line.split(" / ")]
    return re.compile("|".join(f"(?:{each})" for each in expressions)) if expressions else None


def _expression(line: str) -> str:
    steps = line.split()
    whole = steps[:1] == ["="]
    steps = steps[whole:]
    if not steps or steps[0] == GAP or steps[-1] == GAP:
        raise ValueError(f"pattern {line!r}: needs words at both ends")
    expression = "".join(_step(step) for step in steps)
    return f"^ {expression}$" if whole else f"(?<= ){expression}"


def _step(step: str) -> str:
    """Return the expression of one part of a pattern with the space behind it."""
    if step == GAP:
        return rf"(?:[^ ]+ ){{0,{GAP_WORDS}}}?"
    optional = step.endswith("?")
    choices = "|".join(_word(word) for word in step.rstrip("?").split("|"))
    return f"(?:(?:{choices}) )" + ("?" if optional else "")


def _word(word: str) -> str:
    folded = fold(word.strip("*"))
    if not folded or not folded.isalnum():
        raise ValueError(f"pattern word {word!r}: letters and digits only, * at its ends")
    front = "[^ ]*" if word.startswith("*") else ""
    back = "[^ ]*" if word.endswith("*") else ""
    return front + re.escape(folded) + back
