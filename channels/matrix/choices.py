"""Buttons in Matrix, which has none: a number, the words or a keycap reaction chooses."""

from __future__ import annotations

import re
import unicodedata

from channels.matrix.bodies import is_numbered
from channels.matrix.store import Choices
from contracts.messages import Delivery

_NUMBER = re.compile(r"\(?\s*(?:(?:nr|nummer)\.?\s*)?([1-9][0-9]?)\s*[.):]?", re.IGNORECASE)
_KEYCAP = re.compile("([1-9])\ufe0f?\u20e3")


def chosen_button(text: str, choices: Choices | None) -> str | None:
    """Return the id of the button that a text names, None when it names none."""
    if choices is None:
        return None
    wanted = _folded(text)
    for button in choices.buttons:
        if _folded(button.title) == wanted:
            return button.id
    number = _NUMBER.fullmatch(text.strip()) or _KEYCAP.fullmatch(text.strip())
    if number is None or not choices.numbered:
        return None
    place = int(number[1])
    return choices.buttons[place - 1].id if place <= len(choices.buttons) else None


def reacted_button(key: str, choices: Choices | None) -> str | None:
    """Return the id of the button that a reaction (``1️⃣``) chooses."""
    return chosen_button(key, choices) if _KEYCAP.fullmatch(key.strip()) else None


def choices_after(delivery: Delivery, before: Choices | None) -> Choices | None:
    """Return what can be chosen once a delivery is seen.

    An answer in several parts keeps the buttons of its earlier parts.
    """
    if delivery.buttons:
        return Choices(delivery.in_reply_to, is_numbered(delivery), delivery.buttons)
    if before is not None and before.answers == delivery.in_reply_to is not None:
        return before
    return None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!?")
