"""What a citizen typed, before anything looks at it."""

from __future__ import annotations

import re
import unicodedata

from german.normal_form import clean

TEXT_LIMIT_CHARACTERS = 2_000
"""Longer text is answered without the engine (decisions.md 3)."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BLANK_LETTERS = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")  # letters by name, empty to the eye


def storable(raw: str) -> str:
    """Return text in NFC without NUL and lone surrogates, which no database keeps."""
    return unicodedata.normalize("NFC", _UNSTORABLE.sub("", raw))


def is_blank(text: str) -> bool:
    """Tell whether nothing in ``text`` can be seen."""
    return not clean(_BLANK_LETTERS.sub("", text))


def is_too_long(text: str) -> bool:
    """Tell whether ``text`` is longer than the engine may read."""
    return len(text) > TEXT_LIMIT_CHARACTERS
