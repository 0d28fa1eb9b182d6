"""What a citizen typed, and what a button of ours said.

Typed text never becomes a command. Rasa reads ``/intent{"entity": "value"}`` at
the end of its pipeline as an order; two things keep typed text from it:
`typed` removes whatever could stand for a leading slash, and the processor
never runs Rasa's handler at all (see `bot.processor`). A button's payload comes
in its own field, from the conversation service's own store, and is read here,
strictly, by `pressed`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Union

from bot.failures import WrongTurn

Value = Union[str, int, float, bool]  # noqa: UP007 (evaluated at run time on 3.10)
PAYLOAD_LIMIT = 1_000
VALUE_LIMIT = 300
SLASHES = frozenset("/\\\u2044\u2215\u29f8\u29f9\u2571\u27cb\u2afd\uff0f\ufe68\uff3c")
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]{0,63})(\{.*\})?\Z", re.DOTALL)
_COMMAND = re.compile(r"[^\s{]*\s*(\{.*(\}|\Z))?", re.DOTALL)
_KEPT_CONTROLS = frozenset("\n\t\u200d")  # \u200d joins emojis


@dataclass(frozen=True)
class Pressed:
    """A button's meaning: its intent and the entities that belong to it."""

    intent: str
    entities: dict[str, Value]


def typed(text: str) -> str:
    """Return typed text as the engine may see it: NFC, harmless, without a leading slash.

    Removes control and format characters, lone surrogates and everything at the
    start that is blank, invisible or looks like a slash. A word right behind a slash
    is an attempt at a command, with or without ``{...}``: it goes, too, so that it
    is not understood as words of a citizen. Commands that exist were handled by the
    channel before.
    """
    clean = "".join(map(_harmless, text))
    composed = unicodedata.normalize("NFC", clean).strip()
    start = 0
    while start < len(composed) and _is_prefix(composed[start]):
        start += 1
    rest = composed[start:]
    commanded = start > 0 and _is_slash(composed[start - 1])
    return _COMMAND.sub("", rest, count=1).strip() if commanded else rest


def pressed(payload: str, intents: Container[str], entities: Container[str]) -> Pressed:
    """Read a trusted button payload ``/intent`` or ``/intent{"entity": "value"}``.

    Raises:
        WrongTurn: the form is wrong, or intent or entity is unknown to the model.
    """
    match = _PAYLOAD.match(payload) if len(payload) <= PAYLOAD_LIMIT else None
    if match is None:
        raise WrongTurn('payload: must have the form /intent{"entity": "value"}')
    intent, values = match.group(1), _values(match.group(2) or "{}")
    if intent not in intents:
        raise WrongTurn("payload: the model has no such intent")
    if not all(name in entities for name in values):
        raise WrongTurn("payload: the model has no such entity")
    return Pressed(intent, values)


def _harmless(character: str) -> str:
    if character in _KEPT_CONTROLS:
        return character
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " " if character.isspace() else ""
    return "" if category in {"Cf", "Cs"} else character


def _is_slash(character: str) -> bool:
    return character in SLASHES or unicodedata.normalize("NFKC", character) in {"/", "\\"}


def _is_prefix(character: str) -> bool:
    """Tell whether a character may not begin an utterance: blank, mark, control or slash."""
    return (
        _is_slash(character)
        or not unicodedata.normalize("NFKC", character).strip()
        or unicodedata.category(character)[0] in "CMZ"
    )


def _values(text: str) -> dict[str, Value]:
    try:
        read: Any = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise WrongTurn("payload: the entities are not a JSON object") from None
    if not isinstance(read, dict) or not all(map(_is_value, read.values())):
        raise WrongTurn("payload: entities need plain values")
    return read


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= VALUE_LIMIT and not any("\ud800" <= c <= "\udfff" for c in value)
    return isinstance(value, (int, float))


def _refuse(constant: str) -> None:
    raise ValueError(constant)
