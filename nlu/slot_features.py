"""What a slot tagger looks at: each word, its neighbours and the intent around them.

Plain strings, as CRFsuite wants them; the part before ``=`` names the view. Words are
folded (`german.normal_form`), so "für" and "fuer" are one word here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from german.normal_form import folded_word
from nlu.text_features import stem

LONGEST_SENTENCE = 200
"""Words of a sentence that are tagged; the rest of a longer text holds no slot."""
_SECOND_CHANCE = 0.15
"""From this probability on a second or third intent is worth looking at."""
_BEFORE, _AFTER = "^", "$"
_NUMBER_WORDS = frozenset({
    "null", "ein", "eins", "eine", "einen", "einer", "einem", "zwei", "drei", "vier", "funf",
    "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwolf", "halb", "viertel", "dreiviertel",
    "dutzend",
})  # fmt: skip
_DAYS = frozenset({
    "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
    "sonnabend",
})  # fmt: skip
_MONTHS = frozenset({
    "januar", "jannar", "februar", "marz", "april", "mai", "juni", "juli", "august",
    "september", "oktober", "november", "dezember",
})  # fmt: skip

Ranking = Sequence[tuple[str, float]]
"""Intents with their probabilities, best first."""


@dataclass(frozen=True)
class _Word:
    """A word in the forms that the features need."""

    folded: str
    stem: str
    kind: str
    own: tuple[str, ...]


def token_features(tokens: Sequence[str], ranking: Ranking) -> list[list[str]]:
    """Describe every word of a sentence.

    Args:
        tokens: Words as they were written.
        ranking: What the sentence is about, best first; may be empty.

    Returns:
        For each of the first `LONGEST_SENTENCE` words its features.
    """
    words = [_word(token) for token in tokens[:LONGEST_SENTENCE]]
    return [
        [*word.own, *_around(words, place), *_about(words, place, ranking)]
        for place, word in enumerate(words)
    ]


@lru_cache(maxsize=20_000)
def _word(token: str) -> _Word:
    folded = folded_word(token[:60])
    kind = _kind(folded)
    own = (
        f"w={folded}", f"s={stem(folded)}", f"c={kind}", f"l={min(len(folded) // 3, 5)}",
        *(f"p{length}={folded[:length]}" for length in (3, 4)),
        *(f"e{length}={folded[-length:]}" for length in (2, 3, 4)),
    )  # fmt: skip
    return _Word(folded, stem(folded), kind, own)


def _kind(folded: str) -> str:
    """Tell numbers, ordinals, weekdays and months from other words."""
    if any(sign.isdigit() for sign in folded):
        return re.sub(r"\d+", "0", folded)
    if folded in _NUMBER_WORDS or folded.endswith(("zig", "zehn", "hundert", "tausend")):
        return "number"
    if folded in _DAYS:
        return "day"
    if folded in _MONTHS:
        return "month"
    return "ordinal" if folded.endswith(("ste", "sten", "ter", "ten")) else ""


def _around(words: Sequence[_Word], place: int) -> list[str]:
    """Describe the neighbours of a word."""
    far = {step: _at(words, place + step) for step in (-2, -1, 1, 2)}
    folded = words[place].folded
    features = [f"w{step}={word.folded}" for step, word in far.items()]
    features += [f"s{step}={word.stem}" for step, word in far.items()]
    features += [f"c{step}={word.kind}" for step, word in far.items()]
    before, after = far[-1].folded, far[1].folded
    position = "first" if place == 0 else "last" if place == len(words) - 1 else str(min(place, 3))
    features += [f"wb={before}|{folded}", f"wa={folded}|{after}", f"ba={before}|{after}"]
    return [*features, f"at={position}"]


def _about(words: Sequence[_Word], place: int, ranking: Ranking) -> list[str]:
    """Combine the intent with the word and its neighbours."""
    if not ranking:
        return []
    intent, word = ranking[0][0], words[place]
    topic = intent.split("_")[0]
    before, after = _at(words, place - 1).folded, _at(words, place + 1).folded
    features = [
        f"i={intent}", f"t={topic}", f"iw={intent}|{word.stem}", f"tw={topic}|{word.stem}",
        f"ib={intent}|{before}", f"ia={intent}|{after}",
        f"ie={intent}|{word.folded[-3:]}", f"ic={intent}|{word.kind}",
    ]  # fmt: skip
    for other, probability in ranking[1:3]:
        if probability > _SECOND_CHANCE:
            features += [f"j={other}", f"jw={other}|{word.stem}"]
    return features


def _at(words: Sequence[_Word], place: int) -> _Word:
    if place < 0:
        return _START
    return words[place] if place < len(words) else _END


_START = _Word(_BEFORE, _BEFORE, _BEFORE, ())
_END = _Word(_AFTER, _AFTER, _AFTER, ())
