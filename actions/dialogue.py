"""A concern, what surrounds it, and the registry of those who answer it.

A *concern* is what a citizen wants: an intent with the words and the entities
it came with. It waits in the slot ``anliegen`` while a value is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from actions.answers import Answer, ask_town
from actions.services.access import Services
from actions.services.opening_hours import BERLIN

MAX_WAITING_TEXT = 500
CONFIRMATION = "bestaetigung"
"""What a concern waits for that was read back: a yes or a no."""
FREE_WORDS = frozenset({"mangel_text", "mangel_ort", "mangel_stelle"})
"""Values that may be whole sentences."""
MAX_CONCERNS = 3
"""Concerns of one message that are answered, one after the other."""


@dataclass(frozen=True)
class Concern:
    """What a citizen wants. ``missing`` names the value it waits for.

    ``following`` are the further concerns of the same message, which are answered
    after it; ``number`` is its place among them.
    """

    intent: str
    text: str = ""
    entities: tuple[Mapping[str, Any], ...] = ()
    missing: str | None = None
    following: tuple[Concern, ...] = ()
    number: int = 1

    def value(self, entity: str) -> str | None:
        """Return the newest value of an entity as text, or None."""
        values = self.values(entity)
        return values[-1] if values else None

    def values(self, entity: str) -> list[str]:
        """Return all values of an entity as text, in their order."""
        found = (each.get("value") for each in self.entities if each.get("entity") == entity)
        return [str(value) for value in found if value not in (None, "")]

    def with_value(self, entity: str, value: str) -> Concern:
        """Return the concern with one more entity that wins over earlier ones."""
        return replace(self, entities=(*self.entities, {"entity": entity, "value": value}))

    def with_entities(self, entities: Iterable[Mapping[str, Any]]) -> Concern:
        """Return the concern with further entities that win over earlier ones."""
        return replace(self, entities=(*self.entities, *entities))

    def to_slot(self) -> dict[str, Any]:
        """Return the concern as the slot ``anliegen`` holds it."""
        entities = [
            {"entity": each.get("entity"), "value": each.get("value")} for each in self.entities
        ]
        slot = {
            "intent": self.intent,
            "text": self.text[:MAX_WAITING_TEXT],
            "entities": entities,
            "missing": self.missing,
        }
        if self.following:
            slot["following"] = [each.to_slot() for each in self.following]
        return slot


def concern_of_slot(slot: Any, number: int = 1) -> Concern | None:
    """Return the waiting concern of the slot ``anliegen``, or None when it holds none."""
    if not isinstance(slot, Mapping) or not isinstance(slot.get("intent"), str):
        return None
    raw = slot.get("entities")
    entities = tuple(e for e in raw if isinstance(e, Mapping)) if isinstance(raw, list) else ()
    text, missing = slot.get("text"), slot.get("missing")
    return Concern(
        intent=slot["intent"],
        text=text if isinstance(text, str) else "",
        entities=entities,
        missing=missing if isinstance(missing, str) else None,
        following=_following(slot.get("following"), number) if number < MAX_CONCERNS else (),
        number=number,
    )


def _following(raw: Any, number: int) -> tuple[Concern, ...]:
    """Return the concerns that come after the one with the number ``number``."""
    if not isinstance(raw, list):
        return ()
    numbered = enumerate(raw[: MAX_CONCERNS - number], start=number + 1)
    found = (concern_of_slot(each, place) for place, each in numbered)
    return tuple(each for each in found if each is not None)


@dataclass(frozen=True)
class History:
    """What was said before the latest message.

    ``concerns`` are the user's earlier messages, newest first; ``answers`` the
    answers the user got, newest first; ``ranking`` the likeliest intents of the
    latest message with their confidence, ``refused`` the intents that it says no to,
    ``last_turn`` the answers to the message before it, in their order.
    """

    concerns: tuple[Concern, ...] = ()
    answers: tuple[Answer, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    refused: tuple[str, ...] = ()
    last_turn: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Context:
    """What surrounds a concern: the moment, the town, the services, what was said before.

    ``conversation`` and ``message_id`` make the key of a write (engine R5).
    """

    services: Services
    now: dt.datetime
    town: str | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    history: History = field(default_factory=History)
    conversation: str = ""
    message_id: str = ""

    @property
    def waiting(self) -> Concern | None:
        """The concern that waits for a value, or None."""
        return concern_of_slot(self.slots.get("anliegen"))

    @property
    def misses(self) -> int:
        """Misunderstandings in a row."""
        count = self.slots.get("fehlversuche")
        return int(count) if isinstance(count, int | float) else 0

    @property
    def today(self) -> dt.date:
        """The date in Berlin."""
        return self.now.astimezone(BERLIN).date()

    @property
    def town_name(self) -> str:
        """The name of the town, or ``""`` when none is known."""
        return self.services.municipality.towns().get(self.town or "", "")

    def slot(self, name: str) -> str | None:
        """Return a slot as text, or None when it is empty."""
        value = self.slots.get(name)
        return str(value) if value not in (None, "") else None


Answerer = Callable[[Concern, Context], Awaitable[Answer]]


def with_town(answerer: Callable[[Concern, Context, str], Awaitable[Answer]]) -> Answerer:
    """Return an answerer that first asks for the town where it is not known."""

    async def answer(concern: Concern, context: Context) -> Answer:
        if context.town is None:
            return ask_town(context.services.municipality.towns())
        return await answerer(concern, context, context.town)

    return answer
