"""Changes that people, keyboards and speech recognisers make to sentences.

Every change is deterministic: the same seed and text give the same result. Keyboard
errors are made from the geometry of a German keyboard, independent of `nlu.noise`,
which the classifier is trained with.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from german.numbers import spoken_number

_ROWS = (("qwertzuiopü", 0.0), ("asdfghjklöä", 0.25), ("yxcvbnm", 0.75))
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_PUNCTUATION = re.compile(r"[.,;:!?()\"'„“”‚‘’…–-]+")
_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)
_DROPPED = str.maketrans("äöüÄÖÜß", "aouAOUs")
_LARGEST_NUMBER = 999_999
_SHORTEST_PART = 4
_OPENINGS = (
    "Guten Tag, ", "Hallo zusammen, ", "Guten Morgen, ich habe eine Frage: ",
    "Entschuldigen Sie die Störung, ", "Hallo, können Sie mir bitte helfen? ",
    "Sehr geehrte Damen und Herren, ",
)  # fmt: skip
_CLOSINGS = (
    " Vielen Dank!", " Danke im Voraus.", " Mit freundlichen Grüßen", " Danke schon mal", " Bitte.",
    " Herzlichen Dank für Ihre Mühe.",
)  # fmt: skip


@dataclass(frozen=True)
class Perturbation:
    """One kind of change.

    Attributes:
        name: Key in the report.
        change: Makes a changed text of a text, a source of chance and known words.
        allowed_loss: Points that the change may cost.
    """

    name: str
    change: Callable[[str, random.Random, frozenset[str]], str]
    allowed_loss: float = 3.0

    def apply(self, text: str, words: frozenset[str], seed: int = 0) -> str:
        """Change a text.

        Args:
            text: A sentence.
            words: Known words, lower case, for compounds.
            seed: Other seeds make other errors.
        """
        chance = random.Random(f"{seed}:{self.name}:{text}")  # noqa: S311 -- reproducible
        return self.change(text, chance, words)


def known_words(texts: Iterable[str]) -> frozenset[str]:
    """Collect the words of texts, lower case."""
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


def neighbours(key: str) -> str:
    """Return the keys beside a key of a German keyboard."""
    places = {
        letter: (column + shift, float(row))
        for row, (letters, shift) in enumerate(_ROWS)
        for column, letter in enumerate(letters)
    }
    if key not in places:
        return ""
    x, y = places[key]
    return "".join(
        letter
        for letter, (column, row) in places.items()
        if letter != key and abs(row - y) <= 1 and abs(column - x) <= 1
    )


_NEIGHBOURS = {letter: neighbours(letter) for letters, _ in _ROWS for letter in letters}
_FEWEST_LETTERS = 5


def _mistype(text: str, chance: random.Random, errors: int) -> str:
    """Hit neighbouring keys at different places; very short texts stay as they are."""
    places = [place for place, letter in enumerate(text) if letter.lower() in _NEIGHBOURS]
    if len(places) < _FEWEST_LETTERS:
        return text
    letters = list(text)
    for place in chance.sample(places, errors):
        hit = chance.choice(_NEIGHBOURS[letters[place].lower()])
        letters[place] = hit.upper() if letters[place].isupper() else hit
    return "".join(letters)


def _one_typo(text: str, chance: random.Random, _words: frozenset[str]) -> str:
    return _mistype(text, chance, 1)


def _two_typos(text: str, chance: random.Random, _words: frozenset[str]) -> str:
    return _mistype(text, chance, 2)


def _written_out(text: str, _chance: random.Random, _words: frozenset[str]) -> str:
    return text.translate(_WRITTEN_OUT)


def _dropped(text: str, _chance: random.Random, _words: frozenset[str]) -> str:
    return text.translate(_DROPPED)


def _lower(text: str, _chance: random.Random, _words: frozenset[str]) -> str:
    return text.lower()


def _unpunctuated(text: str, _chance: random.Random, _words: frozenset[str]) -> str:
    return " ".join(_PUNCTUATION.sub(" ", text).split())


def _split(text: str, _chance: random.Random, words: frozenset[str]) -> str:
    """Write compounds of two known words apart, as recognisers do: "sperr müll"."""
    return _WORD.sub(lambda match: _parted(match.group(), words), text)


def _parted(word: str, words: frozenset[str]) -> str:
    lower = word.lower()
    middle = len(word) / 2
    places = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
    for place in sorted(places, key=lambda each: abs(each - middle)):
        head, tail = lower[:place], lower[place:]
        if tail in words and (head in words or (head[-1] == "s" and head[:-1] in words)):
            return f"{word[:place]} {word[place:]}"
    return word


def _joined(text: str, chance: random.Random, words: frozenset[str]) -> str:
    """Write two neighbouring words as one: a known compound, else two longer words."""
    pairs = [
        (first, second)
        for first, second in zip(_WORD.finditer(text), list(_WORD.finditer(text))[1:], strict=False)
        if text[first.end() : second.start()] == " "
    ]
    compounds = [
        pair for pair in pairs if (pair[0].group() + pair[1].group()).lower() in words
    ] or [pair for pair in pairs if all(len(each.group()) >= _SHORTEST_PART for each in pair)]
    if not compounds:
        return text
    first, second = chance.choice(compounds)
    return text[: first.end()] + second.group().lower() + text[second.end() :]


def _number_words(text: str, _chance: random.Random, _words: frozenset[str]) -> str:
    return _NUMBER.sub(lambda match: _in_words(match.group()), text)


def _in_words(digits: str) -> str:
    if (digits.startswith("0") and len(digits) > 1) or int(digits) > _LARGEST_NUMBER:
        return " ".join(spoken_number(int(digit)) for digit in digits)
    return spoken_number(int(digits))


def _polite(text: str, chance: random.Random, _words: frozenset[str]) -> str:
    return chance.choice(_OPENINGS) + text + chance.choice(_CLOSINGS)


PERTURBATIONS = (
    Perturbation("umlauts_written_out", _written_out),
    Perturbation("umlauts_dropped", _dropped),
    Perturbation("one_typo", _one_typo),
    Perturbation("two_typos", _two_typos, 6.0),
    Perturbation("lower_case", _lower),
    Perturbation("no_punctuation", _unpunctuated),
    Perturbation("split_compounds", _split),
    Perturbation("joined_words", _joined),
    Perturbation("number_words", _number_words),
    Perturbation("polite", _polite),
)
