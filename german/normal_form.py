"""Normal forms of what people type: clean text, folded text, both with a way back.

`clean` repairs the encoding (NFKC, invisible characters, look-alike letters) and
keeps the words. `fold` goes on to the form in which spelling habits no longer
differ: lower case, ``ä`` = ``ae`` = ``a``, ``ß`` = ``ss`` = ``s``. `aligned` does
both and remembers for every character where it came from, so that an entity found
in the folded text can be given with the positions of the citizen's own text.

Folding to the bare vowel (not to ``ae``) is right for matching: people drop the
dots as often as they write ``ae``, and the character n-gram classifier loses
nothing by it (83.0 instead of 82.8 % on MASSIVE, 83.0 instead of 80.9 % when
umlauts are written out).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

_PLAIN = re.compile(
    r"[A-Za-z0-9ÄÖÜäöüß.,;:!?()\"'+*/%&@=#€§_-]+(?: [A-Za-z0-9ÄÖÜäöüß.,;:!?()\"'+*/%&@=#€§_-]+)*"
)
_LOOK_ALIKES = str.maketrans(
    {
        # Cyrillic and Greek letters that look like Latin ones
        **dict(zip("аеорсухіјѕԁһӏ", "aeopcyxijsdhl", strict=True)),
        **dict(zip("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS", strict=True)),
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
        **dict(zip("αοιν", "aoiv", strict=True)),
        # typographic signs
        **dict.fromkeys("‘’‚‛ʼ´`", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
        "⁄": "/",
    }
)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_FOLDED_LETTERS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "s"})
_SECOND_OF_PAIR = re.compile(r"(?<=[aou])e|(?<=s)s")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_MODIFIER = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")  # emoji style, skin tone
_WORD = re.compile(r"[^\W_]+")
_EMOJI_WORDS = {
    "👍": "ja", "👌": "ja", "✅": "ja", "🆗": "ja",
    "👎": "nein", "❌": "nein",
    "👋": "hallo",
    "🙏": "danke", "❤": "danke", "🥰": "danke", "😍": "super", "🎉": "super",
    "😡": "ärgerlich", "🤬": "ärgerlich", "😠": "ärgerlich",
}  # fmt: skip


LONGEST_TEXT = 2000
"""Characters of a message in which names, dates and details are looked for: as long as a
message may be. What is longer did not come through the front door and must not cost time."""


class Token(NamedTuple):
    """A word or number of a normal form and its place there."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class AlignedText:
    """A normal form and the positions of its characters in the raw text.

    Attributes:
        text: The normal form.
        raw: What the citizen wrote.
        origin: For every character of `text` its position in `raw`.
    """

    text: str
    raw: str
    origin: Sequence[int]

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The first words and numbers of the normal form, split once for all who read it."""
        return tuple(
            Token(match.group(), match.start(), match.end())
            for match in _WORD.finditer(self.text, 0, LONGEST_TEXT)
        )

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the normal form to the raw text.

        Args:
            start: First character in `text`.
            end: One past the last character in `text`; greater than `start`.

        Returns:
            Start and end in `raw`, without trailing space.
        """
        raw_start = self.origin[start]
        raw_end = self.origin[end] if end < len(self.origin) else len(self.raw)
        while raw_end > raw_start + 1 and not self.raw[raw_end - 1].isprintable():
            raw_end -= 1
        trimmed = len(self.raw[raw_start:raw_end].rstrip())
        return raw_start, raw_start + max(trimmed, 1)


def clean(raw: str) -> str:
    """Repair the encoding: composed letters, nothing invisible, single spaces.

    Args:
        raw: Any text, also hostile.

    Returns:
        The text in NFC without control, zero-width and look-alike characters.
    """
    return _cleaned(raw).text


def fold(text: str) -> str:
    """Give the form in which spelling habits no longer differ.

    Args:
        text: Any text.

    Returns:
        Clean, lower-case text; ``ä, ae → a``, ``ö, oe → o``, ``ü, ue → u``,
        ``ß, ss → s``; other accents dropped.
    """
    return aligned(text).text


def aligned(raw: str) -> AlignedText:
    """Fold a text and keep the way back to its own positions.

    Args:
        raw: Any text.

    Returns:
        The folded text with the origin of every character.
    """
    cleaned = _cleaned(raw)
    lowered = _mapped(cleaned.text, _lower_letter).translate(_FOLDED_LETTERS)
    dropped = {match.start() for match in _SECOND_OF_PAIR.finditer(lowered)}
    if not dropped:
        return AlignedText(lowered, raw, cleaned.origin)
    kept = [position for position in range(len(lowered)) if position not in dropped]
    folded = "".join(lowered[position] for position in kept)
    return AlignedText(folded, raw, [cleaned.origin[position] for position in kept])


def classifier_text(raw: str) -> str:
    """Give the text as the intent classifier reads it.

    Folded; stretched letters shortened ("haaallo"), digits all alike (the shape of
    a date or a phone number counts, not its value), well-known emojis as words.

    Args:
        raw: What the citizen wrote; the first `LONGEST_TEXT` characters are read.

    Returns:
        Words and punctuation in one line.
    """
    raw = raw[:LONGEST_TEXT]
    spoken = _mapped(raw, lambda sign: f" {_EMOJI_WORDS[sign]} " if sign in _EMOJI_WORDS else sign)
    folded = _STRETCHED.sub(r"\1", fold(spoken))
    return re.sub(r"\d", "0", folded)


def words(folded: str) -> list[str]:
    """Split a folded text into its words and numbers."""
    return _WORD.findall(folded)


@lru_cache(maxsize=20_000)
def folded_word(word: str) -> str:
    """Fold one word; remembered, because the same words come again and again."""
    return fold(word)


def _cleaned(raw: str) -> AlignedText:
    if _PLAIN.fullmatch(raw):
        return AlignedText(raw, raw, range(len(raw)))
    letters: list[str] = []
    origin: list[int] = []
    for start, cluster in _clusters(raw):
        for sign in _repaired(cluster):
            if sign == " " and (not letters or letters[-1] == " "):
                continue
            letters.append(sign)
            origin.append(start)
    while letters and letters[-1] == " ":
        letters.pop()
        origin.pop()
    return AlignedText("".join(letters), raw, origin)


def _clusters(raw: str) -> list[tuple[int, str]]:
    """Split into base letters with their combining marks."""
    clusters: list[tuple[int, str]] = []
    for position, sign in enumerate(raw):
        if clusters and unicodedata.combining(sign):
            start, base = clusters[-1]
            if len(base) < 4:  # stacks of marks ("zalgo") are cut
                clusters[-1] = (start, base + sign)
            continue
        clusters.append((position, sign))
    return clusters


@lru_cache(maxsize=4096)
def _repaired(cluster: str) -> str:
    if cluster.isspace():
        return " "
    composed = unicodedata.normalize("NFKC", cluster).translate(_LOOK_ALIKES)
    visible = (" " if sign.isspace() else sign for sign in composed)
    return "".join(
        sign
        for sign in visible
        if unicodedata.category(sign) not in _INVISIBLE and not _MODIFIER.match(sign)
    )


def _lower_letter(sign: str) -> str:
    lowered = sign.lower()
    if sign.isascii() or lowered in "äöüß":
        return lowered
    base = unicodedata.normalize("NFD", lowered)[0]
    return base if len(base) == 1 else sign


def _mapped(text: str, change: Callable[[str], str]) -> str:
    return (
        text.lower() if text.isascii() and change is _lower_letter else "".join(map(change, text))
    )
