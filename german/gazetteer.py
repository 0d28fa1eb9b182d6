"""Lists of names (offices, towns, waste bins, ...) and finding them in text.

A gazetteer file lists values and the names people use for them:

    source: "where the names come from"
    licence: "..."
    as_of: 2026-11-22
    confusable: [words that only look like a name]
    entries:
      - value: buergerbuero
        names: [Bürgerbüro, Bürgeramt, Einwohnermeldeamt]

Names are found in any spelling (`german.normal_form.fold`), with German endings
("des Bürgerbüros"), at the head or the end of a compound ("Sperrmüllabholung") and
with typing errors in longer words ("Bürgerbür").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from german.normal_form import LONGEST_TEXT, AlignedText, Token, aligned, fold, words

_ENDINGS = ("s", "n", "e", "es", "en", "er", "em", "ern")
_LONGEST_NAME = 6
_FUZZY_LETTERS = 6
_COMPOUND_LETTERS = 6
_LONGEST_WORD = 60


class GazetteerError(ValueError):
    """A gazetteer file has the wrong shape; the message names file and place."""


@dataclass(frozen=True)
class Entry:
    """One value and the names people use for it.

    Attributes:
        value: Normal form, for example ``buergerbuero``.
        names: Names as people write them, the best one first.
        compounds: Whether a name also counts inside a compound.
        misspelt: Whether names with typing errors count.
    """

    value: str
    names: tuple[str, ...]
    compounds: bool = True
    misspelt: bool = True


@dataclass(frozen=True)
class Mention:
    """A name found in a text.

    Attributes:
        entity: Kind of thing, the name of the gazetteer.
        value: Normal form.
        start: First character in the searched text.
        end: One past the last character.
        confidence: 1.0 for the name itself, less for compounds and typing errors.
    """

    entity: str
    value: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class _Name:
    words: tuple[str, ...]
    entry: Entry

    @property
    def value(self) -> str:
        """Normal form of what is named."""
        return self.entry.value


@dataclass
class Gazetteer:
    """All names of one kind of thing, ready to be found in text.

    Attributes:
        entity: What the names are names of.
        entries: Values with their names.
        confusable: Real words that look like a misspelt name, or hold one, and are none.
    """

    entity: str
    entries: tuple[Entry, ...]
    confusable: tuple[str, ...] = ()
    _by_first: dict[str, list[_Name]] = field(init=False, repr=False, default_factory=dict)
    _single: dict[str, _Name] = field(init=False, repr=False, default_factory=dict)
    _compound_heads: dict[str, list[str]] = field(init=False, repr=False, default_factory=dict)
    _remembered: dict[str, tuple[str, float] | None] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Build the indexes; names already given to an earlier value are skipped."""
        self._remembered.update((fold(word), None) for word in self.confusable)
        taken: set[tuple[str, ...]] = set()
        for entry in self.entries:
            for written in entry.names:
                name = _Name(tuple(words(fold(written))), entry)
                if name.words and name.words not in taken:
                    taken.add(name.words)
                    self._index(name)
        for group in self._by_first.values():
            group.sort(key=lambda name: -len(name.words))
        self._heads = {word[:end] for word in self._single for end in range(3, len(word))}
        self._by_letter: dict[str, list[str]] = {}
        for word, name in self._single.items():
            if len(word) >= _FUZZY_LETTERS and name.entry.misspelt:
                self._by_letter.setdefault(word[0], []).append(word)

    def find(self, text: str | AlignedText) -> list[Mention]:
        """Find all names in a text, longest first, without overlaps.

        Args:
            text: Raw text, or an already folded one (cheaper for several gazetteers).

        Returns:
            Mentions with positions in the raw text, in order.
        """
        folded = text if isinstance(text, AlignedText) else aligned(text[:LONGEST_TEXT])
        found = list(self._scan(folded.tokens))
        return [
            Mention(self.entity, value, *folded.span(start, end), confidence)
            for value, start, end, confidence in found
        ]

    def value_of(self, name: str) -> str | None:
        """Give the value of a name that stands alone, or None."""
        mentions = self.find(name)
        return mentions[0].value if mentions else None

    def _index(self, name: _Name) -> None:
        self._by_first.setdefault(name.words[0], []).append(name)
        if len(name.words) == 1:
            self._single[name.words[0]] = name
            if name.entry.compounds and len(name.words[0]) >= _COMPOUND_LETTERS:
                self._compound_heads.setdefault(name.words[0][:4], []).append(name.words[0])

    def _scan(self, tokens: Sequence[Token]) -> Iterator[tuple[str, int, int, float]]:
        words_only = [token.word for token in tokens]
        position = 0
        while position < len(tokens):
            hit = self._at(words_only, position)
            if hit is None:
                position += 1
                continue
            value, length, confidence = hit
            yield value, tokens[position].start, tokens[position + length - 1].end, confidence
            position += length

    def _at(self, words_only: Sequence[str], position: int) -> tuple[str, int, float] | None:
        word = words_only[position]
        window = words_only[position : position + _LONGEST_NAME]
        found = self._phrase(window) or self._joined(window)
        if found is not None:
            return found
        single = self._word(word)
        return None if single is None else (single[0], 1, single[1])

    def _phrase(self, window: Sequence[str]) -> tuple[str, int, float] | None:
        for base in _without_endings(window[0]):
            for name in self._by_first.get(base, ()):
                if _matches(name.words, window):
                    return name.value, len(name.words), 1.0
        return None

    def _joined(self, window: Sequence[str]) -> tuple[str, int, float] | None:
        """Find "bürger büro" and "sperr müll": names that were split in two."""
        if len(window) < 2 or window[0] not in self._heads or len(window[1]) < 3:
            return None
        for base in _without_endings(window[0] + window[1]):
            name = self._single.get(base)
            if name is not None and len(base) >= _FUZZY_LETTERS:
                return name.value, 2, 0.95
        return None

    def _word(self, word: str) -> tuple[str, float] | None:
        if not _COMPOUND_LETTERS <= len(word) <= _LONGEST_WORD or word.isdigit():
            return None
        if word not in self._remembered:
            if len(self._remembered) > 50_000:
                self._remembered = {fold(known): None for known in self.confusable}
            self._remembered[word] = self._compound(word) or self._misspelt(word)
        return self._remembered[word]

    def _compound(self, word: str) -> tuple[str, float] | None:
        heads = self._compound_heads.get(word[:4], ())
        fitting = [head for head in heads if word.startswith(head)]
        if fitting:
            return self._single[max(fitting, key=len)].value, 0.9
        for start in range(3, len(word) - _COMPOUND_LETTERS + 1):
            for base in _without_endings(word[start:]):
                name = self._single.get(base)
                if name is not None and name.entry.compounds and len(base) >= _COMPOUND_LETTERS:
                    return name.value, 0.85
        return None

    def _misspelt(self, word: str) -> tuple[str, float] | None:
        """Take a word for a name with a typing error; the first letter must be right."""
        candidates = self._by_letter.get(word[0], ())
        if len(word) < _FUZZY_LETTERS or not candidates:
            return None
        allowed = 1 if len(word) < 11 else 2
        best = process.extractOne(word, candidates, scorer=OSA.distance, score_cutoff=allowed)
        if best is None:
            return None
        return self._single[best[0]].value, 0.8 if best[1] == 1 else 0.7


def load_gazetteer(path: Path) -> Gazetteer:
    """Read one gazetteer file.

    Args:
        path: The YAML file; its stem is the name of the entity.

    Raises:
        GazetteerError: The file has the wrong shape.
        OSError: The file cannot be read.
    """
    document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    if not isinstance(document, Mapping) or not isinstance(document.get("entries"), list):
        raise GazetteerError(f"{path}: a mapping with a list 'entries' is expected")
    for key in ("source", "licence", "as_of"):
        if key not in document:
            raise GazetteerError(f"{path}: '{key}' is missing")
    entries = (_entry(raw, path) for raw in document["entries"])
    confusable = document.get("confusable") or []
    return Gazetteer(path.stem, tuple(entries), tuple(confusable))


def to_document(gazetteer: Gazetteer) -> dict[str, Any]:
    """Map a gazetteer to plain JSON types, the way `from_document` reads it."""
    return {
        "entity": gazetteer.entity,
        "confusable": list(gazetteer.confusable),
        "entries": [asdict(entry) for entry in gazetteer.entries],
    }


def from_document(document: Mapping[str, Any]) -> Gazetteer:
    """Build a gazetteer from the output of `to_document`."""
    entries = (Entry(**{**raw, "names": tuple(raw["names"])}) for raw in document["entries"])
    return Gazetteer(document["entity"], tuple(entries), tuple(document["confusable"]))


def _entry(raw: object, path: Path) -> Entry:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("value"), str):
        raise GazetteerError(f"{path}: every entry needs a text 'value', got {raw!r}")
    names = raw.get("names") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise GazetteerError(f"{path}: names of {raw['value']!r} must be a list of texts")
    return Entry(
        raw["value"],
        tuple(names),
        compounds=bool(raw.get("compounds", True)),
        misspelt=bool(raw.get("misspelt", True)),
    )


@lru_cache(maxsize=50_000)
def _without_endings(word: str) -> tuple[str, ...]:
    shorter = (
        word[: -len(ending)]
        for ending in _ENDINGS
        if word.endswith(ending) and len(word) - len(ending) >= 4
    )
    return (word, *shorter)


def _matches(name: Sequence[str], window: Sequence[str]) -> bool:
    if len(window) < len(name):
        return False
    return all(wanted in _without_endings(word) for wanted, word in zip(name, window, strict=False))
