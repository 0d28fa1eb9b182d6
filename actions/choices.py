"""One short question when it is not clear what is meant, and the answer to it.

At most three choices in a citizen's words, taken from the ranking of the message, never
one that was refused; "Etwas anderes" leads on. The answer may be a button or words: "das
erste", "den Reisepass", "keins davon".
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from typing import Any

from actions.answers import HUMAN_BUTTON, Answer, Button
from actions.dialogue import Concern, Context
from actions.spoken import capital
from german.choices import NONE_OF_THEM, read_choice

CHOICES = 3
LIKELY = 0.05
"""Intents below this confidence are no choice worth offering."""
NEAR = 0.15
"""Nor are those below this share of the likeliest one's confidence."""
CHOICE = "choice"
"""What an answer ``expects`` that offers choices."""
OTHER_BUTTON = Button("Etwas anderes", "/nein")
REFINING = (
    "strasse", "hausnummer", "datum", "uhrzeit", "amt", "abfallart", "gegenstand", "leistung",
)  # fmt: skip
SOMETHING_ELSE = "Gut, etwas anderes. Worum geht es? Sagen Sie es bitte mit anderen Worten."
_PAYLOAD = re.compile(r"/([a-z_]+)(\{.*\})?", re.DOTALL)


def likely_choices(
    concern: Concern, context: Context, topics: Container[str]
) -> tuple[Button, ...]:
    """Return the likeliest concerns of the latest message, with the values it names.

    Args:
        concern: The message; its values travel with each choice.
        context: Holds the ranking and what was refused.
        topics: Intents that can be answered.
    """
    title_of = context.services.responsibility.title_of
    candidates = [
        (intent, confidence, title)
        for intent, confidence in context.history.ranking
        if intent in topics
        and intent not in context.history.refused
        and confidence >= LIKELY
        and (title := title_of(intent))
    ]
    best = max((confidence for _, confidence, _ in candidates), default=0.0)
    values = {name: value for name in REFINING if (value := concern.value(name))}
    return tuple(
        Button(capital(title), payload_of(intent, values))
        for intent, confidence, title in candidates
        if confidence >= NEAR * best
    )[:CHOICES]


def payload_of(intent: str, values: Mapping[str, str]) -> str:
    """Return a button's payload."""
    return f"/{intent}{json.dumps(values, ensure_ascii=False)}" if values else f"/{intent}"


def concern_of(button: Button) -> Concern | None:
    """Return the concern that a button stands for, or None when it cannot be read."""
    read = _PAYLOAD.fullmatch(button.payload)
    if read is None:
        return None
    try:
        values = json.loads(read.group(2) or "{}")
    except ValueError:
        return None
    entities = tuple({"entity": name, "value": value} for name, value in values.items())
    return Concern(read.group(1), entities=entities)


def question(text: str, choices: tuple[Button, ...], **more: Any) -> Answer:
    """Return an answer that asks which of some choices is meant."""
    return Answer(text, buttons=(*choices, OTHER_BUTTON), expects=CHOICE, **more)


def open_choices(context: Context) -> tuple[Button, ...]:
    """Return the choices that the last answer offered, nothing when it was no such question."""
    last = next(iter(context.history.answers), None)
    if last is None or last.expects != CHOICE:
        return ()
    return tuple(each for each in last.buttons if each not in (OTHER_BUTTON, HUMAN_BUTTON))


def chosen(concern: Concern, context: Context) -> Concern | int | None:
    """Read a message as the answer to an open question.

    Returns:
        The chosen concern, `NONE_OF_THEM`, or None when the message says something else:
        then, or when it names one of the choices clearly itself, it is answered as usual.
    """
    choices = open_choices(context)
    if not choices or concern.text.startswith("/"):
        return None
    offered = [concern_of(each) for each in choices]
    if any(each is not None and each.intent == concern.intent for each in offered):
        return None
    place = read_choice(concern.text, [each.title for each in choices])
    return place if place is None or place == NONE_OF_THEM else offered[place]


def something_else(context: Context) -> Answer:
    """Ask for other words once; what is not understood then leads to a human."""
    kept = {
        "fehlversuche": float(max(1, context.misses)),
        "anliegen": context.slots.get("anliegen"),
    }
    return Answer(SOMETHING_ELSE, buttons=(HUMAN_BUTTON,), values=kept)
