"""What the classifier reads of a message: its words without names, and marks.

"Wo ist das Rathaus in Soest" and "wo ist das standesamt in olpe" ask for the same.
Names of towns, streets and offices, dates and numbers are therefore replaced by their
kind; what names the concern itself (services, documents, bins) stays and is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from german.courtesy import without_courtesy
from german.normal_form import classifier_text

MASKED = frozenset(
    {"stadt", "strasse", "hausnummer", "datum", "uhrzeit", "telefon", "email", "geld",
     "vorgang", "amt"}
)  # fmt: skip
MARKED_VALUES = frozenset({"leistung", "amt", "dokument", "abfallart"})
_WHOLE = 0.8


@dataclass(frozen=True)
class Reading:
    """A message as the classifier reads it.

    Attributes:
        text: Folded words without polite frames, names replaced by their kind.
        marks: Kinds of entities, values that name a concern, ``nothing_else`` when the
            message consists of entities only.
    """

    text: str
    marks: tuple[str, ...]


def read(text: str, entities: Sequence[Mapping[str, Any]]) -> Reading:
    """Read a message.

    Args:
        text: What the citizen wrote.
        entities: Entities with `entity`, `value`, `start` and `end`.
    """
    placed = [entity for entity in entities if "start" in entity and "end" in entity]
    concern = without_courtesy(classifier_text(_masked(text, placed)))
    return Reading(concern, _marks(text, placed))


def _masked(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    pieces: list[str] = []
    position = 0
    named = [entity for entity in entities if entity["entity"] in MASKED]
    for entity in sorted(named, key=lambda each: (each["start"], -each["end"])):
        if entity["start"] < position:
            continue
        pieces += [text[position : entity["start"]], f" x{entity['entity']} "]
        position = entity["end"]
    return "".join([*pieces, text[position:]])


def _marks(text: str, entities: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    marks = {str(entity["entity"]) for entity in entities}
    marks |= {
        f"{entity['entity']}={entity['value']}"
        for entity in entities
        if entity["entity"] in MARKED_VALUES
    }
    covered = {place for each in entities for place in range(each["start"], each["end"])}
    letters = sum(not sign.isspace() for sign in text)
    if entities and sum(not text[place].isspace() for place in covered) >= _WHOLE * letters:
        marks.add("nothing_else")
    return tuple(sorted(marks))
