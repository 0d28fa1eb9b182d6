"""Phone numbers, mail addresses, case codes, money, ages and counts in text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from german.normal_form import LONGEST_TEXT, AlignedText, aligned
from german.numbers import CARDINAL_WORDS, number_from_word

_NUMBER = rf"(?:\d{{1,4}}|{'|'.join(word for word in CARDINAL_WORDS if len(word) > 2)})"
_WORDS = rf"(?:{_NUMBER}|[a-z]{{0,12}}hundert[a-z]{{0,24}})"
_PHONE = re.compile(r"(?<![\w.])(?:\+|00)?\d(?:[\s()/.-]{0,3}\d){5,14}(?![\w])")
_TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(0\)")
_DIGIT_WORDS = {
    "null": "0", "eins": "1", "ein": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4",
    "funf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
}  # fmt: skip
_SPOKEN_PHONE = re.compile(rf"\bnull(?: (?:{'|'.join(_DIGIT_WORDS)})\b){{6,14}}")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_SPOKEN_MAIL = re.compile(
    r"\b((?:[a-z0-9_-]{1,40} punkt ){0,2}[a-z0-9._-]{1,64}) at ([a-z0-9-]{1,63}) punkt"
    r" (de|com|net|org|eu)\b"
)
_BRACKET_MAIL = re.compile(
    r"([\w.+-]{1,64}) ?[(\[](?:at|a)[)\]] ?([\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
)
_MONEY = re.compile(
    r"(?<![\w.])(\d{1,6}(?:\.\d{3})*(?:,\d{1,2})?|\d{1,6}\.\d\d)\s?(?:€|eur\b|euro\b|euronen\b)"
    r"(?: (\d\d)(?![\w.,:]| ?uhr))?|€\s?(\d{1,6}(?:,\d{1,2})?)"
)
_SPOKEN_MONEY = re.compile(rf"\b({_WORDS}) euro(?: ({_NUMBER})\b(?! (?:und|uhr)))?")
_CENTS = re.compile(rf"\b({_NUMBER}) cents?\b")
_AGE = re.compile(
    rf"\b({_NUMBER})[\s-]?(?:jahre?n?|j\.|monate?) ?(?:alt\b|alte[nrms]?\b|jung\b)"
    rf"|\b({_NUMBER})[\s-]?jahrige[nrms]?\b|\b({_NUMBER})[\s-]?jahrig\b"
    rf"|\b(?:ist|bin|wird|werde|wurde|alter|unter|uber|ab) (?:jetzt |schon |erst |gerade |bald )?"
    rf"({_NUMBER})(?: jahren?)?(?=$|[.,!?;]| geworden| und )"
)
_COUNT = re.compile(
    rf"\b({_NUMBER}) (?:stuck|personen|leute|kinder|kindern|hunde|hunden|katzen|tonnen|sacke"
    r"|exemplare|kopien|termine|koffer|mobel|mobelstucke|mal|gaste|matratzen|mulltonnen|tiere"
    r"|zimmer|teilnehmer|erwachsene|fahrrader|reifen|baume|parkplatze|stuhle|sessel)\b"
)
_TOGETHER = {"zu zweit": 2, "zu dritt": 3, "zu viert": 4, "zu funft": 5, "zu sechst": 6}
_TOGETHER_WORDS = re.compile(rf"\b(?:{'|'.join(_TOGETHER)})\b")
_CODE_PART = r"(?:[a-z]{1,4}|(?=[a-z]{0,7}\d)[a-z0-9]{1,8})"
_CODE = re.compile(
    rf"(?<![\w-])(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z]){_CODE_PART}(?:-{_CODE_PART}){{1,3}}(?![\w-])"
)
_CODE_CUE = re.compile(
    r"\b(?:nummer|numer|vorgang|vorgangsnumer|vorgangsnummer|aktenzeichen|az|code|ticket|ticketnumer"
    r"|buchungscode|kennung|meldung)[\s.:#]*(?:ist |lautet |nr\.? )?"
    r"((?=[a-z0-9-]*\d)[a-z0-9][a-z0-9/-]{3,24})(?![\w])"
)

_MOST_DETAILS = 50


@dataclass(frozen=True)
class Detail:
    """A detail found in a text.

    Attributes:
        kind: ``telefon``, ``email``, ``geld``, ``alter``, ``anzahl`` or ``vorgang``.
        value: Normal form: ``+492932123456``, ``46.00``, ``7``, ...
        start: First character in the raw text.
        end: One past the last character.
    """

    kind: str
    value: str
    start: int
    end: int


def find_details(text: str | AlignedText) -> list[Detail]:
    """Find all details in a text.

    Args:
        text: Raw or folded text; at most `LONGEST_TEXT` characters are looked at.

    Returns:
        At most 50 details in the order of the kinds; none overlaps one of an earlier kind.
    """
    folded = text if isinstance(text, AlignedText) else aligned(text[:LONGEST_TEXT])
    taken: list[tuple[int, int]] = []
    found: list[Detail] = []
    for kind, value, start, end in _candidates(folded.text[:LONGEST_TEXT]):
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            continue
        taken.append((start, end))
        found.append(_detail(folded, kind, value, start, end))
        if len(found) == _MOST_DETAILS:
            break
    return found


def phone_number(written: str) -> str | None:
    """Normalise a German phone number: "02921 / 103-0" → "+4929211030".

    Args:
        written: Digits with the usual separators.

    Returns:
        The number with country code, or None when it cannot be one.
    """
    international = written.lstrip().startswith(("+", "00"))
    bare = _TRUNK_ZERO.sub("", written) if international else written
    digits = re.sub(r"[^\d+]", "", bare)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+49" + digits[1:]
    return digits if digits.startswith("+") and 9 <= len(digits) <= 16 else None


def _detail(folded: AlignedText, kind: str, value: str, start: int, end: int) -> Detail:
    raw_start, raw_end = folded.span(start, end)
    written = folded.raw[raw_start:raw_end]
    if kind == "email" and "@" in written:  # folding would change the address
        value = written.lower()
    return Detail(kind, value, raw_start, raw_end)


def _candidates(text: str) -> Iterator[tuple[str, str, int, int]]:
    if "@" in text or " at " in text or "at)" in text or "(a)" in text or "at]" in text:
        yield from _mails(text)
    for match in _SPOKEN_PHONE.finditer(text):
        digits = "".join(_DIGIT_WORDS[word] for word in match.group().split())
        yield "telefon", phone_number(digits) or digits, match.start(), match.end()
    has_digit = any(sign.isdigit() for sign in text)
    if has_digit:
        yield from _digits(text)
    yield from _amounts(text)
    for pattern, kind in ((_AGE, "alter"), (_COUNT, "anzahl")):
        for match in pattern.finditer(text):
            group = match.lastindex or 1
            number = _value(match.group(group))
            if number is not None and kind == "alter" and "monat" in match.group():
                number //= 12
            if number is not None and (kind != "alter" or number < 121):
                yield kind, str(number), match.start(group), match.end()
    for match in _TOGETHER_WORDS.finditer(text):
        yield "anzahl", str(_TOGETHER[match.group()]), match.start(), match.end()


def _mails(text: str) -> Iterator[tuple[str, str, int, int]]:
    for match in _MAIL.finditer(text):
        address = match.group().rstrip(".")
        yield "email", address, match.start(), match.start() + len(address)
    for match in _SPOKEN_MAIL.finditer(text):
        name, host, country = match.groups()
        address = f"{name.replace(' punkt ', '.')}@{host}.{country}"
        yield "email", address, match.start(), match.end()
    for match in _BRACKET_MAIL.finditer(text):
        yield "email", f"{match.group(1)}@{match.group(2)}", match.start(), match.end()


def _digits(text: str) -> Iterator[tuple[str, str, int, int]]:
    for match in _PHONE.finditer(text):
        number = phone_number(match.group())
        if number is not None and not _is_date(match.group()):
            yield "telefon", number, match.start(), match.end()
    for match in _CODE_CUE.finditer(text):
        yield "vorgang", match.group(1).upper(), match.start(1), match.end(1)
    for match in _CODE.finditer(text):
        yield "vorgang", match.group().upper(), match.start(), match.end()


def _amounts(text: str) -> Iterator[tuple[str, str, int, int]]:
    if "eur" in text or "€" in text:
        for match in _MONEY.finditer(text):
            written = _decimal(match.group(1) or match.group(3))
            cents = f".{match.group(2)}" if match.group(2) and "." not in written else ""
            yield "geld", f"{float(written + cents):.2f}", match.start(), match.end()
        for match in _SPOKEN_MONEY.finditer(text):
            euros, small = _value(match.group(1)), _value(match.group(2) or "0")
            if euros is not None and small is not None and small < 100:
                yield "geld", f"{euros}.{small:02d}", match.start(), match.end()
    for match in _CENTS.finditer(text):
        amount = _value(match.group(1))
        if amount is not None and amount < 100:
            yield "geld", f"0.{amount:02d}", match.start(), match.end()


def _decimal(written: str) -> str:
    """Write an amount with a decimal point: "1.250,50" → "1250.50", "37.50" stays."""
    if re.fullmatch(r"\d{1,6}\.\d\d", written):
        return written
    return written.replace(".", "").replace(",", ".")


def _value(written: str) -> int | None:
    return int(written) if written.isdigit() else number_from_word(written)


def _is_date(written: str) -> bool:
    return re.fullmatch(r"[0-3]?\d\.\s?[01]?\d\.\s?(?:\d\d){1,2}", written.strip()) is not None
