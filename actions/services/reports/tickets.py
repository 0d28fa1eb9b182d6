"""Our own numbers of reports: short, readable aloud, with a check character.

The alphabet has no 0/O, 1/I/L, 2/Z, 5/S, 8/B and no U and V, which are confused on
paper and on the phone. It has 23 characters, a prime number: a sum with different
weights, modulo 23, finds every single wrong and every two exchanged characters.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
PREFIX = "M"
LENGTH = 7
"""Characters without the check character: 23^7 are 3.4 thousand million numbers."""
_SHAPE = re.compile(rf"\b{PREFIX}[\s.-]*([{ALPHABET}]{{4}})[\s.-]*([{ALPHABET}]{{4}})\b")


def new_ticket() -> str:
    """Return a new number, for example ``M-7K3F-9QXA``."""
    return _shown("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def ticket_of(text: str) -> str | None:
    """Return the first valid number in a text, in its usual form, or None."""
    for found in _SHAPE.finditer(text.upper()):
        characters = found.group(1) + found.group(2)
        if check_character(characters[:LENGTH]) == characters[LENGTH]:
            return _shown(characters[:LENGTH])
    return None


def looks_like_ticket(text: str) -> bool:
    """Tell whether a text holds something in the form of our numbers, valid or not."""
    return _SHAPE.search(text.upper()) is not None


def check_character(characters: str) -> str:
    """Return the check character: the weighted sum of all eight is divisible by 23."""
    total = sum((place + 2) * ALPHABET.index(each) for place, each in enumerate(characters))
    return ALPHABET[-total % len(ALPHABET)]


def idempotency_key(
    conversation: str, message_id: str, action: str, args: Mapping[str, Any]
) -> str:
    """Return the key of a write (engine R5): equal for a repeated call, else different."""
    parts = [conversation, message_id, action, args]
    told = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def _shown(characters: str) -> str:
    whole = characters + check_character(characters)
    return f"{PREFIX}-{whole[:4]}-{whole[4:]}"
