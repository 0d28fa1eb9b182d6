"""Street names as people write and say them, with house numbers.

"Linden Strasse 14a", "lindenstr. 14 a", "in der linden straße vierzehn a" and
"Lindenstaße" all mean Lindenstraße 14a. Names are compared by a key (folded, without
spaces, "straße" as "str"), then by typing errors, then by sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from german.normal_form import LONGEST_TEXT, AlignedText, Token, aligned, fold
from german.numbers import number_from_word
from german.phonetics import cologne_code

_TOKEN = re.compile(r"[^\W_]+")
_STREET_END = re.compile(
    r"(?:strasen|strasse|strase|strsse|strse|starse|starsse|srase|stras|stase|strae|str)$"
)
_WAY = re.compile(
    r"(?:str|weg|platz|gase|alle|ring|ufer|wall|damm|pfad|stieg|steig|markt|kamp|graben|hof|tor"
    r"|berg|feld|siedlung|wiese|promenade|chause|twiete|höhe|hohe|tal|brucke|eck|winkel|busch)$"
)
_HOUSE_NUMBER = re.compile(
    r"[\s,.]*(?:nr\.?|numer|nummer|hausnumer|hausnummer)?\s*"
    r"(\d{1,3})(?!\d|[.:]\d|\s*(?:uhr|euro|€|prozent|%|personen|leute|kinder|mal|woche|tage|tonne|stuck|hunde))(?:\s*-\s*\d{1,3}(?!\d))?"
    r"(?:\s?([a-h])(?![^\W\d_]))?"
)
_SPOKEN_NUMBER = re.compile(
    r"[\s,]*(?:nr\.?|numer|nummer|hausnumer|hausnummer)?\s*([a-z]+)(?:\s([a-h])(?!\w))?"
)
_PLACE_WORDS = frozenset(
    ("am", "an", "in", "im", "auf", "zum", "zur", "wohne", "wohnen", "wohnhaft", "bei", "beim")
)
_ARTICLES = frozenset({"der", "dem", "den", "die", "ein", "eine", "einem", "einen", "einer"})
_SHORT_FORMS = {
    "sankt": "st", "doktor": "dr", "professor": "prof", "bgm": "burgermeister",
    "bgmstr": "burgermeister",
}  # fmt: skip
_JOINED_NUMBER = re.compile(r"([^\W\d_]{5,})(\d{1,3}[a-h]?)")
_LONGEST_NAME = 5
_ACCEPTED = 0.82
_CLEAR_LEAD = 0.06
_CLEARLY = 0.85
"""How near "im Winckel" must be to a street that no word like "Straße" gives away."""
_BY_TAIL = 0.9
_SHORTEST_TAIL = 9
_SHORTEST_LAST = 4


@dataclass(frozen=True)
class StreetMatch:
    """A street that was found or is meant.

    Attributes:
        name: Canonical name, for example ``Lindenstraße``.
        house_number: For example ``14a``; None when none was given.
        score: 1.0 for the name itself, less for errors.
        start: First character in the searched text.
        end: One past the last character of the street's name.
        number_start: First character of the house number, or `end`.
        number_end: One past the house number, or `end`.
        alternatives: Other names that are nearly as likely, best first; when there
            are any the citizen should be asked.
    """

    name: str
    house_number: str | None
    score: float
    start: int
    end: int
    number_start: int
    number_end: int
    alternatives: tuple[str, ...] = ()


def street_key(name: str) -> str:
    """Give the key under which spellings of one street agree.

    "Linden Strasse", "Linden-Str." and "Lindenstraße" → ``lindenstr``.
    """
    return _joined_key(_TOKEN.findall(fold(name)))


class StreetIndex:
    """Street names of one or several towns, ready to be found."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._by_key = {street_key(name): name for name in reversed(self.names)}
        self._by_key.pop("", None)
        self._keys = list(self._by_key)
        self._by_tail = _tails(self.names, self._by_key)
        heads = [*self._keys, *self._by_tail, *_SHORT_FORMS]
        self._heads = {key[:length] for key in heads for length in (1, 2, 3)}
        self._openings = _PLACE_WORDS.intersection(
            words[0] for words in map(_words, self.names) if len(words) > 1
        )
        self._by_sound: dict[str, list[str]] = {}
        for key in self._keys:
            self._by_sound.setdefault(cologne_code(key), []).append(key)
        self._remembered: dict[str, tuple[tuple[str, float], ...]] = {}

    def find(self, text: str | AlignedText) -> list[StreetMatch]:
        """Find streets inside a message.

        Names of one word that are no compound of a way ("Markt", "Osthofe") count only
        behind a word of place or before a house number.

        Args:
            text: Raw or folded text.

        Returns:
            Matches with positions in the raw text, without overlaps.
        """
        folded = text if isinstance(text, AlignedText) else aligned(text[:LONGEST_TEXT])
        tokens = _split_numbers(folded.tokens[:400])
        return list(self._scan(folded, tokens))

    def match(self, name: str) -> StreetMatch | None:
        """Take a text as a street (an answer to "Welche Straße?").

        Args:
            name: What the citizen answered, with or without words around it.

        Returns:
            The best street, or None when nothing is near enough.
        """
        found = self.find(name)
        if found:
            return max(found, key=lambda match: match.score)
        folded = aligned(name[:LONGEST_TEXT])
        tokens = list(folded.tokens[:12])
        while tokens and tokens[0].word in _PLACE_WORDS | _ARTICLES | {"ich", "das", "ist"}:
            tokens.pop(0)
        words = [token for token in tokens if not token.word[0].isdigit()][:_LONGEST_NAME]
        for length in range(len(words), 0, -1):
            for ending in ("", "str"):  # "Jakobi" for Jakobistraße
                match = self._near(folded, words[:length], ending)
                if match is not None:
                    return match
        return None

    def _scan(self, folded: AlignedText, tokens: Sequence[Token]) -> Iterator[StreetMatch]:
        position = 0
        while position < len(tokens):
            match, used = self._at(folded, tokens, position)
            if match is not None:
                yield match
            position += used

    def _at(
        self, folded: AlignedText, tokens: Sequence[Token], position: int
    ) -> tuple[StreetMatch | None, int]:
        window = tokens[position : position + _LONGEST_NAME]
        if window[0].word[:3] in self._heads:
            for length in range(len(window), 0, -1):
                match = self._exact(folded, tokens, position, length)
                if match is not None:
                    return match, length
        opens = window[0].word in self._openings
        for length in range(min(len(window), 4 if opens else 3), 0, -1):
            if not opens and not _is_way(window[length - 1].word):
                continue
            match = self._misspelt(folded, window[:length])
            if match is not None:
                return match, length
        return None, 1

    def _exact(
        self, folded: AlignedText, tokens: Sequence[Token], position: int, length: int
    ) -> StreetMatch | None:
        window = tokens[position : position + length]
        key = _key_of(window)
        if key in self._by_tail:
            return _street(folded, window, self._by_tail[key], _BY_TAIL)
        name = self._by_key.get(key)
        if name is None or not self._is_meant(folded, tokens, position, length, key):
            return None
        return _street(folded, window, name, 1.0)

    def _misspelt(self, folded: AlignedText, window: Sequence[Token]) -> StreetMatch | None:
        """Take a name with errors, if a word like "Straße" or "Am" shows that it is one."""
        last = window[-1].word
        if len(window) < 4 and _is_way(last) and _looks_like_street(window):
            return self._near(folded, window)
        if len(window) < 2 or len(last) < _SHORTEST_LAST or window[0].word not in self._openings:
            return None
        match = self._near(folded, window)
        return match if match and match.score > _CLEARLY and not match.alternatives else None

    def _is_meant(
        self,
        folded: AlignedText,
        tokens: Sequence[Token],
        position: int,
        length: int,
        key: str,
    ) -> bool:
        if length >= 2 or (_WAY.search(key) and len(key) >= 7):
            return True
        if _behind_place_word(tokens, position):
            return len(key) >= 4
        return (
            len(tokens) == 1 or _HOUSE_NUMBER.match(folded.text, tokens[position].end) is not None
        )

    def _near(
        self, folded: AlignedText, window: Sequence[Token], ending: str = ""
    ) -> StreetMatch | None:
        ranked = self._ranked(_key_of(window) + ending)
        if not ranked or ranked[0][1] < _ACCEPTED:
            return None
        best, score = ranked[0]
        others = tuple(name for name, other in ranked[1:] if score - other < _CLEAR_LEAD)
        return _street(folded, window, best, score, others[:3])

    def _ranked(self, key: str) -> tuple[tuple[str, float], ...]:
        if key not in self._remembered:
            if len(self._remembered) > 20_000:
                self._remembered.clear()
            self._remembered[key] = self._rank(key)
        return self._remembered[key]

    def _rank(self, key: str) -> tuple[tuple[str, float], ...]:
        if len(key) < 4:
            return ()
        near = process.extract(
            key, self._keys, scorer=OSA.normalized_similarity, score_cutoff=0.75, limit=5
        )
        scores = {candidate: score for candidate, score, _ in near}
        for candidate in self._by_sound.get(cologne_code(key), ()):
            similar = OSA.normalized_similarity(key, candidate)
            if similar >= 0.6:
                scores[candidate] = max(similar, 0.88)
        ordered = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple((self._by_key[candidate], score) for candidate, score in ordered)


def match_street(text: str, streets: StreetIndex | Iterable[str]) -> StreetMatch | None:
    """Find the street that a text names.

    Args:
        text: "in der Linden Strasse 14a", a recogniser's text or a bare name.
        streets: Street names of the town, best as a `StreetIndex` kept by the caller.

    Returns:
        The street with house number, score and alternatives, or None.
    """
    index = streets if isinstance(streets, StreetIndex) else StreetIndex(streets)
    return index.match(text)


def _words(name: str) -> list[str]:
    return _TOKEN.findall(fold(name))


def _tails(names: Iterable[str], keys: Iterable[str]) -> dict[str, str]:
    """Give the streets that are known without first names: "Adenauer-Allee"."""
    tails: dict[str, list[str]] = {}
    for name in names:
        words = _words(name)
        if len(words) > 2 and words[0] not in _PLACE_WORDS:
            tails.setdefault(_joined_key(words[-2:]), []).append(name)
    known = set(keys)
    return {
        tail: streets[0]
        for tail, streets in tails.items()
        if len(streets) == 1 and len(tail) >= _SHORTEST_TAIL and tail not in known
    }


def _key_of(window: Sequence[Token]) -> str:
    return _joined_key([token.word for token in window])


def _joined_key(words: list[str]) -> str:
    first = words[0] if words else ""
    return _STREET_END.sub("str", _SHORT_FORMS.get(first, first) + "".join(words[1:]))


def _split_numbers(tokens: Sequence[Token]) -> list[Token]:
    """Split "schulstrasse22" into street and number."""
    if all(token.word.isalpha() or token.word.isdigit() for token in tokens):
        return list(tokens)
    split: list[Token] = []
    for token in tokens:
        joined = _JOINED_NUMBER.fullmatch(token.word)
        if joined is None:
            split.append(token)
        else:
            border = token.start + joined.end(1)
            split += [
                Token(joined[1], token.start, border),
                Token(joined[2], border, token.end),
            ]
    return split


@lru_cache(maxsize=20_000)
def _is_way(word: str) -> bool:
    return _WAY.search(_STREET_END.sub("str", word)) is not None


def _looks_like_street(window: Sequence[Token]) -> bool:
    key = _key_of(window)
    return len(key) >= 6 and _WAY.search(key) is not None


def _behind_place_word(tokens: Sequence[Token], position: int) -> bool:
    before = [token.word for token in tokens[max(position - 2, 0) : position]]
    if before and before[-1] in _ARTICLES:
        before.pop()
    return bool(before) and before[-1] in _PLACE_WORDS


def _street(
    folded: AlignedText,
    window: Sequence[Token],
    name: str,
    score: float,
    alternatives: tuple[str, ...] = (),
) -> StreetMatch:
    start, end = folded.span(window[0].start, window[-1].end)
    found = _house_number(folded, window[-1].end)
    if found is None:
        return StreetMatch(name, None, score, start, end, end, end, alternatives)
    house_number, *span = found
    return StreetMatch(name, house_number, score, start, end, *folded.span(*span), alternatives)


def _house_number(folded: AlignedText, position: int) -> tuple[str, int, int] | None:
    written = _HOUSE_NUMBER.match(folded.text, position)
    if written:
        return written.group(1) + (written.group(2) or ""), written.start(1), written.end()
    spoken = _SPOKEN_NUMBER.match(folded.text, position)
    number = number_from_word(spoken.group(1)) if spoken else None
    if spoken is None or number is None or spoken.group(1) in _ARTICLES:
        return None
    return f"{number}{spoken.group(2) or ''}", spoken.start(1), spoken.end()
