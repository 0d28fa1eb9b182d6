"""Typing errors, made on purpose: training on them makes the classifier forgive them."""

from __future__ import annotations

import random

_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "rzg", "z": "tuh", "u": "zij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "sqy", "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb",
    "h": "gjzn", "j": "hkum", "k": "jli", "l": "kop", "y": "axs", "x": "ycs", "c": "xvd",
    "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
"""Keys beside each other on a German keyboard."""


def misspell(text: str, errors: int, chance: random.Random) -> str:
    """Make typing errors: swapped, missing, doubled and neighbouring letters.

    Args:
        text: Folded text.
        errors: How many; texts shorter than five letters stay as they are.
        chance: Source of randomness.
    """
    letters = list(text)
    for _ in range(errors):
        places = [place for place, letter in enumerate(letters) if letter in _NEIGHBOURS]
        if len(places) < 5:
            break
        _make_error(letters, chance.choice(places), chance.randrange(4), chance)
    return "".join(letters)


def _make_error(letters: list[str], place: int, kind: int, chance: random.Random) -> None:
    if kind == 0 and place + 1 < len(letters):
        letters[place], letters[place + 1] = letters[place + 1], letters[place]
    elif kind == 1:
        del letters[place]
    elif kind == 2:
        letters[place] = chance.choice(_NEIGHBOURS[letters[place]])
    else:
        letters.insert(place, letters[place])
