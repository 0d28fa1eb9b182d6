"""Answers to "Was davon meinen Sie?": "das erste", "den Reisepass", "keins davon".

Source: our own rules over folded text.
"""

from __future__ import annotations

from collections.abc import Sequence

from german.normal_form import fold, words

NONE_OF_THEM = -1
"""What `read_choice` returns for "keins davon"."""


def _folded(names: str) -> frozenset[str]:
    return frozenset(map(fold, names.split()))


_PLACES = (
    _folded("erste erster erstes ersten erstere ersteres ersteren eins 1 obere oberes oberste"),
    _folded("zweite zweiter zweites zweiten zwei 2"),
    _folded("dritte dritter drittes dritten drei 3"),
)
_LAST = _folded(
    "letzte letzter letztes letzten letztere letzteres letzteren untere unteres unterste"
)
_MIDDLE = _folded("mittlere mittleres mittleren mitte")
_NONE = _folded("kein keins keines keine keinen keiner nichts nix weder anderes anderen andere")
_ABOUT = _folded(
    "das der die den dem des es ja nein nee nö ne doch bitte danke genau also dann ich meine "
    "meinte nehme möchte will wollte hätte gern gerne nummer nr punkt möglichkeit antwort frage "
    "davon von ihnen denen beiden dreien und noch um etwas was ganz eher lieber mal eigentlich "
    "da in ist war passt geht ein eine einen einem einer mein meinen meinem meiner für mich mir "
    "auf zu zum zur mit als wie gar richtig stimmt soll sollte"
)
_LONGEST = 6
_SHORTEST_STEM = 4


def read_choice(text: str, titles: Sequence[str]) -> int | None:
    """Tell which of several offered titles a short answer means.

    Args:
        text: What the citizen wrote.
        titles: What was offered, in its order.

    Returns:
        The number of the title from 0, `NONE_OF_THEM`, or None when the answer says neither.
    """
    said = words(fold(text))
    if not titles or not 0 < len(said) <= _LONGEST:
        return None
    meant = [word for word in said if word not in _ABOUT]
    if meant and all(word in _NONE or word == "nein" for word in meant):
        return NONE_OF_THEM
    if len(meant) == 1 and (place := _place(meant[0], len(titles))) is not None:
        return place
    return _by_words(meant, titles)


def is_choice(text: str) -> bool:
    """Tell whether a text is nothing but "das erste" or "nummer zwei"."""
    said = words(fold(text))
    meant = [word for word in said if word not in _ABOUT]
    named = len(meant) == 1 and len(said) <= _LONGEST and not meant[0].isdigit()
    return named and len(said) > 1 and _place(meant[0], 3) is not None


def _place(word: str, count: int) -> int | None:
    if word in _LAST:
        return count - 1
    if word in _MIDDLE:
        return 1 if count == 3 else None
    place = next((number for number, names in enumerate(_PLACES) if word in names), None)
    return place if place is not None and place < count else None


def _by_words(meant: Sequence[str], titles: Sequence[str]) -> int | None:
    """Return the title that has all the words meant; among several the shortest."""
    if not meant:
        return None
    named = [[word for word in words(fold(title)) if word not in _ABOUT] for title in titles]
    fitting = [
        (len(own), number)
        for number, own in enumerate(named)
        if all(any(_same(word, each) for each in own) for word in meant)
    ]
    fitting.sort()
    if not fitting or (len(fitting) > 1 and fitting[0][0] == fitting[1][0]):
        return None
    return fitting[0][1]


def _same(first: str, second: str) -> bool:
    """Tell whether two words begin alike: "verloren", "verlorenen"."""
    shorter = min(len(first), len(second))
    if shorter < _SHORTEST_STEM:
        return first == second
    stem = max(_SHORTEST_STEM, shorter - 2)
    return first[:stem] == second[:stem]
