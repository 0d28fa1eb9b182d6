"""German number words and digits, both ways, as speech recognisers need them."""

from __future__ import annotations

import re

from text_to_num import alpha2digit, text2num  # type: ignore[import-untyped]

from german.normal_form import fold

_ONES = (
    "null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
_TENS = ("", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig",
         "neunzig")  # fmt: skip
_LONE_DIGITS = re.compile(r"(?<![\d.,:])\d(?: \d){2,}(?![\d.,:])")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which text2num (Rust) refuses."""
_LARGEST = 999_999


def spoken_number(number: int) -> str:
    """Write a whole number in words: 46 → "sechsundvierzig".

    Args:
        number: From -999,999 to 999,999.

    Raises:
        ValueError: The number is larger.
    """
    if abs(number) > _LARGEST:
        raise ValueError(f"only numbers up to {_LARGEST} have words here, not {number}")
    if number < 0:
        return "minus " + spoken_number(-number)
    spoken = _below_million(number)
    return spoken + "s" if spoken.endswith("ein") else spoken


def spoken_ordinal(number: int) -> str:
    """Write an ordinal in words, as in "am dritten": 3 → "dritten".

    Args:
        number: From 1 to 999,999.
    """
    irregular = {1: "ersten", 3: "dritten", 7: "siebten", 8: "achten"}
    head, tail = number - number % 100, number % 100
    if tail in irregular:
        return (_below_million(head) if head else "") + irregular[tail]
    return _below_million(number) + ("ten" if 0 < tail < 20 else "sten")


def digits_from_words(text: str) -> str:
    """Replace spoken numbers by digits: "um fünfzehn uhr dreißig" → "um 15 uhr 30".

    Digits spoken one by one ("fünf neun acht zwei eins") are joined to one number,
    as in a postcode, phone number or code.

    Args:
        text: A recogniser's or a citizen's text.

    Returns:
        The text with digits.
    """
    written: str = alpha2digit(_LONE_SURROGATES.sub("\ufffd", text), "de")
    return _LONE_DIGITS.sub(lambda match: match.group().replace(" ", ""), written)


def number_from_word(word: str) -> int | None:
    """Read one cardinal below 1000 or ordinal word: "dreiundzwanzigsten" → 23; else None."""
    folded = fold(word)
    for known in (_CARDINALS, _ORDINALS, _HUNDREDS):
        if folded in known:
            return known[folded]
    return None


def year_from_word(word: str) -> int | None:
    """Read a spoken year: "zweitausendsiebenundzwanzig" → 2027; else None."""
    try:
        return int(text2num(word, "de"))
    except ValueError:
        return None


def _below_million(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    head = _below_thousand(thousands) + "tausend" if thousands else ""
    return head + (_below_thousand(rest) if rest or not head else "")


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    head = _ONES[hundreds] + "hundert" if hundreds else ""
    return head + (_below_hundred(rest) if rest or not head else "")


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return (f"{_ONES[ones]}und" if ones else "") + _TENS[tens]


def _cardinals() -> dict[str, int]:
    known = {fold(spoken_number(number)): number for number in range(100)}
    known.update(
        dict.fromkeys(("ein", "eine", "einem", "einen", "einer", "eins", "nem", "ner", "nen"), 1)
    )
    known.update({"zwo": 2, "fuffzehn": 15, "fuffzig": 50, "paar": 3})
    return known


def _ordinals() -> dict[str, int]:
    known: dict[str, int] = {}
    for number in range(1, 100):
        stem = fold(spoken_ordinal(number))[:-1]
        known.update({stem + ending: number for ending in ("", "n", "r", "s")})
    known.update({"siebenten": 7, "siebente": 7, "zwoten": 2, "zwote": 2})
    return known


def _hundreds() -> dict[str, int]:
    known = {fold(spoken_number(number)): number for number in range(100, 1000)}
    bare = {
        word.removeprefix("ein"): number
        for word, number in known.items()
        if number < 200  # "hundertdrei"
    }
    return known | bare


_CARDINALS = _cardinals()
_HUNDREDS = _hundreds()
_ORDINALS = _ordinals()

CARDINAL_WORDS = tuple(sorted(_CARDINALS, key=len, reverse=True))
"""Folded cardinal words up to 99, longest first, for grammars."""
ORDINAL_WORDS = tuple(sorted(_ORDINALS, key=len, reverse=True))
"""Folded ordinal words up to 99, longest first, for grammars."""
