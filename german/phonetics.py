"""Kölner Phonetik: one code for German words that sound alike.

Source: Hans Joachim Postel, "Die Kölner Phonetik", IBM-Nachrichten 19 (1969).
"""

from __future__ import annotations

from functools import lru_cache

from german.normal_form import clean

_PLAIN = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "s", "é": "e", "è": "e", "á": "a"})
_SIMPLE = {
    **dict.fromkeys("aeijouy", "0"), "b": "1", **dict.fromkeys("fvw", "3"),
    **dict.fromkeys("gkq", "4"), "l": "5", **dict.fromkeys("mn", "6"), "r": "7",
    **dict.fromkeys("sz", "8"),
}  # fmt: skip


@lru_cache(maxsize=20_000)
def cologne_code(word: str) -> str:
    """Give the phonetic code of a word: "Müller" and "Miller" → "657".

    Args:
        word: A word or name in any spelling; other signs than letters are ignored.
    """
    spelt = clean(word).lower().translate(_PLAIN)
    letters = "".join(letter for letter in spelt if "a" <= letter <= "z")
    coded = "".join(
        _code(letters[position - 1 : position], letter, letters[position + 1 : position + 2])
        for position, letter in enumerate(letters)
    )
    return _without_repeats(coded)


def _code(before: str, letter: str, after: str) -> str:
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    if letter == "p":
        return "3" if after == "h" else "1"
    if letter in "dt":
        return "8" if after and after in "csz" else "2"
    if letter == "x":
        return "8" if before and before in "ckq" else "48"
    if letter == "c":
        return _code_of_c(before, after)
    return ""  # h is silent


def _code_of_c(before: str, after: str) -> str:
    if not before:
        return "4" if after and after in "ahkloqrux" else "8"
    if before in "sz":
        return "8"
    return "4" if after and after in "ahkoqux" else "8"


def _without_repeats(code: str) -> str:
    kept = [digit for position, digit in enumerate(code) if code[position - 1 : position] != digit]
    return "".join(digit for position, digit in enumerate(kept) if digit != "0" or position == 0)
