"""Clauses of a German message, and where one question ends and the next begins.

Citizens write "wann kommt die gelbe tonne und wo kann ich mein altes sofa abgeben?" and
"Perso verlängern, außerdem brauche ich ein Führungszeugnis". Commas and "und" also stand
inside one question; so the places found here are candidates, and whether the parts are
two concerns is decided by the intent model (`nlu.concerns`).

Source: our own rules over folded text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from german.normal_form import AlignedText, Token, fold


def _folded(names: str) -> frozenset[str]:
    return frozenset(map(fold, names.split()))


QUESTION_WORDS = _folded(
    "wann wo wohin woher was wer wen wem wie wieso warum weshalb welche welcher welches welchen "
    "wieviel wofür womit worum wozu wessen"
)
_CLAUSE_OPENERS = _folded("sondern stattdessen weil obwohl falls damit")
_JOINING = _folded("und aber oder sowie")
_COPULATIVE = _folded("und sowie plus")
_ADDING = _folded(
    "außerdem zusätzlich nebenbei übrigens desweiteren zudem ferner gleichzeitig zweitens "
    "drittens daneben ebenfalls darüberhinaus weiterhin"
)
_ADDING_PHRASES = tuple(
    tuple(fold(each).split())
    for each in (
        "und dann noch", "und noch", "und auch noch", "und auch", "und dann", "und zwar", "und",
        "sowie", "plus", "dann noch", "noch eine frage", "noch was", "ach ja", "ach und",
        "des weiteren", "darüber hinaus", "zum anderen", "andere frage", "zweite frage",
        "nächste frage",
    )
)  # fmt: skip
_VERBS_OF_WANTING = _folded("will möchte brauche brauch brauchen wollen möchten muss müssen")
_PERSONS = _folded("ich wir")
_OPENING = (
    QUESTION_WORDS
    | _VERBS_OF_WANTING
    | _PERSONS
    | _folded("kann können darf dürfen ist sind hat haben gibt habt soll könnte könnten")
)
"""Words that open a clause of their own behind "und"."""
_SENTENCE_END = re.compile(r"[!?;\n]|(?<!\d)\.(?=\s|$)|\.{2,}")
_PLUS = re.compile(r"\+")
_CLAUSE_END = re.compile(r"[,:()]|\s[-/+&]\s|[!?;\n]|(?<!\d)\.(?=\s|$)|\.{2,}")


@dataclass(frozen=True)
class Clause:
    """A piece of a sentence between commas or before "sondern".

    Attributes:
        tokens: Its words, folded; at least one.
        asks: Whether a question mark follows it.
    """

    tokens: tuple[Token, ...]
    asks: bool


class Border(Enum):
    """How clearly something new begins at a cut."""

    ADDED = "added"
    """A word says that something is added, or a clause opens: "außerdem", "und wann"."""
    SENTENCE = "sentence"
    """A sentence ends there."""
    JOINED = "joined"
    """Only "und" joins words."""
    COMMA = "comma"
    """Only a comma or a dash."""


@dataclass(frozen=True)
class Cut:
    """A place where a second concern may begin.

    Attributes:
        word: Number of the word in front of which it lies.
        border: How clearly something new begins there.
    """

    word: int
    border: Border


@dataclass(frozen=True)
class Part:
    """One of several parts of a message, with its place in the raw text.

    Attributes:
        text: Its words, without those that only join it to the others.
        start: Where it begins in the raw text.
        end: One past its last character.
        border: What sets it apart from the part before it, from the next one for the first.
    """

    text: str
    start: int
    end: int
    border: Border


def clauses_of(text: AlignedText) -> list[Clause]:
    """Split a folded text into clauses.

    Args:
        text: Output of `german.normal_form.aligned`.

    Returns:
        Clauses in their order; all words of the text are in exactly one of them.
    """
    clauses: list[Clause] = []
    current: list[Token] = []
    for number, token in enumerate(text.tokens):
        if current and _begins_clause(text, number):
            clauses.append(Clause(tuple(current), _asks(text, current[-1].end)))
            current = []
        current.append(token)
    if current:
        clauses.append(Clause(tuple(current), _asks(text, current[-1].end)))
    return clauses


def cuts_of(text: AlignedText) -> list[Cut]:
    """Find the places where a new concern may begin.

    Args:
        text: Output of `german.normal_form.aligned`.
    """
    return [cut for number in range(1, len(text.tokens)) if (cut := _cut(text, number))]


def parts_between(text: AlignedText, cuts: Sequence[Cut]) -> list[Part]:
    """Cut the raw text and leave out the words that only join.

    Args:
        text: The folded text.
        cuts: Output of `cuts_of`; at least one.

    Returns:
        One part more than there are cuts; a part may be empty.
    """
    borders = [0, *(cut.word for cut in cuts), len(text.tokens)]
    kinds = [cuts[0].border, *(cut.border for cut in cuts)]
    return [
        _part(text, first, last, kind)
        for (first, last), kind in zip(pairwise(borders), kinds, strict=True)
    ]


def _part(text: AlignedText, first: int, last: int, border: Border) -> Part:
    tokens = text.tokens
    begin = first + (_joining_length(tokens, first) if first else 0)
    while last > begin and last < len(tokens) and tokens[last - 1].word in _JOINING:
        last -= 1
    if begin >= last:
        return Part("", 0, 0, border)
    start, end = text.span(tokens[begin].start, tokens[last - 1].end)
    mark = text.raw.find("?", end, end + 3)
    end = mark + 1 if mark >= 0 and _asks(text, tokens[last - 1].end) else end
    return Part(text.raw[start:end], start, end, border)


def _joining_length(tokens: Sequence[Token], place: int) -> int:
    """Count the words at ``place`` that only say that something more follows."""
    begin = place
    while place < len(tokens):
        length = max(
            (len(phrase) for phrase in _ADDING_PHRASES if _matches(tokens, place, phrase)),
            default=1 if tokens[place].word in _ADDING else 0,
        )
        if not length:
            break
        place += length
    return place - begin


def _matches(tokens: Sequence[Token], place: int, phrase: Sequence[str]) -> bool:
    return [token.word for token in tokens[place : place + len(phrase)]] == list(phrase)


def _cut(text: AlignedText, number: int) -> Cut | None:
    tokens = text.tokens
    word = tokens[number].word
    joins = word in _COPULATIVE or word in _ADDING
    if not joins and not _has(text, number, _CLAUSE_END):
        return None
    if joins and word not in _ADDING and tokens[number - 1].word in _JOINING:
        return None
    return Cut(number, _border(text, number))


def _border(text: AlignedText, number: int) -> Border:
    following = [token.word for token in text.tokens[number : number + 3]]
    joins = following[0] in _COPULATIVE
    if _has(text, number, _PLUS) or _joining_length(text.tokens, number) > joins:
        return Border.ADDED
    if (joins and _OPENING.intersection(following[1:2])) or _ADDING.intersection(following):
        return Border.ADDED
    if _has(text, number, _SENTENCE_END):
        return Border.SENTENCE
    return Border.JOINED if joins else Border.COMMA


def _begins_clause(text: AlignedText, number: int) -> bool:
    tokens = text.tokens
    if _has(text, number, _CLAUSE_END):
        return True
    word = tokens[number].word
    following = tokens[number + 1].word if number + 1 < len(tokens) else ""
    if word in _CLAUSE_OPENERS or _is_that(text, tokens[number]):
        return True
    if word in _JOINING:
        return following in _PERSONS | QUESTION_WORDS | _VERBS_OF_WANTING | _CLAUSE_OPENERS
    joined = tokens[number - 1].word in _JOINING
    return word in _PERSONS and following in _VERBS_OF_WANTING and not joined


def _has(text: AlignedText, number: int, sign: re.Pattern[str]) -> bool:
    """Tell whether a sign stands in front of a word; what is before it is seen, too."""
    between = (text.tokens[number - 1].end, text.tokens[number].start)
    return sign.search(text.text, *between) is not None


def _is_that(text: AlignedText, token: Token) -> bool:
    """Tell "dass" from "das", which fold to the same."""
    start, end = text.span(token.start, token.end)
    return token.word == "das" and text.raw[start:end].lower() in {"dass", "daß"}


def _asks(text: AlignedText, end: int) -> bool:
    """Tell whether a question mark follows the word that ends at ``end``."""
    return text.text[end : end + 2].lstrip().startswith("?")
